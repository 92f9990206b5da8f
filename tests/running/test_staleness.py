"""What is stale follows from what a result was made from, and from nothing else."""

import time

import msgspec
import nbformat
import pytest
import small_project as project

from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.results import load_result, observed, write_result
from phasebook.running.fingerprints import fingerprint_now, load_fingerprints, write_fingerprints
from phasebook.running.staleness import missing_pages, stale, why

BOTH = ["1-calls", "2-freezing"]


@pytest.fixture
def folders(tmp_path):
    made = project.make(tmp_path, ["tf-2.15", "tf-2.21+keras-3.15.1", "tf-2.21+tf-keras"])
    for name in load_environments(made):
        project.settle(made, name)
    return made


def reasons(folders, name="tf-2.15", parameters=None):
    return stale(folders, load_environments(folders)[name], parameters or {})


def test_a_finished_run_leaves_nothing_to_do(folders):
    assert all(reasons(folders, name) == {} for name in load_environments(folders))
    assert why(folders, load_environments(folders)["tf-2.15"], {}) == [
        "tf-2.15 is up to date: nothing its results depend on has changed"
    ]


def test_an_edited_code_cell_makes_its_notebook_stale_everywhere(folders):
    project.write_notebook(folders, "1-calls", ["import phaselab  # edited"])
    expected = {"1-calls": ["the notebook's code changed"]}
    assert all(reasons(folders, name) == expected for name in load_environments(folders))


@pytest.mark.parametrize(
    "again",
    [
        {"prose": "# Another wording"},
        {"metadata": {"kernelspec": {"name": "other", "display_name": "Other"}}},
    ],
)
def test_prose_and_metadata_make_nothing_stale(folders, again):
    project.write_notebook(folders, "1-calls", ["import phaselab  # 1-calls"], **again)
    assert reasons(folders) == {}


def test_ids_outputs_and_the_form_of_sources_make_nothing_stale(folders):
    path = folders.notebooks / "1-calls.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].id = "renamed"
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="seen")]
    nbformat.write(notebook, path)
    plain = msgspec.json.decode(path.read_bytes())
    plain["cells"][1]["source"] = "".join(plain["cells"][1]["source"])
    path.write_bytes(msgspec.json.encode(plain))
    assert reasons(folders) == {}


def test_moving_a_line_from_one_code_cell_to_the_next_counts(folders):
    project.write_notebook(folders, "1-calls", ["a = 1\n", "b = 2"])
    environment = load_environments(folders)["tf-2.15"]
    before = fingerprint_now(folders, environment, "1-calls", {})
    project.write_notebook(folders, "1-calls", ["a = 1\nb = 2"])
    assert fingerprint_now(folders, environment, "1-calls", {}) != before


def test_phaselab_makes_everything_stale(folders):
    file = folders.phaselab / "draw.py"
    file.write_text(file.read_text(encoding="utf-8") + "\nTOLERANCE = 1\n", encoding="utf-8")
    assert reasons(folders) == {notebook: ["phaselab changed"] for notebook in BOTH}


def test_a_lock_makes_only_the_columns_stale_that_share_it(folders):
    (folders.locks / "tf-2.21+keras-3.15.1.txt").write_text("tensorflow==2.21.1\n", encoding="utf-8")
    changed = {notebook: ["the lock changed"] for notebook in BOTH}
    assert reasons(folders, "tf-2.21+keras-3.15.1") == changed
    assert reasons(folders, "tf-2.15") == {}


def test_two_flavours_of_one_lock_have_not_the_same_fingerprint(folders):
    environments = load_environments(folders)
    one, other = (
        msgspec.structs.replace(environments[name], lock="tf-2.15")
        for name in ("tf-2.21+keras-3.15.1", "tf-2.21+tf-keras")
    )
    assert fingerprint_now(folders, one, "1-calls", {}).lock != fingerprint_now(folders, other, "1-calls", {}).lock


def test_parameters_count_for_the_notebook_they_are_given_to(folders):
    expected = {"1-calls": ["the parameters changed"]}
    assert reasons(folders, parameters={"1-calls": {"seed": 2}, "2-freezing": {}}) == expected
    environment = load_environments(folders)["tf-2.15"]
    one, other = ({"seed": 2, "units": 9}, {"units": 9, "seed": 2})
    assert fingerprint_now(folders, environment, "1-calls", one) == fingerprint_now(
        folders, environment, "1-calls", other
    )


def test_several_reasons_are_all_told(folders):
    project.write_notebook(folders, "1-calls", ["import phaselab  # edited"])
    (folders.locks / "tf-2.15.txt").write_text("tensorflow==2.15.1\n", encoding="utf-8")
    lines = why(folders, load_environments(folders)["tf-2.15"], {})
    assert lines == [
        "tf-2.15, 1-calls: the notebook's code changed; the lock changed",
        "tf-2.15, 2-freezing: the lock changed",
    ]


def test_a_reason_that_all_notebooks_share_is_told_once(folders):
    (folders.locks / "tf-2.15.txt").write_text("tensorflow==2.15.1\n", encoding="utf-8")
    assert why(folders, load_environments(folders)["tf-2.15"], {}) == [
        "tf-2.15, all 2 notebooks: the lock changed"
    ]


def test_without_a_result_everything_is_left_to_do(folders):
    (folders.results / "tf-2.15.json").unlink()
    assert reasons(folders) == {notebook: ["it has no result"] for notebook in BOTH}


