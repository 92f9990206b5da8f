"""What the page "From PyTorch" shows: each pair with its code, and what came out in each environment."""

from typing import Any

from msgspec import Struct

from phasebook.environments.index import pins
from phasebook.project.claims import Claim, load_claims
from phasebook.project.environments import Environment, load_environments, lock_text
from phasebook.project.folders import Folders
from phasebook.project.pairs import Pair, load_pairs
from phasebook.project.parameters import for_notebooks
from phasebook.project.results import ClaimResult, load_results
from phasebook.report import cells, places
from phasebook.running.staleness import stale
from phasebook.running.store import with_failures


class Beside(Struct, frozen=True):
    """An environment with PyTorch: its name, its versions in words, and why its results are stale, if they are."""

    name: str
    words: str
    short: str
    stale: list[str]


class Shown(Struct, frozen=True):
    """A pair on the page: the claim that it is, the code that settles it, what was seen in each environment."""

    pair: Pair
    claim: Claim
    code: list[str]
    settled: list[tuple[Beside, ClaimResult]]

    def said(self, beside: Beside, settled: ClaimResult) -> str:
        """Whether the answers say what came out, as the word of a verdict that is in the right colour for it."""
        if settled.verdict not in ("holds", "fails"):
            return settled.verdict
        return "as answered" if self.pair.agrees(beside.name, settled.verdict) else "otherwise"


def content(folders: Folders) -> dict[str, Any] | None:
    """The values of the page's template; None where the project has no pairs, and with a run's own parameters."""
    own = folders.for_pytorch()
    pairs = load_pairs(own)
    if pairs is None or folders.parameters:
        return None
    claims, environments = load_claims(own), load_environments(own)
    results = {name: with_failures(own, result) for name, result in load_results(own, environments).items()}
    beside = {name: _beside(own, environments[name]) for name in reversed(results)}
    books = {claim.notebook: cells.read(own.notebooks / f"{claim.notebook}.ipynb") for claim in claims.values()}
    shown = [
        Shown(
            pair,
            claims[pair.claim],
            [place.source for place in places.places(books[claims[pair.claim].notebook], pair.claim)],
            [(one, results[name].claims[pair.claim]) for name, one in beside.items()
             if pair.claim in results[name].claims],
        )
        for pair in pairs.pair
    ]  # fmt: skip
    helpers = [
        cell.source
        for book in books.values()
        for cell in book.cells
        if cell.cell_type == "code" and cell.metadata.get("tags", []) in ([], ["parameters"], ["setup"])
    ]
    titles = {pair.claim: pair.question for pair in pairs.pair}
    return {
        "shown": shown,
        "rows": pairs.row,
        "titles": titles,
        "beside": list(beside.values()),
        "helpers": helpers,
    }


def of_article(content: dict[str, Any] | None, letter: str) -> list[Shown]:
    """The pairs that an article states, for its own page."""
    return [item for item in content["shown"] if letter in item.claim.articles] if content else []


def notebooks(folders: Folders) -> dict[str, bytes]:
    """The notebooks of the pairs, to download."""
    own = folders.for_pytorch()
    return {f"experiments/{path.name}": path.read_bytes() for path in sorted(own.notebooks.glob("*.ipynb"))}


def _beside(folders: Folders, environment: Environment) -> Beside:
    version = pins(lock_text(folders, environment))["torch"].partition("+")[0]
    given = for_notebooks(sorted(folders.notebooks.glob("*.ipynb")), {})
    reasons = {reason for own in stale(folders, environment, given).values() for reason in own}
    keras = f"TensorFlow {environment.tensorflow} (Keras {environment.keras})"
    words = f"PyTorch {version} beside {keras}, Python {environment.python}"
    release = f"TF {environment.tensorflow}" if environment.flavour == "tf.keras" else f"Keras {environment.keras}"
    return Beside(environment.name, words, f"PyTorch {version} + {release}", sorted(reasons))
