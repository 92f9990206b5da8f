"""`phasebook render`: the report from existing results."""

from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.parameters import Given
from phasebook.running import staleness


def render(folders: Folders, say: Say, given: Given | None = None) -> int:
    """Render the report from existing results and print its path; `given` are the parameters of the runs."""
    from phasebook import report as pages

    claims = load_claims(folders)
    stale = {}
    for name, environment in load_environments(folders).items():
        reasons = staleness.stale(folders, environment, given or {}, claims)
        if reasons:
            stale[name] = sorted({reason for own in reasons.values() for reason in own})
    print(pages.render(folders, stale, say))
    return 0
