// The blocks under the table, and those of an opened configuration.

function rowsTable(label, heads, rows, figures = []) {
  const isFigure = (index) => (figures.includes(index) ? "figure" : null);
  return scrolling(
    label,
    element(
      "table",
      { class: "plain" },
      element("thead", {}, element("tr", {}, heads.map((head, i) => element("th", { scope: "col", class: isFigure(i) }, head)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell, i) => element("td", { class: isFigure(i) }, cell))))),
    ),
  );
}

function claimsTable(rows, names) {
  if (!rows.length) return null;
  const heads = ["result", ...(names ? ["configuration"] : []), "claim", "checked", "measured"];
  return rowsTable(
    "Claims",
    heads,
    rows.map((row) => [
      element("span", { class: `result ${row.result}` }, row.result),
      ...(names ? [row.of === null ? MISSING : names[row.of]] : []),
      [row.claim, row.source ? element("span", { class: "source" }, row.source) : null],
      words(row.check),
      [words(row.measured), row.needed_replicates ? element("span", { class: "source" }, `replicates=${row.needed_replicates} would settle it`) : null],
    ]),
  );
}

function findingsList(rows, names) {
  if (!rows.length) return null;
  return element(
    "ul",
    { class: "findings" },
    rows.map((row) =>
      element(
        "li",
        {},
        element("p", {}, element("span", { class: `severity ${row.severity}` }, String(row.severity).toLowerCase()), " ", element("code", {}, `${row.code} ${row.name}`), names && row.of !== null ? ` in ${names[row.of]}` : ""),
        element("p", {}, words(row.seen), row.where ? ` (${row.where})` : ""),
        element("p", { class: "quiet" }, words(row.why), row.change ? ` ${row.change}` : ""),
        row.ignored ? element("p", { class: "quiet" }, `Expected by the config: ${row.ignored}`) : null,
      ),
    ),
  );
}

function factsList(facts) {
  return element("dl", { class: "facts" }, facts.map(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]));
}

function configurationBlocks(contents, place) {
  const found = contents.configurations[place];
  const note = contents.notes;
  const row = contents.table.rows[place];
  const first = row[contents.table.columns.indexOf("first_divergence")];
  const own = (list) => list.rows.filter((each) => each.of === place);
  const failed = found.runs.failed;
  const [claims, findings] = [own(contents.claims), own(contents.findings)];
  return [
    failed.length ? element("ul", { class: "failures" }, failed.map(([error, names]) => element("li", {}, `${names.join(", ")} failed: ${error}`))) : null,
    found.series.length ? block("Every run", note.dots, found.series.map((series) => dotsFigure(series, found.runs, found.confidence))) : null,
    found.strip ? block("Fingerprints", note.strip, makeStrip(found.strip, found, first, contents.title)) : null,
    found.pairs ? block("Any two runs", note.pairs, makePairs(found.pairs, found.runs)) : null,
    claims.length ? block("Claims", note.claims, [claimsTable(claims)]) : null,
    findings.length ? block("Findings", note.findings, [findingsList(findings)]) : null,
    block("What varied, and what did not", note.varied, [factsList(found.facts)]),
  ];
}

function factorsBlock(contents) {
  if (!contents.factors.length) return null;
  const metrics = [...new Set(contents.factors.flatMap((row) => row.metrics.map(([name]) => name)))];
  const heads = ["key", "change", "outputs", ...metrics.map((name) => `${name} difference`), "note"];
  const rows = contents.factors.map((row) => [
    row.factor,
    row.change,
    stateMark(row.state),
    ...metrics.map((name) => interval(...(row.metrics.find((each) => each[0] === name) || [name, null, null, null]).slice(1))),
    row.note || "",
  ]);
  return block("What each key changes", contents.notes.factors, [rowsTable("What each key changes", heads, rows, metrics.map((_, i) => i + 3))], "h2");
}

function sourcesBlock(contents) {
  if (!contents.sources.length) return null;
  const metric = contents.sources[0].metrics.length ? contents.sources[0].metrics[0][0] : null;
  const grouped = contents.sources.some((row) => row.group);
  const heads = [...(grouped ? ["configuration"] : []), "source", "runs", ...(metric === null ? [] : [`${metric} SD`, "share of all", ""]), "churn", "note"];
  const rows = contents.sources.map((row) => {
    const own = row.metrics.find(([name]) => name === metric);
    return [
      ...(grouped ? [row.group] : []),
      row.source,
      number(row.runs),
      ...(metric === null ? [] : [interval(...own[1]), shareText(own[2]), shareBar(own[2])]),
      interval(...row.churn),
      row.note || "",
    ];
  });
  const shift = grouped ? 1 : 0;
  return block("Share per source of randomness", contents.notes.sources, [rowsTable("Share per source", heads, rows, [1 + shift, 2 + shift, 3 + shift])], "h2");
}

function shareText([value, low, high]) {
  if (value === null) return MISSING;
  const percent = (share) => `${number(100 * share, 2)}%`;
  return low === null || high === null || low === high ? percent(value) : `${percent(value)} (${percent(low)} to ${percent(high)})`;
}

function shareBar([value, low, high]) {
  if (value === null) return "";
  const x = (share) => Math.max(0, Math.min(120, share * 80));
  const parts = [drawn("rect", { class: "bar", x: 0, y: 3, width: x(value), height: 10 })];
  if (low !== null && high !== null) parts.push(drawn("line", { class: "mean", x1: x(low), x2: x(high), y1: 8, y2: 8 }));
  return drawn("svg", { class: "share", width: 120, height: 16, viewBox: "0 0 120 16", "aria-hidden": "true" }, parts);
}

function variedBlock(contents) {
  const varied = contents.varied.filter((each) => each.values.length + each.more > 1);
  const fixed = contents.varied.filter((each) => each.values.length + each.more === 1);
  const list = ({ key, values, more }) => `${key}: ${values.join(", ")}${more ? ` and ${more} more` : ""}`;
  const items = [
    ["swept", varied.length ? varied.map(list).join("; ") : "nothing"],
    ["set to one value", fixed.length ? fixed.map(list).join("; ") : "nothing"],
    ["not varied", "every other key of the config, and all that no config sets"],
  ];
  return block("What was varied, and what was not", contents.notes.varied_keys, [factsList(items)], "h2");
}

function environmentBlock(contents) {
  const { shared, differing, kinds } = contents.environment;
  const show = (value) => (value === null ? MISSING : String(value));
  const children = [
    Object.keys(differing).length
      ? rowsTable("What differs between runs", ["differs between runs", "values"], Object.entries(differing).map(([name, values]) => [name, values.map(show).join("; ")]))
      : kinds
        ? element("p", {}, "All runs recorded the same environment.")
        : element("p", {}, "No run recorded its environment."),
    Object.keys(shared).length ? factsList(Object.entries(shared).map(([name, value]) => [name, show(value)])) : null,
  ];
  return block("Environment", contents.notes.environment, children, "h2");
}
