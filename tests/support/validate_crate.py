"""Validate an RO-Crate; runs in the environment of requirements/validator.txt, without a network.

Prints, as JSON, how many checks ran and what each violation of a requirement says.
"""

import json
import sys
from importlib.resources import files

import requests
from requests.adapters import HTTPAdapter

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **_: object) -> requests.Response:
    """The one document that a validation needs, from the copy in a library; nothing else is answered."""
    if request.url != CONTEXT:
        raise requests.ConnectionError(f"{request.url}: no network here")
    answer = requests.Response()
    answer.status_code, answer.url, answer.request = 200, CONTEXT, request
    answer.headers["Content-Type"] = "application/ld+json"
    answer._content = (files("rocrate") / "data/ro-crate.jsonld").read_bytes()
    return answer


HTTPAdapter.send = send  # type: ignore[method-assign]

from rocrate_validator import services  # noqa: E402
from rocrate_validator.models import Severity, ValidationSettings  # noqa: E402

given = ValidationSettings(
    rocrate_uri=sys.argv[1], profile_identifier=sys.argv[2], requirement_severity=Severity.REQUIRED, no_cache=True
)
result = services.validate(given)
print(
    json.dumps(
        {"checks": len(result.executed_checks), "issues": [str(issue.message) for issue in result.get_issues()]}
    )
)
