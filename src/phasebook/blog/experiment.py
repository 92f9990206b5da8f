"""An executed notebook as a neutral post."""

import base64
import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from phasebook.blog.markdown import Reader
from phasebook.blog.outputs import recorded, svg_file
from phasebook.blog.post import SUMMARY, Post, licence_and_citation, slug_of
from phasebook.blog.tree import (
    Blocks,
    Callout,
    Fence,
    Heading,
    Image,
    Inline,
    Inlines,
    Link,
    Paragraph,
    Said,
    Text,
)
from phasebook.project.errors import Problem
from phasebook.report.prose import with_prose
from phasebook.running.judging import RECORD

SVG, PNG = "image/svg+xml", "image/png"
AGAIN = "run `make report` again, then `make blog`"


class Experiment:
    """Turns one executed notebook into a post; `claims` and `notebooks` are what its links may point to."""

    def __init__(self, path: Path, sources: Path, claims: set[str], notebooks: set[str]) -> None:
        self.path = path
        self.sources = sources
        self.claims = claims
        self.notebooks = notebooks
        self.images: dict[str, bytes] = {}
        self.figures = 0
        self.attachments: dict[str, Any] = {}
        self.answer: Blocks = []
        self.versions: dict[str, str] = {}
        self.reader = Reader(self._image, self._link)

    def post(self, author: str, day: date) -> Post:
        """The post; raises Problem for a notebook that was not run to its end."""
        opening: Blocks = []
        body: Blocks = []
        for number, cell in enumerate(self._cells()):
            blocks = self._cell(cell)
            (body if number else opening).extend(blocks)
        if not self.versions:
            raise Problem(f"{self.path}: did not run to its end: {AGAIN}", 1)
        if not (opening and isinstance(opening[0], Heading) and opening[0].level == 1):
            raise Problem(f"{self.path}: must start with a title and its question, as `# Title`", 1)
        title = opening.pop(0)
        assert isinstance(title, Heading)
        answer = Callout("tip", f"The answer, on {_release(self.versions)}", self.answer)
        question = [block.content for block in opening if isinstance(block, Paragraph)]
        return Post(
            slug=slug_of(self.path.stem),
            title=title.content,
            about=question[0] if question else title.content,
            opening=[*opening, *([answer] if self.answer else [])],
            body=[*body, *self._how(), *licence_and_citation(title.content, author, day)],
            images=self.images,
        )

    def _cells(self) -> list[dict[str, Any]]:
        """The cells of the run, with today's prose around them."""
        source = self.sources / self.path.name
        try:
            return with_prose(_executed(self.path), msgspec.json.decode(source.read_bytes())["cells"])
        except (OSError, msgspec.DecodeError, KeyError, TypeError) as error:
            raise Problem(f"{source}: no notebook that can be read ({error}); restore it with git", 1) from None

    def _how(self) -> Blocks:
        ran = self.versions
        environment: Inlines = [
            Text(f"Run on {_release(ran)} ("),
            Said([Text(ran["flavour"])], "kept"),
            Text(", "),
            Said([Text(ran["backend"])], "kept"),
            Text(f" backend), Python {ran['python']}, NumPy {ran['numpy']}, "),
            Said([Text(ran["platform"])], "kept"),
            Text(". The results on every other release are in "),
            Link([Text("the summary")], post=SUMMARY),
            Text("."),
        ]
        return [Heading(2, [Text("How this was run")]), Paragraph(environment)]

    def _cell(self, cell: dict[str, Any]) -> Blocks:
        source = _text(cell.get("source", ""))
        if cell["cell_type"] == "markdown":
            self.attachments = cell.get("attachments", {})
            return self.reader.blocks(source)
        if cell["cell_type"] != "code" or not source.strip():
            return []
        blocks: Blocks = [Fence(source.strip("\n"), "python")]
        records: list[dict[str, Any]] = []
        for output in cell.get("outputs", []):
            record = output.get("data", {}).get(RECORD)
            if not isinstance(record, dict):
                blocks += self._output(output)
            elif record.get("finished"):
                self.versions = record["environment"]
            else:
                records.append(record)
        return blocks + recorded(records)

    def _output(self, output: dict[str, Any]) -> Blocks:
        if output["output_type"] == "error":
            raise Problem(f"{self.path}: a cell failed with {output['ename']}: fix it and run `make report`", 1)
        if output["output_type"] == "stream":
            printed = _text(output["text"]).strip("\n")
            return [Fence(printed)] if printed and output["name"] == "stdout" else []
        data = output.get("data", {})
        for kind, ending in ((SVG, "svg"), (PNG, "png")):
            if kind in data:
                alternative = output.get("metadata", {}).get(kind, {}).get("alt", "")
                return [Paragraph([self._figure(_text(data[kind]), ending, alternative)])]
        if "text/markdown" in data:
            blocks = self.reader.blocks(_text(data["text/markdown"]))
            if self.answer:
                return blocks
            self.answer = blocks
            return []
        printed = _text(data.get("text/plain", "")).strip("\n")
        return [Fence(printed)] if printed else []

    def _figure(self, content: str, ending: str, alternative: str) -> Image:
        data = svg_file(content) if ending == "svg" else base64.b64decode(content)
        if data is None:
            raise Problem(f"{self.path}: holds a figure that is no SVG: {AGAIN}", 1)
        self.figures += 1
        return self._kept(f"figure-{self.figures}.{ending}", data, alternative)

    def _kept(self, name: str, data: bytes, alternative: str) -> Image:
        if not re.fullmatch(r"\w[\w.-]*", name):  # it becomes a file's name
            raise Problem(f"{self.path}: an image is called {name!r}; give it a name of letters and digits", 1)
        file = f"{slug_of(self.path.stem)}-{name}"
        self.images[file] = data
        return Image(alternative, file=file)

    def _image(self, source: str, alternative: str) -> Image:
        """A picture named in Markdown: attached to the cell, beside the notebook, or elsewhere."""
        if re.match("https?:", source):
            return Image(alternative, address=source)
        name = source.removeprefix("attachment:")
        if name in self.attachments:
            data = base64.b64decode(_text(*self.attachments[name].values()))
            return self._kept(name, data, alternative)
        path = self.sources / source
        if not path.resolve().is_relative_to(self.sources.resolve()):
            raise Problem(f"{self.path}: shows the image {source!r}, which stands outside {self.sources}", 1)
        if not path.is_file():
            raise Problem(f"{self.path}: shows the image {source!r}, but {path} does not exist", 1)
        return self._kept(path.name, path.read_bytes(), alternative)

    def _link(self, address: str, content: Inlines) -> Inline | None:
        """A link into the report as a link between posts; None (plain words) for what posts do not have."""
        claim = re.fullmatch(r"\.\./(?:index\.html#|claims/)([\w-]+)(?:\.html)?", address)
        if claim and claim[1] in self.claims:
            return Link(content, post=SUMMARY, anchor=claim[1])
        if address.partition("#")[0] == "../index.html":
            return Link(content, post=SUMMARY)
        notebook = re.fullmatch(r"(?:\./)?([\w.-]+)\.(?:html|ipynb)(?:#.*)?", address)
        if notebook and notebook[1] in self.notebooks:
            return Link(content, post=slug_of(notebook[1]))
        return None


def _release(versions: dict[str, str]) -> str:
    return f"TensorFlow {versions['tensorflow']} and Keras {versions['keras']}"


def _executed(path: Path) -> list[dict[str, Any]]:
    """The cells of an executed notebook; raises Problem for one that was not run, broke or cannot be read."""
    try:
        notebook = msgspec.json.decode(path.read_bytes())
        failures = notebook["metadata"].get("phasebook", {}).get("failures")
        if failures:
            raise Problem(
                f"{path}: its last run broke ({failures[0]}): run `make report` again, then `make blog`", 1
            )
        return list(notebook["cells"])
    except FileNotFoundError:
        raise Problem(f"{path}: the experiment was not run: run `make report`, then `make blog`", 1) from None
    except (OSError, msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise Problem(f"{path}: no notebook that can be read ({error}): run `make report` again", 1) from None


def _text(source: str | list[str]) -> str:
    """Text of a notebook, which is one string or a list of lines."""
    return source if isinstance(source, str) else "".join(source)
