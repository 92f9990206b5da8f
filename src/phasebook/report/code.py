"""Python code in colours, through Pygments; the classes are styled in style.css."""

from functools import lru_cache

from markupsafe import Markup, escape
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_SPANS = HtmlFormatter(nowrap=True)


@lru_cache(maxsize=1024)  # the same cells stand on the pages of several environments
def highlight(source: str, language: str = "python") -> Markup:
    """`source` as a block of code that style.css colours and script.js gives a copy button."""
    from pygments import highlight as spans

    source = source.strip("\n")
    try:
        coloured = Markup(spans(source, get_lexer_by_name(language, stripall=False), _SPANS).rstrip("\n"))
    except ClassNotFound:
        coloured = escape(source)
    return Markup('<pre class="code"><code>{}</code></pre>\n').format(coloured)
