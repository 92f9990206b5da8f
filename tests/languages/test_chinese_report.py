"""The Chinese pages of this very project: no English sentence, no gap between Han, and no page too large."""

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
TAGS = r"(?:</?(?:a|b|code|em|i|q|small|span|strong|sub|sup|time)\b[^<>]*>)*"
END = re.compile(r"(?<=[.:;?!]) |(?<=[。：；？！])")  # of a sentence, in either language
WIDE = "[。，、；：？！（）《》「」]"
GAP = re.compile(rf"{HAN.pattern}{TAGS} +{TAGS}{HAN.pattern}|{WIDE}{TAGS} +|\S +{TAGS}{WIDE}")
OPAQUE = re.compile(r"<(pre|script|style|cite)\b.*?</\1>", re.DOTALL)
SAID = re.compile(r"said`([^`]*)`")
EMPTY = {"meta", "link", "input", "br", "img", "hr", "source", "wbr"}
LEFT = {"pre", "code", "kbd", "samp", "cite", "script", "style", "template", "id"}
READ_ALOUD = {"aria-label", "title", "alt", "placeholder", "label"}
QUOTED = {"article", "error message"}  # whose titles in the search are others' words
OTHERS = (  # titles of works, and what TensorFlow says
    "Optical Recognition of Handwritten Digits",
    "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks",
    "Training mode v.s.",
    "call() got an unexpected keyword argument 'training'",
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
    said = {" ".join(part.split()) for text in reader.texts for part in END.split(text)}
    unmarked = {
        one for one in said if WORDS.search(one) and not HAN.search(one) and one.strip("-； ") not in OTHERS
    }
    return unmarked | {" ".join(text.split()) for text in reader.untranslated}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The report of this very project in English."""
    return pages.render(Folders(REAL), {})


def own(files: Mapping[str, bytes], catalogue: Catalogue, code: str = "zh-hans") -> dict[str, bytes]:
    """What a language has of its own."""
    made = in_languages(files, {LANGUAGES[code]: catalogue})
    return {name: content for name, content in made.items() if name.startswith(code)}


def found(files: Mapping[str, bytes]) -> set[str]:
    """The English sentences in what a language has of its own."""
    read = {name: content.decode() for name, content in files.items() if not name.endswith(".svg")}
    return {one for name, content in read.items() for one in english(name, content)}


@pytest.fixture(scope="module", params=["zh-hans", "zh-hant"])
def chinese(request: pytest.FixtureRequest, files: dict[str, bytes]) -> tuple[Catalogue, dict[str, bytes]]:
    """A catalogue and what its language has of its own."""
    catalogue = load(Folders(REAL).translations, LANGUAGES[request.param])
    return catalogue, own(files, catalogue, request.param)


def test_no_sentence_is_in_english_and_doctor_counts_none(chinese: tuple[Catalogue, dict[str, bytes]]) -> None:
    catalogue, files = chinese
    assert found(files) == set()
    assert catalogue.missing == []  # what `make doctor` counts


def test_nothing_parts_han_from_han_or_a_full_width_mark(chinese: tuple[Catalogue, dict[str, bytes]]) -> None:
    for name, content in chinese[1].items():
        if not name.endswith(".js"):
            assert GAP.findall(OPAQUE.sub("", content.decode())) == [], name


def test_the_pages_keep_within_their_sizes(chinese: tuple[Catalogue, dict[str, bytes]]) -> None:
    sizes = {name.partition("/")[2]: len(content) for name, content in chinese[1].items()}
    assert sizes["index.html"] < 400_000
    assert max(size for name, size in sizes.items() if name.endswith(".html")) < 600_000
    assert sum(sizes.values()) < 8_000_000


@pytest.mark.parametrize(
    "name", ["claims/fit-trains.html", "experiments/7-freezing.html", "feed.xml", "search-index.js", "yours.js"]
)
def test_a_translation_that_is_taken_out_is_found(files: dict[str, bytes], name: str) -> None:
    catalogue = load(Folders(REAL).translations, LANGUAGES["zh-hans"])
    some = {name: files[name]}
    before = found(own(some, catalogue))
    sentence = next(one for one in catalogue.asked if WORDS.search(one) and one in catalogue.known)
    without = load(Folders(REAL).translations, LANGUAGES["zh-hans"])
    del without.known[sentence]
    assert found(own(some, without)) - before
    assert set(without.missing) - set(catalogue.missing)
