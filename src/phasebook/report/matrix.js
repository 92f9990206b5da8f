// The matrix on the first page: filters, spans that unfold, two columns compared, the reader's own column first, arrow
// keys; the state is the address.
"use strict";

const table = document.querySelector(".matrix");
const controls = document.querySelector(".filters");
const fields = Object.fromEntries([...controls.querySelectorAll("[name]")].map((field) => [field.name, field]));
fields.b.append(...[...fields.a.options].map((option) => option.cloneNode(true)));
const choices = Object.values(fields).filter((field) => field.type !== "checkbox");
const switches = Object.values(fields).filter((field) => field.type === "checkbox");
const ownRelease = document.querySelector(".chooser select"); // at the top of the page; yours.js keeps it
const unfolded = new Set(); // spans that show each of their columns, by the name of their first column

const columns = [...table.querySelectorAll(".names th")].map((head) => ({
  head,
  name: head.dataset.name,
  family: head.dataset.family,
  range: head.querySelector(".range"), // only the first column of a span has one; it stands for the span
  own: head.querySelector(".own"),
}));
columns.forEach((column, place) => {
  column.first = column.head.dataset.span === "0" ? column : columns[place - 1].first;
});

// The page has one cell for each span of columns, and a link where the verdict changes; the rest is added here.
const CLASSES = { h: "holds", f: "fails", u: "unavailable", e: "error", n: "not-run" };
const WORDS = { h: said`holds`, f: said`fails`, u: said`unavailable`, e: said`error`, n: said`not run` };

function addVerdicts(line) {
  const spans = [...line.cells].slice(1);
  const cells = columns.map((column, place) => {
    if (column.first === column) return spans.shift();
    const cell = document.createElement("td");
    cell.textContent = WORDS[line.dataset.verdicts[place]];
    cell.className = CLASSES[line.dataset.verdicts[place]];
    return cell;
  });
  const same = (line.dataset.same || "").split(" ");
  cells.forEach((cell, place) => {
    cell.toggleAttribute("data-same", same.includes(`${place}`));
    if (line.dataset.verdicts[place] === "n") return;
    const link = document.createElement("a");
    link.href = `claims/${line.id}.html#${columns[place].name}`;
    link.textContent = cell.textContent;
    link.tabIndex = -1;
    cell.replaceChildren(link);
  });
  line.append(...cells);
}

const families = [...table.querySelectorAll(".families th[data-family]")];
const groups = [...table.tBodies].map((body) => ({ head: body.rows[0], lines: [...body.rows].slice(1) }));
groups.flatMap(({ lines }) => lines).forEach(addVerdicts);
const rows = groups.flatMap(({ head, lines }) => lines.map((line) => ({
  line,
  text: `${line.cells[0].textContent} ${head.textContent}`.toLowerCase(),
  cells: [...line.cells].slice(1),
  verdicts: [...line.cells].slice(1).map((cell) => cell.className),
})));

// --- The reader's own release, a copy of its column, stands before all others ---------------------------------------

function newHead(scope) {
  const head = document.createElement("th");
  head.scope = scope;
  head.className = "yours";
  return head;
}

const yours = {
  family: newHead("colgroup"),
  head: newHead("col"),
  cells: rows.map(({ line, cells }) => line.insertBefore(document.createElement("td"), cells[0] || null)),
};
yours.family.textContent = said`Your release`;
table.querySelector(".families th").after(yours.family);
table.querySelector(".names").prepend(yours.head);

// Whether it is shown: where two columns are compared, these two stand alone.
function showYours() {
  const place = picked().length ? -1 : columns.findIndex((column) => column.name === ownRelease.value);
  for (const cell of [yours.family, yours.head, ...yours.cells]) cell.hidden = place < 0;
  if (place < 0) return false;
  yours.head.dataset.name = columns[place].name;
  yours.head.replaceChildren(...columns[place].own.cloneNode(true).childNodes);
  rows.forEach(({ cells, verdicts }, row) => {
    const copy = cells[place].cloneNode(true);
    for (const link of copy.children) link.tabIndex = -1;
    yours.cells[row].className = `${verdicts[place]} yours`;
    yours.cells[row].replaceChildren(...copy.childNodes);
  });
  return true;
}

// --- Which columns and rows are shown ------------------------------------------------------------------------------

const picked = () => [fields.a.value, fields.b.value].filter(Boolean);
const isApart = (column) => Boolean(
  picked().length || fields.unfold.checked || unfolded.has(column.first.name));

function isShown(column) {
  if (picked().length) return picked().includes(column.name);
  if (fields.family.value && column.family !== fields.family.value) return false;
  return column === column.first || isApart(column);
}

function showColumns(shown) {
  columns.forEach((column, place) => {
    column.head.hidden = !shown[place];
    if (!column.range) return;
    const isOpen = unfolded.has(column.name);
    column.range.hidden = isApart(column) && !isOpen;
    column.own.hidden = !isApart(column);
    column.range.firstElementChild.setAttribute("aria-expanded", String(isOpen));
  });
  for (const family of families) {
    const width = columns.filter((column, place) => shown[place] && column.family === family.dataset.family).length;
    family.hidden = !width;
    family.colSpan = width || 1;
  }
}

