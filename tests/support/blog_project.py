"""A project whose one experiment holds every hazard, executed, in a temporary folder; no kernel is needed."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import small_project
from blog_hazards import PIXEL, TITLE, markdown
from msgspec.structs import replace

from phasebook import blog
from phasebook.project.environments import load_environments
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.running.fingerprints import fingerprint_now, write_fingerprints

NOTEBOOK, COLUMN = "1-hazards", "tf-2.15"
RECORD = "application/vnd.phasebook.record+json"
VERSIONS = {
    "tensorflow": "2.15.1", "keras": "2.15.0", "flavour": "tf.keras", "backend": "tensorflow", "python": "3.11",
    "numpy": "1.26.4", "platform": "linux-x86_64",
}  # fmt: skip
SVG = (
    '<svg width="90pt" viewBox="0 0 90 20" version="1.1">'
    + '<path d="M0 0h90" stroke="currentColor"/>' * 150  # larger than what a bundler would put into the page
    + "</svg>\n"
)
ALTERNATIVE = "A chart with one bar: the share dropped is 50 % in {{ training }} & 0 % in <inference>, [a, b]."
LINKS = (
    "See [`call-true-trains`](../index.html#call-true-trains), [its page](../claims/call-true-trains.html), "
    "[the report](../index.html), [no other notebook](7-nowhere.html) and [the data](../data/x.json)."
)


def make(root: Path) -> Folders:
    """Claims of one notebook, settled in two columns; the notebook executed in the first, which is the default."""
    folders = small_project.make(root, [COLUMN, "tf-2.20+keras-3.14.0"])
    columns = [small_project.column(COLUMN, default=True), small_project.column("tf-2.20+keras-3.14.0")]
    small_project.write_columns(folders, columns)
    claims = dict.fromkeys(small_project.CLAIMS, NOTEBOOK)
    write_atomically(folders.claims, small_project.claims_text(claims))
    write_atomically(folders.notebooks / "pixel.png", PIXEL)
    execute(folders)
    for name, word in ((COLUMN, "holds"), ("tf-2.20+keras-3.14.0", "fails")):
        verdicts = dict.fromkeys(claims, "holds") | {"frozen-bn-infers": word}
        column = small_project.column(name, date(2024, 3, 8))
        result = small_project.result(folders, column, verdicts)
        settled = {claim: replace(own, notebook=NOTEBOOK) for claim, own in result.claims.items()}
        small_project.write_result(folders, replace(result, claims=settled))
    settle(folders)
    return folders


def execute(folders: Folders, cells: list[dict[str, Any]] | None = None) -> None:
    """Leave the notebook, its executed copy and what both were made from, as a run would."""
    ran = cells if cells is not None else all_cells()
    source = [cell | ({"outputs": []} if cell["cell_type"] == "code" else {}) for cell in ran]
    _write(folders.notebooks, source, {})
    column = small_project.column(COLUMN)
    made_from = msgspec.to_builtins(fingerprint_now(folders, column, NOTEBOOK, {}))
    _write(folders.executed / COLUMN, ran, {"phasebook": {"fingerprint": made_from, "failures": []}})
    settle(folders)


def settle(folders: Folders) -> None:
    """Record that the results of all columns were made from what the project holds now."""
    for column in load_environments(folders).values():
        write_fingerprints(folders, column, {NOTEBOOK: fingerprint_now(folders, column, NOTEBOOK, {})})


def _write(folder: Path, cells: list[dict[str, Any]], metadata: dict[str, Any]) -> None:
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    write_atomically(folder / f"{NOTEBOOK}.ipynb", json.dumps(notebook))


def all_cells() -> list[dict[str, Any]]:
    """Title and question, answer, hazards, records of every kind, a figure, links, the end mark."""
    records = [
        {
            "claim": "call-true-trains",
            "case": "Sequential",
            "expected": "trains",
            "observed": "trains",
            "holds": True,
        },
        {
            "claim": "call-true-trains",
            "case": "Functional, {{ x }}",
            "expected": "a",
            "observed": "b",
            "holds": False,
        },
        {"claim": "frozen-bn-infers", "case": "Sequential", "unavailable": "tf.x.__y__ does not exist"},
        {"claim": "frozen-bn-infers", "case": "Functional", "error": "ValueError: <tf.Tensor> & {'a': *b*}"},
    ]
    end = {"finished": True, "records": len(records), "environment": VERSIONS}
    return [
        text(f"# {TITLE}\n\nWhat is lost of `{{{{ x }}}}` on the way?"),
        code("import phaselab", [display({"text/markdown": "Nothing: `{{ x }}` stays. It says {{ so }}."})]),
        code(
            "print('a')", [{"output_type": "stream", "name": "stdout", "text": ["<a> {{ b }}\n", "`c` {% d %}\n"]}]
        ),
        text(markdown()),
        code("case = {{'x': 1}}", [display({RECORD: {"record": 1} | record}) for record in records]),
        code("show()", [display({"image/svg+xml": SVG}, {"image/svg+xml": {"alt": ALTERNATIVE}})]),
        text(LINKS),
        code("experiment.finish()", [display({RECORD: {"record": 1} | end})]),
    ]


def text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def code(source: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source, "outputs": outputs}


def display(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


def write(folders: Folders, flavour: str) -> dict[str, bytes]:
    """Write a flavour's posts; every file below outputs/blog by its path."""
    blog.write(folders, flavour, lambda line: None)
    return kept(folders)


def post_of(files: dict[str, bytes], slug: str = "phasebook-1-hazards") -> str:
    """The text of a post, whatever the generator calls its file."""
    return next(data.decode() for name, data in files.items() if slug in name and name.endswith(".md"))


def kept(folders: Folders) -> dict[str, bytes]:
    """Every file below outputs/blog by its path."""
    found = sorted(path for path in folders.blog.rglob("*") if path.is_file())
    return {str(path.relative_to(folders.blog)): path.read_bytes() for path in found}
