// The report's comforts: copy buttons everywhere, filters on the matrix. Without this script all is there to read.
"use strict";

// --- Copy buttons on code, and a tab stop on what must be scrolled ---------------------------------------------
function copied(button, text) {
  const label = button.textContent;
  const done = (words) => {
    button.textContent = words;
    setTimeout(() => { button.textContent = label; }, 1500);
  };
  navigator.clipboard.writeText(text).then(() => done("Copied"), () => done("Not allowed"));
}

for (const block of document.querySelectorAll("pre.code")) {
  const box = document.createElement("div");
  box.className = "box";
  block.replaceWith(box);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", () => copied(button, block.textContent));
  box.append(block, button);
}

function markScrollers() {
  for (const one of document.querySelectorAll("pre, .scroll:not(section)")) {
    if (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
}
addEventListener("resize", markScrollers);
addEventListener("toggle", markScrollers, true);
markScrollers();

if (matchMedia("(max-width: 70rem)").matches) {
  for (const contents of document.querySelectorAll(".contents")) contents.open = false;
}

// --- The matrix ---------------------------------------------------------------------------------------------------
const table = document.querySelector(".matrix");
const form = document.querySelector(".filters");

function startMatrix() {
  const families = [...table.querySelectorAll(".families th[data-family]")];
  const columns = [...table.querySelectorAll(".names th")].map((head) => ({
    head,
    name: head.dataset.name,
    family: head.dataset.family,
    range: head.querySelector(".range"),
    own: head.querySelector(".own"),
  }));
  let first = null;
  for (const column of columns) { // the first column of each span stands for it
    if (column.head.dataset.span === "0") first = column;
    column.first = first;
  }
  const groups = [...table.tBodies].map((body) => ({ head: body.rows[0], body }));
  const rows = groups.flatMap((group) => [...group.body.rows].slice(1).map((row) => ({
    row,
    group,
    text: row.cells[0].textContent.toLowerCase() + " " + group.head.textContent.toLowerCase(),
    cells: [...row.cells].slice(1),
    verdicts: [...row.cells].slice(1).map((cell) => cell.className),
  })));
  const unfolded = new Set(); // names of first columns
  const output = form.querySelector("output");
  const fields = Object.fromEntries([...form.querySelectorAll("[name]")].map((field) => [field.name, field]));
  const words = ["q", "verdict", "family", "tf", "a", "b"];
  const checks = ["changes", "unfold"];

  function shown(column) {
    const compared = [fields.a.value, fields.b.value].filter(Boolean);
    if (compared.length) return compared.includes(column.name);
    if (fields.tf.value) return column.name === fields.tf.value;
    if (fields.family.value && column.family !== fields.family.value) return false;
    return column === column.first || fields.unfold.checked || unfolded.has(column.first.name);
  }

  function single(column) { // stands for itself alone, not for its span
    return fields.a.value || fields.b.value || fields.tf.value || fields.unfold.checked || unfolded.has(column.first.name);
  }

  function apply() {
    const visible = columns.map(shown);
    const count = visible.filter(Boolean).length;
    columns.forEach((column, place) => {
      column.head.hidden = !visible[place];
      if (column.range) {
        column.range.hidden = Boolean(single(column)) && !unfolded.has(column.name);
        column.own.hidden = !single(column);
        column.range.firstElementChild.setAttribute("aria-expanded", String(unfolded.has(column.name)));
      }
    });
    for (const family of families) {
      const width = columns.filter((column, place) => visible[place] && column.family === family.dataset.family).length;
      family.hidden = !width;
      family.colSpan = width || 1;
    }
    const query = fields.q.value.trim().toLowerCase();
    const compare = fields.a.value && fields.b.value;
    let left = 0;
    let differing = 0;
    for (const { row, text, cells, verdicts } of rows) {
      const seen = verdicts.filter((_, place) => visible[place]);
      const differs = new Set(seen).size > 1;
      row.hidden = !(text.includes(query)
        && (!fields.verdict.value || seen.includes(fields.verdict.value))
        && (!fields.changes.checked || differs));
      cells.forEach((cell, place) => { cell.hidden = !visible[place]; });
      row.classList.toggle("differs", Boolean(compare && differs));
      left += !row.hidden;
      differing += compare && differs && !row.hidden ? 1 : 0;
    }
    for (const { head, body } of groups) {
      head.hidden = ![...body.rows].slice(1).some((row) => !row.hidden);
      head.cells[0].colSpan = count + 1;
    }
    output.textContent = `${left} of ${rows.length} claims` + (compare ? `, ${differing} with different verdicts` : "")
      + `, ${count} of ${columns.length} columns shown`;
    const yours = columns.find((column) => column.name === fields.tf.value);
    for (const sample of document.querySelectorAll(".sample")) {
      sample.classList.toggle("yours", Boolean(yours && sample.dataset.families.split("|").includes(yours.family)));
    }
    oneTabStop();
  }

  // One tab stop for all verdicts; the arrow keys go from one to the next.
  let current = null;
  function verdictLinks(row) {
    return [...row.querySelectorAll("td:not([hidden]) a")];
  }
  function oneTabStop(link) {
    const usable = (one) => one && !one.closest("[hidden]");
    const next = link || (usable(current) ? current : table.querySelector("tbody tr:not([hidden]) td:not([hidden]) a"));
    if (current) current.tabIndex = -1;
    current = next;
    if (current) current.tabIndex = 0;
  }
  table.addEventListener("focusin", (event) => {
    if (event.target.closest("td")) oneTabStop(event.target);
  });
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = cell.parentElement;
    const line = verdictLinks(row);
    const place = line.indexOf(event.target);
    const lines = rows.map((one) => one.row).filter((one) => !one.hidden);
    const beside = (step) => lines[lines.indexOf(row) + step];
    const inColumn = (other) => other && [...other.cells][cell.cellIndex].querySelector("a");
    const next = {
      ArrowRight: () => line[place + 1],
      ArrowLeft: () => line[place - 1],
      Home: () => line[0],
      End: () => line[line.length - 1],
      ArrowDown: () => inColumn(beside(1)),
      ArrowUp: () => inColumn(beside(-1)),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    const link = next();
    if (link) link.focus();
  });

  // The state lives in the address, so that it can be sent to someone.
  function write() {
    const state = new URLSearchParams();
    for (const name of words) if (fields[name].value) state.set(name, fields[name].value);
    for (const name of checks) if (fields[name].checked) state.set(name, "1");
    if (unfolded.size) state.set("open", [...unfolded].join(" "));
    const query = state.toString();
    history.replaceState(null, "", location.pathname + (query ? "?" + query : "") + location.hash);
  }
  function read() {
    const state = new URLSearchParams(location.search);
    for (const name of words) fields[name].value = state.get(name) || "";
    for (const name of words) if (fields[name].value === "" && fields[name].tagName === "SELECT") fields[name].selectedIndex = 0;
    for (const name of checks) fields[name].checked = state.has(name);
    for (const name of (state.get("open") || "").split(" ").filter(Boolean)) unfolded.add(name);
  }

  for (const column of columns.filter((one) => one.range)) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...column.range.childNodes);
    column.range.append(button);
    button.addEventListener("click", () => {
      if (!unfolded.delete(column.name)) unfolded.add(column.name);
      apply();
      write();
    });
  }
  form.addEventListener("input", () => { apply(); write(); });
  form.querySelector(".reset").addEventListener("click", () => {
    for (const name of words) fields[name].value = "";
    for (const name of checks) fields[name].checked = false;
    unfolded.clear();
    apply();
    write();
  });
  form.querySelector(".share").addEventListener("click", (event) => copied(event.target, location.href));
  form.hidden = false;
  read();
  apply();
  if (location.search && !location.hash) document.getElementById("matrix").scrollIntoView();
}

if (table && form) startMatrix();
