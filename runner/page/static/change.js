// What differs between two sweeps, A and B: on a page of its own, or as a block of a sweep's page.

const MOST_LISTED = 300;

function changesTable(change) {
  const listed = change.configurations.slice(0, MOST_LISTED);
  if (!listed.length) return [element("p", {}, "No configuration is in both.")];
  const metrics = [...new Set(listed.flatMap((each) => each.metrics.map(([name]) => name)))];
  const heads = ["configuration", "outputs", "equal seeds", "first stage that differs", "max abs diff", "ULPs", "verdict", ...metrics.map((name) => `${name}, B − A`)];
  const rows = listed.map((each) => [
    each.name,
    stateMark(each.state),
    number(each.seeds),
    each.first ? `${each.first}${each.build ? ` (build ${each.build})` : ""}` : MISSING,
    number(each.max_abs_diff),
    number(each.max_ulps),
    each.verdict_a === each.verdict_b ? each.verdict_a : `${each.verdict_a} → ${each.verdict_b}`,
    ...metrics.map((name) => {
      const found = each.metrics.find((metric) => metric[0] === name);
      return found ? interval(...found.slice(2)) : MISSING;
    }),
  ]);
  const left = change.configurations.length - listed.length;
  return [
    rowsTable("Configurations in both", heads, rows, [2, 4, 5, ...metrics.map((_, i) => 7 + i)]),
    left ? element("p", { class: "quiet" }, `${left} more are not listed.`) : null,
  ];
}

function sidesTable(label, rows) {
  return rowsTable(label, [label, "A", "B"], rows);
}

function environmentSides(change) {
  if (change.environment === null) return element("p", {}, "The environment was not recorded in both.");
  if (!change.environment.length) return element("p", {}, "The recorded environments are the same.");
  return sidesTable("environment that differs", change.environment);
}

function aloneList(change) {
  const sides = [["A", change.only_a], ["B", change.only_b]].filter(([, names]) => names.length);
  return sides.map(([side, names]) => element("p", {}, element("strong", {}, `Only in ${side}: `), names.join("; ")));
}

function againstBlock(change, note) {
  return block(
    "Change against an earlier sweep",
    note,
    [
      element("p", {}, `A is ${change.a}, the earlier one; B is ${change.b}. ${change.summary}.`),
      ...changesTable(change),
      ...aloneList(change),
      environmentSides(change),
    ],
    "h2",
  );
}

// Each stage of the pair of runs that parts first, so that the layers can be read one by one.
function stagesStrip(each) {
  if (!each.stages.length) return null;
  const list = each.stages.map(([name, state]) =>
    element("li", { class: name === each.first ? "first" : null }, element("code", {}, name), " ", stateMark(state)),
  );
  return element("ol", { class: "stages" }, list);
}
