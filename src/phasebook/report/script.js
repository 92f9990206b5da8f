// Every page: copy buttons on code, a tab stop on what must be scrolled, contents folded where there is little room.
// Without this script everything is there to read.
"use strict";

const said = String.raw; // marks what is said in the page's language, here and in the other scripts

function copyFrom(button, text) {
  const label = button.textContent;
  const say = (words) => {
    button.textContent = words;
    setTimeout(() => { button.textContent = label; }, 1500);
  };
  const copying = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject();
  copying.then(() => say(said`Copied`), () => say(said`Not allowed here`));
}

function addCopyButton(block) {
  const box = document.createElement("div");
  box.className = "box";
  block.replaceWith(box);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = said`Copy`;
  button.addEventListener("click", () => copyFrom(button, block.textContent));
  box.append(block, button);
}

// A claim in the words of whoever cites it; the address is where the reader found it.
function citation(kind, { title, id, year, version }) {
  const address = location.origin === "null" ? location.href.split(/[?#]/)[0] : location.origin + location.pathname;
  if (kind === "link") return address;
  if (kind === "markdown") return `[${title} (Phasebook)](${address})`;
  const note = version ? `,\n  note = {commit ${version}}` : "";
  return `@misc{phasebook-${id},\n  title = {Phasebook: ${title}},\n  author = {{The Phasebook authors}},\n`
    + `  year = {${year}},\n  url = {${address}}${note}\n}`;
}

function markScrollers() {
  for (const one of document.querySelectorAll("pre, .scroll:not(section)")) {
    if (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
}

document.querySelectorAll("pre.code").forEach(addCopyButton);
for (const cite of document.querySelectorAll(".cite")) {
  cite.hidden = false;
  cite.addEventListener("click", ({ target }) => {
    if (target.value) copyFrom(target, citation(target.value, cite.dataset));
  });
}
for (const link of document.querySelectorAll(".languages a")) {
  link.addEventListener("click", () => { link.href = link.href.split(/[?#]/)[0] + location.search + location.hash; });
}
markScrollers();
addEventListener("resize", markScrollers);
addEventListener("toggle", markScrollers, true);
if (matchMedia("(max-width: 70rem)").matches) {
  document.querySelectorAll(".contents").forEach((contents) => { contents.open = false; });
}
