"""Checks of the machine, the cache and the data files, each with a remedy."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from phasebook.environments import holding, install, interpreters, nightlies, uv
from phasebook.project.causes import load_causes
from phasebook.project.claims import Claim, load_claims
from phasebook.project.environments import Environment, load_environments, lock_digest, lock_text, same_version
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders, cache
from phasebook.project.messages import Say
from phasebook.project.results import Result, load_result
from phasebook.report import manifest
from phasebook.running import staleness, timings
from phasebook.running.estimates import free_disk
from phasebook.running.store import with_failures


class _Ways(Struct, frozen=True):
    """The commands that mend what is wrong with results and locks, with room for an environment's values."""

    run: str
    why: str
    show: str
    lock: str


_COLUMNS = _Ways(
    "`make matrix`", "; `phasebook why {name}` says why", "`phasebook run {name}`", "`make new TF={tensorflow}`"
)
_PYTORCH = _Ways(
    "`phasebook pytorch`", "", "`phasebook pytorch {name}`", "`phasebook pytorch --lock VERSION {name}`"
)


class Finding(Struct, frozen=True):
    """What was checked; `todo` says what to do, None if all is well."""

    what: str
    todo: str | None = None


def doctor(folders: Folders, say: Say) -> int:
    """Print every check; 1 where something needs doing."""
    findings = list(check(folders))
    for finding in findings:
        say(f"{'ok   ' if finding.todo is None else 'TO DO'}  {finding.what}")
        if finding.todo is not None:
            say(f"       -> {finding.todo}")
    count = sum(finding.todo is not None for finding in findings)
    say(f"{len(findings)} checks, {count or 'nothing'} to do")
    return 1 if count else 0


def check(folders: Folders) -> Iterator[Finding]:
    """Every check in turn; data files that cannot be read end it, since all else depends on them."""
    yield _uv()
    yield _cache()
    yield from _data(folders, _COLUMNS)
    own = folders.for_pytorch()
    if own.claims.is_file():
        yield from _data(own, _PYTORCH)  # its environments run on the Pythons of the columns
    yield from _translations(folders)


def _data(folders: Folders, ways: _Ways) -> Iterator[Finding]:
    """The checks of one set of claims and environments: of the columns, or of the pairs of PyTorch and Keras."""
    try:
        claims, environments = load_claims(folders), load_environments(folders)
        causes = load_causes(folders, claims, environments)
    except Problem as problem:
        yield Finding("the data files can be read", str(problem))
        return
    place = folders.claims.parent.relative_to(folders.root)
    yield Finding(f"{place}: {len(claims)} claims, {len(environments)} environments, {len(causes)} causes")
    if ways is _COLUMNS:
        yield from _interpreters(environments)
    yield _disk(folders, environments)
    yield from _locks(folders, environments, ways)
    yield from _results(folders, environments, claims, ways)
    yield _staleness(folders, environments, claims, ways)


def _translations(folders: Folders) -> Iterator[Finding]:
    """Whether the report's pages, as they were last rendered, have sentences that are not translated."""
    for code, number in manifest.untranslated(folders.report).items():
        what = f"report in {code}: {number or 'no'} sentences in English"
        yield Finding(what, "translate them: docs/translate.md" if number else None)


def _uv() -> Finding:
    try:
        return Finding(f"uv: {uv.run(['--version']).stdout.strip()}")
    except Problem as problem:
        return Finding("uv", str(problem))


def _cache() -> Finding:
    """Whether the cache can be written, by writing."""
    probe = cache() / "doctor.probe"
    try:
        with holding.shared(holding.whole_cache(), lambda _: None):  # nobody sweeps the cache meanwhile
            write_atomically(probe, "")
            probe.unlink()
    except (Problem, OSError):
        return Finding(
            f"cache: {cache()} cannot be written", "make it writable, or name another in PHASEBOOK_CACHE"
        )
    return Finding(f"cache: {cache()}")


def _interpreters(environments: dict[str, Environment]) -> Iterator[Finding]:
    """One finding for every Python that a column wants."""
    versions = sorted({item.python for item in environments.values()}, key=lambda text: text.zfill(8))
    with ThreadPoolExecutor() as pool:  # each takes a second or two
        for version, found in zip(versions, pool.map(interpreters.find, versions), strict=True):
            todo = (
                f"`uv python install {version}` or `pyenv install {version}`; else uv is asked for it when needed"
            )
            yield Finding(f"Python {version}: {found or 'not found'}", None if found else todo)


