// The map of pairs: how far the outputs of any two runs are apart.

const SHADES = 8;

// The measure of two runs, by their places in the map; the half above the diagonal is kept.
function pairValue(pairs, row, column) {
  if (row > column) [row, column] = [column, row];
  const count = pairs.alike.length;
  return pairs.values.length ? pairs.values[row * count - (row * (row + 1)) / 2 + column - row - 1] : null;
}

// What the map says of two runs, in words; null where one of them is not in it.
function pairLine(pairs, one, other) {
  if (!pairs || one === other) return null;
  const [row, column] = [pairs.runs.indexOf(one), pairs.runs.indexOf(other)];
  if (row < 0 || column < 0) return null;
  if (pairs.alike[row] === pairs.alike[column]) return "Their outputs are bitwise the same.";
  const value = pairValue(pairs, row, column);
  if (value === null) return "Their outputs are not bitwise the same.";
  return `Their outputs are not bitwise the same; ${pairs.measure}: ${pairText(value, pairs)}.`;
}

function makePairs(pairs, runs) {
  const count = pairs.alike.length;
  const most = Math.max(0, ...pairs.values.filter((each) => each !== null));
  const head = element(
    "tr",
    {},
    element("th", { scope: "col", class: "corner" }, element("span", { class: "unseen" }, "Run")),
    pairs.runs.map((run) => element("th", { scope: "col" }, runs.labels[run])),
  );
  const body = pairs.runs.map((run, row) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, runs.labels[run]),
      pairs.runs.map((_, column) => {
        if (row === column) return element("td", { class: "self" }, "");
        const same = pairs.alike[row] === pairs.alike[column];
        const found = same ? null : pairValue(pairs, row, column);
        const shade = found === null || most === 0 ? 0 : Math.ceil((found / most) * SHADES);
        return element("td", { class: same ? "alike" : `shade${shade}` }, same ? "=" : pairText(found, pairs));
      }),
    ),
  );
  const table = element("table", { class: "pairs" }, element("thead", {}, head), element("tbody", {}, body));
  return [
    element("p", { class: "quiet" }, `Shown: ${pairs.measure}.`),
    scrolling("How far any two runs are apart", table),
    pairs.left_out ? element("p", { class: "quiet" }, `The first ${count} runs; ${pairs.left_out} more are not shown.`) : null,
  ];
}

function pairText(found, pairs) {
  if (!pairs.values.length) return "≠";
  if (found === null) return MISSING;
  return pairs.share ? `${number(100 * found, 3)}%` : number(found, 3);
}
