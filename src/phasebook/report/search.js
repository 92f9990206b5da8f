// The search over all pages: the entries of search-index.js, searched with MiniSearch; the query is the address (?q=).
"use strict";

const MOST = 30;
const COMMON = new Set(("a an and are as at be but by can do does for from have how i if in is it its my not of on or "
  + "so than that the then there this to was what when where which why will with you your").split(" "));
const form = document.querySelector(".finder form");
const input = form.elements.q;
const count = document.querySelector(".count");
const found = document.querySelector(".found");

// --- Words: `tf.keras.backend.set_learning_phase` is found as a whole and by each of its parts ----------------------

const HAN = /\p{Script=Han}/u;
const segmenter = new Intl.Segmenter("zh", { granularity: "word" }); // Chinese has no spaces between words

function parts(name) {
  if (HAN.test(name)) {
    const words = [...segmenter.segment(name)].filter((one) => one.isWordLike).map((one) => one.segment);
    return [...words, ...words.slice(1).map((one, place) => words[place] + one)]; // a term may be of two words
  }
  const small = name.split("_").filter(Boolean).flatMap((part) => part.split(/(?<=[\p{Ll}\d])(?=\p{Lu})/u));
  return small.length > 1 ? [name, ...small] : [name];
}

function tokenize(text) {
  const chunks = text.match(/[\p{L}\p{N}_]+(?:[.=]+[\p{L}\p{N}_]+)*/gu) || [];
  return chunks.flatMap((chunk) => {
    const names = chunk.split(/[.=]+/);
    return names.length > 1 ? [chunk, ...names.flatMap(parts)] : parts(chunk);
  });
}

// Words that people use for one thing: each is found by the others.
const ALIKE = [
  "frozen freeze freezes froze freezing", "move moves moved moving change changes changed update updates updated",
  "savedmodel saved_model exported export serving served", "mean variance statistics stats", "mc monte carlo",
  "infer inference testing", "learns learn trained", "plain without nothing omit omitted", "upgrade upgrading migrate migration",
].map((line) => line.split(" "));

function word(token) {
  const lower = token.toLowerCase();
  if (COMMON.has(lower)) return null;
  const alike = ALIKE.find((those) => those.includes(lower));
  return alike ? [lower, `=${alike[0]}`] : lower;
}

// --- A claim's verdict on the reader's release, which the first page remembers ------------------------------------------

const VERDICTS = { h: said`holds`, f: said`fails`, u: said`unavailable`, e: said`error`, "-": said`not run` };

function remembered() {
  try { return localStorage.getItem("phasebook-tf"); } catch { return null; }
}

const own = columns.findIndex(([name]) => name === remembered());
const column = own < 0 ? newest : own;

function answered({ line, verdicts }) {
  if (!verdicts || column < 0) return line;
  const [label, verdict] = [columns[column][1], VERDICTS[verdicts[column]]];
  return said`In ${label}: ${verdict}. ${line}`;
}

// Most who search have a question about Keras alone and want to know what to write, not what a mistake costs.
const KINDS = {
  page: said`page`, article: said`article`, claim: said`claim`, experiment: said`experiment`, release: said`release`,
  "error message": said`error message`, "from PyTorch": said`from PyTorch`, "what to write": said`what to write`,
  "what happens if": said`what happens if`, "upgrade guide": said`upgrade guide`,
};

const WEIGHTS = { "what to write": 1.15, "upgrade guide": 1.3, "what happens if": 0.85, experiment: 0.7, release: 0.6 };

function weight({ kind, address, verdicts }, term) {
  if (kind === "from PyTorch") return term === "pytorch" ? 1 : 0.2;
  if (/cost/.test(address)) return term.startsWith("cost") ? 1 : 0.3;
  return (WEIGHTS[kind] || 1) * (verdicts && verdicts[column] === "u" ? 0.6 : 1);
}

const engine = new MiniSearch({
  fields: ["title", "line", "words", "kind"],
  storeFields: ["kind", "title", "line", "address", "verdicts"],
  tokenize,
  processTerm: word,
  searchOptions: {
    boost: { title: 3, line: 1.5 },
    boostDocument: (id, term, entry) => weight(entry, term),
    prefix: (term) => term.length > 2 && term[0] !== "=",
    fuzzy: (term) => (term.length > 4 && term[0] !== "=" ? 0.2 : false),
  },
});
engine.addAll(entries.map(([kind, title, line, address, words, verdicts], id) => (
  { id, kind, title, line, address, words, verdicts })));

// --- What is shown: texts stay texts ----------------------------------------------------------------------------------

function element(tag, text, kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function shown(entry) {
  const { kind, title, address } = entry;
  const item = document.createElement("li");
  const link = element("a", title);
  link.href = address;
  item.append(element("small", KINDS[kind]), " ", link, element("p", answered(entry)));
  return item;
}

function told(query, number) {
  if (!query) return "";
  if (!number) return said`Nothing was found. Try fewer words, or a single name.`;
  if (number > MOST) return said`${number} results; the first ${MOST} are shown.`;
  return number === 1 ? said`1 result.` : said`${number} results.`;
}

function find() {
  const query = input.value.trim();
  const results = query ? engine.search(query) : [];
  count.textContent = told(query, results.length);
  found.replaceChildren(...results.slice(0, MOST).map(shown));
}

form.addEventListener("submit", (event) => event.preventDefault());
input.addEventListener("input", () => {
  find();
  const query = input.value ? `?${new URLSearchParams({ q: input.value })}` : "";
  history.replaceState(null, "", location.pathname + query);
});
input.value = new URLSearchParams(location.search).get("q") || "";
if (column >= 0) document.querySelector(".finder b").textContent = columns[column][1];
form.parentElement.hidden = false;
document.querySelector(".unscripted").hidden = true;
find();
input.focus();