def _disk(folders: Folders, environments: dict[str, Environment]) -> Finding:
    """Whether the virtual environments still to be made would fit on the disk."""
    known = timings.load()
    missing = {
        install.folder_of(folders, item): timings.size(known, item.name)
        for item in environments.values()
        if install.ready(folders, item) is None
    }
    there = {install.folder_of(folders, item) for item in environments.values()} - set(missing)
    needed, free = sum(missing.values()), free_disk()
    what = (
        f"disk: {free / 1e9:.0f} GB free, {len(there)} environments made, "
        f"{len(missing)} more need about {needed / 1e9:.0f} GB"
    )
    todo = "`make matrix KEEP=no` keeps none of them; PHASEBOOK_CACHE names another disk"
    return Finding(what, todo if needed > free else None)


def _locks(folders: Folders, environments: dict[str, Environment], ways: _Ways) -> Iterator[Finding]:
    """Locks that do not fit their columns, hold no hashes, or serve no column."""
    wrong, place = [], folders.locks.relative_to(folders.root)
    for item in environments.values():
        path, text = f"{place}/{item.lock}.txt", lock_text(folders, item)
        again = f"restore it with git, or make it again: {ways.lock}".format(
            name=item.name, tensorflow=item.tensorflow
        )
        if not re.search(
            rf"^(tensorflow|tf-nightly)(-cpu)?=={re.escape(item.tensorflow)}[\s;]", text, re.MULTILINE
        ):
            wrong.append(Finding(f"{path} does not pin TensorFlow {item.tensorflow}", again))
        elif "--hash=sha256:" not in text or "://" in nightlies.NAMED.sub("", text):
            wrong.append(Finding(f"{path} has no hashes, or names an address", again))
    used = {item.lock for item in environments.values()}
    for file in sorted(folders.locks.glob("*.txt")):
        if file.stem not in used:
            wrong.append(
                Finding(f"{place}/{file.name} serves no environment", "delete it, or add its environment")
            )
    yield from wrong or [Finding(f"locks: {len(used)} fit their environments")]


def _results(
    folders: Folders, environments: dict[str, Environment], claims: dict[str, Claim], ways: _Ways
) -> Iterator[Finding]:
    """Results that are invalid, belong to no column, or hold unknown claims."""
    wrong, place = [], folders.results.relative_to(folders.root)
    files = sorted(folders.results.glob("*.json"))
    for file in files:
        if file.stem not in environments:
            todo = "delete it, or add its environment with `make new`"
            wrong.append(Finding(f"{place}/{file.name} belongs to no environment", todo))
            continue
        try:
            result = load_result(folders, file.stem)
        except Problem as problem:
            wrong.append(Finding(f"{place}/{file.name}", str(problem)))
            continue
        if result is not None:
            settled = with_failures(folders, result)
            wrong += _against_data(folders, environments[file.stem], settled, claims, ways)
    yield from wrong or [Finding(f"results: {len(files)} files are valid")]


def _against_data(
    folders: Folders, environment: Environment, result: Result, claims: dict[str, Claim], ways: _Ways
) -> list[Finding]:
    """Where one result contradicts the claims, the versions of its column or its lock."""
    place = f"{folders.results.relative_to(folders.root)}/{environment.name}.json"
    run = f"{ways.run} runs {environment.name} again"
    found = []
    if foreign := sorted(set(result.claims) - set(claims)):
        found.append(Finding(f"{place} has claims that do not exist: {', '.join(foreign)}", f"delete it; {run}"))
    if not same_version(result.environment.tensorflow, environment.tensorflow):
        found.append(Finding(f"{place} is of TensorFlow {result.environment.tensorflow}", f"delete it; {run}"))
    if result.environment.lock != lock_digest(folders, environment):
        found.append(Finding(f"{place} was made with another lock", run))
    if broken := [name for name, claim in result.claims.items() if claim.verdict == "error"]:
        found.append(
            Finding(
                f"{place} has errors: {', '.join(broken)}", f"{ways.show.format(name=environment.name)} shows why"
            )
        )
    return found


def _staleness(
    folders: Folders, environments: dict[str, Environment], claims: dict[str, Claim], ways: _Ways
) -> Finding:
    """How many columns have missing or stale results."""
    due = [item.name for item in environments.values() if staleness.stale(folders, item, {}, claims)]
    if not due:
        return Finding("every result is up to date")
    more = f" and {len(due) - 5} more" if len(due) > 5 else ""
    return Finding(f"{len(due)} columns have missing or stale results: {', '.join(due[:5])}{more}",
                   f"{ways.run} runs them{ways.why.format(name=due[0])}")  # fmt: skip
