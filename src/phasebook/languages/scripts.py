"""What scripts say: sentences marked with `said`, and the rows of data that they show."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

Words = Callable[[str], str]  # plain text in a language

_SAID = re.compile(r"said`([^`]*)`")
_VALUE = re.compile(r"\$\{([^{}]*)\}")
_COLUMNS = "const columns = "
_ANSWERS = re.compile(r'(?<=<template id="answers">)(.*?)(?=</template>)', re.DOTALL)


def script(text: str, sentence: Callable[[str, list[str]], str]) -> str:
    """A script with what it says in another language; `sentence` gets the words and the values in them."""

    def told(found: re.Match[str]) -> str:
        values = [value[0] for value in _VALUE.finditer(found[1])]
        numbers = iter(range(1, len(values) + 1))
        return f"said`{sentence(_VALUE.sub(lambda _: f'{{{next(numbers)}}}', found[1]), values)}`"

    return _SAID.sub(told, text)


def search_index(text: str, words: Words) -> str:
    """The rows of search-index.js: what is shown of a page in the language, what it is found by in both.

    The kind of a page stays as it is for the script, and finds the page in the language, too.
    """
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if line.startswith("["):
            kind, title, shown, address, found_by, *verdicts = json.loads(line.rstrip(","))
            told = title if kind in ("article", "error message") else words(title)
            row = [kind, told, words(shown), address, f"{title} {shown} {found_by} {words(kind)}", *verdicts]
            comma = "," * line.endswith(",")
            lines[place] = _json(row) + comma
        elif line.startswith(_COLUMNS):
            columns = [[name, words(label)] for name, label in json.loads(line[len(_COLUMNS) : -1])]
            lines[place] = f"{_COLUMNS}{_json(columns)};"
    return "\n".join(lines)


def answers(page: str, words: Words, run: Words) -> str:
    """The first page's data for its script; `run` translates HTML."""

    def told(found: re.Match[str]) -> str:
        data: dict[str, Any] = json.loads(html.unescape(found[1]))
        data["sentences"] = [run(sentence) for sentence in data["sentences"]]
        data["answers"] = [[mode, words(seen)] for mode, seen in data["answers"]]
        data["situations"] = [
            [words(how), words(layer), words(model), claim, words(case), numbers]
            for how, layer, model, claim, case, numbers in data["situations"]
        ]
        return html.escape(_json(data), quote=False)

    return _ANSWERS.sub(told, page)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
