"""The data as an RO-Crate: results, locks and notebooks in one archive, with what was made from what.

It follows RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) and the profile Process Run Crate 0.5
(https://w3id.org/ro/wfrun/process/0.5). When a column ran and who ran it is not recorded, so neither is stated.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from rocrate.model import ContextEntity, File
from rocrate.rocrate import ROCrate

from phasebook.project.citation import Citation
from phasebook.project.environments import lock_text
from phasebook.report import citing
from phasebook.report.columns import Column
from phasebook.report.facts import Facts
from phasebook.report.software import LOCK, Software, of_column, papermill, phasebook
from phasebook.running.fingerprints import data_of, load_fingerprints

METADATA = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TERMS = {"environment": "https://w3id.org/ro/terms/workflow-run#environment"}  # the profile's, not in RO-Crate 1.1
MIT = "https://spdx.org/licenses/MIT"
_LICENCES = {citing.LICENCE: "CC BY 4.0", MIT: "MIT"}
_KINDS = {
    ".cff": "application/yaml", ".gz": "application/gzip", ".ipynb": "application/x-ipynb+json",
    ".json": "application/json", ".md": "text/markdown", ".toml": "application/toml",
}  # fmt: skip
_SAID = {  # the first that a file's name begins with
    "data/locks/": "The lock of an environment: the hashed pins that it is installed from",
    "data/results/": "The verdicts and observations of one environment",
    "data/": "What the results are about: the texts, their claims, the environments",
    "notebooks/data/": "Data that a notebook reads; notebooks/data/README.md has its source and licence",
    "notebooks/": "An experiment, outputs stripped",
    "outputs/notebooks/": "An experiment with the outputs of its last run in one environment",
    "requirements/": "The lock of the tools outside TensorFlow",
    "": "Licence or citation",
}


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of these files by name, always the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, as all its entries: no clock's time
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)
    return buffer.getvalue()


def metadata(facts: Facts, citation: Citation, files: Mapping[str, bytes], commit: str | None) -> bytes:
    """The crate's ro-crate-metadata.json: these files, and a CreateAction for each column with results.

    That an action's notebooks and lock are those its result was made from is true where no result is stale.
    """
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms.update(TERMS)
    _describe(crate, facts, citation, commit)
    for name, content in files.items():
        _add_file(crate, name, content)
    tools = [phasebook(citation), papermill(files[LOCK].decode())]
    for column in facts.columns:
        _add_run(crate, facts, column, tools, files)
    return b"".join(chunk for _, chunk in crate.metadata.stream()) + b"\n"


def _describe(crate: ROCrate, facts: Facts, citation: Citation, commit: str | None) -> None:
    """The crate as a whole: what it is, of whom, under which licences."""
    root = crate.root_dataset
    profile = {"@type": "CreativeWork", "name": "Process Run Crate", "version": PROFILE.rpartition("/")[2]}
    root["conformsTo"] = crate.add(ContextEntity(crate, PROFILE, profile))
    for key, value in citing.about(facts, commit).items():
        root[key] = value
    root["license"] = [
        crate.add(ContextEntity(crate, address, {"@type": "CreativeWork", "name": name, "url": address}))
        for address, name in _LICENCES.items()
    ]
    root["datePublished"] = citation.date_released.isoformat()
    root["keywords"] = ", ".join(citation.keywords)
    for number, author in enumerate(citation.authors, 1):
        properties = {"@type": "Organization" if author.name else "Person", "name": author.full_name}
        entity = ContextEntity(crate, author.orcid or f"#author-{number}", properties)
        root.append_to("author", crate.add(entity), compact=True)


def _add_file(crate: ROCrate, name: str, content: bytes) -> None:
    properties = {
        "name": name,
        "description": next(words for start, words in _SAID.items() if name.startswith(start)),
        "encodingFormat": _KINDS.get(PurePosixPath(name).suffix, "text/plain"),
        "contentSize": str(len(content)),
    }
    file: File = crate.add_file(dest_path=name, properties=properties)
    if name.endswith(".ipynb"):  # its text and its code
        file["license"] = [{"@id": citing.LICENCE}, {"@id": MIT}]
    elif name.startswith("data/"):
        file["license"] = {"@id": citing.LICENCE}


def _add_run(
    crate: ROCrate, facts: Facts, column: Column, tools: list[Software], files: Mapping[str, bytes]
) -> None:
    """The run of a column: from its notebooks and its lock to its result, by the software that it ran on."""
    assert column.info is not None
    lock = lock_text(facts.folders, column.environment)
    notebooks = sorted(load_fingerprints(facts.folders, column.environment))
    sources = [f"notebooks/{name}.ipynb" for name in notebooks]
    read = {f"notebooks/{name}" for source in sources if source in files for name in data_of(files[source])}
    made = [f"data/results/{column.name}.json", *(f"outputs/notebooks/{column.name}/{n}.ipynb" for n in notebooks)]
    action = crate.add_action(
        [_add_software(crate, software) for software in [*tools, *of_column(column.info, lock)]],
        f"#run-{column.name}",
        object=_present(crate, [f"data/locks/{column.environment.lock}.txt", *sources, *sorted(read)]),
        result=_present(crate, made),
        properties={
            "name": f"Run of {column.name}",
            "description": f"The notebooks were executed by papermill on {column.info.platform}; Phasebook judged "
            "their records.",
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    for name, value in column.environment.variables.items():
        properties = {"@type": "PropertyValue", "name": name, "value": value}
        variable = ContextEntity(crate, f"#{name}-{value}", properties)
        action.append_to("environment", crate.add(variable), compact=True)
    crate.root_dataset.append_to("mentions", action, compact=True)


def _present(crate: ROCrate, names: list[str]) -> list[File] | File:
    """Those of the files that are in the crate; one is no list, as RO-Crate recommends."""
    found = [crate.get(quote(name)) for name in names if quote(name) in crate]
    return found[0] if len(found) == 1 else found


def _add_software(crate: ROCrate, software: Software) -> ContextEntity:
    properties = {"@type": "SoftwareApplication", "name": software.name, "softwareVersion": software.version}
    properties |= {key: said for key in ("url", "description") if (said := getattr(software, key))}
    return crate.get(software.id) or crate.add(ContextEntity(crate, software.id, properties))
