"""What is taken out of an executed notebook before it is judged and kept."""

import json

import nbformat

# Characters of a cell's outputs that an executed notebook keeps, of what it printed and of what it displayed.
LONGEST_PRINTED, LONGEST_DISPLAYED = 100_000, 5_000_000


def tidy(notebook: nbformat.NotebookNode, *, keep_warnings: bool) -> None:
    """Take out what differs from run to run and papermill's own marks; cut what is too long to read.

    Standard error goes too, unless the run broke: there stand warnings with paths of this machine.
    """
    notebook.metadata.pop("papermill", None)
    notebook.cells = [
        cell for cell in notebook.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        outputs = cell.get("outputs", [])
        if not keep_warnings:
            outputs[:] = _joined([output for output in outputs if output.get("name") != "stderr"])
        outputs[:] = _within_bounds(outputs)


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The outputs, neighbours of one stream as one: where a warning parted them differs from run to run."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        if joined and output.output_type == "stream" and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _within_bounds(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """A cell's outputs; what was printed is cut, what is displayed left out, where too long to read."""
    kept = []
    printed, displayed = LONGEST_PRINTED, LONGEST_DISPLAYED
    for output in outputs:
        length = len(json.dumps(output)) if "data" in output else len(_printed(output))
        if "data" in output:
            displayed -= length
            kept.append(output if displayed >= 0 else _note(f"(a display of {length} characters was left out)"))
        elif length <= (LONGEST_PRINTED if output.output_type == "error" else printed):
            printed -= length
            kept.append(output)
        elif printed > 0:
            kept.append(_note(f"{_printed(output)[:printed]}\n... ({length} characters in all)"))
            printed = 0
    return kept


def _printed(output: nbformat.NotebookNode) -> str:
    """The text of a stream or of an error."""
    return str(output.get("text") or "\n".join([output.get("evalue", ""), *output.get("traceback", [])]))


def _note(text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=f"{text}\n")
