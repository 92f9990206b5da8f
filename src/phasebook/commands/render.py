"""`phasebook render`: the report from existing results."""

from phasebook.languages import chosen
from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.parameters import Given
from phasebook.project.site import load_site
from phasebook.running import staleness


def render(folders: Folders, say: Say, given: Given | None = None, languages: str = "") -> int:
    """Render the report from existing results and print its path.

    `given` are the parameters of the runs, `languages` the codes of languages (default: those of data/site.toml).
    """
    from phasebook import report as pages

    claims = load_claims(folders)
    stale = {}
    for name, environment in load_environments(folders).items():
        reasons = staleness.stale(folders, environment, given or {}, claims)
        if reasons:
            stale[name] = sorted({reason for own in reasons.values() for reason in own})
    wanted = chosen(languages or load_site(folders).languages)
    print(pages.render(folders, stale, say, wanted))
    return 0
