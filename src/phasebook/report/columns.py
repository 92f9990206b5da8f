"""Columns as readers see them: their names, and neighbours that agree merged into spans."""

from collections.abc import Callable, Hashable, Iterable

from msgspec import Struct
from packaging.version import Version

from phasebook.history.lines import is_released
from phasebook.history.neighbours import merged
from phasebook.project.environments import Environment
from phasebook.project.results import ClaimResult, EnvironmentInfo, Result

NOT_RUN = "not run"
FAMILIES = {
    "TF 1": "TensorFlow 1",
    "TF 2": "TensorFlow 2.0 to 2.15",
    "Keras 3": "Keras 3",
    "tf-keras": "tf-keras",
    "JAX": "Keras 3 on JAX",
    "Torch": "Keras 3 on Torch",
    "nightly": "nightly",
}


class Column(Struct, frozen=True):
    """One environment with its result, where there is one."""

    environment: Environment
    result: Result | None
    live: bool
    stale: list[str]

    @property
    def name(self) -> str:
        """The environment's name, which is also its link target."""
        return self.environment.name

    @property
    def family(self) -> str:
        """The group of columns it stands in."""
        return self.environment.family

    @property
    def info(self) -> EnvironmentInfo | None:
        """What ran, as the kernel told it."""
        return self.result.environment if self.result else None

    @property
    def release(self) -> str:
        """TensorFlow's version, as short as the columns are apart: "2.15"."""
        return "nightly" if self.family == "nightly" else _short(self.environment.tensorflow)

    @property
    def keras(self) -> str:
        """Keras's version where it tells columns apart: "3.15", "nightly", else nothing."""
        if self.environment.backend != "tensorflow" and not is_released(self.environment):
            return "nightly"
        return _short(self.environment.keras) if self.environment.flavour == "keras-3" else ""

    @property
    def head(self) -> tuple[str, str]:
        """What stands over the column: what tells it from its neighbours, and what goes with it."""
        return _head(self.family, self.release, self.keras)

    @property
    def words(self) -> str:
        """The column in a sentence, with its exact versions."""
        kind = "tf-keras" if self.environment.flavour == "tf-keras" else "Keras"
        if self.environment.backend != "tensorflow":
            return f"Keras {self.environment.keras} on {self.family}"
        return f"TensorFlow {self.environment.tensorflow}, {kind} {self.environment.keras}"

    def settled(self, claim: str) -> ClaimResult | None:
        """What came out for a claim, None where it was not run."""
        return self.result.claims.get(claim) if self.result else None

    def verdict(self, claim: str) -> str:
        """The verdict on a claim, or that it was not run."""
        settled = self.settled(claim)
        return settled.verdict if settled else NOT_RUN


class Span(Struct, frozen=True):
    """Neighbouring columns of one family that are alike in something."""

    columns: list[Column]

    @property
    def family(self) -> str:
        """The family of all of them."""
        return self.columns[0].family

    @property
    def release(self) -> str:
        """TensorFlow's versions: "2.0–2.5"."""
        return _ends([column.release for column in self.columns])

    @property
    def keras(self) -> str:
        """Keras's versions where they tell columns apart."""
        return _ends([column.keras for column in self.columns])

    @property
    def head(self) -> tuple[str, str]:
        """What stands over the columns, merged."""
        return _head(self.family, self.release, self.keras)

    @property
    def label(self) -> str:
        """The span in a few words: "TF 2.16–2.21, Keras 3.0–3.15"."""
        if self.family == "nightly":
            return "nightly"
        if self.family in ("JAX", "Torch"):
            return f"Keras {self.keras} on {self.family}"
        extra = {"Keras 3": f", Keras {self.keras}", "tf-keras": ", tf-keras"}.get(self.family, "")
        return f"TF {self.release}{extra}"


def spans(columns: Iterable[Column], alike: Callable[[Column], Hashable]) -> list[Span]:
    """Neighbours of one family for which `alike` says the same, merged."""
    return [Span(those) for those in merged(columns, lambda column: (column.family, alike(column)))]


def where(found: list[Span], columns: list[Column]) -> str:
    """Spans out of `columns` in words: "TF 1.14–2.15; TF 2.16–2.21, tf-keras"; "everywhere" for all of them."""
    if len(columns) > 1 and sum(len(span.columns) for span in found) == len(columns):
        return "everywhere"
    words: list[str] = []
    before: Span | None = None
    for span in found:
        if before and (before.family, span.family) == ("TF 1", "TF 2") and _touch(before, span, columns):
            words[-1] = f"TF {before.columns[0].release}–{span.columns[-1].release}"
        else:
            words.append(span.label)
        before = span
    return "; ".join(words)


def _touch(before: Span, after: Span, columns: list[Column]) -> bool:
    names = [column.name for column in columns]
    return names.index(before.columns[-1].name) + 1 == names.index(after.columns[0].name)


def _head(family: str, release: str, keras: str) -> tuple[str, str]:
    if family == "Keras 3":
        return keras, f"TF {release}"
    if family in ("JAX", "Torch"):
        return keras, f"on {family}"
    return release, f"Keras {keras}" if keras else ""


def _short(version: str) -> str:
    parsed = Version(version)
    return f"{parsed.major}.{parsed.minor}" + ("rc" if parsed.pre else "")


def _ends(versions: list[str]) -> str:
    first, last = versions[0], versions[-1]
    return first if first == last else f"{first}–{last}"
