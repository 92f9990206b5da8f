"""Pieces of Markdown that generators swallowed, showed raw or stopped at, and what must be seen."""

import base64
from dataclasses import dataclass, field

# One red pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@dataclass
class Hazard:
    """Markdown, the words that a reader must see, the code within lines, the blocks of code, the images."""

    name: str
    markdown: str
    words: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)


TITLE = 'Hazards: "quotes", {{ title }} & #1'
HAZARDS = [
    Hazard("a title with quotes, braces and an ampersand", "", []),
    Hazard("braces in prose", "Write {{ x }} and {{ 'y' }} in prose.", ["Write {{ x }} and {{ 'y' }} in prose."]),
    Hazard("braces in code", "Code `{{ x }}` in a line.", ["Code {{ x }} in a line."], ["{{ x }}"]),
    Hazard("braces in a fence", "```python\na = {{ 1 }}\n```", [], [], ["a = {{ 1 }}"]),
    Hazard("a tag in prose", "Loop {% for a in b %} on.", ["Loop {% for a in b %} on."]),
    Hazard("a tag in code", "Code `{% raw %}` and `{% endraw %}`.", [], ["{% raw %}", "{% endraw %}"]),
    Hazard("an unknown element", "The <training> argument.", ["The <training> argument."]),
    Hazard("a generic type", "A Dict<str, int> and List<str>.", ["A Dict<str, int> and List<str>."]),
    Hazard(
        "a printed tensor",
        "It prints <tf.Tensor: shape=(2,), dtype=float32>.",
        ["It prints <tf.Tensor: shape=(2,), dtype=float32>."],
    ),
    Hazard("a dictionary in prose", "The dictionary {'a': 1} here.", ["The dictionary {'a': 1} here."]),
    Hazard("less than", "First a <- b, then x < 3 && y > 4.", ["First a <- b, then x < 3 && y > 4."]),
    Hazard("an HTML table", "<table><tr><th>left</th></tr></table>", ["<table><tr><th>left</th></tr></table>"]),
    Hazard("an HTML image", 'Raw <img src="./pixel.png"> here.', ['Raw <img src="./pixel.png"> here.']),
    Hazard(
        "an image",
        '![A "red" pixel {{ 1 }} & <one> \\[2\\] of a_b_c](pixel.png)',
        [],
        [],
        [],
        ['A "red" pixel {{ 1 }} & <one> [2] of a_b_c'],
    ),
    Hazard("an excerpt mark", "Before.\n\n<!-- more -->\n\nAfter.", ["Before. After."]),
    Hazard("a container", "::: tip Mind this\nWithin `it`.\n:::", ["::: tip Mind this Within it. :::"], ["it"]),
    Hazard("an address", "See <https://example.org/a_b_c?x=1&y=2>.", ["See https://example.org/a_b_c?x=1&y=2."]),
    Hazard("a heading's id", "## Named {#own-id}\n\nText.", ["Named {#own-id} Text."]),
    Hazard("formulas", "Let $x_1^2$ be.\n\n$$\\mu_{B} = 1$$", ["Let $x_1^2$ be. $$\\mu_{B} = 1$$"]),
    Hazard("underscores", "Call __init__ and a_b_c and _private.", ["Call __init__ and a_b_c and _private."]),
    Hazard("emphasis beside Chinese marks", "他说**“冻结”**了。", ["他说“冻结”了。"]),
    Hazard(
        "a text fence",
        "```text\n<tf.Tensor: shape=()> & {% if %} {{ y }}\n\n  ``` ticks\n```",
        [],
        [],
        ["<tf.Tensor: shape=()> & {% if %} {{ y }}\n\n  ``` ticks"],
    ),
    Hazard(
        "a shortcode in code",
        'Code `{{< ref "x" >}}` and `{{% y %}}`.\n\n```\n{{< figure src="a" >}}\n```',
        [],
        ['{{< ref "x" >}}', "{{% y %}}"],
        ['{{< figure src="a" >}}'],
    ),
]
MORE = [
    Hazard(
        "fences in lists and quotations",
        "- One:\n\n  ```python\n  if a:\n\n      b = {{ 2 }}\n  ```\n\n- Two.\n\n"
        "> Quoted:\n>\n> ```\n> c < d\n> ```",
        ["One:", "Two.", "Quoted:"],
        [],
        ["if a:\n\n    b = {{ 2 }}", "c < d"],
    ),
    Hazard(
        "a table with pipes",
        "| `a\\|b` | c \\| d | `{{ z }}` |\n| --- | --- | --- |\n"
        "| **`x`** y | *\\*star\\** | `e` [f](https://example.org/(g)) |",
        ["a|b", "c | d", "x y", "*star*", "e f"],
        ["a|b", "{{ z }}", "x", "e"],
    ),
    Hazard(
        "starts of lines",
        "1986\\. A year.\n\n\\# No heading\n\n\\- No item\n\n\\> No quote\n\n\\::: no container\n\n\\!!! no note",
        ["1986. A year. # No heading - No item > No quote ::: no container !!! no note"],
    ),
    Hazard(
        "a heading with braces",
        "### Of {{ x }}, `{{ y }}` & <z>\n\nText.",
        ["Of {{ x }}, {{ y }} & <z>"],
        ["{{ y }}"],
    ),
    Hazard(
        "emphasis of every kind",
        "***Both***, **bold**ly, *“quoted”*word, ~~gone~~, **`code`**, a*b*c, **(in brackets)**.",
        ["Both, boldly, “quoted”word, gone, code, abc, (in brackets)."],
        ["code"],
    ),
    Hazard(
        "entities shown as such", "Write &amp;lt; for &lt; and `&amp;` too.", ["Write &lt; for < and"], ["&amp;"]
    ),
    Hazard(
        "quotes and dashes", "A --flag is \"quoted\" and it's 'so'.", ["A --flag is \"quoted\" and it's 'so'."]
    ),
    Hazard("code with backticks", "Use `` a`b `` and `` `c` ``.", [], ["a`b", "`c`"]),
    Hazard("a heading that ends with a sign", "### In C#\n\nText.", ["In C# Text."]),
    Hazard(
        "faces, prompts and a path",
        "It says ;( and :) and >>> a :b: and `C:\\`.",
        ["It says ;( and :) and >>> a :b:"],
    ),
    Hazard("code at the start of an item", "- ```\n  a = {b}\n  ```\n- c", ["c"], [], ["a = {b}"]),
]


def markdown() -> str:
    """All of them under each other, each with a heading of its own."""
    return "\n\n".join(
        f"## Hazard {number}\n\n{hazard.markdown}" for number, hazard in enumerate(HAZARDS + MORE, 1)
    )
