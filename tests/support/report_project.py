"""A project with a report worth reading: six columns, executed notebooks, a mutant, a cause, hostile texts."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import small_project
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page

from phasebook import report
from phasebook.project.environments import load_environments
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.results import VERDICTS, write_result
from phasebook.report.opening import CASES
from phasebook.running.judging import RECORD

MAIN, LEGACY = "tf-2.21+keras-3.15.1", "tf-2.21+tf-keras"
COLUMNS = {
    "tf-1.15": date(2019, 10, 16),
    "tf-2.14": date(2023, 9, 26),
    "tf-2.15": date(2024, 3, 8),
    "tf-2.18+keras-3.8.0": date(2025, 1, 7),
    MAIN: date(2026, 7, 29),
    LEGACY: date(2026, 3, 18),
}
ALTERNATIVE = "Bars: 498 of 1,000 units were dropped with training=True, none with training=False; it holds."
HARM = "=1+1: <script>alert(1)</script> {{ 7 * 7 }} {% x %} \x1b[31mred\x1b[0m \x00 </td> onload=x \u202e"
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
CAUSE = """\
[[cause]]
claims = ["frozen-bn-infers"]
before = "tf-1.15"
after = "tf-2.14"
because = "BatchNormalization V2 infers when `trainable` is False."
link = "https://example.org/change"
"""
MUTANT = """\
[[mutant]]
name = "frozen-bn-trains"
guards = ["frozen-bn-infers"]
notebook = "2-freezing"
environment = "tf-2.21+keras-3.15.1"
change = "A frozen BatchNormalization trains."
code = '''
tf.keras.layers.BatchNormalization.trainable = True
'''
"""
CASE = """\
x = 1
for style in styles:
    with experiment.case("{claim}", style, expected="trains") as case:
        case.observed = "trains"
"""
SVG = """\
<svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" width="504pt" height="216pt"
 viewBox="0 0 504 216" version="1.1"><defs><style type="text/css">*{stroke-linejoin: round}</style></defs>
<script>alert(1)</script><g id="axes_1" onclick="alert(1)"><defs><path id="DejaVuSans-41" d="M 0 0 L 9 9"/></defs>
<path d="M 0 0 L 99 99 L 0 99 z" clip-path="url(#p1)" style="fill: #3f8fd2; stroke: currentColor"/>
<use xlink:href="#DejaVuSans-41" transform="scale(0.015625)"/><image xlink:href="https://example.org/x.png"/></g>
<defs><clipPath id="p1"><rect x="0" y="0" width="9" height="9"/></clipPath></defs></svg>"""


def make(root: Path) -> Folders:
    """The project, with results in every column and executed notebooks in the two default ones."""
    folders = small_project.make(root, list(COLUMNS))
    columns = [small_project.column(name, day, default=name in (MAIN, LEGACY)) for name, day in COLUMNS.items()]
    small_project.write_columns(folders, columns)
    write_atomically(folders.causes, CAUSE)
    write_atomically(folders.mutants, MUTANT)
    for name in COLUMNS:
        settle(folders, name, **({"frozen-bn-infers": "fails"} if name == "tf-1.15" else {}))
    settle(folders, "tf-2.18+keras-3.8.0", **{"call-false-infers": "error"})
    for notebook in ("1-calls", "2-freezing"):
        source = notebook_of(notebook)
        write_atomically(folders.notebooks / f"{notebook}.ipynb", nbformat.writes(source))
        for name in (MAIN, LEGACY):
            write_atomically(folders.executed / name / f"{notebook}.ipynb", nbformat.writes(executed(source)))
    return folders


def make_large(root: Path) -> Folders:
    """45 columns of which no two neighbours agree, and 39 claims with ids as long as the real ones."""
    names = [f"tf-1.{minor}" for minor in (14, 15)] + [f"tf-2.{minor}" for minor in range(16)]
    names += [f"tf-2.{16 + minor // 3}+keras-3.{minor}.0" for minor in range(16)]
    names += [f"tf-2.{minor}+tf-keras" for minor in range(16, 26)] + ["tf-nightly"]
    folders = small_project.make(root, names)
    claims = {f"claim-{number:02}-of-{'the-' * (number % 5)}many": "1-calls" for number in range(39)}
    write_atomically(folders.claims, small_project.claims_text(claims))
    environments = load_environments(folders)
    for place, name in enumerate(names):
        verdicts = {claim: VERDICTS[(place + number) // 20 % 4] for number, claim in enumerate(claims)}
        write_result(folders, small_project.result(folders, environments[name], verdicts))
    return folders


def settle(folders: Folders, name: str, **verdicts: str) -> None:
    """Write a column's result: all claims hold but for `verdicts`; errors mean harm."""
    environment = load_environments(folders)[name]
    words = dict.fromkeys(small_project.CLAIMS, "holds") | verdicts
    result = small_project.result(folders, environment, words)
    harmful = {
        claim: msgspec.structs.replace(settled, reason=HARM) if settled.verdict == "error" else settled
        for claim, settled in result.claims.items()
    }
    write_result(folders, msgspec.structs.replace(result, claims=harmful))


