"""Which code an experiment's page shows at once, and what is said where it is folded."""

import ast

from nbformat import NotebookNode

_BY_TAG = {
    "parameters": "The parameters",
    "setup": "The set-up",
    "figure": "The code of this figure",
    "finish": "The code of the answer",
}
_OPEN = ("case", "recipe:")  # tags, or how they begin


def folded(cell: NotebookNode) -> str:
    """What stands in place of a cell's code until a reader unfolds it; empty for code that is the point.

    That are cases, recipes, and the models and layers that the cases are about.
    """
    tags = cell.metadata.get("tags", [])
    if any(tag.startswith(_OPEN) for tag in tags):
        return ""
    known = [_BY_TAG[tag] for tag in tags if tag in _BY_TAG]
    if known:
        return known[0]
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError:
        return ""
    if any(_is_of_keras(node) for statement in statements for node in ast.walk(statement)):
        return ""
    if "phaselab.Experiment(" in cell.source:
        return _BY_TAG["setup"]
    names = [node.name for node in statements if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return f"Helpers: {', '.join(names)}" if names else "The code"


def _is_of_keras(node: ast.AST) -> bool:
    """Whether this is the class of a model, a layer or another part of Keras."""
    return isinstance(node, ast.ClassDef) and any("keras." in ast.unparse(base) for base in node.bases)
