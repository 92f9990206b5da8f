"""What the index lists of a package: versions for this machine, with the day of their first wheel."""

from datetime import date

import pytest
from local_index import Index

from phasebook.environments.listing import Listed, listing
from phasebook.project.errors import NotNow, Problem

LINUX, WINDOWS = "cp37-cp37m-manylinux2010_x86_64", "cp313-cp313-win_amd64"


def test_versions_stand_in_their_order_with_the_day_of_their_first_wheel(own_index: Index) -> None:
    own_index.publish("keras-nightly", "3.10.0.dev2025042403", at="2025-04-24")
    own_index.publish("keras-nightly", "3.9.0.dev2025042303", at="2025-04-23")
    assert listing("keras-nightly") == [
        Listed("3.9.0.dev2025042303", date(2025, 4, 23)),
        Listed("3.10.0.dev2025042403", date(2025, 4, 24)),
    ]


def test_wheels_for_another_machine_do_not_count_and_those_for_an_old_python_do(own_index: Index) -> None:
    own_index.publish("keras", "1.0", tag=WINDOWS)
    own_index.publish("keras", "2.0", at="2020-02-02")
    own_index.publish("keras", "0.9", at="2020-01-02", tag=LINUX)
    assert listing("keras") == [Listed("0.9", date(2020, 1, 2)), Listed("2.0", date(2020, 2, 2))]


def test_an_index_that_lacks_the_package_or_cannot_be_reached_is_one_line(
    own_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Problem, match="keras"):
        listing("keras")
    own_index.publish("keras", "2.0")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(NotNow, match="cannot be reached"):
        listing("keras")