def notebook_of(name: str) -> Any:
    """A notebook as it stands in the repository."""
    claims = [claim for claim, notebook in small_project.CLAIMS.items() if notebook == name]
    cells = [
        _prose("title", f"# The question of `{name}`\n\nDoes it *train*? 訓練模式, says B."),
        _code("parameters", "seed: int = 1  # seed", "parameters"),
        _code("setup", "experiment = phaselab.Experiment(seed)", "setup"),
    ]
    for claim in claims:
        cells.append(_prose(f"on-{claim}", f"## About `{claim}`\n\n<script>alert(1)</script>"))
        decides = ["decides"] if claim == claims[0] else []
        cells.append(_code(f"case-{claim}", CASE.format(claim=claim), "case", *decides))
    cells.append(
        _prose(
            "seen", "The units.\n\n**What to see:** a filled `square` is\na unit that was dropped.\n\nOn it goes."
        )
    )
    cells.append(_code("figure", "show(figure)", "figure"))
    cells.append(_prose("rest", f"## In other releases\n\n[The row](../index.html#{claims[0]})."))
    return nbformat.v4.new_notebook(cells=cells)


def _prose(name: str, source: str) -> Any:
    return nbformat.v4.new_markdown_cell(source, id=name)


def _code(name: str, source: str, *tags: str) -> Any:
    return nbformat.v4.new_code_cell(source, id=name, metadata={"tags": list(tags)})


def executed(source: Any) -> Any:
    """The notebook as a run leaves it, with all that a kernel may send."""
    notebook = nbformat.from_dict(json.loads(nbformat.writes(source)))
    cells = {cell.id: cell for cell in notebook.cells}
    cells["setup"].outputs = [_display({"text/markdown": "**It trains.** ![x](https://example.org/x.png)"})]
    for name, cell in cells.items():
        if name.startswith("case-"):
            cell.outputs = [_record(name.removeprefix("case-"), case) for case in small_project.CASES]
            cell.outputs += [nbformat.v4.new_output("stream", name="stderr", text=f"\x1b[31m{HARM}\n" * 3)]
            cell.outputs += [nbformat.v4.new_output("stream", name="stdout", text="x" * 1_000_000)]
            cell.outputs += [_display({"text/html": "<script>alert(1)</script>", "text/plain": "<b>plain</b>"})]
            cell.outputs += [_display({CASES: [{"claim": 1}], "text/plain": "<b>no cases</b>"})]
    alternative = {"image/svg+xml": {"alt": ALTERNATIVE}, "phasebook": "harm"}
    cells["figure"].outputs = [_display({"image/svg+xml": SVG, "text/plain": "x"}, alternative)] * 2
    cells["figure"].outputs += [nbformat.v4.new_output("error", ename="<b>", evalue=HARM, traceback=[HARM])]
    return notebook


def _record(claim: str, case: str) -> Any:
    record = {"record": 1, "claim": claim, "case": case, "expected": "trains", "observed": "trains", "holds": True}
    return _display({RECORD: record, "text/html": "<p onclick=alert(1)>x</p>", "text/plain": "x"})


def _display(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> Any:
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata or {})


def render(folders: Folders) -> Path:
    """Render the report; the folder that it stands in."""
    return report.render(folders, {"tf-2.14": ["the lock changed"]}, print).parent


def page(folder: Path, name: str) -> BeautifulSoup:
    """A page, parsed."""
    return BeautifulSoup((folder / name).read_bytes(), "html.parser")


def words(tag: Tag | None) -> str:
    """What a reader reads in a tag."""
    assert tag is not None
    return " ".join(tag.get_text(" ").split())


def every_page(folder: Path) -> Iterator[tuple[Path, BeautifulSoup]]:
    """All pages of a report that is not rendered again."""
    for path in sorted(folder.rglob("*.html")):
        yield path, _parsed(path)


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@cache
def _parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_bytes(), "html.parser")


def open_page(tab: Page, folder: Path, address: str) -> None:
    """Open a page of a report in the browser; its address may end with a query or a place in it."""
    name = address.partition("#")[0].partition("?")[0]
    tab.goto((folder / name).as_uri() + address.removeprefix(name))
