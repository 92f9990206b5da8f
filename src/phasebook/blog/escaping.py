"""Escaping of words, code and values, so that no generator takes them for markup."""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

# What some generator takes for markup; as a character reference it is a character to all of them.
_MARKUP = re.compile(
    r"[<{}*`\[\]|~$\\]|&(?=[#\w]|$)|(?<![^\W_])_|_(?![^\W_])|(?<=-)-|(?<=>)>|#(?=\s*$)"
    # Vue's blogs make emoji of :words: and of faces.
    r"|[:;](?=[^\s\w/]|/(?!/)|[DPpOoXx$](?!\w)|[\w+-]+:)"
)
_AT_START = re.compile(r"^(?:(\d+)([.)])(?=\s|$)|([-+#>:=^]|!!!|[?]{3}|/{3}))")


def references(text: str) -> str:
    """Text for HTML within Markdown: everything that either could read as markup is a character reference."""
    return re.sub(r"[^\w\s.,;()]|_", _reference, text)


def yaml(values: Mapping[str, Any]) -> str:
    """Front matter in YAML between its marks; every JSON value is a YAML value. None is left out."""
    lines = [
        f"{key}: {value if key == 'date' else json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
        if value is not None
    ]
    return "\n".join(["---", *lines, "---"])


def escaped(text: str, start: bool = False) -> str:
    """Words with character references for markup; `start` where they begin a line."""
    found = _MARKUP.sub(_reference, text)
    if "{" in text:
        found = re.sub("[\"']", _reference, found)  # or smart quotes would change what looks like code
    if start:
        found = _AT_START.sub(_first_reference, found)
    return found


def _reference(match: re.Match[str]) -> str:
    """A character reference, by name where a reader of the source knows it."""
    return html.escape(match[0]) if match[0] in "<&" else f"&#{ord(match[0])};"


def _first_reference(match: re.Match[str]) -> str:
    if match[1]:
        return f"{match[1]}&#{ord(match[2])};"
    return f"&#{ord(match[3][0])};{match[3][1:]}"


def quoted(address: str) -> str:
    """An address without the characters that would end or change a Markdown link."""
    return re.sub(r"[ ()<>{}|\\^`*\"\[\]]", lambda match: f"%{ord(match[0]):02X}", address)


def prefixed(text: str, prefix: str) -> str:
    """Every line behind the prefix, empty lines behind its marks alone."""
    return "\n".join(prefix + line if line else prefix.rstrip() for line in text.split("\n"))
