"""The RO-Crate: it says of each file and run what is true, the same each time, and no name leads out of it."""

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import small_project
from fault_tools import phasebook, refused
from small_project import REAL

from phasebook.commands.crate import crate as command
from phasebook.environments import tools
from phasebook.project.citation import load_citation
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.results import load_result
from phasebook.report import citing, crate, crate_files
from phasebook.report.facts import Facts
from phasebook.running.fingerprints import fingerprint_now

SETTLED = ["tf-1.15", "tf-2.15", "tf-2.21+keras-3.15.1", "tf-2.21+tf-keras"]
MISSING, EXECUTED = "tf-2.14", "tf-2.21+tf-keras"
PROFILES = ["ro-crate-1.1", "process-run-crate-0.5"]
HOSTILE = [
    "a\\..\\..\\b.ipynb",
    "a b.ipynb",
    "<b>.ipynb",
    "a\nb.ipynb",
    "\udcff.ipynb",
    "-rf.ipynb",
    "\u202ea.ipynb",
]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A project of five columns, one without results; one has two executed notebooks, of which one is outdated."""
    folders = small_project.make(tmp_path / "project", [*SETTLED, MISSING])
    for name in ("CITATION.cff", "LICENSE", "LICENSE-prose.md", "requirements/report.txt"):
        write_atomically(folders.root / name, (REAL / name).read_bytes())
    write_atomically(folders.notebooks / "data/digits.csv", "1,2\n")
    small_project.write_notebook(folders, "2-freezing", ["import phaselab", "open('data/digits.csv')"])
    for name in SETTLED:
        small_project.settle(folders, name)
    column = small_project.columns(folders, EXECUTED)[0]
    for notebook in ("1-calls", "2-freezing"):
        content = json.loads((folders.notebooks / f"{notebook}.ipynb").read_text())
        made_from = msgspec.to_builtins(fingerprint_now(folders, column, notebook, {}))
        content["metadata"]["phasebook"] = {"fingerprint": made_from if notebook == "1-calls" else None}
        write_atomically(folders.executed / EXECUTED / f"{notebook}.ipynb", json.dumps(content))
    return folders


def written(folders: Folders) -> dict[str, bytes]:
    """The files of the crate that the command writes, by name."""
    assert command(folders, print) == 0
    return unpacked(folders.crate.read_bytes())


def unpacked(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def graph(files: dict[str, bytes]) -> dict[str, Any]:
    """What the metadata says, by identifier."""
    return {entity["@id"]: entity for entity in json.loads(files[crate.METADATA])["@graph"]}


def ids(value: Any) -> list[str]:
    return [item["@id"] for item in (value if isinstance(value, list) else [value])]


def test_every_file_is_described_as_it_is(folders: Folders) -> None:
    files = written(folders)
    described = {entity["name"]: entity for entity in graph(files).values() if entity["@type"] == "File"}
    assert set(described) == set(files) - {crate.METADATA}
    for name, entity in described.items():
        assert entity["contentSize"] == str(len(files[name]))
        assert files[name] == (folders.root / name).read_bytes()
    kinds = {name: entity["encodingFormat"] for name, entity in described.items()}
    assert kinds["notebooks/1-calls.ipynb"] == "application/x-ipynb+json"
    assert kinds["data/results/tf-2.15.json"] == "application/json"
    assert kinds["data/locks/tf-2.15.txt"] == kinds["LICENSE"] == "text/plain"
    assert "license" not in described["notebooks/data/digits.csv"], "it has a licence of its own"


def test_every_run_is_described_as_its_result_records_it(folders: Folders) -> None:
    found = graph(written(folders))
    assert set(ids(found["./"]["mentions"])) == {f"#run-{name}" for name in SETTLED}
    for name in SETTLED:
        result, run = load_result(folders, name), found[f"#run-{name}"]
        assert result is not None
        tools = {found[one]["name"]: found[one]["softwareVersion"] for one in ids(run["instrument"])}
        info = result.environment
        keras = {"keras-3": "Keras", "tf.keras": "tf.keras", "tf-keras": "tf-keras"}[info.flavour]
        assert tools["TensorFlow"] == info.tensorflow and tools[keras] == info.keras
        assert tools["Python"] == info.python and tools["NumPy"] == info.numpy
        assert {"Phasebook", "papermill"} < set(tools)
        variables = {found[one]["name"]: found[one]["value"] for one in ids(run.get("environment", []))}
        assert variables == ({"TF_USE_LEGACY_KERAS": "1"} if info.flavour == "tf-keras" else {})
        read = {found[one]["name"] for one in ids(run["object"])}
        notebooks = {"notebooks/1-calls.ipynb", "notebooks/2-freezing.ipynb", "notebooks/data/digits.csv"}
        assert read == notebooks | {f"data/locks/{name.partition('+tf-keras')[0]}.txt"}
        made = {found[one]["name"] for one in ids(run["result"])}
        copies = {f"outputs/notebooks/{name}/1-calls.ipynb"} if name == EXECUTED else set()
        assert made == {f"data/results/{name}.json"} | copies
        assert not {"startTime", "endTime", "agent"} & set(run), "no result records these"


def test_a_column_without_results_is_not_named(folders: Folders) -> None:
    files = written(folders)
    assert MISSING not in files[crate.METADATA].decode()
    assert f"data/locks/{MISSING}.txt" not in files


def test_two_crates_are_the_same_to_the_byte(folders: Folders) -> None:
    written(folders)
    before = folders.crate.read_bytes()
    for path in folders.root.rglob("*.json"):
        path.touch()
    folders.crate.unlink()
    done = phasebook(folders, "crate", TZ="Pacific/Auckland", PYTHONHASHSEED="7")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(folders.crate) and folders.crate.read_bytes() == before
    assert {path.name for path in folders.outputs.iterdir()} == {".lock", "notebooks", folders.crate.name}


def test_the_crate_holds_no_path_of_this_machine(folders: Folders) -> None:
    for name, content in written(folders).items():
        assert str(folders.root).encode() not in content, name


def test_the_crate_and_the_pages_tell_the_same(folders: Folders) -> None:
    root, facts = graph(written(folders))["./"], Facts(folders, {})
    page = json.loads(citing.dataset(facts, None))
    shared = ("name", "description", "dateModified", "isAccessibleForFree")
    assert {key: root[key] for key in shared} == {key: page[key] for key in shared}
    assert page["license"] in ids(root["license"])
    citation = load_citation(folders)
    assert root["datePublished"] == citation.date_released.isoformat()
    assert page["name"] == citation.title


def test_authors_are_those_of_the_citation(folders: Folders) -> None:
    text = folders.citation.read_text()
    orcid = "https://orcid.org/0000-0002-1825-0097"
    person = f"  - family-names: Carberry\n    given-names: Josiah\n    orcid: {orcid}\n"
    folders.citation.write_text(text.replace("\nversion:", f"\n{person}version:"))
    found = graph(written(folders))
    authors = [found[one] for one in ids(found["./"]["author"])]
    assert [(one["@type"], one["name"]) for one in authors] == [
        ("Organization", "The Phasebook authors"),
        ("Person", "Josiah Carberry"),
    ]
    assert authors[1]["@id"] == orcid


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_some_system_misreads_is_refused(folders: Folders, name: str) -> None:
    shutil.copy(folders.notebooks / "1-calls.ipynb", folders.notebooks / name)
    refused_and_nothing_written(folders, "rename it")


def test_a_link_does_not_carry_a_file_of_elsewhere_into_the_crate(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "private").write_text("private")
    (folders.notebooks / "data/more.csv").symlink_to(tmp_path / "private")
    refused_and_nothing_written(folders, "more.csv", "leads out of the project")


def _stale(folders: Folders) -> None:
    small_project.write_notebook(folders, "1-calls", ["import phaselab  # and more", "1 + 1"])


def _no_results(folders: Folders) -> None:
    shutil.rmtree(folders.results)


def _no_citation(folders: Folders) -> None:
    folders.citation.unlink()


def _citation(text: str) -> Callable[[Folders], None]:
    return lambda folders: write_atomically(folders.citation, text) and None


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (_stale, ["tf-1.15, tf-2.15", "are stale", "`make crate`"]),
        (_no_results, ["no column has results", "make report"]),
        (_no_citation, ["CITATION.cff", "no such file"]),
        (_citation("title: [x"), ["CITATION.cff", "not valid YAML"]),
        (_citation("- x"), ["CITATION.cff", "Expected `object`"]),
        (_citation("title: x\nauthors: []\nversion: 1.0\ndate-released: 2026-13-01"), ["CITATION.cff", "month"]),
        (_citation("title: x\nauthors: []\nversion: '1'\ndate-released: 2026-11-21"), ["authors", "length"]),
        (_citation("title: x\nauthors: [{name: x, orcid: 'javascript:1'}]"), ["orcid", "regex"]),
        (_citation("a: " + "[" * 9999), ["CITATION.cff"]),
    ],
)  # fmt: skip
def test_what_cannot_be_described_is_refused_in_one_line(
    folders: Folders, fault: Callable[[Folders], None], words: list[str]
) -> None:
    fault(folders)
    refused_and_nothing_written(folders, *words)


def refused_and_nothing_written(folders: Folders, *words: str) -> None:
    refused(lambda: command(folders, print), *words)
    assert not list(folders.outputs.glob("*crate*"))


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python with the validator, which needs an older rich than Phasebook's locks have."""
    try:
        return tools.programs(Folders(REAL), "validator", "40 MB", print) / "python"
    except Problem as problem:
        pytest.skip(str(problem))


