"""`phasebook watch`: what is newer than what is recorded is run, and what it changed is noted. For a scheduler."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from phasebook.commands.alone import alone
from phasebook.commands.compare import lines
from phasebook.commands.new import add_columns, worst
from phasebook.commands.render import render
from phasebook.environments.backends import newer_on, resolve_on
from phasebook.environments.resolve import Resolution, newer, resolve
from phasebook.history.differences import Comparison
from phasebook.project.claims import load_claims
from phasebook.project.environments import Environment, load_environments, same_version
from phasebook.project.errors import Problem, for_terminal
from phasebook.project.files import read_text, write_atomically
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.running import staleness

HISTORY = "# What `phasebook watch` found\n\nThe newest first.\n"
NOTE = "watch.md"


def watch(folders: Folders, say: Say, scheduler: str | None = None) -> int:
    """Run newer releases, candidates and nightlies, note what they changed, and render; the status is `new`'s.

    A column is compared with its earlier build, or else with the column before. The note goes to outputs/watch.md,
    and to the top of data/watched.md. A release that cannot be run is noted, and the others are run; the status is
    then 1 unless something changed. Raises Problem where the package index does not answer.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    with alone(folders, say):
        say("asking the package index ...")
        notes, compared, broken = [], [], []
        known = load_environments(folders).values()
        asked = [partial(resolve, now, tensorflow, keras) for tensorflow, keras in newer(known, now)]
        asked += [partial(resolve_on, folders, now, backend, keras) for backend, keras in newer_on(known, now)]
        for resolution_of in asked:
            try:
                resolution = resolution_of()
                if _has(folders, resolution):
                    continue
                told = add_columns(folders, resolution, say, scheduler)
            except Problem as problem:
                say(str(problem))
                broken.append(str(problem))
                continue
            columns = {column.name: column for column in resolution.environments}
            compared += [comparisons[0] for comparisons in told.values() if comparisons]
            notes += [_section(folders, columns[name], comparisons) for name, comparisons in told.items()]
        if not notes and not broken:
            say("Nothing to do: no release, candidate or nightly is newer than what is recorded.")
            return 0
        _write(folders, f"{now:%Y-%m-%d}", notes, [f"Not run: {for_terminal(reason)}\n" for reason in broken])
        if notes:
            render(folders, say)
    status = worst(compared)
    return 1 if broken and not any(comparison.differences for comparison in compared) else status


def _has(folders: Folders, resolution: Resolution) -> bool:
    """Whether its columns are recorded already, with these builds and nothing stale."""
    known = load_environments(folders)
    return all(
        _same(known, column) and not staleness.stale(folders, known[column.name], {})
        for column in resolution.environments
    )


def _same(known: Mapping[str, Environment], column: Environment) -> bool:
    own = known.get(column.name)
    return (
        own is not None
        and same_version(own.tensorflow, column.tensorflow)
        and same_version(own.keras, column.keras)
    )


def _section(folders: Folders, column: Environment, comparisons: list[Comparison]) -> str:
    """The note on one column, in Markdown: its build, what changed, and how to see it again."""
    build = f"TensorFlow {column.tensorflow}, Keras {column.keras}, of {column.released}"
    text = [f"## {column.name}: {build}", ""]
    if not comparisons:
        return "\n".join([*text, "There is no earlier result to compare with.", ""])
    comparison, claims = comparisons[0], load_claims(folders)
    told = [for_terminal(line).replace("```", "'''") for line in lines(comparison)]
    text += ["```text", *told, "```", ""]
    notebooks = dict.fromkeys(claims[difference.claim].notebook for difference in comparison.differences)
    if notebooks:
        options = " ".join(f"--notebook {notebook}" for notebook in notebooks)
        command = f".venv/bin/phasebook run {column.name} {options}"
        text += ["To see it again, in a checkout that has this column's lock:", "", f"    {command}", ""]
    return "\n".join(text)


def _write(folders: Folders, day: str, notes: list[str], broken: list[str]) -> None:
    """Write the note, and add what was run to the history."""
    write_atomically(folders.outputs / NOTE, "\n".join([f"# What changed: {day}\n", *notes, *broken]))
    if notes:
        earlier = read_text(folders.watched).removeprefix(HISTORY) if folders.watched.is_file() else ""
        entry = "\n".join(note.replace("## ", f"## {day}: ", 1) for note in notes)
        write_atomically(folders.watched, f"{HISTORY}\n{entry}{earlier}")
