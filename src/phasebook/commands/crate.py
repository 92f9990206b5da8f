"""`phasebook crate`: the data as an RO-Crate, ready to deposit."""

from phasebook.commands.alone import alone
from phasebook.project.citation import load_citation
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.running import staleness


def crate(folders: Folders, say: Say) -> int:
    """Write outputs/phasebook-crate.zip and print its path.

    Raises Problem where no column has results, where some are stale, and for a file that is missing or invalid.
    """
    from phasebook.report import crate, crate_files, manifest  # imports rocrate
    from phasebook.report.facts import Facts

    with alone(folders, say):
        citation = load_citation(folders)
        facts = Facts(folders, {})
        if not facts.columns:
            raise Problem("no column has results: run `make report` first", 1)
        staleness.refuse(folders, "make crate")
        files = crate_files.gather(facts)
        described = crate.metadata(facts, citation, files, manifest.commit(folders.root))
        write_atomically(folders.crate, crate.archive({crate.METADATA: described, **files}))
    say(f"{len(facts.columns)} runs, {len(files)} files, and {crate.METADATA}, which describes them")
    print(folders.crate)
    return 0
