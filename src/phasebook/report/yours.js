// The first page speaks of the reader's own release: chosen, pasted, from the address (?tf=) or remembered here alone.
"use strict";

const known = JSON.parse(document.getElementById("answers").content.textContent);
const chooser = document.querySelector(".chooser");
const asking = document.querySelector(".asking");
const told = document.querySelector(".told");
const mine = chooser.querySelector("select");
const versions = chooser.querySelector("textarea");
const releases = [...mine.options].slice(1).map((option) => ({ name: option.value, words: option.text, ...option.dataset }));
const KEY = "phasebook-tf";
const VERDICTS = { holds: said`holds`, fails: said`fails`, unavailable: said`unavailable`, error: said`error` };
const MODES = {
  "training mode": said`training mode`, "inference mode": said`inference mode`, neither: said`neither`,
  unavailable: said`unavailable`, "not run": said`not run`,
};

// --- Which release: the address first, then what this browser remembers ----------------------------------------------

function remembered() {
  try { return localStorage.getItem(KEY) || ""; } catch { return ""; } // not allowed to remember
}

function remember(name) {
  try {
    if (name) localStorage.setItem(KEY, name);
    else localStorage.removeItem(KEY);
  } catch { /* not allowed to remember */ }
}

// --- Versions that were pasted, and the column nearest to them -------------------------------------------------------

const numbers = (version) => (version.match(/\d+/g) || []).slice(0, 3).map(Number);

function distance(one, other) {
  const [a, b] = [numbers(one), numbers(other)];
  return [1e6, 1e3, 1].reduce((sum, weight, place) => sum + weight * Math.abs((a[place] || 0) - (b[place] || 0)), 0);
}

function versionsIn(text) {
  const find = (pattern) => (text.match(pattern) || [])[1] || "";
  const bare = text.match(/\b\d+\.\d+[\w.]*/g) || [];
  const isNamed = /[a-z]{3}/i.test(text);
  return {
    tensorflow: find(/tensorflow(?:[-_](?:cpu|gpu|intel|macos))?\s*(?:==|[:=\s])\s*v?(\d+\.[\w.]+)/i)
      || find(/tf\.__version__\D{0,5}(\d+\.[\w.]+)/) || (isNamed ? "" : bare[0] || ""),
    keras: find(/(?:^|[^-_\w])keras(?:\.__version__)?\s*(?:==|[:=\s])\W{0,2}(\d+\.[\w.]+)/im) || (isNamed ? "" : bare[1] || ""),
    legacy: /tf[-_]keras/i.test(text) && !/(?:^|[^-_\w])keras(?:\.__version__)?\s*(?:==|[:=\s])\W{0,2}3/im.test(text),
    nightly: /(?:tf|tensorflow)[-_]nightly/i.test(text),
    family: { jax: "JAX", torch: "Torch" }[find(/KERAS_BACKEND\W{1,4}(jax|torch)/i).toLowerCase()],
  };
}

function nearest({ tensorflow, keras, legacy, nightly, family }) {
  if (family) {
    const own = releases.filter((one) => one.family === family);
    return keras ? own.sort((one, other) => distance(keras, one.keras) - distance(keras, other.keras))[0] : own[0];
  }
  if (nightly) return releases.find((one) => one.family === "nightly");
  if (!tensorflow && !keras) return undefined;
  const isThree = Number(numbers(keras)[0]) >= 3;
  const modern = distance(tensorflow || "2.16", "2.16") === 0 || (numbers(tensorflow)[0] === 2 && numbers(tensorflow)[1] >= 16) || !tensorflow;
  const flavour = !modern ? "tf.keras" : (legacy ? "tf-keras" : "keras-3");
  const fitting = releases.filter((one) => one.flavour === flavour && !["nightly", "JAX", "Torch"].includes(one.family));
  const far = (one) => (isThree ? 1e4 * distance(keras, one.keras) : 0) + (tensorflow ? distance(tensorflow, one.tensorflow) : 0);
  return fitting.sort((one, other) => far(one) - far(other))[0];
}

// --- What the page then says -----------------------------------------------------------------------------------------

function tellRelease(release) {
  told.hidden = !release;
  document.body.classList.toggle("chosen", Boolean(release));
  for (const sample of document.querySelectorAll(".sample")) {
    sample.classList.toggle("yours", Boolean(release && sample.dataset.families.split("|").includes(release.family)));
  }
  if (!release) return;
  const { says, score, upgrade } = known.columns.find((column) => column.name === release.name);
  told.querySelector(".says").innerHTML = says.map((number) => known.sentences[number]).join(" ");
  const counts = told.querySelector(".counts");
  const verdicts = score.map(([word, count]) => `${VERDICTS[word]} ${count}`).join(", ");
  counts.textContent = `${said`On ${release.words}: ${verdicts}.`} `;
  if (upgrade) {
    const [silent, raising, gone] = upgrade;
    const all = silent + raising + gone;
    const differing = said`If you upgrade to the newest release, ${all} claims come out differently: ${silent} without a word, ${raising} with an error, ${gone} because something was removed or added.`;
    counts.append(`${differing} `);
  }
  const link = document.createElement("a");
  link.href = `releases/${encodeURIComponent(release.name)}.html`;
  link.textContent = said`All about ${release.words}`;
  counts.append(link);
}

