"""What tests share: reports, a browser, a cache, and a closing line that tells what was skipped and why."""

import os
import re
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import report_project
import small_project
from hypothesis import settings
from local_index import Index, serve
from packaging.version import Version
from playwright.sync_api import Browser, Page, Request, sync_playwright

from phasebook import report
from phasebook.project.folders import Folders

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

settings.register_profile("same-every-time", derandomize=True)
if "CI" in os.environ:
    settings.load_profile("same-every-time")  # new counterexamples are for those who look for them

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it, and so would ours
os.environ.pop("PHASEBOOK_ROOT", None)  # a user's choice must not lead tests into another project


@pytest.fixture
def own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """An empty package index, the only one that uv asks; what it downloads is gone afterwards."""
    made = Index()
    with serve(made) as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
        monkeypatch.delenv("UV_OFFLINE", raising=False)
        yield made


@pytest.fixture
def index_of_then(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Called with a lock's name, it keeps out of the package index what is newer than the lock's packages.

    A mirror may show a release days after the date that it bears, and an index of a company builds of its own with
    dates of the past: then no date keeps them out of a lock that is made again.
    """

    def keep_out(lock: str) -> None:
        text = (Folders(small_project.REAL).locks / f"{lock}.txt").read_text(encoding="utf-8")
        newest: dict[str, Version] = {}
        for name, version in re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.MULTILINE):
            newest[name] = max(Version(version), newest.get(name, Version("0")))
        bounds = ", ".join(f'"{name}<={version}"' for name, version in newest.items())
        place = tmp_path_factory.mktemp("settings") / "uv/uv.toml"
        place.parent.mkdir()
        place.write_text(f"constraint-dependencies = [{bounds}]\n", encoding="utf-8")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(place.parents[1]))

    return keep_out


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folders, Path]:
    """The project made for tests of the report, and its report."""
    folders = report_project.make(tmp_path_factory.mktemp("project"))
    return folders, report_project.render(folders)


@pytest.fixture
def report_folder(rendered: tuple[Folders, Path]) -> Path:
    """The report of the project made for tests."""
    return rendered[1]


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of this very project, from a copy, with the executed notebooks where there are any."""
    root = tmp_path_factory.mktemp("real")
    for name in ("data", "notebooks", "outputs/notebooks"):
        if (small_project.REAL / name).is_dir():
            shutil.copytree(small_project.REAL / name, root / name)
    return report.render(Folders(root), {}, print).parent


@pytest.fixture(params=["rendered", "real"])
def any_report(request: pytest.FixtureRequest) -> Path:
    """The report of the project made for tests, and of this one."""
    found = request.getfixturevalue(request.param)
    return found if isinstance(found, Path) else Path(found[1])


@pytest.fixture(scope="session")
def large_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of 45 columns and 39 claims."""
    return report_project.render(report_project.make_large(tmp_path_factory.mktemp("large")))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    if report_project.CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=report_project.CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A page that fails the test where it complains or asks for anything that is not on the disk."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    said: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("file://", "data:")):
            said.append(f"asked for {request.url}")

    page.on("request", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    yield page
    context.close()
    assert said == []


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, where nothing that a test removes is anybody else's."""
    place = tmp_path / "cache"
    place.mkdir()
    monkeypatch.setenv("PHASEBOOK_CACHE", str(place))
    return place


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Say after pytest's own closing line what did not run, so that a count of passed tests cannot mislead."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    for fault, outcome in getattr(sys.modules.get("fault_tools"), "OUTCOMES", []):
        reporter.write_line(f"fault: {fault} | {outcome}")
    skipped = Counter(_reason(report) for report in reporter.stats.get("skipped", []))
    left_out = len(reporter.stats.get("deselected", []))
    reasons = [f"{number} × {reason}" for reason, number in sorted(skipped.items())]
    reasons += [f"{left_out} not selected"] if left_out else []
    reporter.write_line(f"not run: {'; '.join(reasons) or 'nothing'}")


def _reason(report: pytest.TestReport) -> str:
    """Why a test was skipped, without the place in the file."""
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")
