// The fingerprint strip: which runs have equal digests, stage by stage, and how two cells compare.

// The golden angle keeps the hues of neighbouring letters apart, and never repeats one.
const FIRST_HUE = 36;
const ANGLE = 137.508;

function letterOf(index) {
  const rest = Math.floor(index / 26);
  return (rest ? letterOf(rest - 1) : "") + String.fromCharCode(97 + (index % 26));
}

function readStrip(strip) {
  return {
    ...strip,
    letters: strip.letters.map((row) => row.split(",").map((text) => (text === "" ? null : Number(text)))),
    digests: strip.digests.map((text) => text.split(",")),
  };
}

function rowTitle(strip, runs, row) {
  const [run, build] = strip.rows[row];
  const several = strip.rows.some((each) => each[1] > 0);
  return several ? `${runs.labels[run]}, build ${build}` : runs.labels[run];
}

function makeStrip(packed, { runs, pairs }, first, directory) {
  const strip = readStrip(packed);
  const answer = element("div", { class: "answer", role: "status" }, element("p", {}, "Choose two cells of a column to compare them."));
  const chosen = [];
  const buttons = [];

  const choose = (row, column) => {
    if (chosen.length === 2) chosen.splice(0).forEach((each) => mark(each, false));
    const again = chosen.findIndex((each) => each.row === row && each.column === column);
    if (again >= 0) {
      mark(chosen.splice(again, 1)[0], false);
    } else {
      chosen.push({ row, column });
      mark(chosen.at(-1), true);
    }
    answer.replaceChildren(...compareChosen(strip, runs, pairs, chosen, directory));
  };
  const mark = ({ row, column }, on) => buttons[row][column].setAttribute("aria-pressed", String(on));

  const head = element(
    "tr",
    {},
    element("th", { scope: "col", class: "corner" }, element("span", { class: "unseen" }, "Run")),
    strip.columns.map((name) =>
      element(
        "th",
        { scope: "col", class: name === first ? "stage first" : "stage", title: name },
        element("span", {}, name),
      ),
    ),
  );
  const body = element("tbody");
  strip.rows.forEach(([, build], row) => {
    buttons.push([]);
    const cells = strip.columns.map((name, column) => {
      const index = strip.letters[row][column];
      const said = index === null ? "not recorded" : letterOf(index);
      const button = element(
        "button",
        {
          type: "button",
          class: `cell ${index === null ? "none" : index === 0 ? "plain" : "tinted"}`,
          tabindex: row === 0 && column === 0 ? "0" : "-1",
          "aria-pressed": "false",
          "aria-label": `${rowTitle(strip, runs, row)}, ${name}: ${said}`,
          onclick: () => choose(row, column),
        },
        index === null ? "·" : said,
      );
      // Through the object model, because the page's policy forbids styles in attributes.
      if (index) button.style.setProperty("--hue", String((FIRST_HUE + (index - 1) * ANGLE) % 360));
      buttons[row].push(button);
      return element("td", {}, button);
    });
    const newBuild = row > 0 && strip.rows[row - 1][1] !== build;
    body.append(element("tr", { class: newBuild ? "new-build" : null }, element("th", { scope: "row" }, rowTitle(strip, runs, row)), cells));
  });
  body.addEventListener("keydown", (event) => moveInStrip(event, buttons));
  const table = element("table", { class: "strip" }, element("thead", {}, head), body);
  return [
    scrolling("Fingerprints of the runs, stage by stage", table),
    strip.left_out ? element("p", { class: "quiet" }, `${strip.left_out} further builds are not shown.`) : null,
    answer,
  ];
}

function moveInStrip(event, buttons) {
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1e6], End: [0, 1e6] };
  const step = steps[event.key];
  if (!step) return;
  const row = buttons.findIndex((each) => each.includes(document.activeElement));
  if (row < 0) return;
  const column = buttons[row].indexOf(document.activeElement);
  const inside = (value, count) => Math.max(0, Math.min(count - 1, value));
  const next = buttons[inside(row + step[0], buttons.length)][inside(column + step[1], buttons[row].length)];
  document.activeElement.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  event.preventDefault();
}

function compareChosen(strip, runs, pairs, chosen, directory) {
  if (!chosen.length) return [element("p", {}, "Choose two cells of a column to compare them.")];
  const [one, other] = chosen;
  const say = ({ row, column }) => {
    const index = strip.letters[row][column];
    return index === null ? "nothing was recorded" : `digest ${strip.digests[column][index]}…`;
  };
  if (!other) {
    return [element("p", {}, `${rowTitle(strip, runs, one.row)}, ${strip.columns[one.column]}: ${say(one)}. Choose a second cell.`)];
  }
  if (one.column !== other.column) {
    return [element("p", {}, "These are two different stages, which cannot be compared. Choose two cells of one column.")];
  }
  const names = [one, other].map(({ row }) => rowTitle(strip, runs, row));
  const [a, b] = [strip.letters[one.row], strip.letters[other.row]];
  const lines = [];
  const [x, y] = [a[one.column], b[one.column]];
  const stage = strip.columns[one.column];
  if (x === null || y === null) {
    lines.push(`${stage} cannot be compared: ${x === null ? names[0] : names[1]}${x === null && y === null ? " and " + names[1] : ""} did not record it.`);
  } else if (x === y) {
    lines.push(`${stage} is the same in ${names[0]} and ${names[1]}: ${say(one)}`);
  } else {
    lines.push(`${stage} differs: ${say(one)} in ${names[0]}, ${say(other)} in ${names[1]}.`);
  }
  const parts = a.map((each, column) => each !== b[column]);
  const count = parts.filter(Boolean).length;
  lines.push(
    count
      ? `Of ${parts.length} columns, ${count} differ; the first is ${strip.columns[parts.indexOf(true)]}.`
      : `All ${parts.length} columns are the same.`,
  );
  const places = [one, other].map(({ row }) => strip.rows[row][0]);
  const outputs = pairLine(pairs, ...places);
  if (outputs) lines.push(outputs);
  const dirs = places.map((place) => runs.dirs[place]);
  const found = lines.map((line) => element("p", {}, line));
  if (dirs[0] !== dirs[1]) {
    const path = (dir) => quoteWord(`${directory}/${dir}`);
    found.push(element("p", { class: "quiet" }, "How far apart they are, element by element:"), command(`python -m runner diff ${path(dirs[0])} ${path(dirs[1])}`));
  }
  return found;
}

function quoteWord(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\"'\"'")}'`;
}
