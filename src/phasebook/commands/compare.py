"""`phasebook compare`: what changed between two columns, as a table, plain lines or JSON."""

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from phasebook.history import differences
from phasebook.history.differences import Comparison, Deciding, Difference
from phasebook.project.claims import load_claims
from phasebook.project.environments import Environment, find, load_environments
from phasebook.project.errors import Problem, for_terminal
from phasebook.project.folders import Folders
from phasebook.project.results import Result, load_result


def compare(folders: Folders, before: str, after: str, *, as_json: bool) -> int:
    """Print what changed between two columns; 3 where something did."""
    environments = load_environments(folders)
    sides = [_one(folders, environments, name) for name in (before, after)]
    comparison = differences.compare(sides[0], sides[1], list(load_claims(folders)))
    if as_json:
        print(as_text(comparison))
    else:
        show(comparison, Console())
    return comparison.status


def _one(folders: Folders, environments: dict[str, Environment], name: str) -> Result:
    """The result of the one column that `name` means; raises Problem for none, for several and for no result."""
    found = find(environments, name)
    if len(found) > 1:
        raise Problem(f"{name!r} means several environments: {', '.join(item.name for item in found)}; name one")
    result = load_result(folders, found[0].name)
    if result is None:
        raise Problem(f"{found[0].name} has no result yet; run: make report TF={found[0].name}", 1)
    return result


def show(comparison: Comparison, console: Console) -> None:
    """Print a comparison: a table on a terminal, plain lines that never wrap elsewhere."""
    if console.is_terminal:
        _table(comparison, console)
    else:
        for line in lines(comparison):
            console.print(for_terminal(line), soft_wrap=True, markup=False, highlight=False, emoji=False)


def lines(comparison: Comparison) -> list[str]:
    """A comparison as plain text."""
    text = []
    for difference in comparison.differences:
        text.append(f"{difference.claim}: {_verdicts(difference)}")
        text += [f"  {_told(case)}" for case in difference.deciding]
    return [*text, *_summary(comparison)]


def _verdicts(difference: Difference) -> str:
    """Both verdicts, or the one and that cases turned under it."""
    if difference.before == difference.after:
        return f"{difference.after} in both, but for different cases"
    return f"{difference.before} -> {difference.after}"


def as_text(comparison: Comparison) -> str:
    """A comparison for machines: before, after, differences, not_settled, not_compared."""
    return msgspec.json.format(msgspec.json.encode(comparison), indent=2).decode() + "\n"


def _told(case: Deciding) -> str:
    needless = case.expected in ("", case.before, case.after)  # the side that holds says it
    expected = "" if needless else f" (expected: {case.expected})"
    return f"{case.case or 'the claim'}: {case.before} -> {case.after}{expected}"


def _table(comparison: Comparison, console: Console) -> None:
    """The differences as a table, with the deciding cases in its last column."""
    if comparison.differences:
        table = Table("claim", comparison.before, comparison.after, "decided by", box=box.SIMPLE_HEAD)
        for difference in comparison.differences:
            cases = "\n".join(for_terminal(_told(case)) for case in difference.deciding)
            row = (difference.claim, difference.before, difference.after, cases)
            table.add_row(*(Text(words) for words in row))  # plain texts would be read as markup
        console.print(table)
    for line in _summary(comparison):
        console.print(line, markup=False, highlight=False)


def _summary(comparison: Comparison) -> list[str]:
    """The closing lines: how many verdicts differ, and what could not be compared."""
    count = sum(difference.before != difference.after for difference in comparison.differences)
    words = f"{count or 'no'} verdict{'' if count == 1 else 's'} differ{'s' if count == 1 else ''}"
    if turned := len(comparison.differences) - count:
        words += f", cases of {turned} more claim{'' if turned == 1 else 's'} turned"
    text = [f"{comparison.before} -> {comparison.after}: {words}"]
    if comparison.not_settled:
        text.append(f"not settled, the experiment itself broke: {', '.join(comparison.not_settled)}")
    if comparison.not_compared:
        text.append(f"not compared, one of the two has no verdict: {', '.join(comparison.not_compared)}")
    return text