def test_a_notebook_without_any_result_is_told_shortly(folders):
    environment = load_environments(folders)["tf-2.15"]
    write_result(folders, project.result(folders, environment, {"frozen-bn-infers": "holds"}))
    assert reasons(folders) == {"1-calls": ["it has no result"]}


@pytest.mark.parametrize("content", [b"", b'{"schema": 1, "claims"', b"\xff\xfe", b'{"schema": 99}'])
def test_a_result_that_cannot_be_believed_is_run_again(folders, content):
    (folders.results / "tf-2.15.json").write_bytes(content)
    assert reasons(folders) == {notebook: ["its results file is invalid"] for notebook in BOTH}


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"1-calls": {"code": "a"}}', b"\xff"])
def test_fingerprints_that_cannot_be_read_count_as_not_recorded(folders, content):
    (folders.fingerprints / "tf-2.15.json").write_bytes(content)
    assert reasons(folders) == {notebook: ["it has no fingerprint"] for notebook in BOTH}


def test_a_new_claim_and_new_cases_make_their_notebook_stale(folders):
    claims = project.CLAIMS | {"styles-agree": "1-calls"}
    folders.claims.write_text(project.claims_text(claims), encoding="utf-8")
    assert reasons(folders) == {"1-calls": ["no result for styles-agree"]}
    folders.claims.write_text(project.claims_text(project.CLAIMS, ["Sequential"]), encoding="utf-8")
    assert reasons(folders)["2-freezing"] == ["the cases of frozen-bn-infers changed"]


def test_a_claim_that_moved_to_another_notebook_is_run_there(folders):
    claims = project.CLAIMS | {"call-false-infers": "2-freezing"}
    folders.claims.write_text(project.claims_text(claims), encoding="utf-8")
    assert reasons(folders) == {"2-freezing": ["another notebook settled call-false-infers"]}


def test_writing_the_fingerprint_of_one_notebook_keeps_the_others(folders):
    environment = load_environments(folders)["tf-2.15"]
    before = load_fingerprints(folders, environment)
    changed = msgspec.structs.replace(before["1-calls"], code="0" * 16)
    assert write_fingerprints(folders, environment, {"1-calls": changed})
    assert load_fingerprints(folders, environment) == {"1-calls": changed, "2-freezing": before["2-freezing"]}
    assert not write_fingerprints(folders, environment, {"1-calls": changed})


def test_a_page_is_missing_until_it_has_todays_fingerprint(folders):
    environment = load_environments(folders)["tf-2.15"]
    assert missing_pages(folders, environment, {}, BOTH) == BOTH
    for notebook in BOTH:
        now = msgspec.to_builtins(fingerprint_now(folders, environment, notebook, {}))
        page = nbformat.v4.new_notebook(metadata={"phasebook": {"environment": "tf-2.15", "fingerprint": now}})
        path = folders.executed / "tf-2.15" / f"{notebook}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(page, path)
    assert missing_pages(folders, environment, {}, BOTH) == []
    assert missing_pages(folders, environment, {"1-calls": {"seed": 2}}, BOTH) == ["1-calls"]
    (folders.executed / "tf-2.15/2-freezing.ipynb").write_text(
        '{"metadata": {"phasebook": {"fingerprint": null}}}'
    )
    assert missing_pages(folders, environment, {}, BOTH) == ["2-freezing"]


def test_a_notebook_that_is_no_notebook_is_a_clear_complaint(folders):
    (folders.notebooks / "1-calls.ipynb").write_text("no notebook", encoding="utf-8")
    with pytest.raises(Problem, match=r"1-calls\.ipynb: cannot be read as a notebook"):
        reasons(folders)


def test_fortyfive_environments_and_eight_notebooks_are_planned_in_a_tenth_of_a_second(tmp_path):
    names = [f"tf-2.{minor}" for minor in range(45)]
    folders = project.make(tmp_path, names)
    notebooks = [f"{number}-notebook" for number in range(1, 9)]
    claims = {f"claim-{number}": notebooks[number % 8] for number in range(39)}
    for notebook in notebooks:
        project.write_notebook(folders, notebook, [f"line = {number}\n" * 30 for number in range(40)])
    folders.claims.write_text(project.claims_text(claims), encoding="utf-8")
    environments = load_environments(folders)
    loaded = load_claims(folders)
    for environment in environments.values():
        found = {claim: project.verdict("holds", notebook) for claim, notebook in claims.items()}
        whole = project.result(folders, environment, {})
        write_result(folders, observed(whole.environment, found))
        write_fingerprints(
            folders, environment, {n: fingerprint_now(folders, environment, n, {}) for n in notebooks}
        )
    seconds = []
    for _ in range(3):
        started = time.process_time()  # whatever else the machine does
        left = [stale(folders, environment, {}, loaded) for environment in environments.values()]
        seconds.append(time.process_time() - started)
    assert left == [{}] * 45
    assert min(seconds) < 0.1, seconds


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lock": "sha256:0"}, "the lock changed"),
        ({"tensorflow": "2.15.9"}, "its versions changed: TensorFlow 2.15.9 ran, not the column's 2.15.0"),
    ],
)
def test_a_result_of_something_else_is_stale_whatever_its_fingerprints_say(folders, changes, reason):
    before = load_result(folders, "tf-2.15")
    ran = msgspec.structs.replace(before.environment, **changes)
    write_result(folders, observed(ran, before.claims))
    assert reasons(folders) == {notebook: [reason] for notebook in BOTH}
