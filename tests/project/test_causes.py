"""The causes of this project's own turning points: one for each between releases, none that explains nothing."""

import re

import pytest
from small_project import REAL

from phasebook.history.lines import lines_of, turning_points
from phasebook.project.causes import load_causes
from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.results import load_results

FOLDERS = Folders(REAL)
CLAIMS = load_claims(FOLDERS)
ENVIRONMENTS = load_environments(FOLDERS)
CAUSES = load_causes(FOLDERS, CLAIMS, ENVIRONMENTS)
RESULTS = load_results(FOLDERS, ENVIRONMENTS)
POINTS = turning_points(list(CLAIMS), ENVIRONMENTS, RESULTS, CAUSES)


def missing_between(before: str, after: str) -> list[str]:
    """The columns between two of one line that were not run, so that nobody can say where the change lies."""
    line = lines_of(ENVIRONMENTS).of(after)
    return [name for name in line[line.index(before) : line.index(after)] if name not in RESULTS]


def test_every_change_between_releases_has_its_cause() -> None:
    without = [
        f"{point.claim}: {point.before} {point.verdict_before} -> {point.after} {point.verdict_after}"
        for point in POINTS
        if point.is_released and point.cause is None and not missing_between(point.before, point.after)
    ]
    assert not without, "say why in data/causes.toml:\n" + "\n".join(without)


def test_every_cause_explains_a_change_that_was_seen() -> None:
    seen = {(point.claim, point.before, point.after) for point in POINTS}
    seen |= {(f"{p.claim}/{case.case}", p.before, p.after) for p in POINTS for case in p.deciding}
    idle = [
        f"{claim}: {cause.before} -> {cause.after}"
        for cause in CAUSES
        for claim in cause.claims
        if {cause.before, cause.after} <= set(RESULTS) and (claim, cause.before, cause.after) not in seen
    ]
    assert not idle, "no such change was seen; delete it from data/causes.toml:\n" + "\n".join(idle)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: f"{cause.claims[0]} in {cause.after}")
def test_a_cause_is_one_sentence_with_a_link_into_the_source_of_the_change(cause) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{30,300}\.", cause.because)
    assert not re.search(r"\.\s+[A-Z]", cause.because), "one sentence"
    assert cause.because.count("`") % 2 == 0
    assert re.match(
        r"https://github\.com/(tensorflow/tensorflow|keras-team/[a-z-]+)/(issues|pull|commit|blob|releases)/",
        cause.link,
    )
