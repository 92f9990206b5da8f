"""What happens if I write ...: the recorded answers, by column, in a word and in what was seen."""

from itertools import groupby

from msgspec import Struct

from phasebook.project.situations import Situation
from phasebook.report.columns import NOT_RUN, Column

_MODES = {
    "normalised with batch statistics, moving statistics updated": "training mode",
    "normalised with moving statistics, moving statistics unchanged": "inference mode",
    "normalised with moving statistics": "inference mode",
    "dropped units": "training mode",
    "dropped units, another mask each time": "training mode",
    "kept every unit": "inference mode",
    "flipped images": "training mode",
    "left every image alone": "inference mode",
}


class Answer(Struct, frozen=True):
    """What a layer did in one situation, on one release.

    `mode` is "training mode", "inference mode", "neither", "unavailable" or "not run"; `seen` says what was
    observed, or why nothing was.
    """

    mode: str
    seen: str


class Told(Struct, frozen=True):
    """Situations of one claim with the same answer: layers with their models, and what was seen if no mode was."""

    claim: str
    of: str
    seen: str


def answer(situation: Situation, column: Column) -> Answer:
    """What the column's record says of the situation."""
    settled = column.settled(situation.claim)
    if settled is None:
        return Answer(NOT_RUN, "")
    for case in settled.cases:
        if case.case == situation.case:
            return Answer(_MODES.get(case.observed, "neither"), case.observed)
    return Answer("unavailable" if settled.verdict == "unavailable" else NOT_RUN, settled.reason or "")


def by_way(situations: list[Situation], column: Column) -> list[tuple[str, list[tuple[str, list[Told]]]]]:
    """The answers on one release, by way to call and, within one, by mode."""
    found = []
    for how, those in groupby(situations, key=lambda situation: situation.how):
        modes: dict[str, dict[tuple[str, str], list[Situation]]] = {}
        for situation in those:
            told = answer(situation, column)
            seen = "" if told.mode in _MODES.values() else told.seen
            modes.setdefault(told.mode, {}).setdefault((situation.claim, seen), []).append(situation)
        found.append((how, [(mode, _told(alike)) for mode, alike in modes.items()]))
    return found


def _told(alike: dict[tuple[str, str], list[Situation]]) -> list[Told]:
    return [Told(claim, _layers(those), seen) for (claim, seen), those in alike.items()]


def _layers(situations: list[Situation]) -> str:
    """Layers with their models: "Dropout, BatchNormalization (Functional, Subclass); RandomFlip (Functional)"."""
    models: dict[str, list[str]] = {}
    for one in situations:
        models.setdefault(one.layer, []).append(one.model)
    layers: dict[tuple[str, ...], list[str]] = {}
    for layer, those in models.items():
        layers.setdefault(tuple(those), []).append(layer)
    return "; ".join(f"{', '.join(names)} ({', '.join(those)})" for those, names in layers.items())


def for_script(situations: list[Situation], columns: list[Column]) -> dict[str, object]:
    """All answers for the first page's script: each distinct one once, and its number for each column.

    `{"answers": [[mode, seen]], "situations": [[how, layer, model, claim, case, [number]]]}`
    """
    answers: dict[Answer, int] = {}
    rows = [
        [*situation, [answers.setdefault(answer(situation, column), len(answers)) for column in columns]]
        for situation in situations
    ]
    return {"answers": [[found.mode, found.seen] for found in answers], "situations": rows}
