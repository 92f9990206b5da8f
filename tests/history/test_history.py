"""The columns in their lines, and what is said of them; the verdicts are made up, the wording is the point."""

from datetime import date

import msgspec
import pytest
import small_project as project

from phasebook.history.lines import lines_of, ranges, turning_points
from phasebook.history.wording import sentence
from phasebook.project.causes import Cause, load_causes
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.results import Case, ClaimResult

CLAIM = "call-true-trains"
TF = ["tf-1.14", "tf-1.15", "tf-2.0", "tf-2.1", "tf-2.14", "tf-2.15"]
KERAS = ["tf-2.17+keras-3.0.5", "tf-2.17+keras-3.1.1", "tf-2.16+keras-3.12.3", "tf-2.20+keras-3.13.2"]
NEWEST = ["tf-2.20+keras-3.15.1", "tf-2.21+keras-3.15.1"]
LEGACY = ["tf-2.16+tf-keras", "tf-2.17+tf-keras", "tf-2.18+tf-keras"]
MAIN = [*TF, *KERAS, *NEWEST, "tf-nightly"]
WORDS = {"h": "holds", "f": "fails", "u": "unavailable", "e": "error"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return project.make(tmp_path_factory.mktemp("project"), [*MAIN, *LEGACY])


@pytest.fixture(scope="module")
def environments(folders):
    return load_environments(folders)


@pytest.fixture
def results(folders, environments):
    """Results from a letter for each column of the main line, then for each of the tf-keras line."""

    def from_letters(main, legacy):
        letters = dict(zip([*MAIN, *LEGACY], main.replace(" ", "") + legacy, strict=True))
        return {
            name: project.result(folders, environments[name], {CLAIM: WORDS[letter]} if letter != "x" else {})
            for name, letter in letters.items()
            if letter != "-"
        }

    return from_letters


def test_the_main_line_goes_by_keras_and_the_legacy_line_starts_at_the_last_tf_2(environments):
    lines = lines_of(environments)
    assert lines.main == MAIN
    assert lines.legacy == ["tf-2.15", *LEGACY]


BESIDE = ["keras-3.15.1+jax", "keras-nightly+jax", "keras-3.15.1+torch"]


@pytest.fixture(scope="module")
def with_backends(environments):
    return {**environments, **{name: project.column(name) for name in BESIDE}}


def test_a_backend_leaves_the_main_line_at_the_newest_tensorflow_with_its_keras(with_backends):
    lines = lines_of(with_backends)
    assert lines.main == MAIN
    assert lines.backends == [["tf-2.21+keras-3.15.1", *BESIDE[:2]], ["tf-2.21+keras-3.15.1", BESIDE[2]]]
    assert lines.of("keras-nightly+jax") == lines.backends[0] and lines.of("tf-2.21+keras-3.15.1") == lines.main
    assert lines_of({name: with_backends[name] for name in [*MAIN[:-2], *BESIDE]}).backends[1] == [
        "tf-2.20+keras-3.15.1", BESIDE[2],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("hhh", ""),
        ("uuu", "; on JAX and on Torch it is unavailable"),
        ("hhf", "; on Torch it fails"),
        ("fhh", "; on JAX it fails in Keras 3.15, holds in Keras nightly"),
        ("hhe", " (not settled: Keras 3.15 on Torch)"),
    ],
)
def test_a_backend_is_named_where_it_differs_from_tensorflow(folders, with_backends, results, letters, expected):
    found = results("hhhhhh hhhh hh h", "hhh")
    for name, letter in zip(BESIDE, letters, strict=True):
        word = {CLAIM: project.verdict(WORDS[letter])}
        found[name] = msgspec.structs.replace(found["tf-nightly"], claims=word)
    main = "holds throughout, from TF 1.14 to tf-nightly"
    assert sentence(CLAIM, with_backends, found) == main + expected


def test_what_differs_on_a_backend_is_a_turning_point_of_its_own_line(with_backends, results):
    found = results("hhhhhh hhhh hh h", "hhh")
    for name, word in zip(BESIDE, ("fails", "fails", "holds"), strict=True):
        found[name] = msgspec.structs.replace(found["tf-nightly"], claims={CLAIM: project.verdict(word)})
    [point] = turning_points([CLAIM], with_backends, found, [])
    assert (point.before, point.after, point.is_released) == ("tf-2.21+keras-3.15.1", BESIDE[0], True)