def validated(python: Path, archive: Path, profile: str) -> dict[str, Any]:
    """What the validator says about a crate at the level of requirements."""
    done = subprocess.run(
        [python, REAL / "tests/support/validate_crate.py", archive, profile],
        cwd=archive.parent, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["checks"] > 40
    return found


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_the_crate_conforms_to_its_profiles(folders: Folders, python: Path, profile: str) -> None:
    written(folders)
    assert validated(python, folders.crate, profile)["issues"] == []


@pytest.mark.slow
def test_the_crate_of_this_project_conforms(python: Path, tmp_path: Path) -> None:
    facts = Facts(Folders(REAL), {})
    files = crate_files.gather(facts)
    described = crate.metadata(facts, load_citation(facts.folders), files, None)
    assert described.count(b'"CreateAction"') == len(facts.columns) > 40
    (tmp_path / "crate.zip").write_bytes(crate.archive({crate.METADATA: described, **files}))
    assert validated(python, tmp_path / "crate.zip", PROFILES[1])["issues"] == []


@pytest.mark.slow
@pytest.mark.parametrize("wanted", ["instrument", "file"])
def test_the_validator_notices_what_is_missing(folders: Folders, python: Path, wanted: str) -> None:
    files = written(folders)
    if wanted == "file":
        del files["data/results/tf-2.15.json"]
    else:
        files[crate.METADATA] = files[crate.METADATA].replace(b'"instrument"', b'"description"')
    folders.crate.write_bytes(crate.archive(files))
    assert validated(python, folders.crate, PROFILES[1])["issues"]
