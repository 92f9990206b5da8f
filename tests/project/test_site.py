"""What data/site.toml may say."""

from pathlib import Path

import pytest

from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.site import Site, load_site


def site(root: Path, text: str) -> Site:
    folders = Folders(root)
    write_atomically(folders.site, text)
    return load_site(folders)


def test_nothing_said_means_nothing_known(tmp_path: Path) -> None:
    assert load_site(Folders(tmp_path)) == Site() == site(tmp_path, "# nothing\n")
    assert Site().colab("notebooks/1.ipynb") == ""


def test_addresses_end_as_they_are_used(tmp_path: Path) -> None:
    found = site(tmp_path, 'report = "https://example.org/a"\nrepository = "https://github.com/someone/modes/"\n')
    assert (found.report, found.repository) == ("https://example.org/a/", "https://github.com/someone/modes")
    assert "--branch main https://github.com/someone/modes phasebook\n" in found.first_cell
    assert found.colab("notebooks/7-freezing.ipynb") == (
        "https://colab.research.google.com/github/someone/modes/blob/main/notebooks/7-freezing.ipynb"
    )


def test_colab_opens_what_is_on_github_alone(tmp_path: Path) -> None:
    assert site(tmp_path, 'repository = "https://example.org/modes"\n').colab("notebooks/1.ipynb") == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("report", "example.org/a"),
        ("report", "javascript:alert(1)"),
        ("report", "https://example.org/a?b"),
        ("report", 'https://example.org/\\"onclick'),
        ("repository", "git@github.com:someone/modes"),
        ("branch", ""),
        ("branch", "a b"),
        ("reports", "https://example.org/"),
    ],
)
def test_what_is_no_address_is_named_with_its_file(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(Problem) as problem:
        site(tmp_path, f'{key} = "{value}"\n')
    assert "site.toml" in str(problem.value) and key in str(problem.value)