@pytest.mark.parametrize("keras", ["3.14.0", "3.16.0"])
def test_a_candidate_stands_after_every_release_and_before_the_nightly(keras):
    candidate = project.column("tf-2.22.0rc1", tensorflow="2.22.0rc1", keras=keras, flavour="keras-3")
    columns = [project.column("tf-nightly"), candidate, *map(project.column, NEWEST)]
    assert lines_of({column.name: column for column in columns}).main == [*NEWEST, "tf-2.22.0rc1", "tf-nightly"]


@pytest.mark.parametrize(
    ("main", "legacy", "expected"),
    [
        # TF 1.14 .. 2.15 | Keras 3.0 3.1 3.12 3.13 | 3.15 twice | nightly
        ("hhhhhh hhhh hh h", "hhh", "holds throughout, from TF 1.14 to tf-nightly"),
        ("ffffff ffff ff f", "fff", "fails throughout, from TF 1.14 to tf-nightly"),
        ("hhhhhh ffff ff f", "hhh", "holds up to TF 2.15, fails from Keras 3.0 on"),
        (
            "hhhhhh ffff ff h",
            "hhh",
            "holds up to TF 2.15, fails from Keras 3.0 to 3.15, holds again in tf-nightly",
        ),
        ("uuhhhh uuuu uu u", "hhh", "is unavailable up to TF 1.15, holds from TF 2.0 to 2.15, "
         "is unavailable again from Keras 3.0 on"),
        ("hfhhhh hhhh hh h", "hhh", "holds in TF 1.14, fails in TF 1.15, holds again from TF 2.0 on"),
        ("hhhffff fff ff f".replace(" ", ""), "fff", "holds up to TF 2.0, fails from TF 2.1 on"),
        ("hhhhff fffh hh h", "fff", "holds up to TF 2.1, fails from TF 2.14 to Keras 3.12, holds again from "
         "Keras 3.13 on"),
        # the same Keras on two TensorFlows: the change is TensorFlow's, and the label says so
        ("hhhhhh hhhh hf f", "hhh", "holds up to Keras 3.15 with TF 2.20, fails from Keras 3.15 with TF 2.21 on"),
        ("hhhhhh hhhh fh h", "hhh", "holds up to Keras 3.13, fails in Keras 3.15 with TF 2.20, holds again from "
         "Keras 3.15 with TF 2.21 on"),
        # tf-keras is told apart where it differs from TF 2.15, and only there
        ("hhhhhh ffff ff f", "fff", "holds up to TF 2.15, fails from Keras 3.0 on; with tf-keras it fails"),
        ("hhhhhh hhhh hh h", "hff", "holds throughout, from TF 1.14 to tf-nightly; with tf-keras it holds in "
         "2.16, fails from 2.17 on"),
        ("hhhhh- hhhh hh h", "hhh", "holds throughout, from TF 1.14 to tf-nightly; with tf-keras it holds "
         "(not run: TF 2.15)"),
        # columns without a verdict
        ("hh---h hhhh hh h", "hhh", "holds throughout, from TF 1.14 to tf-nightly (not run: TF 2.0 to 2.14)"),
        ("hxhhhh hhhh hh -", "hh-", "holds throughout, from TF 1.14 to Keras 3.15 (not run: TF 1.15, tf-nightly, "
         "tf-keras 2.18)"),
        ("hhehhh ffff ff f", "hhh", "holds up to TF 2.15, fails from Keras 3.0 on (not settled: TF 2.0)"),
        ("-hehhh h--- -- -", "---", "holds throughout, from TF 1.15 to Keras 3.0 (not run: TF 1.14, Keras 3.1 to "
         "tf-nightly, tf-keras 2.16 to 2.18; not settled: TF 2.0)"),
        ("-----h ---- -- -", "hhh", "holds in TF 2.15 (not run: TF 1.14 to 2.14, Keras 3.0 to tf-nightly)"),
        ("------ ---- -- -", "hhh", "with tf-keras it holds (not run: TF 1.14 to tf-nightly)"),
        ("------ ---- -- -", "---", "was never run"),
        ("eeeeee eeee ee e", "eee", "could not be settled in any release"),
    ],
)  # fmt: skip
def test_the_history_of_a_claim_in_one_sentence(environments, results, main, legacy, expected):
    assert sentence(CLAIM, environments, results(main, legacy)) == expected


def test_ranges_pass_over_columns_without_a_verdict(environments, results):
    found = ranges(CLAIM, lines_of(environments).main, results("hh-ehh ffff ff f", "hhh"))
    assert [(part.verdict, len(part.columns)) for part in found] == [("holds", 4), ("fails", 7)]
    assert found[0].columns == ["tf-1.14", "tf-1.15", "tf-2.14", "tf-2.15"]


