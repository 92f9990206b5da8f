"""A small project of real files in a temporary folder, for tests that need claims, columns and results."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import nbformat
import tomlkit

from phasebook.project.environments import Environment, load_environments, lock_digest
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.results import Case, ClaimResult, EnvironmentInfo, Result, observed, write_result
from phasebook.running.fingerprints import fingerprint_now, write_fingerprints

REAL = Path(__file__).resolve().parents[2]
CLAIMS = {"call-true-trains": "1-calls", "call-false-infers": "1-calls", "frozen-bn-infers": "2-freezing"}
CASES = ["Sequential", "Functional"]
ARTICLE = """\
[[article]]
id = "A"
title = "Training modes"
author = "Somebody"
date = 2020-04-08
url = "https://example.org/modes"
language = "en"
about = "Says how it is."
"""


def column(name: str, released: date = date(2020, 1, 1), **changes: object) -> Environment:
    """The environment that a column's name means, as data/environments.toml would have it."""
    if name.startswith("keras-"):
        keras, _, backend = name.removeprefix("keras-").partition("+")
        keras = "3.16.0.dev2026112004" if keras == "nightly" else keras
        on = {"tensorflow": "2.21.0", "keras": keras, "flavour": "keras-3", "lock": name, "backend": backend}
        return msgspec.structs.replace(column("tf-2.21", released), name=name, **(on | changes))
    release, _, keras = name.removeprefix("tf-").partition("+")
    fields: dict[str, object] = {"tensorflow": f"{release}.0", "keras": f"{release}.0", "flavour": "tf.keras"}
    if name == "tf-nightly":
        fields = {"tensorflow": "2.22.0.dev20261120", "keras": "3.16.0.dev2026112004", "flavour": "keras-3"}
    elif keras == "tf-keras":
        fields |= {"flavour": "tf-keras"}
    elif keras:
        fields |= {"keras": keras.removeprefix("keras-"), "flavour": "keras-3"}
    elif release.startswith("1."):
        fields |= {"keras": "2.2.4-tf"}  # as the Keras inside these releases calls itself
    fields |= {
        "name": name,
        "python": "3.11",
        "lock": name.partition("+tf-keras")[0],
        "first_released": released,
        "released": released,
    }
    return msgspec.convert(fields | changes, Environment)


def write_columns(folders: Folders, columns: list[Environment], as_of: str = "2026-11-21") -> None:
    """data/environments.toml with these columns in this order."""
    entries = [msgspec.structs.asdict(item) for item in columns]
    moment = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    text = tomlkit.dumps({"as_of": moment, "environment": entries})
    write_atomically(folders.environments, text)


def make(root: Path, names: list[str] | None = None) -> Folders:
    """A project with two notebooks, three claims of two cases each, the named columns and no results."""
    folders = Folders(root)
    columns = [column(name) for name in names or ["tf-2.15"]]
    write_columns(folders, columns)
    for item in columns:
        write_atomically(folders.locks / f"{item.lock}.txt", f"tensorflow=={item.tensorflow}\n")
    write_atomically(folders.articles, ARTICLE)
    write_atomically(folders.claims, claims_text(CLAIMS))
    for notebook in sorted(set(CLAIMS.values())):
        write_notebook(folders, notebook, [f"import phaselab  # {notebook}"])
    for package in ("phaselab", "layermodes"):
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REAL / "src" / package, folders.source / package, ignore=skipped)
    return folders


def columns(folders: Folders, *names: str) -> list[Environment]:
    """The named columns of a project."""
    environments = load_environments(folders)
    return [environments[name] for name in names]


def claims_text(claims: dict[str, str], cases: list[str] = CASES) -> str:
    """The text of a claims.toml with these claims, each with its notebook."""
    names = ", ".join(f'"{case}"' for case in cases)
    return "\n".join(
        f'[[claim]]\nid = "{claim}"\narticles = ["A"]\nnotebook = "{notebook}"\ntitle = "{claim}"\n'
        f'says = "So."\nconfirmed_by = "This."\nrefuted_by = "That."\ncases = [{names}]\n'
        for claim, notebook in claims.items()
    )


def write_notebook(
    folders: Folders, name: str, code: list[str], prose: str = "# A question", **extra: object
) -> None:
    """A notebook of one markdown cell and these code cells, outputs stripped."""
    cells = [nbformat.v4.new_markdown_cell(prose, id="title")]
    cells += [nbformat.v4.new_code_cell(source, id=f"code-{number}") for number, source in enumerate(code)]
    notebook = nbformat.v4.new_notebook(cells=cells, **extra)
    write_atomically(folders.notebooks / f"{name}.ipynb", nbformat.writes(notebook))


def verdict(word: str, notebook: str = "1-calls", reason: str = "it has no such name") -> ClaimResult:
    """A claim's result with that verdict; where it fails, only its first case does."""
    if word in ("unavailable", "error"):
        return msgspec.convert({"verdict": word, "notebook": notebook, "cases": [], "reason": reason}, ClaimResult)
    seen = dict.fromkeys(CASES, "trains") | ({CASES[0]: "infers"} if word == "fails" else {})
    cases = [Case(case, "trains", observed, observed == "trains") for case, observed in seen.items()]
    return msgspec.convert({"verdict": word, "notebook": notebook, "cases": cases, "reason": None}, ClaimResult)


def result(folders: Folders, environment: Environment, verdicts: dict[str, str]) -> Result:
    """A result with these verdicts, as a run in that environment would leave it."""
    info = EnvironmentInfo(
        environment.tensorflow, environment.keras, environment.flavour, environment.backend, environment.python,
        "1.26.4", "linux-x86_64", name=environment.name, lock=lock_digest(folders, environment),
    )  # fmt: skip
    claims = {claim: verdict(word, CLAIMS.get(claim, "1-calls")) for claim, word in verdicts.items()}
    return observed(info, claims)


def settle(folders: Folders, name: str, verdicts: dict[str, str] | None = None) -> Environment:
    """Write a column's result and the fingerprints it was made from, as if all its notebooks had just run."""
    environment = load_environments(folders)[name]
    write_result(folders, result(folders, environment, verdicts or dict.fromkeys(CLAIMS, "holds")))
    notebooks = sorted(set(CLAIMS.values()))
    write_fingerprints(folders, environment, {n: fingerprint_now(folders, environment, n, {}) for n in notebooks})
    return environment
