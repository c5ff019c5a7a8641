// Keeps what the reader chose in the hash of the address, so that a link shows the same view.

function readAddress() {
  const found = new URLSearchParams(location.hash.slice(1));
  const numbers = (name) => (found.get(name) || "").split(",").filter((text) => /^\d+$/.test(text)).map(Number);
  const filters = {};
  for (const [name, value] of found) {
    if (name.startsWith("where.")) filters[name.slice(6)] = value;
  }
  const [column, direction] = (found.get("sort") || "").split(":");
  return {
    sort: column ? { column, descending: direction === "desc" } : null,
    filters,
    opened: found.has("open") ? numbers("open") : null,
  };
}

function writeAddress(view) {
  const made = new URLSearchParams();
  if (view.sort) made.set("sort", `${view.sort.column}:${view.sort.descending ? "desc" : "asc"}`);
  for (const [name, value] of Object.entries(view.filters)) {
    if (value !== "") made.set(`where.${name}`, value);
  }
  if (view.opened !== null) made.set("open", view.opened.join(","));
  const text = `#${made}`;
  if (text !== location.hash && !(text === "#" && location.hash === "")) history.replaceState(null, "", text);
}