def test_a_turning_point_says_between_which_columns_and_by_which_case(environments, results):
    cause = Cause([CLAIM], "tf-2.15", "tf-2.17+keras-3.0.5", "It was rewritten.", "https://example.org")
    other = Cause(["frozen-bn-infers"], "tf-2.15", "tf-2.17+keras-3.0.5", "No.", "https://example.org")
    found = turning_points([CLAIM], environments, results("uuhhhh ffff ff h", "hff"), [other, cause])
    assert [(point.before, point.after) for point in found] == [
        ("tf-1.15", "tf-2.0"),
        ("tf-2.15", "tf-2.17+keras-3.0.5"),
        ("tf-2.21+keras-3.15.1", "tf-nightly"),
        ("tf-2.16+tf-keras", "tf-2.17+tf-keras"),
    ]
    assert [point.cause for point in found] == [None, cause, None, None]
    assert [point.is_released for point in found] == [True, True, False, True]
    decided = found[1].deciding
    assert [(case.case, case.before, case.after) for case in decided] == [("Sequential", "trains", "infers")]
    assert found[1].released == date(2020, 1, 1)


def test_an_error_between_two_equal_verdicts_is_no_turning_point(environments, results):
    assert turning_points([CLAIM], environments, results("hhehhh hhhh hh h", "hhh"), []) == []


CAUSE = """\
[[cause]]
claims = ["call-true-trains"]
before = "tf-2.15"
after = "tf-2.17+keras-3.0.5"
because = "Keras 3 is another implementation."
link = "https://github.com/keras-team/keras/pull/1"
"""


def test_causes_are_read_and_no_file_is_no_cause(folders, environments):
    assert load_causes(folders, project.CLAIMS, environments) == []
    folders.causes.write_text(CAUSE, encoding="utf-8")
    try:
        [cause] = load_causes(folders, project.CLAIMS, environments)
        assert (cause.claims, cause.after) == ([CLAIM], "tf-2.17+keras-3.0.5")
    finally:
        folders.causes.unlink()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (CAUSE.replace("call-true-trains", "call-true-train"), "there is no claim 'call-true-train'"),
        (CAUSE.replace('"tf-2.15"', '"tf-2.99"'), "there is no environment 'tf-2.99'"),
        (CAUSE.replace("https://", "http://"), "https:// link"),
        (CAUSE.replace("Keras 3 is another implementation.", " "), "a sentence"),
        (CAUSE.replace('["call-true-trains"]', "[]"), "at least one claim"),
        (CAUSE + "surprise = 1\n", "surprise"),
        (CAUSE + CAUSE, "two causes for 'call-true-trains'"),
        (CAUSE.replace("link =", "link "), "not valid TOML"),
    ],
)
def test_a_mistake_in_the_causes_is_named(folders, environments, text, complaint):
    folders.causes.write_text(text, encoding="utf-8")
    try:
        with pytest.raises(Problem, match=r"causes\.toml") as raised:
            load_causes(folders, project.CLAIMS, environments)
        assert complaint in str(raised.value)
        assert "\n" not in str(raised.value)
    finally:
        folders.causes.unlink()


def test_a_case_that_turns_under_one_verdict_is_a_turning_point_with_a_cause_of_its_own(folders, environments):
    def failing(cases):
        seen = [Case(name, "trains", "infers", False) for name in cases]
        seen += [
            Case(name, "trains", "trains", True) for name in ("Sequential", "Functional") if name not in cases
        ]
        return ClaimResult("fails", "1-calls", seen, None)

    columns = {"tf-2.14": ["Sequential"], "tf-2.15": ["Sequential", "Functional"]}
    results = {
        name: msgspec.structs.replace(
            project.result(folders, environments[name], {CLAIM: "fails"}), claims={CLAIM: failing(cases)}
        )
        for name, cases in columns.items()
    }
    causes = [Cause([f"{CLAIM}/Functional"], "tf-2.14", "tf-2.15", "It was rewritten.", "https://example.org")]
    [point] = turning_points([CLAIM], environments, results, causes)
    assert (point.verdict_before, point.verdict_after) == ("fails", "fails")
    assert [case.case for case in point.deciding] == ["Functional"]
    assert point.cause == causes[0]


def test_a_turning_point_is_dated_by_the_first_release_and_names_the_tested_patch(environments, results):
    dated = dict(environments)
    dated["tf-2.0"] = msgspec.structs.replace(
        dated["tf-2.0"], tensorflow="2.0.4", first_released=date(2019, 9, 30), released=date(2021, 1, 6)
    )
    point = turning_points([CLAIM], dated, results("ffhhhh hhhh hh h", "hhh"), [])[0]
    assert (point.after, point.released, point.tested) == ("tf-2.0", date(2019, 9, 30), "2.0.4 of 2021-01-06")
