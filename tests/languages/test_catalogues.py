"""The catalogues in data/translations, and what is refused in one."""

import re
from pathlib import Path

import polib
import pytest
from small_project import REAL

from phasebook.languages import LANGUAGES, extraction
from phasebook.languages.catalogue import Catalogue, complaints, glossary, load
from phasebook.project.errors import Problem

HAN = re.compile(r"[\u4e00-\u9fff]")
TRANSLATIONS = REAL / "data/translations"


def catalogue(folder: Path, *entries: tuple[str, str, str]) -> Path:
    place = folder / "zh_Hans/pages.po"
    place.parent.mkdir(parents=True, exist_ok=True)
    file = polib.POFile()
    for sentence, translation, seen in entries:
        file.append(polib.POEntry(msgid=sentence, msgstr=translation, comment=seen))
    file.save(str(place))
    (folder / "glossary.toml").write_text(
        '[[term]]\nenglish = "optimizer"\nsimplified = ["优化器"]\ntraditional = "優化器"\nsource = "x"\n',
        encoding="utf-8",
    )
    return place


@pytest.mark.parametrize(
    ("sentence", "translation", "complaint"),
    [
        ("In {1}", "在 {1} 和 {2} 中", "{1} became {1}, {2}"),
        ("In {1} and {2}", "在 {1} 中", "{1}, {2} became {1}"),
        ("It **fails**", "失败", "other marks"),
        ("It *fails*", "**失败**", "other marks"),
    ],
)
def test_a_translation_keeps_parts_and_marks(
    sentence: str, translation: str, complaint: str, tmp_path: Path
) -> None:
    assert complaint in " ".join(complaints(sentence, translation))
    place = catalogue(tmp_path, (sentence, translation, ""))
    with pytest.raises(Problem, match=re.escape(f"{place}, line")):
        load(tmp_path, LANGUAGES["zh-hans"])


def test_parts_may_change_places_and_stand_twice() -> None:
    assert list(complaints("{1} in {2}", "{2} 中的 {1}，{2}")) == []


def test_a_file_that_is_no_catalogue_is_named(tmp_path: Path) -> None:
    catalogue(tmp_path).write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(Problem, match=r"pages\.po: not a gettext catalogue"):
        load(tmp_path, LANGUAGES["zh-hans"])


def test_traditional_comes_from_simplified_in_taiwans_words_and_its_own_entries_win(tmp_path: Path) -> None:
    catalogue(tmp_path, ("Default", "默认的“网络”和优化器", ""), ("Again", "软件", ""))
    assert load(tmp_path, LANGUAGES["zh-hant"]).known["Default"] == "預設的「網路」和優化器"
    own = polib.POFile()
    own.append(polib.POEntry(msgid="Again", msgstr="程式"))
    (tmp_path / "zh_Hant").mkdir()
    own.save(str(tmp_path / "zh_Hant/own.po"))
    assert load(tmp_path, LANGUAGES["zh-hant"]).known["Again"] == "程式"


def test_a_text_without_marks_is_that_of_its_sentence(tmp_path: Path) -> None:
    catalogue(tmp_path, ("Call **{1}** in {2}", "在 {2} 中**调用** {1}", "Call fit in TF 2.1"))
    known = load(tmp_path, LANGUAGES["zh-hans"])
    assert known.without_marks("Call fit in TF 2.1") == "在 TF 2.1 中调用 fit"
    assert known.without_marks("Call fit in TF 2.1:") == "在 TF 2.1 中调用 fit："
    assert known.without_marks("Call fit") is None


def test_extraction_keeps_what_is_said_still_and_drops_what_is_not(tmp_path: Path) -> None:
    catalogue(tmp_path, ("Old one", "旧", ""), ("Still {1}", "仍然 {1}", ""))
    known = load(tmp_path, LANGUAGES["zh-hans"])
    known.file = "claims/a.html"
    known("Still {1}", "Still here")
    known("New one", "New one")
    extraction.write(tmp_path / "zh_Hans", "zh_Hans", known)
    (tmp_path / "zh_Hans/pages.po").unlink()
    file = polib.pofile(str(tmp_path / "zh_Hans/claims.po"))
    assert [(entry.msgid, entry.msgstr, entry.comment) for entry in file] == [
        ("Still {1}", "仍然 {1}", "Still here"), ("New one", "", ""),
    ]  # fmt: skip


def entries() -> list[polib.POEntry]:
    return [entry for path in sorted(TRANSLATIONS.glob("zh_Hans/*.po")) for entry in polib.pofile(str(path))]


def test_translations_use_the_glossarys_terms() -> None:
    wrong = []
    for term in (term for term in glossary(TRANSLATIONS) if term.held):
        word = re.compile(rf"\b{term.english}s?\b", re.IGNORECASE)
        for entry in entries():
            said = word.search(re.sub(r"\{\d+\}|\w+(?:-\w+){2,}", " ", entry.msgid))  # no part, no id
            if (
                HAN.search(entry.msgstr)
                and not HAN.search(entry.msgid)
                and said
                and not any(one in entry.msgstr for one in term.simplified)
            ):
                wrong.append(f"{term.english}: {entry.msgid} -> {entry.msgstr}")
    assert wrong == []


def test_punctuation_beside_han_is_full_width() -> None:
    wrong = re.compile(rf"{HAN.pattern}[,.;:?!()]|[,;:?!()]{HAN.pattern}")
    assert [entry.msgstr for entry in entries() if wrong.search(entry.msgstr)] == []


def test_every_sentence_stands_once() -> None:
    sentences = [entry.msgid for entry in entries()]
    assert len(sentences) == len(set(sentences)) > 2_000


def test_an_empty_catalogue_knows_nothing() -> None:
    assert Catalogue({}, {})("x", "x") is None
