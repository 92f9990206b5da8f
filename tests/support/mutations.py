"""Small changes to one function of a module, each a kind and what stands in its place, made on the syntax tree.

    never WHAT, always WHAT    the condition of an `if` or a filter that mentions WHAT, also in what it guards
    skip WHAT                  the statement
    uncaught WHAT              the exception in an `except`
    bare WHAT                  the call of WHAT, replaced by its first argument
    without WHAT               the operand of `and` or `or`, the keyword or the `with` item
    swap WHAT -> OTHER         an expression
    sooner WHAT                the statement of the function's body, put before the one that it follows

WHAT is a name, an expression, words of a text, or `f(...)` for a call with any arguments. Exactly one place must
fit; of places within each other the innermost counts.
"""

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

REMOVABLE = {(ast.BoolOp, "values"), (ast.Call, "keywords"), (ast.With, "items")}
NO_HOLD = ast.withitem(ast.parse("__import__('contextlib').nullcontext()", mode="eval").body)


class Spot(NamedTuple):
    """A child of a node, and the nodes that are searched for what the change names."""

    parent: ast.AST
    field: str
    item: int | None
    child: Any
    region: list[ast.AST]

    def put(self, *new: Any) -> None:
        """Replace the child."""
        if self.item is None:
            setattr(self.parent, self.field, new[0])
        else:
            getattr(self.parent, self.field)[self.item : self.item + 1] = new


def mutated(source: str, name: str, change: str) -> str:
    """`source` with a change in its function or variable `name`, "" for the whole module.

    Raises ValueError where there is no such name, or not exactly one place for the change.
    """
    module = ast.parse(source)
    kind, _, what = change.partition(" ")
    what, _, other = what.partition(" -> ")
    found = [spot for spot in _spots(_scope(module, name), kind) if _mentions(spot, what, kind == "swap")]
    inner = [one for one in found if not any(_holds(one, two) for two in found)]
    if len(inner) != 1:
        raise ValueError(f"{len(inner)} places in {name or 'the module'} for {change!r}")
    _change(kind, inner[0], other)
    return ast.unparse(ast.fix_missing_locations(module))


def _scope(module: ast.Module, name: str) -> ast.AST:
    for node in ast.walk(module):
        names = [node.name] if isinstance(node, ast.FunctionDef) else []
        names += [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]
        if name in names:
            return node
    if name:
        raise ValueError(f"no function or variable {name}")
    return module


def _spots(scope: ast.AST, kind: str) -> Iterator[Spot]:
    """The children that a kind of change may be made to."""
    for spot in _children(scope):
        child, place = spot.child, (type(spot.parent), spot.field)
        match kind:
            case "never" | "always" if place in ((ast.If, "test"), (ast.IfExp, "test")):
                body = spot.parent.body  # type: ignore[attr-defined]
                yield spot._replace(region=[child, *(body if isinstance(body, list) else [body])])
            case "never" | "always" if place == (ast.comprehension, "ifs"):
                yield spot
            case "skip" if isinstance(child, ast.stmt):
                yield spot
            case "sooner" if isinstance(child, ast.stmt) and spot.parent is scope:
                yield spot
            case "uncaught" if place == (ast.ExceptHandler, "type") or isinstance(spot.parent, ast.Tuple):
                yield spot
            case "bare" if isinstance(child, ast.Call):
                yield spot._replace(region=[child.func])
            case "without" if place in REMOVABLE:
                yield spot
            case "swap" if isinstance(child, ast.expr):
                yield spot


def _children(scope: ast.AST) -> Iterator[Spot]:
    for node in ast.walk(scope):
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                yield from (Spot(node, field, number, item, [item]) for number, item in enumerate(value))
            elif isinstance(value, ast.AST):
                yield Spot(node, field, None, value, [value])


def _mentions(spot: Spot, what: str, exactly: bool) -> bool:
    if exactly:
        return _is(spot.child, what)
    return any(_is(node, what) for top in spot.region if isinstance(top, ast.AST) for node in ast.walk(top))


def _is(node: ast.AST, what: str) -> bool:
    if what.endswith("(...)"):
        return isinstance(node, ast.Call) and ast.unparse(node.func) == what.removesuffix("(...)")
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and (" " in what or node.value == what):
        return what in node.value
    names = (getattr(node, "attr", None), getattr(node, "arg", None))
    return what in names or (isinstance(node, ast.expr) and ast.unparse(node) == what)


def _holds(outer: Spot, inner: Spot) -> bool:
    """Whether the place of `inner` lies within that of `outer`."""
    if outer.child is inner.child:
        return False
    return any(node in (inner.parent, inner.child) for top in outer.region for node in ast.walk(top))


def _change(kind: str, spot: Spot, other: str) -> None:
    match kind:
        case "never" | "always":
            spot.put(ast.Constant(kind == "always"))
        case "skip":
            spot.put(ast.Pass())
        case "sooner":
            body: list[ast.AST] = getattr(spot.parent, spot.field)
            assert spot.item
            body.insert(spot.item - 1, body.pop(spot.item))
        case "uncaught":
            spot.put(ast.Name("ZeroDivisionError"))
        case "bare":
            spot.put(spot.child.args[0])
        case "without":
            spot.put(*([NO_HOLD] if spot.field == "items" else []))
        case "swap":
            spot.put(ast.parse(other, mode="eval").body)
