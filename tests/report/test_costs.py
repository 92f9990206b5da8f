"""The first page's figure over all columns: drawn from the recorded numbers, and told in words."""

from pathlib import Path
from statistics import median_low
from xml.etree import ElementTree

import pytest
import small_project

from phasebook.project.claims import load_claims
from phasebook.project.folders import Folders
from phasebook.report import costs
from phasebook.report.columns import Column
from phasebook.report.facts import Facts
from phasebook.running import numbers

RECIPE = costs.PANELS[0].settings[0]


@pytest.fixture(scope="module")
def real() -> Facts:
    return Facts(Folders(small_project.REAL), {})


def measured(facts: Facts) -> list[Column]:
    """The columns that the experiment's loop, with a tape, runs on."""
    return [column for column in facts.columns if column.environment.backend == "tensorflow"]


def test_every_column_with_results_is_drawn_and_its_numbers_are_told(real: Facts) -> None:
    svg = ElementTree.fromstring(str(costs.figure(real))).find("svg")
    assert svg is not None
    assert len(svg.findall(".//circle")) == len(costs.PANELS) * len(measured(real))
    told = svg.attrib["aria-label"]
    notebook = load_claims(real.folders)[costs.CLAIM].notebook
    for column in measured(real):
        found = numbers.load(real.folders, column.environment, notebook)
        assert f": {median_low(found[RECIPE])}" in told, column.name
    for family in ("TF 1.14", "Keras 3.0", "tf-keras", "nightly"):
        assert family in told


def test_no_value_lies_beyond_its_scale(real: Facts) -> None:
    notebook = load_claims(real.folders)[costs.CLAIM].notebook
    for column in measured(real):
        found = numbers.load(real.folders, column.environment, notebook)
        for panel in costs.PANELS:
            assert min(found[panel.settings[0]]) >= panel.low, column.name
            assert max(found[panel.settings[0]]) <= panel.high, column.name


def test_a_project_without_the_experiment_has_no_figure(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path)
    small_project.settle(folders, "tf-2.15")
    assert costs.figure(Facts(folders, {})) == ""
