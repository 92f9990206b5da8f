"""What a page says in another language, and that everything else of it stays as it is."""

import html
import re
from pathlib import Path

import pytest

from phasebook.languages.catalogue import Catalogue
from phasebook.languages.pages import Page
from phasebook.languages.sentences import INLINE, example, nodes, sentence


class Same(Catalogue):
    """Says each sentence as it is."""

    def __call__(self, sentence: str, example: str) -> str:
        super().__call__(sentence, example)
        return sentence


def translated(source: str, known: dict[str, str]) -> str:
    return Page(Catalogue(known, {})).translated(source)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("A layer runs in training mode.", "A layer runs in training mode."),
        ("Call <code>fit</code> in <a href='x'>TF 2.15</a>.", "Call {1} in {2}."),
        ("From Keras 3.0 to 3.15.1 and 2024-01-02", "From {1} to {2} and {3}"),
        ("It <strong>fails</strong>, <em>now</em>", "It **fails**, *now*"),
        ("<em>It <strong>fails</strong></em> now", "*It {1}* now"),
        ("BatchNormalization follows training=True", "{1} follows {2}"),
        ("tf.keras.layers and call_on and fit()", "{1} and {2} and {3}"),
        ("x &lt; 2 {braces} *", "x < {1} {2}braces{3} {4}"),
        ("7-freezing, cell 3", "{1}, cell {2}"),
        ("a 3-D input, Conv2D", "a {1}-D input, {2}"),
    ],
)
def test_a_sentence_stands_for_all_that_differ_in_what_is_kept(source: str, told: str) -> None:
    assert sentence(list(nodes(source))).text == told


def test_an_example_is_what_the_reader_sees() -> None:
    assert example(list(nodes("Call  <code>fit</code> &amp; <b>wait</b>"))) == "Call fit & wait"


def test_parts_and_marks_go_where_the_translation_has_them() -> None:
    source = (
        '<p>Call <code>fit</code>, which <strong class="x">trains</strong>, in <a href="y">the release</a>.</p>'
    )
    known = {"Call {1}, which **trains**, in {2}.": "在{2}中**训练**的是 {1}。", "the release": "该版本"}
    assert translated(source, known) == (
        '<p>在<a href="y">该版本</a>中<strong class="x">训练</strong>的是 <code>fit</code>。</p>'
    )


def test_elements_without_words_between_them_are_sentences_of_their_own() -> None:
    source = "<li><a href='a'>One</a> · <span class='holds'>holds</span> TF 2.1</li>"
    known = {"One": "一", "holds": "成立"}
    assert translated(source, known) == "<li><a href='a'>一</a> · <span class='holds'>成立</span> TF 2.1</li>"


def test_the_target_of_a_link_is_no_part_of_a_sentence() -> None:
    assert translated('<h3><i id="a"></i><i id="b"></i>So it is</h3>', {"So it is": "是"}) == (
        '<h3><i id="a"></i><i id="b"></i>是</h3>'
    )


def test_what_has_no_translation_is_marked_as_english_and_noted() -> None:
    catalogue = Catalogue({}, {})
    assert Page(catalogue).translated("<p>New here</p><option>Old</option>") == (
        '<p><span lang="en">New here</span></p><option>Old</option>'
    )
    assert catalogue.missing == ["New here", "Old"]


def test_code_scripts_and_other_languages_are_left_alone() -> None:
    source = '<pre>x = yes</pre><script>say("no")</script><p lang="de">Ein Satz</p><p><cite>A Title</cite></p>'
    assert translated(source, {}) == source.replace("<cite>", '<cite lang="en">')


def test_attributes_that_are_read_aloud_are_translated() -> None:
    source = '<nav aria-label="Pages of it"><a href="x" title="Pages of it" class="holds">·</a></nav>'
    assert translated(source, {"Pages of it": "页面"}).count("页面") == 2


