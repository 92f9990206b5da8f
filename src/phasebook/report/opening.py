"""What an experiment's page opens with, below question and answer: its first figure and the lines that decide."""

import ast
from itertools import pairwise, takewhile

from markupsafe import Markup
from msgspec import Struct
from nbformat import NotebookNode

from phasebook.history.lines import TurningPoint, lines_of
from phasebook.history.wording import label
from phasebook.report import drawings
from phasebook.report.captions import caption
from phasebook.report.code import highlight
from phasebook.report.columns import Column
from phasebook.report.facts import Facts

CASES = "application/vnd.phasebook.cases+json"  # a table of cases, made of neighbouring records
DECIDES = "decides"  # the tag of the cell whose first case stands at the top of the page


class Opening(Struct, frozen=True):
    """The first figure, drawn a second time, and the first case of the cell that decides."""

    figure: Markup
    claim: str
    cell: str
    code: Markup
    case: dict[str, str] | None  # as the page's table has it; None where the notebook was not run
    turn: TurningPoint | None
    since: str  # where that turn was, in words


def opening(notebook: NotebookNode, facts: Facts, column: Column | None) -> Opening | None:
    """The opening of a prepared notebook that ran in `column`; None where no cell is tagged `decides`."""
    cell = next((cell for cell in notebook.cells if DECIDES in cell.metadata.get("tags", [])), None)
    found = first_case(cell.source) if cell else None
    if cell is None or found is None or found[0] not in facts.claims:
        return None
    claim, source, observing = found
    tables = [output["data"][CASES] for output in cell.get("outputs", []) if CASES in output.get("data", {})]
    rows = [row for table in tables for row in table if row["claim"] == claim]
    turn = last_turn(facts, claim, column.name) if column else None
    code = highlight(source, marked=observing)
    since = label(facts.environments[turn.after]) if turn else ""
    return Opening(_figure(notebook), claim, cell.id, code, rows[0] if rows else None, turn, since)


def first_case(source: str) -> tuple[str, str, tuple[int, ...]] | None:
    """The claim of a cell's first case, its lines, and which of them, counted from 1, decide.

    That are those that set `case.observed`, and the statement before them where it makes or sets what they use.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With) and _claim(node)]
    if not blocks:
        return None
    block = min(blocks, key=lambda node: node.lineno)
    lines = source.split("\n")[block.lineno - 1 : block.end_lineno]
    statements = (node for node in ast.walk(block) if isinstance(node, ast.stmt))
    observing = next((statement for statement in statements if _observes(statement)), block.body[-1])
    before = next((one for one, after in pairwise(block.body) if after is observing), observing)
    first = before.lineno if _made(before) & _read(observing) else observing.lineno
    last = observing.end_lineno or observing.lineno
    marked = tuple(range(first - block.lineno + 1, last - block.lineno + 2))
    return _claim(block), "\n".join(line[block.col_offset :] for line in lines), marked


def last_turn(facts: Facts, claim: str, column: str) -> TurningPoint | None:
    """The last change of a claim, of those with a known cause, on the way from the oldest release to a column."""
    lines = lines_of(facts.environments)
    line = way = lines.of(column)
    if line is not lines.main:
        way = [*takewhile(lambda name: name != line[0], lines.main), *line]
    passed = {name: place for place, name in enumerate(way[: way.index(column) + 1])}
    points = [point for point in facts.turns_of(claim) if point.after in passed and point.before in passed]
    return max((point for point in points if point.cause), key=lambda point: passed[point.after], default=None)


def _claim(block: ast.With) -> str:
    """The claim of `with experiment.case("claim", ...)`; empty for any other block."""
    call = block.items[0].context_expr
    if (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "case"
        and call.args
    ):
        return str(call.args[0].value) if isinstance(call.args[0], ast.Constant) else ""
    return ""


def _observes(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Attribute) and target.attr == "observed" for target in targets)


def _made(statement: ast.stmt) -> set[str]:
    """The names that a statement defines, assigns, or sets an attribute of."""
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _read(statement: ast.stmt) -> set[str]:
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id != "case"
    }


def _figure(notebook: NotebookNode) -> Markup:
    """The first figure once more, as a copy of the one below; nothing where there is none."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/svg+xml" in output.get("data", {}):
                see = output.metadata.get("phasebook", {}).get("see", "")
                below = caption(see, "", drawings.FIRST)
                return drawings.again(output["data"]["image/svg+xml"], drawings.FIRST, below)
    return Markup("")
