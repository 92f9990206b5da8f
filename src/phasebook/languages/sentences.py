"""How a sentence of a page is told to a translator, and made HTML again from the translation.

What a translation keeps stands as `{1}`, `{2}` in it: code, versions, numbers, names of functions, and inline
elements with words of their own (links, verdicts), which are sentences themselves. Bold and slanted words keep
their marks, as in Markdown.
"""

import html
import re
from collections.abc import Callable, Iterator
from functools import cache

from msgspec import Struct

TAG = re.compile(r"<!--.*?-->|<\?.*?\?>|<(/?)([a-zA-Z!][\w-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL)
LETTERS = re.compile(r"[A-Za-z]{2}")
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_KEPT = {"cite", "code", "kbd", "samp", "time", "var"}  # nothing in them is translated
INLINE = {"a", "abbr", "q", "small", "span", "sub", "sup", *_MARKS, *_KEPT}
FIXED = re.compile(
    r"\d{4}-\d\d-\d\d|\bv\d+(?:\.\d+)+\b"
    r"|\b(?:TF|TensorFlow|Keras|PyTorch|Python|NumPy|tf-keras) \d+(?:\.\w+)*"
    r"|\btf-(?:keras|nightly)\b|\bkeras-nightly\b"
    r"|\b[\w.]+=[\w.]*\w"  # training=True
    r"|\b\w\w+(?:\.\w\w+)+\b(?:\(\))?|\b\w+_\w+(?:\(\))?|\b\w+\(\)"  # tf.keras, call_on, fit()
    r"|\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+\b|\b[A-Z]+[a-z]+[A-Z]\w*"  # BatchNormalization, AlphaDropout
    r"|\b[a-z]+(?:-[a-z0-9]+){3,}\b"  # a claim's id
    r"|\b[0-9a-f]{12}(?:-dirty)?\b"  # a commit
    r"|\b\d+(?:-[a-z]+)+\b"  # an experiment's name
    r"|(?<![\w.])[#v]?\d+(?:[.,]\d+)*%?(?!\w)"
    r"|[*{}]+"
)
_HAN, _WIDE = "\u3400-\u9fff", "。，、；：？！（）《》「」『』【】"  # full-width marks have their own space
_TAGS = rf"(?:</?(?:{'|'.join(sorted(INLINE))})(?=[\s>])[^<>]*>)*"
_GAPS = re.compile(
    rf"(?P<kept><({'|'.join(sorted(_KEPT))})(?=[\s>]).*?(?=</\2>)|<(\w+) [^<>]*\blang=.*?(?=</\3>))"
    rf"|(?<=[{_WIDE}])(?P<tags>{_TAGS})\s+|\s+(?={_TAGS}[{_WIDE}])"
    rf"|(?<=[{_HAN}])(?P<between>{_TAGS})\s+(?={_TAGS}[{_HAN}])",
    re.DOTALL,
)
_HALF_WIDTH = re.compile(r"([,;:])(?: |$)(?![^()]*\))")  # not in a call
_FULL_WIDTH = {",": "、", ";": "；", ":": "："}


class Node(Struct, frozen=True):
    """Words (no tag), an inline element with what is inside, or a tag without its partner."""

    start: str  # the opening tag
    inside: str
    end: str  # the closing tag; empty for a lone tag
    tag: str = ""

    @property
    def raw(self) -> str:
        """Its HTML."""
        return self.start + self.inside + self.end

    @property
    def keeps(self) -> bool:
        """Whether nothing in it is translated."""
        return self.tag in _KEPT or " lang=" in self.start or ' translate="no"' in self.start

    @property
    def mark(self) -> str:
        """The sign that stands for it in a sentence, if it is bold or slanted."""
        return "" if self.keeps else _MARKS.get(self.tag, "")


def nodes(run: str) -> Iterator[Node]:
    """Words and inline elements, one after the other."""
    at = 0
    while found := TAG.search(run, at):
        if found.start() > at:
            yield Node("", run[at : found.start()], "")
        closing, tag, _ = found.groups()
        end = None if closing or not tag else _partner(run, tag, found.end())
        if end is None:
            yield Node(found[0], "", "", tag or "!")
            at = found.end()
        elif end.start() == found.end():  # the target of a link
            yield Node(found[0] + end[0], "", "", tag)
            at = end.end()
        else:
            yield Node(found[0], run[found.end() : end.start()], end[0], tag)
            at = end.end()
    if at < len(run):
        yield Node("", run[at:], "")


def _partner(run: str, tag: str, at: int) -> re.Match[str] | None:
    """The closing tag of the element whose opening tag ends at `at`."""
    depth = 1
    for found in re.finditer(rf"<(/?){tag}(?=[\s>])[^>]*>", run[at:]):
        depth += -1 if found[1] else 1
        if not depth:
            return TAG.match(run, at + found.start())
    return None


class Sentence(Struct, frozen=True):
    """What a translator reads, and the HTML that its `{1}`, `{2}` and marks stand for."""

    text: str
    parts: list[Node]
    marks: list[tuple[str, str, str]]  # sign, opening tag, closing tag

    def filled(self, translation: str, part: Callable[[Node], str]) -> str:
        """The translation as HTML; `part` says what becomes of a part."""
        unused, opened = list(self.marks), list[tuple[str, str]]()

        def marked(found: re.Match[str]) -> str:
            if opened and opened[-1][0] == found[0]:
                return opened.pop()[1]
            mark = next(one for one in unused if one[0] == found[0])
            unused.remove(mark)
            opened.append((mark[0], mark[2]))
            return mark[1]

        words = re.sub(r"\*\*|\*", marked, html.escape(translation, quote=False))
        return re.sub(r"\{(\d+)\}", lambda found: part(self.parts[int(found[1]) - 1]), words)


def sentence(run: list[Node]) -> Sentence:
    """The words of some nodes as a translator reads them."""
    parts: list[Node] = []
    marks: list[tuple[str, str, str]] = []

    def placed(part: Node) -> str:
        parts.append(part)
        return f"{{{len(parts)}}}"

    def told(node: Node, marked: bool = False) -> str:
        if not node.tag:
            words = re.sub(r"\s+", " ", html.unescape(node.inside))
            return FIXED.sub(lambda found: placed(Node("", html.escape(found[0], quote=False), "")), words)
        if not node.mark or marked:
            return placed(node)
        marks.append((node.mark, node.start, node.end))
        return node.mark + "".join(told(inner, marked=True) for inner in nodes(node.inside)) + node.mark

    return Sentence("".join(map(told, run)), parts, marks)


def example(run: list[Node]) -> str:
    """The same words as a reader of the page sees them."""
    return re.sub(r"\s+", " ", html.unescape(TAG.sub("", "".join(node.raw for node in run)))).strip()


def has_words(text: str) -> bool:
    """Whether there is anything to translate beside what stands for something else."""
    return bool(LETTERS.search(re.sub(r"\{\d+\}", "", text)))


def closed(words: str, between: str = "") -> str:
    """HTML or text without spaces beside full-width marks, and with `between` for those from Han to Han.

    Spaces in code and in what is in a language of its own stay as they are.
    """

    def gap(found: re.Match[str]) -> str:
        if found["between"] is not None:
            return str(found["between"]) + between
        return found["kept"] or found["tags"] or ""

    return words if words.isascii() else _GAPS.sub(gap, words)


def full_width(text: str) -> str:
    """Names and numbers, as HTML, with the marks between them that Chinese has."""
    return html.escape(_HALF_WIDTH.sub(lambda mark: _FULL_WIDTH[mark[1]], html.unescape(text)), quote=False)


@cache
def wanted(text: str) -> tuple[tuple[str, ...], tuple[int, int]]:
    """What a translation of a sentence must have too: the parts in it, and the number of its marks."""
    bold = text.count("**")
    return tuple(sorted(set(re.findall(r"\{\d+\}", text)))), (bold, text.count("*") - 2 * bold)