def test_a_description_is_put_together_from_sentences_said_elsewhere() -> None:
    known = {"Freezing {1} works": "冻结 {1} 有效", "It holds.": "成立。"}
    own = Page(Catalogue(known, {"Freezingfitworks": "Freezing {1} works"}))
    assert own.words("Freezing fit works: It holds.") == "冻结 fit 有效：成立。"


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("<p>It <b>always</b> <i>holds</i> here</p>", "<p><i>成立</i><b>总是</b>在这里</p>"),
        ("<p>In <a href='x'>one</a> row</p>", "<p>在<a href='x'>一</a>行中</p>"),
        ("<p>In <a href='x'>2.1</a> row</p>", "<p>在 <a href='x'>2.1</a> 行中</p>"),
        (
            "<p><span>It stays.</span> <span>From 2.1 on.</span></p>",
            "<p><span>不变。</span><span>从 2.1 起。</span></p>",
        ),
        ("<p><span>It stays.</span> <code>x</code></p>", "<p><span>不变。</span><code>x</code></p>"),
        ("<p><a href='x'>one</a> <q>row</q></p>", "<p><a href='x'>一</a>\u2002<q>行</q></p>"),
        ("<p><a href='x'>one</a> 2.1 · <q>row</q></p>", "<p><a href='x'>一</a> 2.1 · <q>行</q></p>"),
        ("<p><code>的 。</code> <q lang='zh'>的 行</q></p>", "<p><code>的 。</code><q lang='zh'>的 行</q></p>"),
        ('<p title="It stays. one"></p>', '<p title="不变。一"></p>'),
    ],
)
def test_han_and_full_width_marks_have_no_spaces_beside_them_but_latin_has(source: str, translation: str) -> None:
    known = {
        "It **always** *holds* here": "*成立* **总是** 在这里",
        "In {1} row": "在 {1} 行中",
        "It stays.": "不变。",
        "From {1} on.": "从 {1} 起。",
        "one": "一",
        "row": "行",
    }
    assert translated(source, known) == translation


@pytest.mark.parametrize(
    ("source", "marked"),
    [
        ("TF 2.16, Keras 3.0; TF 2.1", "TF 2.16、Keras 3.0；TF 2.1"),
        ("<code>a, b</code>: <b>TF 2, TF 3</b>, 3", "<code>a, b</code>：<b>TF 2、TF 3</b>、3"),
        ("model.call(x, training=True), fit() &amp; 1", "model.call(x, training=True)、fit() &amp; 1"),
    ],
)
def test_marks_between_names_and_numbers_are_those_of_chinese(source: str, marked: str) -> None:
    assert translated(f"<p>{source}</p>", {}) == f"<p>{marked}</p>"


def test_lone_spaces_stay_where_a_reader_sees_them() -> None:
    source = "<ul>\n<li><a>x</a> <b>y</b> <button>z</button> <button>w</button></li>\n</ul>"
    assert translated(source, {}) == source.replace("\n", "")


def test_a_markup_character_in_a_translation_is_text() -> None:
    assert translated("<p>Less here</p>", {"Less here": "a < b & c"}) == "<p>a &lt; b &amp; c</p>"


def test_a_page_whose_sentences_are_all_said_as_they_are_is_the_same_page(report_folder: Path) -> None:
    own = Page(Same({}, {}))
    for path in sorted(report_folder.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        once = own.translated(source)
        assert shape(once) == shape(source), path


def shape(source: str) -> str:
    """A page, however its spaces and entities are written, without those that no browser shows."""
    seen = re.sub(rf">\s+(?=</?(?!(?:{'|'.join(INLINE)})[ >]))", ">", source)
    seen = re.sub(r"([,;:、；：])\s*", lambda mark: {"、": ",", "；": ";", "：": ":"}.get(mark[1], mark[1]), seen)
    return re.sub(r"\s+", " ", html.unescape(seen)).replace('<cite lang="en">', "<cite>")


def test_a_version_beside_a_name_stays_whole_where_a_sentence_is_said_without_marks() -> None:
    known = {"In {1} {2} drops nothing": "在 {1} 中，{2} 什么都不丢弃"}
    own = Page(Catalogue(known, {"InKeras3.0fitdropsnothing": "In {1} {2} drops nothing"}))
    assert own.words("In Keras 3.0 fit drops nothing") == "在 Keras 3.0 中，fit 什么都不丢弃"
