// The page of a sweep: puts the table and the blocks together, and follows what the reader does.

function showSweep(contents) {
  const view = readAddress();
  const colours = Object.fromEntries(contents.verdicts.map((each) => [each.word, each.colour]));
  if (view.opened === null) view.opened = contents.names.length ? [contents.verdicts[0].rows[0]] : [];
  const made = new Map();
  const tableBlock = document.getElementById("table-block");
  const openedBlock = document.getElementById("opened-block");
  const tablePlace = element("div");
  const filterPlace = element("div", { class: "filters" });
  const count = element("p", { class: "quiet", role: "status" });

  let showAll = false;
  const rest = element("button", { type: "button", class: "rest", onclick: () => showEveryRow() });
  const showEveryRow = () => {
    if (showAll || rest.hidden) return;
    showAll = true;
    renderTable();
  };
  window.addEventListener("beforeprint", () => showEveryRow());

  const filterColumns = contents.shown.filter((column) => ["key", "verdict"].includes(column.form));

  const actions = {
    sort(column) {
      const same = view.sort && view.sort.column === column;
      view.sort = same && view.sort.descending ? null : { column, descending: Boolean(same) };
      renderTable(`button[data-column="${CSS.escape(column)}"]`);
    },
    toggle(place) {
      const index = view.opened.indexOf(place);
      if (index >= 0) view.opened.splice(index, 1);
      else view.opened.push(place);
      renderTable(`tr[data-row="${place}"] .open-row`);
      renderOpened(index < 0 ? place : null);
    },
  };

  const renderTable = (focused) => {
    const places = arrangeRows(contents.table, view);
    const listed = showAll ? places : places.slice(0, MOST_ROWS);
    const table = makeTable(contents.shown, contents.table, contents.names, colours, view, actions, listed);
    const old = tablePlace.querySelector(".scrolling");
    if (old) old.replaceChildren(table);
    else tablePlace.append(scrolling("Table of configurations", table));
    count.textContent = places.length === contents.names.length ? "" : `${places.length} of ${contents.names.length} configurations`;
    rest.hidden = listed.length === places.length;
    rest.textContent = `Show all ${places.length} rows; the first ${listed.length} are shown`;
    if (focused) tablePlace.querySelector(focused)?.focus();
    writeAddress(view);
  };

  const renderFilters = () => {
    filterPlace.replaceChildren(
      ...makeFilters(filterColumns, contents.table, view, (source, value) => {
        view.filters[source] = value;
        renderTable();
      }).filter((each) => each !== null),
      element("button", { type: "button", onclick: download }, "Save as CSV"),
    );
  };

  const download = () => {
    const places = arrangeRows(contents.table, view);
    saveCsv("table.csv", contents.table.columns, places.map((place) => contents.table.rows[place]));
  };

  const renderOpened = (scrollTo) => {
    const kept = new Set(view.opened);
    for (const [place, article] of made) {
      if (!kept.has(place)) {
        article.remove();
        made.delete(place);
      }
    }
    for (const place of view.opened) {
      if (place >= contents.names.length || made.has(place)) continue;
      const article = openConfiguration(contents, place, colours, actions);
      made.set(place, article);
      openedBlock.append(article);
    }
    openedBlock.hidden = made.size === 0;
    if (scrollTo !== null && made.has(scrollTo)) made.get(scrollTo).scrollIntoView({ block: "nearest" });
    writeAddress(view);
  };

  tableBlock.append(element("h2", { id: "table-title" }, "Configurations"), filterPlace, count, tablePlace, rest, notes(contents.notes.table));
  tableBlock.hidden = false;
  openedBlock.append(element("h2", { id: "opened-title" }, "Details"));
  nameVerdicts(contents, actions, view);
  document.getElementById("further-blocks").append(...furtherBlocks(contents).filter((each) => each !== null));
  renderFilters();
  renderTable();
  renderOpened(null);
  window.addEventListener("hashchange", () => {
    const wanted = readAddress();
    Object.assign(view, wanted, { opened: wanted.opened ?? view.opened });
    renderFilters();
    renderTable();
    renderOpened(null);
  });
}

function openConfiguration(contents, place, colours, actions) {
  const verdict = contents.table.rows[place][contents.table.columns.indexOf("verdict")];
  return element(
    "article",
    { class: "configuration", "data-opened": place },
    element(
      "header",
      {},
      element("h3", {}, contents.names[place], " ", verdictMark(verdict, colours[verdict])),
      element("button", { type: "button", class: "quiet", "aria-label": `Close ${contents.names[place]}`, onclick: () => actions.toggle(place) }, "Close"),
    ),
    element("p", { class: "sentence" }, contents.sentences[place]),
    configurationBlocks(contents, place),
  );
}

// What holds is listed only when it is asked for.
function claimsByResult(contents) {
  const open = contents.claims.rows.filter((row) => row.result !== "holds");
  const held = contents.claims.rows.filter((row) => row.result === "holds");
  const folded = held.length
    ? element("details", {}, element("summary", {}, `${held.length} ${held.length === 1 ? "claim holds" : "claims hold"}`), claimsTable(held, contents.names))
    : null;
  return [claimsTable(open, contents.names), folded];
}

const MOST_NAMED = 12;

// Under each verdict, the configurations that have it.
function nameVerdicts(contents, actions, view) {
  contents.verdicts.forEach((verdict) => {
    const item = document.querySelector(`[data-verdict="${CSS.escape(verdict.word)}"]`);
    if (contents.names.length === 1) return;
    const named = verdict.rows.slice(0, MOST_NAMED).map((place) =>
      element("button", { type: "button", class: "name", onclick: () => (view.opened.includes(place) ? document.querySelector(`[data-opened="${place}"]`).scrollIntoView() : actions.toggle(place)) }, contents.names[place]),
    );
    const more = verdict.rows.length - named.length;
    item.append(element("span", { class: "names" }, named, more ? element("span", { class: "quiet" }, `and ${more} more`) : null));
  });
  document.getElementById("verdict-block").append(notes(contents.notes.verdicts));
}

function furtherBlocks(contents) {
  const note = contents.notes;
  const several = contents.names.length > 1; // what there is of one stands in its details
  const more = (list) => (list.left_out ? element("p", { class: "quiet" }, `${list.left_out} more are in the files.`) : null);
  const sections = [
    several && contents.claims.rows.length ? block("Claims", note.claims, [...claimsByResult(contents), more(contents.claims)], "h2") : null,
    several && contents.findings.rows.length ? block("Findings", note.findings, [findingsList(contents.findings.rows, contents.names), more(contents.findings)], "h2") : null,
    factorsBlock(contents),
    sourcesBlock(contents),
    contents.against ? againstBlock(contents.against, note.against) : null,
    variedBlock(contents),
    environmentBlock(contents),
    contents.command ? block("Repeat it", note.repeat, [command(contents.command)], "h2") : null,
  ];
  return sections.map((each) => each && element("section", {}, each));
}

showSweep(JSON.parse(document.getElementById("contents").textContent));
