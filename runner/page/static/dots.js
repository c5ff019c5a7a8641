// Draws the value of every run as a dot, with their mean, its interval, and claimed numbers.

const DOT = 4;
const LINE = 22;

function drawDots(series, labels, again, width) {
  const repeated = new Set(again);
  const points = series.values
    .map((value, place) => ({ value, place }))
    .filter(({ value }) => value !== null);
  const numbers = points.map(({ value }) => value);
  for (const each of [series.low, series.high, series.mean]) if (each !== null) numbers.push(each);
  for (const each of series.claimed) {
    for (const end of [each.low, each.mean, each.high]) if (end !== null) numbers.push(end);
  }
  let [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const gap = most > least ? (most - least) * 0.04 : Math.abs(most) * 0.05 || 1;
  [least, most] = [least - gap, most + gap];
  const left = 12;
  const right = width - 12;
  const x = (value) => left + ((value - least) / (most - least)) * (right - left);

  const stacked = stackDots(points, x);
  const tallest = Math.max(1, ...stacked.map(({ level }) => level + 1));
  const step = Math.min(2 * DOT + 1, 90 / tallest);
  const base = 14 + (tallest - 1) * step + DOT;
  const parts = [];
  const meanY = base + 16;
  if (series.mean !== null) {
    if (series.low !== null && series.high !== null && series.high > series.low) {
      parts.push(drawn("line", { class: "interval", x1: x(series.low), x2: x(series.high), y1: meanY, y2: meanY }));
    }
    parts.push(drawn("line", { class: "mean", x1: x(series.mean), x2: x(series.mean), y1: 6, y2: meanY + 6 }));
  }
  stacked.forEach(({ value, place, level, at }) => {
    const name = series.unnamed ? "a run" : labels[place];
    parts.push(
      drawn(
        "circle",
        { class: repeated.has(place) && !series.unnamed ? "ring" : "dot", cx: at, cy: base - level * step, r: DOT },
        drawn("title", {}, `${name}: ${number(value, 9)}`),
      ),
    );
  });
  let y = meanY;
  series.claimed.forEach((each) => {
    y += LINE;
    parts.push(drawn("line", { class: "claimed", x1: x(each.low), x2: x(each.high), y1: y, y2: y }));
    for (const end of [each.low, each.high]) {
      parts.push(drawn("line", { class: "claimed", x1: x(end), x2: x(end), y1: y - 4, y2: y + 4 }));
    }
    if (each.mean !== null) {
      const at = x(each.mean);
      parts.push(drawn("path", { class: "diamond", d: `M${at} ${y - 6}L${at + 6} ${y}L${at} ${y + 6}L${at - 6} ${y}Z` }));
    }
  });
  const axis = y + 18;
  parts.push(drawn("line", { class: "axis", x1: left, x2: right, y1: axis, y2: axis }));
  for (const tick of chooseTicks(least, most, width < 420 ? 3 : 6)) {
    parts.push(drawn("line", { class: "axis", x1: x(tick), x2: x(tick), y1: axis, y2: axis + 4 }));
    parts.push(drawn("text", { class: "tick", x: x(tick), y: axis + 17, "text-anchor": "middle" }, tickText(tick, most - least)));
  }
  const height = axis + 22;
  return drawn(
    "svg",
    { class: "dots", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": describeDots(series) },
    parts,
  );
}

// Dots that would hide each other are put above each other.
function stackDots(points, x) {
  const taken = [];
  return [...points]
    .sort((one, other) => one.value - other.value || one.place - other.place)
    .map((point) => {
      const at = x(point.value);
      let level = 0;
      while (taken.some((each) => each.level === level && Math.abs(each.at - at) < 2 * DOT)) level += 1;
      const placed = { ...point, at, level };
      taken.push(placed);
      if (taken.length > 400) taken.shift();
      return placed;
    });
}

function chooseTicks(least, most, count) {
  const rough = (most - least) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) || 10 * power;
  const ticks = [];
  for (let tick = Math.ceil(least / step) * step; tick <= most && ticks.length < 20; tick += step) {
    ticks.push(Math.abs(tick) < step / 1e6 ? 0 : tick);
  }
  return ticks;
}

function tickText(tick, range) {
  const digits = Math.max(0, Math.min(12, 2 - Math.floor(Math.log10(range))));
  return Math.abs(tick) >= 1e6 || digits > 8 ? number(tick, 6) : String(Number(tick.toFixed(digits)));
}

function describeDots(series) {
  const values = series.values.filter((value) => value !== null);
  const range = `${number(Math.min(...values), 4)} to ${number(Math.max(...values), 4)}`;
  return `${series.title} of ${values.length} runs, from ${range}; mean ${number(series.mean, 4)}`;
}

function dotsLegend(series, confidence) {
  const parts = [];
  const add = (shape, text) => parts.push(element("li", {}, element("span", { class: `swatch ${shape}`, "aria-hidden": "true" }), text));
  const ends = series.low !== null && series.high !== series.low ? `, ${number(100 * confidence, 6)}% interval ${number(series.low, 4)} to ${number(series.high, 4)}` : "";
  if (series.mean !== null) add("mean", `mean ${number(series.mean, 4)}${ends}`);
  for (const each of series.claimed) {
    add("claimed", `${each.text}${each.source ? `, ${each.source}` : ""} (${each.spread})`);
  }
  const missing = series.values.filter((value) => value === null).length;
  if (missing) parts.push(element("li", {}, `${missing} of ${series.values.length} have no finite value and no dot`));
  return parts.length ? element("ul", { class: "legend" }, parts) : null;
}

// A picture is as wide as its place, and drawn again when that changes.
function dotsFigure(series, runs, confidence) {
  const place = element("div", { class: "picture" });
  const redraw = () => {
    const width = Math.max(240, Math.min(900, Math.floor(place.clientWidth)));
    if (Number(place.dataset.width) === width || !place.isConnected) return;
    place.dataset.width = width;
    place.replaceChildren(drawDots(series, runs.labels, runs.again, width));
  };
  new ResizeObserver(redraw).observe(place);
  return element("figure", {}, element("figcaption", {}, series.title), place, dotsLegend(series, confidence));
}
