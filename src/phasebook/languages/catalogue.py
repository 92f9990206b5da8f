"""The translations of one language: gettext catalogues, keyed by the English sentence."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import polib
from msgspec import Struct
from opencc import OpenCC

from phasebook.languages import LANGUAGES, Language
from phasebook.languages.sentences import FIXED, wanted
from phasebook.project.errors import Problem
from phasebook.project.files import read_toml

_MARKS = {".": "。", ":": "："}


class Term(Struct, frozen=True, forbid_unknown_fields=True):
    """What a term is called, where that is from, and Taiwan's word where OpenCC has another one.

    A word with other meanings beside the term's is not `held`: sentences may say something else for it.
    """

    english: str
    simplified: list[str]
    source: str
    traditional: str = ""
    held: bool = True


class _Taiwan(Struct, forbid_unknown_fields=True):
    words: dict[str, str]


class _Glossary(Struct, forbid_unknown_fields=True):
    term: list[Term]


class Asked(Struct, frozen=True):
    """Where a sentence was first asked for: as a page has it, and which file that was."""

    example: str
    file: str


class Catalogue:
    """What one language says for English sentences; `asked` are those that were asked for, in their order."""

    def __init__(self, known: dict[str, str], examples: dict[str, str]) -> None:
        self.known = known
        self.examples = examples  # sentences by one of the texts that they stand for, which has lost its spaces
        self.asked: dict[str, Asked] = {}
        self.file = ""  # which is being translated

    def __call__(self, sentence: str, example: str) -> str | None:
        """The translation of a sentence, or None; `example` is the sentence as the page has it."""
        self.asked.setdefault(sentence, Asked(example, self.file))
        return self.known.get(sentence)

    def without_marks(self, text: str) -> str | None:
        """The translation of a text that a page has elsewhere with code and links in it; None for other texts.

        A title that stands before other words may have a full stop or a colon of its own.
        """
        key = _without_spaces(text)
        if key not in self.examples and text[-1:] in _MARKS:
            title = self.without_marks(text[:-1])
            return None if title is None else title + _MARKS[text[-1]]
        sentence = self.examples.get(key, "")
        translation = self.known.get(sentence)
        if translation is None:
            return None
        parts = re.findall(r"\{(\d+)\}", sentence)
        value = f"((?:{FIXED.pattern})|.+?)"  # a version stays whole beside another part
        pattern = value.join(map(re.escape, re.split(r"\{\d+\}", sentence.replace("*", ""))))
        values = re.fullmatch(pattern, text)
        if values is None:
            return None
        self.asked.setdefault(sentence, Asked(text, self.file))
        by_part = dict(zip(parts, values.groups(), strict=True))
        return re.sub(r"\{(\d+)\}", lambda found: by_part[found[1]], translation.replace("*", ""))

    @property
    def missing(self) -> list[str]:
        """The sentences that were asked for in vain."""
        return [sentence for sentence in self.asked if sentence not in self.known]

    @property
    def share(self) -> float:
        """How much of what was asked for is translated, from 0 to 1."""
        return 1 - len(self.missing) / len(self.asked) if self.asked else 1.0


def _without_spaces(text: str) -> str:
    """A text as it is looked up: catalogues are wrapped, also at hyphens."""
    return "".join(text.split())


def load(translations: Path, language: Language) -> Catalogue:
    """A language's catalogue, from data/translations.

    Traditional Chinese is made from Simplified with OpenCC, in Taiwan's words, and with the glossary's; its own
    catalogue holds what is said otherwise. Raises Problem for a file that is no catalogue, and for a translation
    whose `{1}` or `*` are not those of its sentence.
    """
    found = Catalogue({}, {})
    if language.code == "zh-hant":
        simplified = load(translations, LANGUAGES["zh-hans"])
        convert = _to_traditional(translations)
        known = {sentence: convert(said) for sentence, said in simplified.known.items()}
        found = Catalogue(known, simplified.examples)
    for path in sorted((translations / language.catalogues).glob("*.po")):
        for entry in _entries(path):
            found.known[entry.msgid] = entry.msgstr
            found.examples[_without_spaces(entry.comment or entry.msgid)] = entry.msgid
    return found


def _entries(path: Path) -> Iterator[polib.POEntry]:
    """The entries of a catalogue that have a translation."""
    try:
        file = polib.pofile(str(path))
    except (OSError, ValueError) as error:
        raise Problem(f"{path}: not a gettext catalogue: {error}") from None
    for entry in file:
        if entry.msgstr and not entry.obsolete:
            for complaint in complaints(entry.msgid, entry.msgstr):
                raise Problem(f"{path}, line {entry.linenum}: {complaint} in the translation of {entry.msgid!r}")
            yield entry


def complaints(sentence: str, translation: str) -> Iterator[str]:
    """What a translation lacks that its sentence has, or has more."""
    parts, marks = wanted(sentence)
    own_parts, own_marks = wanted(translation)
    if parts != own_parts:
        yield f"{', '.join(parts) or 'no {1}'} became {', '.join(own_parts) or 'none'}"
    if marks != own_marks:
        yield "other marks (* or **)"


def _to_traditional(translations: Path) -> Callable[[str], str]:
    """Simplified words in Traditional ones."""
    opencc = OpenCC("s2twp")
    words = {
        one: term.traditional for term in glossary(translations) for one in term.simplified if term.traditional
    }
    path = translations / "taiwan.toml"
    if path.is_file():
        words |= read_toml(path, _Taiwan).words
    own = {str(opencc.convert(simplified)): traditional for simplified, traditional in words.items()}
    quotes = str.maketrans("“”‘’", "「」『』")

    def convert(said: str) -> str:
        told = str(opencc.convert(said)).translate(quotes)
        for usual, better in own.items():
            told = told.replace(usual, better)
        return told

    return convert


def glossary(translations: Path) -> list[Term]:
    """The terms that translations are held to."""
    path = translations / "glossary.toml"
    return read_toml(path, _Glossary).term if path.is_file() else []
