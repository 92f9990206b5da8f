"""Python code in colours, through Pygments; the classes are styled in style.css."""

from functools import lru_cache

from markupsafe import Markup, escape
from pygments.filter import simplefilter
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text
from pygments.util import ClassNotFound

_STYLED = (
    Keyword, Operator.Word, String, Comment, Number, Name.Function, Name.Class, Name.Decorator, Name.Builtin
)  # fmt: skip


@lru_cache(maxsize=1024)  # the same cells stand on the pages of several environments
def highlight(source: str, language: str = "python", marked: tuple[int, ...] = ()) -> Markup:
    """`source` as a block of code that style.css colours and script.js gives a copy button.

    The lines `marked`, counted from 1, stand out.
    """
    from pygments import highlight as spans

    source = source.strip("\n")
    try:
        lexer = get_lexer_by_name(language, stripall=False)
        lexer.add_filter(_styled())
        coloured = Markup(spans(source, lexer, HtmlFormatter(nowrap=True, hl_lines=marked)).rstrip("\n"))
    except ClassNotFound:
        coloured = escape(source)
    return Markup('<pre class="code"><code>{}</code></pre>\n').format(coloured)


@simplefilter
def _styled(self, lexer, stream, options):  # type: ignore[no-untyped-def]
    """Tokens that style.css gives no colour become plain text: a page of code is then half as large."""
    for kind, value in stream:
        yield next((styled for styled in _STYLED if kind in styled), Text), value
