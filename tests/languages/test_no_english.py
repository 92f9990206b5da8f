"""Whether a reader of the Chinese pages meets an English sentence, in the report of this very project."""

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest
from small_project import REAL

from phasebook.languages import LANGUAGES
from phasebook.languages.catalogue import Catalogue, load
from phasebook.languages.site import in_languages
from phasebook.project.folders import Folders
from phasebook.report import pages

HAN = re.compile(r"[\u3400-\u9fff]")
WORDS = re.compile(r"\b[A-Za-z]?[a-z]+ (?:\S* )?[a-z]+ (?:\S* )?[a-z]+\b")  # three words in a row, or nearly so
CHINESE = LANGUAGES["zh-hans"]
SAID = re.compile(r"said`([^`]*)`")
EMPTY = {"meta", "link", "input", "br", "img", "hr", "source", "wbr"}
LEFT = {"pre", "code", "kbd", "samp", "cite", "script", "style", "template", "id"}
READ_ALOUD = {"aria-label", "title", "alt", "placeholder", "label"}
QUOTED = {"article", "error message"}  # whose titles in the search are others' words
OTHERS = (  # titles of works, and what TensorFlow says
    "Optical Recognition of Handwritten Digits",
    "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks",
    "Training mode v.s. Inference mode",
    "TypeError: call() got an unexpected keyword argument 'training'",
    "TypeError：call() got an unexpected keyword argument 'training'",
)


class Reader(HTMLParser):
    """Collects what is read of a page, but code and what is marked as a title or as of another language.

    What the page marks as English that stands for a translation is in `untranslated`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.untranslated: list[str] = []
        self._inside: list[str] = []  # an element that is left out, and those in it
        self._words: list[str] = []  # that are in it
        self._is_english = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if self._inside or tag in LEFT or found.get("translate") == "no" or ("lang" in found and tag != "html"):
            if not self._inside:
                self._words, self._is_english = [], tag == "span" and found.get("lang") == "en"
            self._inside += [tag] * (tag not in EMPTY)
            return
        self.texts += [value for name, value in found.items() if name in READ_ALOUD]
        if "property" in found or found.get("name") == "description":
            self.texts.append(found["content"])

    def handle_endtag(self, tag: str) -> None:
        if self._inside:
            self._inside.pop()
            if not self._inside and self._is_english:
                self.untranslated.append("".join(self._words))

    def handle_data(self, data: str) -> None:
        (self._words if self._inside else self.texts).append(data)


def english(name: str, content: str) -> set[str]:
    """The English sentences that a file shows or says: what is marked as one, and words in a row without Han."""
    reader = Reader()
    if name.endswith("search-index.js"):
        rows = [json.loads(line.rstrip(",")) for line in content.split("\n") if line.startswith("[")]
        reader.texts = [text for kind, title, line, *_ in rows for text in (title * (kind not in QUOTED), line)]
    elif name.endswith(".js"):
        reader.texts = SAID.findall(content)
    else:
        reader.feed(content)
    said = {" ".join(text.split()) for text in reader.texts}
    unmarked = {
        one for one in said if WORDS.search(one) and not HAN.search(one) and one.strip("：；- ") not in OTHERS
    }
    return unmarked | {" ".join(text.split()) for text in reader.untranslated}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The report of this very project in English."""
    return pages.render(Folders(REAL), {})


def found(files: Mapping[str, bytes], catalogue: Catalogue) -> set[str]:
    """The English sentences in what a language has of its own."""
    own = in_languages(files, {CHINESE: catalogue})
    return {
        one
        for name, content in own.items()
        if name.startswith(CHINESE.place("")) and not name.endswith(".svg")
        for one in english(name, content.decode())
    }


@pytest.mark.parametrize("code", ["zh-hans", "zh-hant"])
def test_no_sentence_is_in_english_and_doctor_counts_none(files: dict[str, bytes], code: str) -> None:
    catalogue = load(Folders(REAL).translations, LANGUAGES[code])
    assert found(files, catalogue) == set()
    assert catalogue.missing == []  # what `make doctor` counts


@pytest.mark.parametrize(
    "name", ["claims/fit-trains.html", "experiments/7-freezing.html", "feed.xml", "search-index.js", "yours.js"]
)
def test_a_translation_that_is_taken_out_is_found(files: dict[str, bytes], name: str) -> None:
    catalogue = load(Folders(REAL).translations, CHINESE)
    some = {name: files[name]}
    before = found(some, catalogue)
    sentence = next(one for one in catalogue.asked if WORDS.search(one) and one in catalogue.known)
    without = load(Folders(REAL).translations, CHINESE)
    del without.known[sentence]
    assert found(some, without) - before
    assert set(without.missing) - set(catalogue.missing)