function choose(name) {
  const release = releases.find((one) => one.name === name);
  mine.value = release ? name : "";
  tellRelease(release);
  ask();
  return release;
}

// --- What happens if I write ... -------------------------------------------------------------------------------------

const [how, layer, model] = asking.querySelectorAll("select");
const distinct = (values) => [...new Set(values)];

function offer(field, values) {
  const before = field.value;
  field.replaceChildren(...values.map((value) => new Option(value, value)));
  if (values.includes(before)) field.value = before;
}

function offerWhatWasRun() {
  const rows = known.situations;
  offer(how, distinct(rows.map((row) => row[0])));
  const called = rows.filter((row) => row[0] === how.value);
  offer(layer, distinct(called.map((row) => row[1])));
  offer(model, distinct(called.filter((row) => row[1] === layer.value).map((row) => row[2])));
}

function ask() {
  if (!known.situations.length) return;
  offerWhatWasRun();
  const row = known.situations.find((one) => one[0] === how.value && one[1] === layer.value && one[2] === model.value);
  const answers = row[5].map((number) => known.answers[number]);
  const output = asking.querySelector("output");
  output.replaceChildren();
  const place = known.columns.findIndex((column) => column.name === mine.value);
  if (place >= 0) output.append(sentence(row, answers[place], releases[place]));
  output.append(stripOf(row, answers));
}

function proof(row, name, words) {
  const link = document.createElement("a");
  link.href = `claims/${row[3]}.html#${name}`;
  link.textContent = words;
  return link;
}

function sentence(row, [mode, seen], release) {
  const line = document.createElement("p");
  const words = MODES[mode] || mode;
  const runs = mode.endsWith("mode") ? said`The layer runs in ${words}` : said`The layer does neither (or it was not run): ${words}`;
  const all = seen ? said`On ${release.words}: ${runs} (${seen}).` : said`On ${release.words}: ${runs}.`;
  line.append(`${all} `, proof(row, release.name, `${row[3]}, ${row[4]}`));
  return line;
}

function stripOf(row, answers) {
  const list = document.createElement("ul");
  list.className = "modes";
  list.setAttribute("aria-label", said`On every release`);
  answers.forEach(([mode], place) => {
    const before = place ? answers[place - 1][0] : null;
    const isNew = mode !== before || releases[place].family !== releases[place - 1].family;
    if (isNew) {
      const item = document.createElement("li");
      item.className = mode.replace(/ /g, "-");
      item.append(proof(row, releases[place].name, MODES[mode] || mode), " ", document.createElement("span"));
      item.dataset.first = releases[place].name;
      list.append(item);
    }
    const item = list.lastElementChild;
    const [{ first }, last] = [item.dataset, releases[place].name];
    item.lastElementChild.textContent = first === last ? first : said`${first} to ${last}`;
  });
  return list;
}

// --- Together --------------------------------------------------------------------------------------------------------

mine.addEventListener("change", () => {
  const release = choose(mine.value);
  remember(release ? release.name : "");
  const state = new URLSearchParams(location.search);
  if (release) state.set("tf", release.name);
  else state.delete("tf");
  history.replaceState(null, "", location.pathname + (state.size ? `?${state}` : "") + location.hash);
  dispatchEvent(new Event("release"));
});
function tellNearest(found) {
  chooser.querySelector("output").textContent = found
    ? said`The nearest release that was run is ${found.words}.` : said`No version of TensorFlow or Keras was found in this text.`;
}

// A column by its name (?tf=tf-2.15), or the one nearest to a version (?tf=2.15).
function chooseAtFirst(text) {
  if (choose(text) || !text) return;
  const found = nearest(versionsIn(text));
  if (!found) return;
  tellNearest(found);
  choose(found.name);
}

versions.addEventListener("input", (event) => {
  const found = nearest(versionsIn(event.target.value));
  tellNearest(found);
  if (!found) return;
  mine.value = found.name;
  mine.dispatchEvent(new Event("change"));
});
asking.addEventListener("change", ask);

chooseAtFirst(new URLSearchParams(location.search).get("tf") || remembered());
dispatchEvent(new Event("release")); // the matrix shows it
chooser.hidden = false;
asking.hidden = !known.situations.length;
