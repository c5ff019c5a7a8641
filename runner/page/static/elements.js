// Makes elements and writes values. Texts are only ever set as text, never as HTML.

const MISSING = "–";
const SVG = "http://www.w3.org/2000/svg";

function element(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function drawn(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) made.append(child);
  }
  return made;
}

// A number with some significant digits, as short as it can be; what is missing is a dash.
function number(value, digits = 3) {
  if (value === null || value === undefined) return MISSING;
  if (typeof value === "string") return value;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(Math.max(0, digits - 1)).replace(/\.?0+e/, "e");
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(digits)));
}

function spread(mean, sd) {
  if (mean === null) return MISSING;
  const shown = typeof mean === "number" ? fixed(mean) : mean;
  if (sd === null) return shown;
  if (sd === 0) return `${shown} ± 0`;
  return `${shown} ± ${sd >= 0.0005 && sd < 1000 ? sd.toFixed(3) : number(sd, 1)}`;
}

function fixed(value) {
  return Math.abs(value) < 1000 && (Math.abs(value) >= 0.001 || value === 0) ? value.toFixed(3) : number(value);
}

function interval(value, low, high) {
  if (value === null) return MISSING;
  if (low === null || high === null || low === high) return number(value);
  return `${number(value)} (${number(low)} to ${number(high)})`;
}

function words(value) {
  return value === null || value === undefined || value === "" ? MISSING : String(value);
}

function verdictMark(word, colour) {
  return element("span", { class: `verdict ${colour}` }, word);
}

function stateMark(state) {
  if (state === null || state === "unmeasured") {
    return element("span", { class: "state unmeasured", title: "not measured" }, MISSING);
  }
  return element("span", { class: `state ${state}` }, state);
}

// A block with its two notes; without any children it is left out.
function block(title, note, children, level = "h3") {
  const kept = children.filter((child) => child !== null);
  if (!kept.length) return null;
  return element("div", { class: "block" }, element(level, {}, title), kept, notes(note));
}

function notes(note) {
  return element(
    "dl",
    { class: "notes" },
    element("dt", {}, "What this says"),
    element("dd", {}, note.says),
    element("dt", {}, "What it does not say"),
    element("dd", {}, note.says_not),
  );
}

// What is wider than the page scrolls inside, and can be scrolled with the keyboard.
function scrolling(label, child) {
  return element("div", { class: "scrolling", role: "group", tabindex: "0", "aria-label": label }, child);
}

function copyButton(text) {
  const button = element("button", { type: "button", class: "quiet" }, "Copy");
  button.addEventListener("click", async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = element("textarea", { class: "aside", "aria-hidden": "true" });
      field.value = text;
      document.body.append(field);
      field.select();
      done = document.execCommand("copy");
      field.remove();
    }
    button.textContent = done ? "Copied" : "Select the text and copy it";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  return button;
}

function command(text) {
  return element("div", { class: "command" }, element("code", {}, text), copyButton(text));
}
