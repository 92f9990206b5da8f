"""Where report and repository stand on the web, and the report's languages, from data/site.toml."""

from urllib.parse import quote, urlsplit

from msgspec import Struct

from phasebook.project.errors import Problem
from phasebook.project.folders import Folders


class Site(Struct, frozen=True, forbid_unknown_fields=True):
    """Addresses, empty where unknown, and languages; `report` ends with a slash, `repository` does not."""

    report: str = ""
    repository: str = ""
    branch: str = "main"
    languages: str = "en"

    @property
    def on_github(self) -> str:
        """The repository as "owner/name", empty where it is not on GitHub."""
        address = urlsplit(self.repository)
        return address.path.strip("/").removesuffix(".git") if address.netloc == "github.com" else ""

    def colab(self, path: str) -> str:
        """Where Colab opens a notebook of the repository; empty where the repository is not on GitHub."""
        if not self.on_github:
            return ""
        return f"https://colab.research.google.com/github/{self.on_github}/blob/{quote(self.branch)}/{quote(path)}"

    @property
    def first_cell(self) -> str:
        """What a notebook that was opened without the repository has to run first, as the source of a cell.

        Nothing is installed: the notebooks need TensorFlow and matplotlib, and phaselab and their data from here.
        """
        return (
            f"!git clone --quiet --depth 1 --branch {self.branch} {self.repository} phasebook\n"
            "%cd phasebook/notebooks\n"
            'import sys; sys.path.append("../src")'
        )


def load_site(folders: Folders) -> Site:
    """The addresses; raises Problem for what is no address of a folder on the web."""
    path = folders.site
    if not path.is_file():
        return Site()
    site = folders.toml(path, Site)
    for key, example in (
        ("report", "https://example.org/phasebook/"),
        ("repository", "https://github.com/OWNER/NAME"),
    ):
        address = getattr(site, key)
        parts = urlsplit(address)
        usual = parts.scheme in ("https", "http") and parts.netloc and not parts.query and not parts.fragment
        if address and (not usual or set(address) & set(" \t\n\"'<>\\")):
            raise Problem(f'{path}: `{key}` is {address!r}, not like "{example}"')
    if not site.branch or set(site.branch) & set(" \t\n\"'<>\\#?"):
        raise Problem(f'{path}: `branch` is {site.branch!r}, not like "main"')
    report = f"{site.report.rstrip('/')}/" if site.report else ""
    return Site(report, site.repository.rstrip("/"), site.branch, site.languages)
