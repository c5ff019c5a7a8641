// The page of a comparison of two sweeps.

function showComparison(contents) {
  const note = contents.notes;
  const changed = contents.configurations.filter((each) => each.changed || each.sentences.length);
  const alone = aloneList(contents);
  const sections = [
    block("Configurations in both", note.matched, changesTable(contents), "h2"),
    changed.length ? element("div", {}, element("h2", {}, "What differs"), changed.map((each, place) => changedConfiguration(each, place, note))) : null,
    alone.length ? block("Configurations in one sweep only", note.alone, alone, "h2") : null,
    block("Environments, side by side", note.environment, [environmentSides(contents)], "h2"),
  ];
  document.getElementById("comparison").append(...sections.filter((each) => each !== null).map((each) => element("section", {}, each)));
}

// Drawn when it is opened, because there may be a thousand.
function changedConfiguration(each, place, note) {
  const details = element(
    "details",
    { class: "changed", "data-changed": place },
    element("summary", {}, element("span", { class: "key" }, each.name), " ", stateMark(each.state)),
    element("ul", { class: "sentences" }, each.sentences.map((text) => element("li", {}, text))),
  );
  const draw = () => {
    if (details.dataset.drawn) return;
    details.dataset.drawn = "yes";
    const facts = [
      ["runs", `${each.runs_a} in A, ${each.runs_b} in B`],
      ["failed", `${each.failed_a} in A, ${each.failed_b} in B`],
      ["largest difference of an output", number(each.max_abs_diff)],
      ["in steps from float to float (ULPs)", number(each.max_ulps)],
    ];
    details.append(
      factsList(facts),
      ...[
        each.axes.length ? sidesTable("axis that differs", each.axes) : null,
        each.config.length ? sidesTable("key that differs", each.config) : null,
        each.stages.length ? element("h3", {}, `Stage by stage, in build ${each.build} of the runs that part first`) : null,
        stagesStrip(each),
        notes(note.stages),
      ].filter((child) => child !== null),
    );
  };
  details.addEventListener("toggle", draw);
  if (place === 0) {
    details.open = true;
    draw();
  }
  return details;
}

showComparison(JSON.parse(document.getElementById("contents").textContent));
