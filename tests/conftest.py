"""What every test shares: a closing line that tells what was skipped and why."""

import os
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("same-every-time", derandomize=True)
if "CI" in os.environ:
    settings.load_profile("same-every-time")  # new counterexamples are for those who look for them

os.environ.pop("PHASEBOOK_ROOT", None)  # a user's choice must not lead tests into another project


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
