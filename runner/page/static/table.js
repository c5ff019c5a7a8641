// The table of configurations: sorted, filtered, opened.

const MOST_CHOICES = 60;
const MOST_ROWS = 200; // Laying out a thousand rows takes a second.

function compareCells(a, b) {
  const order = (x) => (x === null || x === undefined ? 2 : typeof x === "number" ? 0 : 1);
  if (order(a) !== order(b)) return order(a) - order(b);
  if (typeof a === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

// Rows as their places, sorted and filtered; what is missing comes last in both directions.
function arrangeRows(table, view) {
  const at = (name) => table.columns.indexOf(name);
  const places = table.rows.map((_, place) => place).filter((place) =>
    Object.entries(view.filters).every(
      ([name, value]) => value === "" || at(name) < 0 || String(table.rows[place][at(name)] ?? "") === value,
    ),
  );
  if (!view.sort || at(view.sort.column) < 0) return places;
  const column = at(view.sort.column);
  return places.sort((one, other) => {
    const [a, b] = [table.rows[one][column], table.rows[other][column]];
    if (a === null || b === null) return (a === null) - (b === null) || one - other;
    return (view.sort.descending ? -1 : 1) * compareCells(a, b) || one - other;
  });
}

function tableCell(column, row, at, colours) {
  const value = row[at(column.source)];
  switch (column.form) {
    case "verdict":
      return element("td", {}, verdictMark(value, colours[value]));
    case "state":
      return element("td", {}, stateMark(value));
    case "spread":
      return element("td", { class: "figure spread" }, keepSd(spread(value, row[at(column.spread)])));
    case "count":
    case "number":
      return element("td", { class: "figure" }, number(value));
    default:
      if (column.form === "key") return element("td", { class: "key" }, words(value));
      return element("td", { class: "words" }, breakAtSlashes(words(value)));
  }
}

// A line may end before the sign, and not behind it.
function keepSd(text) {
  return String(text).replace("± ", "±\u00a0");
}

// A long name of a stage is broken between its parts.
function breakAtSlashes(text) {
  return text.split(/(?<=\/)/).flatMap((part, place) => (place ? [element("wbr"), part] : [part]));
}

function makeTable(shown, table, names, colours, view, actions, places) {
  const at = (name) => table.columns.indexOf(name);
  const heads = shown.map((column) => {
    const sorted = view.sort && view.sort.column === column.source;
    const direction = sorted ? (view.sort.descending ? "descending" : "ascending") : null;
    const numeric = ["spread", "number", "count"].includes(column.form);
    return element(
      "th",
      { scope: "col", "aria-sort": direction, class: numeric ? "figure" : null },
      element(
        "button",
        { type: "button", class: "sort", title: "Sort", "data-column": column.source, onclick: () => actions.sort(column.source) },
        column.title,
        sorted ? element("span", { "aria-hidden": "true", class: "arrow" }, view.sort.descending ? "▼" : "▲") : null,
      ),
    );
  });
  const opened = new Set(view.opened || []);
  const body = element("tbody");
  for (const place of places) {
    const row = table.rows[place];
    const isOpen = opened.has(place);
    body.append(
      element(
        "tr",
        { class: isOpen ? "open" : null, "data-row": place },
        element(
          "td",
          { class: "opener" },
          element(
            "button",
            {
              type: "button",
              class: "open-row",
              "aria-expanded": String(isOpen),
              "aria-label": `Details of ${names[place]}`,
              onclick: () => actions.toggle(place),
            },
            isOpen ? "−" : "+",
          ),
        ),
        shown.map((column) => tableCell(column, row, at, colours)),
      ),
    );
  }
  const head = element("tr", {}, element("th", { scope: "col", class: "opener" }, element("span", { class: "unseen" }, "Details")), heads);
  return element("table", { class: "main" }, element("thead", {}, head), body);
}

// A choice of values for each column that has a few.
function makeFilters(columns, table, view, change) {
  const at = (name) => table.columns.indexOf(name);
  return columns.map(({ title, source }) => {
    const values = [...new Set(table.rows.map((row) => row[at(source)]))].filter((each) => each !== null);
    if (values.length < 2 || values.length > MOST_CHOICES) return null;
    const select = element(
      "select",
      { "data-filter": source, onchange: (event) => change(source, event.target.value) },
      element("option", { value: "" }, "all"),
      values.sort(compareCells).map((value) => element("option", { value: String(value) }, String(value))),
    );
    select.value = view.filters[source] || "";
    return element("label", { class: "filter" }, element("span", {}, title), select);
  });
}

function writeCsv(columns, rows) {
  const quote = (value) => {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(quote).join(",")).join("\n") + "\n";
}

function saveCsv(name, columns, rows) {
  const address = URL.createObjectURL(new Blob([writeCsv(columns, rows)], { type: "text/csv" }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
