"""`phasebook bisect`: the two neighbouring builds between which a claim, or one of its cases, turned."""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from phasebook.bisecting import bench, builds
from phasebook.bisecting.bench import Bench
from phasebook.bisecting.bisection import Answer, Bisection, plan
from phasebook.bisecting.turns import Turn, outcome, seen, stretch, turns_of
from phasebook.environments import holding
from phasebook.history.lines import Environments, Results
from phasebook.project import bisections
from phasebook.project.claims import Claim, load_claims
from phasebook.project.environments import find, load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.results import load_results


class Options(Struct, frozen=True):
    """The two columns given, if any; whether to say only what would be done; whether to record the answer; the
    address of a Dask scheduler whose workers run the builds.
    """

    good: str | None = None
    bad: str | None = None
    dry_run: bool = False
    record: bool = False
    scheduler: str | None = None


class _Project(Struct, frozen=True):
    claims: dict[str, Claim]
    environments: Environments
    results: Results

    def turns(self, claim: str, case: str | None) -> list[Turn]:
        return turns_of(claim, case, self.environments, self.results)


def bisect(folders: Folders, wanted: str, options: Options, say: Say, tell: Say) -> int:
    """Bisect `wanted`, a claim or claim/case, between two columns (default: where it turned last); 0 when found.

    With `record` the answer is kept in data/bisections.toml, also for the other claims that turned between the
    same columns and the same builds, whose cases run with it. Raises Problem for a claim that never turned, for
    ends that agree, and while another bisection runs.
    """
    environments = load_environments(folders)
    project = _Project(load_claims(folders), environments, load_results(folders, environments))
    claim, case = _claim(project, wanted)
    turn = _chosen(project, claim, case, options)
    turns = [turn, *(_companions(project, turn) if options.record else [])]
    say(f"{_name(turn)}: turned between {turn.before} and {turn.after}")
    claims = [project.claims[item.claim] for item in turns]
    with _one_at_a_time(say), Bench(folders, claims, say, options.scheduler) as workbench:
        bisection = Bisection(workbench, turn, say)
        if options.dry_run:
            for line in plan(bisection):
                tell(line)
            return 0
        answer = bisection.answer()
    notebook = project.claims[turn.claim].notebook
    for line in [*_told(turn, answer), *(str(workbench.executed(build, notebook)) for build in answer.builds)]:
        tell(line)
    if options.record:
        entries = [_entry(item, answer) for item in turns if _turned_there(project, item, answer)]
        known = bisections.load_bisections(folders, project.claims, environments)
        bisections.record(folders, known, entries, project.claims)
        say(f"recorded in {folders.bisections}: {', '.join(entry.claim for entry in entries)}")
    return 0


def _claim(project: _Project, wanted: str) -> tuple[str, str | None]:
    """The claim and, where one is named, the case; raises Problem that lists what there is."""
    claim, slash, case = wanted.partition("/")
    if claim not in project.claims:
        raise Problem(f"there is no claim {claim!r}; `data/claims.toml` has {', '.join(project.claims)}")
    cases = project.claims[claim].cases
    if slash and case not in cases:
        raise Problem(f"{claim!r} has no case {case!r}; it has {'; '.join(cases)}")
    return claim, case if slash else None


def _chosen(project: _Project, claim: str, case: str | None, options: Options) -> Turn:
    """The turn to bisect: the last between the two columns, or of all; with one column the nearest to it."""
    what = claim if case is None else f"{claim}/{case}"
    turns = project.turns(claim, case)
    if not turns:
        raise Problem(f"{what}: never changed between the columns that have results; nothing to bisect")
    start, end = (_column(project, name) for name in (options.good, options.bad))
    if start is None and end is None:
        return turns[-1]
    columns = stretch(project.environments, start, end)
    inside = [turn for turn in turns if turn.before in columns and turn.after in columns]
    if not inside or (start and end and _agree(project, inside[-1], columns)):
        where = f"between {start} and {end}" if start and end else f"on that side of {start or end}"
        raise Problem(f"{what}: came out alike at both ends {where}; name columns that differ")
    return inside[0] if end is None else inside[-1]


def _agree(project: _Project, turn: Turn, columns: list[str]) -> bool:
    """Whether a case came out alike at both ends of some columns; raises Problem for an end without a result."""
    words = []
    for column in (columns[0], columns[-1]):
        result = project.results.get(column)
        if result is None or turn.claim not in result.claims:
            raise Problem(f"{column} has no result for {turn.claim}; run: make report TF={column}", 1)
        words.append(outcome(result.claims[turn.claim], turn.case))
    return words[0] == words[1]


def _column(project: _Project, name: str | None) -> str | None:
    """The one column that a name means; raises Problem for none and for several."""
    found = find(dict(project.environments), name) if name is not None else []
    if len(found) > 1:
        raise Problem(f"{name!r} means several environments: {', '.join(item.name for item in found)}; name one")
    return found[0].name if found else None


def _companions(project: _Project, turn: Turn) -> list[Turn]:
    """Where other claims turned between the same columns."""
    return [
        other
        for claim in project.claims
        if claim != turn.claim
        for other in project.turns(claim, None)
        if (other.before, other.after) == (turn.before, turn.after)
    ]


@contextmanager
def _one_at_a_time(say: Say) -> Iterator[None]:
    """Keep other bisections out; raises Problem while one works. Nobody sweeps the cache meanwhile."""
    with holding.shared(holding.whole_cache(), say, "sweeps"), holding.alone_if_free(bench.home()) as free:
        if not free:
            raise Problem("another bisection is running on this machine; wait for it, or stop it", 1)
        bench.sweep()
        yield


def _name(turn: Turn) -> str:
    return f"{turn.claim}/{turn.case}" if turn.case else turn.claim


def _told(turn: Turn, answer: Answer) -> list[str]:
    """The answer for people: both builds, what was seen, and where to look."""
    sides = ((answer.last, answer.last_step), (answer.first, answer.first_step))
    lines = [f"{_name(turn)} turned between these two builds, both run:"]
    for build, step in sides:
        settled = step.settled[turn.claim]
        beside = f", with {build.beside}" if build.beside else ""
        lines.append(f"  {build.words}{beside}: {outcome(settled, turn.case)} ({seen(settled, turn.case)})")
    return [*lines, f"the changes between them: {builds.commits(*answer.builds)}", "the executed notebooks:"]


def _turned_there(project: _Project, turn: Turn, answer: Answer) -> bool:
    """Whether a claim came out in the two builds as it did in the two columns."""
    pairs = ((turn.before, answer.last_step), (turn.after, answer.first_step))
    return all(
        outcome(step.settled[turn.claim], turn.case)
        == outcome(project.results[column].claims[turn.claim], turn.case)
        for column, step in pairs
    )


def _entry(turn: Turn, answer: Answer) -> bisections.Bisection:
    last, first = answer.last, answer.first
    return bisections.Bisection(
        claim=turn.claim, case=turn.case, before=turn.before, after=turn.after,
        last=f"{last.package} {last.version}", last_released=last.released,
        last_seen=seen(answer.last_step.settled[turn.claim], turn.case),
        first=f"{first.package} {first.version}", first_released=first.released,
        first_seen=seen(answer.first_step.settled[turn.claim], turn.case),
        beside=first.beside if first.beside == last.beside else "", commits=builds.commits(last, first),
    )  # fmt: skip
