"""TeX formulas as plain characters, so that a post needs no plugin for mathematics; markdown calls it."""

import re
import unicodedata

_SIGNS = {
    "cdot": "·", "times": "×", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈",
    "pm": "±", "infty": "∞", "sum": "∑", "prod": "∏", "sqrt": "√", "partial": "∂", "nabla": "∇", "in": "∈",
    "to": "→", "rightarrow": "→", "leftarrow": "←", "gets": "←", "odot": "⊙", "sim": "∼", "ldots": "…",
    "quad": " ", ",": " ", ";": " ", " ": " ", "!": "", "left": "", "right": "", "{": "{", "}": "}", "%": "%",
    "_": "_", "dots": "…", "varepsilon": "ε", "log": "log", "exp": "exp", "max": "max", "min": "min",
}  # fmt: skip
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307", "vec": "\u20d7"}
_PLAIN = {"text", "mathrm", "mathbf", "mathit", "mathsf", "operatorname", "boldsymbol"}
_RAISED = dict(zip("0123456789+-=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿ", strict=True))
_LOWERED = dict(zip("0123456789+-=()aeijkmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑᵢⱼₖₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", flags=re.DOTALL)


def readable(tex: str) -> str | None:
    """A formula in Unicode ("x_1^2" as "x₁²", "\\frac{a}{b}" as "a/b"); None where it holds an unknown command."""
    tokens = list(_TOKEN.findall(tex.strip()))
    try:
        return re.sub(r" {2,}", " ", _row(tokens, until="")).strip()
    except (KeyError, IndexError):
        return None


def _row(tokens: list[str], until: str) -> str:
    """Everything up to the closing token, which is taken away."""
    found = ""
    while tokens and tokens[0] != until:
        found += _one(tokens)
    if until:
        tokens.pop(0)
    return found


def _one(tokens: list[str]) -> str:
    """The next token with its arguments, taken from the front."""
    token = tokens.pop(0)
    if token == "{":
        return _row(tokens, "}")
    if token in "^_":
        return shifted(_argument(tokens), token)
    if token.startswith("\\"):
        return _command(token[1:], tokens)
    return " " if token.isspace() else token


def _argument(tokens: list[str]) -> str:
    while tokens[0].isspace():
        tokens.pop(0)
    return _one(tokens)


def _command(name: str, tokens: list[str]) -> str:
    """A command: an accent, a fraction, a font, a Greek letter or a sign; raises KeyError for any other."""
    if name in _ACCENTS:
        return _argument(tokens) + _ACCENTS[name]
    if name in _PLAIN:
        return _argument(tokens)
    if name == "frac":
        above, below = _argument(tokens), _argument(tokens)
        return f"{_grouped(above)}/{_grouped(below)}"
    if name == "sqrt":
        return f"√{_grouped(_argument(tokens))}"
    if name in _SIGNS:
        return _SIGNS[name]
    case = "CAPITAL" if name[0].isupper() else "SMALL"
    return unicodedata.lookup(f"GREEK {case} LETTER {name.upper()}")


def _grouped(text: str) -> str:
    return text if len(text) == 1 or text.isalnum() else f"({text})"


def shifted(text: str, sign: str) -> str:
    """Raised (`sign` is "^") or lowered, by its own characters where Unicode has them all."""
    letters = _RAISED if sign == "^" else _LOWERED
    if all(letter in letters for letter in text):
        return "".join(letters[letter] for letter in text)
    return sign + _grouped(text)
