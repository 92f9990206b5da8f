"""What others can cite: a page and a badge for each article, and the data as schema.org describes it."""

import json
from typing import Any

from phasebook.report import releases
from phasebook.report.facts import Facts

NAME = "Phasebook: what training, trainable and the learning phase really do, on every TensorFlow"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"

_LETTER = 6.6  # pixels a letter takes in the badge's font


def articles(facts: Facts) -> dict[str, dict[str, Any]]:
    """What the page and the badge of each article need, by its letter; nothing before anything was run."""
    if facts.newest is None:
        return {}
    found = {}
    for source, claims, holding in releases.articles(facts, facts.newest):
        said = (f"checked on TF {facts.newest.release}", f"{holding} of {len(claims)} statements hold")
        left, right = (round(len(part) * _LETTER) + 12 for part in said)
        found[source.id] = {
            "source": source, "claims": claims, "holding": holding, "said": said, "left": left, "right": right,
        }  # fmt: skip
    return found


def about(facts: Facts, commit: str | None) -> dict[str, Any]:
    """What schema.org lets say of the data as a whole, in the report's pages and in the crate."""
    content = {
        "name": NAME,
        "description": (
            f"Verdicts on {len(facts.claims)} claims about training mode in {len(facts.columns)} environments, "
            "each with its observations."
        ),
        "license": LICENCE,
        "isAccessibleForFree": True,
        "dateModified": facts.updated.isoformat(),
    }
    return content | ({"version": commit} if commit else {})


def dataset(facts: Facts, commit: str | None) -> str:
    """The report's data as a schema.org Dataset, in JSON-LD (https://schema.org/Dataset)."""
    files = (("results.json", "application/json"), ("results.csv", "text/csv"))
    content = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        **about(facts, commit),
        "variableMeasured": ["verdict", "observed", "expected"],
        "distribution": [
            {"@type": "DataDownload", "contentUrl": name, "encodingFormat": kind} for name, kind in files
        ],
    }
    return json.dumps(content, indent=1)