function showRows(shown, width) {
  const query = fields.q.value.trim().toLowerCase();
  const comparing = picked().length === 2;
  for (const { line, text, cells, verdicts } of rows) {
    const seen = new Set(verdicts.filter((_, place) => shown[place]));
    line.hidden = !text.includes(query)
      || Boolean(fields.verdict.value && !seen.has(fields.verdict.value))
      || (fields.changes.checked && seen.size < 2);
    line.classList.toggle("differs", comparing && seen.size > 1);
    cells.forEach((cell, place) => { cell.hidden = !shown[place]; });
  }
  for (const { head, lines } of groups) {
    head.hidden = lines.every((line) => line.hidden);
    head.cells[0].colSpan = width + 1;
  }
}

function tell(shown) {
  const left = rows.filter(({ line }) => !line.hidden);
  const differing = left.filter(({ line }) => line.classList.contains("differs")).length;
  const [claims, width] = [left.length, shown.filter(Boolean).length];
  controls.querySelector("output").textContent = picked().length === 2
    ? said`${claims} of ${rows.length} claims, ${differing} with different verdicts, ${width} of ${columns.length} columns shown`
    : said`${claims} of ${rows.length} claims, ${width} of ${columns.length} columns shown`;
}

function apply() {
  const shown = columns.map(isShown);
  showColumns(shown);
  showRows(shown, shown.filter(Boolean).length + Number(showYours()));
  tell(shown);
  keepOneTabStop();
}

// --- One tab stop for all verdicts; the arrow keys go from one to the next -----------------------------------------

let stop = null;

function keepOneTabStop(link = stop) {
  const usable = link?.isConnected && !link.closest("[hidden]");
  if (stop) stop.tabIndex = -1;
  stop = usable ? link : table.querySelector("tbody tr:not([hidden]) td:not([hidden]) a");
  if (stop) stop.tabIndex = 0;
}

function nextVerdict(key, cell) {
  const line = cell.parentElement;
  const across = [...line.querySelectorAll("td:not([hidden]) a")];
  const down = rows.map((row) => row.line).filter((one) => !one.hidden);
  const beside = (step) => across[across.indexOf(cell.querySelector("a")) + step];
  const below = (step) => down[down.indexOf(line) + step]?.cells[cell.cellIndex].querySelector("a");
  switch (key) {
    case "ArrowRight": return beside(1);
    case "ArrowLeft": return beside(-1);
    case "ArrowDown": return below(1);
    case "ArrowUp": return below(-1);
    case "Home": return across[0];
    case "End": return across.at(-1);
    default: return null;
  }
}

table.addEventListener("focusin", (event) => {
  if (event.target.closest("td")) keepOneTabStop(event.target);
});
table.addEventListener("keydown", (event) => {
  const cell = event.target.closest("td");
  if (!cell || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const next = nextVerdict(event.key, cell);
  if (next === null) return; // not one of our keys
  event.preventDefault();
  next?.focus();
});

// --- The state lives in the address, so that it can be sent to someone ----------------------------------------------

function writeAddress() {
  const state = new URLSearchParams();
  if (ownRelease.value) state.set("tf", ownRelease.value);
  for (const field of choices) if (field.value) state.set(field.name, field.value);
  for (const field of switches) if (field.checked) state.set(field.name, "1");
  if (unfolded.size) state.set("open", [...unfolded].join(" "));
  const query = state.size ? `?${state}` : "";
  history.replaceState(null, "", location.pathname + query + location.hash);
}

function readAddress() {
  const state = new URLSearchParams(location.search);
  for (const field of choices) {
    field.value = state.get(field.name) || "";
    if (field.selectedIndex === -1) field.value = ""; // a value that there is no choice for
  }
  for (const field of switches) field.checked = state.has(field.name);
  for (const name of (state.get("open") || "").split(" ").filter(Boolean)) unfolded.add(name);
}

function change() {
  apply();
  writeAddress();
}

for (const column of columns.filter((one) => one.range)) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...column.range.childNodes);
  column.range.append(button);
  button.addEventListener("click", () => {
    if (!unfolded.delete(column.name)) unfolded.add(column.name);
    change();
  });
}
controls.addEventListener("input", change);
controls.querySelector(".reset").addEventListener("click", () => {
  for (const field of choices) field.value = "";
  for (const field of switches) field.checked = false;
  unfolded.clear();
  change();
});
addEventListener("release", apply);
controls.querySelector(".share").addEventListener("click", (event) => copyFrom(event.target, location.href));

readAddress();
apply();
controls.hidden = false;
const isFiltered = [...new URLSearchParams(location.search).keys()].some((name) => name !== "tf");
if (isFiltered && !location.hash) document.getElementById("matrix").scrollIntoView();
