"""A claim's history in a sentence, as "holds up to TF 2.15, fails from Keras 3.0 on"."""

from packaging.version import Version

from phasebook.history.lines import Environments, Range, Results, lines_of, ranges, verdicts
from phasebook.history.neighbours import merged
from phasebook.project.environments import Environment

_VERBS = {"holds": "holds", "fails": "fails", "unavailable": "is unavailable"}


def sentence(claim: str, environments: Environments, results: Results) -> str:
    """The claim's history without subject and full stop; tf-keras is named where it differs from the last TF 2.

    So are JAX and Torch where they differ from TensorFlow with the same Keras.
    Columns that were not run or came to no verdict are named in brackets at the end.
    """
    lines = lines_of(environments)
    beside = [[name for name in line if name not in lines.main] for line in lines.every[1:]]
    main_ranges = ranges(claim, lines.main, results)
    told = [_main(main_ranges, environments)] if main_ranges else []
    said: dict[str, list[str]] = {}
    for line, own in zip(lines.every[1:], beside, strict=True):
        found = ranges(claim, own, results)
        if found and not _agrees(claim, [name for name in line if name not in own], found, results):
            said.setdefault(_beside(found, environments), []).append(_way(environments[own[0]]))
    told += [f"{' and '.join(ways)} it {words}" for words, ways in said.items()]
    notes = _notes(claim, [lines.main, *beside], environments, results)
    if not told:
        broken = any(verdicts(claim, [*lines.main, *(name for own in beside for name in own)], results))
        return "could not be settled in any release" if broken else "was never run"
    return "; ".join(told) + (f" ({'; '.join(notes)})" if notes else "")


def label(environment: Environment) -> str:
    """A column's name for readers: "TF 2.15", "Keras 3.4", "tf-keras 2.18", "tf-nightly", "Keras 3.15 on JAX"."""
    return " ".join(part for part in _parts(environment) if part)


def _parts(environment: Environment) -> tuple[str, str]:
    """Family and number of a column's label."""
    if environment.family == "nightly":
        return "", "tf-nightly"
    if environment.backend != "tensorflow":
        return "", f"{_alone(environment)} {_way(environment)}"
    version = Version(environment.tensorflow)
    if version.is_prerelease:
        return "TF", environment.tensorflow
    if environment.flavour == "tf.keras":
        return "TF", f"{version.major}.{version.minor}"
    keras = Version(environment.keras)
    return "Keras" if environment.flavour == "keras-3" else "tf-keras", f"{keras.major}.{keras.minor}"


def _alone(environment: Environment) -> str:
    """A Keras 3 without its backend."""
    keras = Version(environment.keras)
    return "Keras nightly" if keras.is_devrelease else f"Keras {keras.major}.{keras.minor}"


def _way(environment: Environment) -> str:
    """What stands beside the main line, in words."""
    return "with tf-keras" if environment.flavour == "tf-keras" else f"on {environment.family}"


def _agrees(claim: str, start: list[str], legacy: list[Range], results: Results) -> bool:
    """Whether a line has everywhere the verdict of the main line's column that it starts with."""
    return [part.verdict for part in legacy] == list(verdicts(claim, start, results).values())


def _main(found: list[Range], environments: Environments) -> str:
    """The ranges of the main line in words."""
    if len(found) > 1:
        return _several(found, environments)
    verb, columns = _VERBS[found[0].verdict], found[0].columns
    if len(columns) == 1:
        return f"{verb} in {label(environments[columns[0]])}"
    return f"{verb} throughout, from {_span(columns, environments)}"


def _beside(found: list[Range], environments: Environments) -> str:
    """The ranges of another line in words, without its name; one range needs no more than its verb."""
    told = _several(found, environments) if len(found) > 1 else _VERBS[found[0].verdict]
    return told.replace("tf-keras ", "").replace(f" {_way(environments[found[0].columns[0]])}", "")


def _several(found: list[Range], environments: Environments) -> str:
    """The first range "up to", the last "from .. on", those between "from .. to", single columns "in"."""
    parts, seen = [], set()
    for number, part in enumerate(found):
        again = " again" if part.verdict in seen else ""
        seen.add(part.verdict)
        first, last = (_exact(part, end, environments) for end in (0, -1))
        if len(part.columns) == 1:
            where = f"in {first}"
        elif number == 0:
            where = f"up to {last}"
        elif number == len(found) - 1:
            where = f"from {first} on"
        else:
            where = f"from {_joined(first, last)}"
        parts.append(f"{_VERBS[part.verdict]}{again} {where}")
    return ", ".join(parts)


def _exact(part: Range, end: int, environments: Environments) -> str:
    """The label of a range's end, with its TensorFlow where columns of the same Keras lie outside the range."""
    column = environments[part.columns[end]]
    name = label(column)
    if column.family == "Keras 3":
        same = [e.name for e in environments.values() if e.family == "Keras 3" and label(e) == name]
        if not set(same) <= set(part.columns):
            version = Version(column.tensorflow)
            return f"{name} with TF {version.major}.{version.minor}"
    return name


def _span(columns: list[str], environments: Environments) -> str:
    """Neighbouring columns from the first to the last, or the only one."""
    first, last = label(environments[columns[0]]), label(environments[columns[-1]])
    return first if first == last else _joined(first, last)


def _joined(first: str, last: str) -> str:
    """ "TF 2.0 to 2.3", "TF 2.0 to Keras 3.1": the family is said once."""
    family, _, number = last.rpartition(" ")
    return f"{first} to {number if family and first.startswith(f'{family} ') else last}"


def _notes(claim: str, lines: list[list[str]], environments: Environments, results: Results) -> list[str]:
    """Which columns have no verdict: never run, or run without coming to one."""
    notes = []
    for words, wanted in (("not run", None), ("not settled", "error")):
        spans = []
        for line in lines:
            found = verdicts(claim, line, results)
            runs = merged(line, [column for column in line if found.get(column) == wanted].__contains__)
            spans += [_span(run, environments) for run in runs if found.get(run[0]) == wanted]
        if spans:
            notes.append(f"{words}: {', '.join(spans)}")
    return notes
