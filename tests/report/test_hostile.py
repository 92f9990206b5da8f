"""Hostile text in every place a text comes from: it stays text in pages, posts, terminals and names of files.

test_report.py and test_blog_*.py have more of pages and posts, test_fuzz.py of the loaders.
"""

import io
import json
import re
from pathlib import Path

import blog_project
import pytest
import report_project
import small_project
from bs4 import BeautifulSoup
from fault_tools import phasebook, refused
from markdown_it import MarkdownIt
from rich.console import Console

from phasebook import blog
from phasebook.commands.compare import show
from phasebook.history.differences import compare
from phasebook.project.claims import Claim, load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import LONGEST_LINE, Problem, for_terminal
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.results import Case, ClaimResult, load_result, observed, parse_result, write_result
from phasebook.running.judging import LONGEST, RECORD, judge
from phasebook.running.progress import Progress

HARM = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> \" onload=alert(1) x=' </td></p></textarea> <!-- ]]> "
    "{{ 7 * 7 }} {% include 'x' %} {{< x >}} ${7*7} [x](javascript:alert(1)) ![x](https://example.org/x.png) "
    "\x1b[31mred\x1b]0;title\x07 \x9b31m \x00 \x7f \u202e ../../../etc/passwd \r\nphasebook: all is well ` ``` | #"
)
ANSWER = HARM.replace("<img src=x", "<img src=https://example.org/x.png")  # a picture that is not there is refused
SCRIPTS = {"script.js", "matrix.js", "yours.js", "search.js", "search-index.js", "minisearch.min.js"}
LINE = "x" * 1_000_000
NAMES = [
    "../x",
    "a/b",
    "a\\b",
    "..",
    "",
    ".hidden",
    "a\nb",
    "a\n",
    "a\x00b",
    "<b>",
    "{{ a }}",
    "-rf",
    "a b",
    "\x1b[31m",
]
STARTED_BY = ("src", "href", "xlink:href", "action", "formaction", "data", "poster", "srcset")


def harmless(page: str) -> BeautifulSoup:
    """The page, parsed: no script but ours, no handler, no address that runs or loads what the text names."""
    soup = BeautifulSoup(page, "html.parser")
    for tag in soup.find_all(True):
        is_data = tag.get("type") == "application/ld+json"
        assert tag.name != "script" or is_data or Path(str(tag.get("src"))).name in SCRIPTS, tag
        for name, value in tag.attrs.items():
            assert not name.lower().startswith("on"), tag
            if name in STARTED_BY:
                assert "javascript:" not in str(value).lower().split("#")[0], tag
    return soup


def printable(text: str) -> None:
    """Nothing in a text acts on a terminal, and none of its lines is one that the harm wanted."""
    assert all(sign.isprintable() or sign == "\n" for sign in text), repr(text)
    assert not any(line.startswith("phasebook: all is well") for line in text.splitlines())


def settle(folders: Folders, harm: str) -> None:
    """Results in which every text that a kernel can send is harm: one claim fails, one has a reason."""
    for name in load_environments(folders):
        result = load_result(folders, name)
        assert result is not None
        cases = [Case(case, harm, f"not {harm}", False) for case in small_project.CASES]
        claims = {
            "call-true-trains": ClaimResult("fails", "1-calls", cases, None),
            "call-false-infers": ClaimResult("unavailable", "1-calls", [], harm),
        }
        write_result(folders, observed(result.environment, result.claims | claims))


@pytest.mark.parametrize("harm", [HARM, LINE], ids=["harm", "a megabyte"])
def test_texts_stay_texts_in_the_report(tmp_path: Path, harm: str) -> None:
    folders = report_project.make(tmp_path)
    settle(folders, harm)
    texts = folders.claims.read_text()
    for field in ("title", "says", "confirmed_by", "refuted_by"):
        texts = re.sub(
            rf'^{field} = ".*"$', lambda _, field=field: f"{field} = {json.dumps(harm)}", texts, flags=re.M
        )
    write_atomically(folders.claims, texts)
    articles = re.sub(
        r'^(title|author|about) = ".*"$', lambda found: f"{found[1]} = {json.dumps(harm)}",
        folders.articles.read_text(), flags=re.MULTILINE,
    )  # fmt: skip
    write_atomically(folders.articles, articles)
    assert load_claims(folders)["call-true-trains"].says == harm
    folder = report_project.render(folders)
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) > 5
    for path in pages:
        raw = path.read_text()
        harmless(raw)
        assert not [sign for sign in raw if ord(sign) < 32 and sign != "\n"], path
    if harm == HARM:
        said = harmless((folder / "claims/call-true-trains.html").read_text()).get_text()
        for part in ("<script>alert(1)</script>", "{{ 7 * 7 }}", "onerror=alert(1)", "../../../etc/passwd"):
            assert part in said
        assert "49" not in said.split()
    for name in ("results.csv", "results.json", "feed.xml", "search-index.js"):
        assert not [sign for sign in (folder / name).read_text() if ord(sign) < 32 and sign not in "\n\r"]


@pytest.mark.parametrize("flavour", blog.FLAVOURS)
def test_texts_stay_texts_in_posts(tmp_path: Path, flavour: str) -> None:
    folders = blog_project.make(tmp_path)
    figure = blog_project.SVG.replace("</svg>", "<script>alert(1)</script><g onclick='alert(1)'/></svg>")
    records = [
        {"claim": "call-true-trains", "case": HARM, "expected": HARM, "observed": f"not {HARM}", "holds": False},
        {"claim": "call-true-trains", "case": "a", "unavailable": HARM},
        {"claim": "call-true-trains", "case": "b", "error": HARM},
    ]
    end = {"record": 1, "finished": True, "records": 3, "environment": blog_project.VERSIONS}
    cells = [
        blog_project.text("# A title\n\nA question?"),
        blog_project.code("1", [blog_project.display({"text/markdown": ANSWER})]),
        blog_project.code("2", [blog_project.display({RECORD: {"record": 1} | record}) for record in records]),
        blog_project.code("3", [{"output_type": "stream", "name": "stdout", "text": HARM}]),
        blog_project.code("4", [blog_project.display({"text/html": HARM, "text/plain": HARM})]),
        blog_project.code(
            "5", [blog_project.display({"image/svg+xml": figure}, {"image/svg+xml": {"alt": HARM}})]
        ),
        blog_project.code("6", [blog_project.display({RECORD: end})]),
    ]
    blog_project.execute(folders, cells)
    for name, content in blog_project.write(folders, flavour).items():
        if name.endswith(".md"):
            post = content.decode()
            assert "\x1b" not in post and "\x00" not in post and "\x9b" not in post
            body = re.sub(r"\A---\n.*?\n---\n", "", post, flags=re.DOTALL)
            harmless(MarkdownIt("commonmark", {"html": True}).enable("table").render(body))
            if flavour in ("jekyll", "hexo"):  # Hexo itself keeps its templates out of fences
                prose = (
                    re.sub(r"^ *(`{3,}).*?^ *\1$", "", body, flags=re.DOTALL | re.M) if flavour == "hexo" else body
                )
                assert "{{ 7" not in prose and "{% include" not in prose
        elif name.endswith(".svg"):
            assert b"alert" not in content, f"{name} holds a script"


@pytest.mark.parametrize(
    ("source", "names", "words"),
    [
        ("![x](../../outside.png)", {}, "stands outside"),
        ("![x](/etc/passwd)", {}, "stands outside"),
        ("![x](attachment:../../x)", {"../../x": {"image/png": "AAAA"}}, "an image is called '../../x'"),
        ("![x](attachment:x/y)", {"x/y": {"image/png": "AAAA"}}, "an image is called 'x/y'"),
    ],
)
def test_images_of_posts_are_read_and_written_in_their_place(
    tmp_path: Path, source: str, names: dict[str, dict[str, str]], words: str
) -> None:
    folders = blog_project.make(tmp_path / "project")
    (tmp_path / "outside.png").write_bytes(b"secret")
    cell = blog_project.text(f"# A title\n\n{source}") | {"attachments": names}
    blog_project.execute(folders, [cell])
    refused(lambda: blog_project.write(folders, "hugo"), words)
    assert (
        sorted(path.name for path in tmp_path.iterdir()) == ["outside.png", "project"]
        and not folders.blog.exists()
    )


def test_no_post_is_made_of_a_notebook_that_broke(tmp_path: Path) -> None:
    folders = blog_project.make(tmp_path)
    path = folders.executed / blog_project.COLUMN / f"{blog_project.NOTEBOOK}.ipynb"
    notebook = json.loads(path.read_text())
    notebook["metadata"] = {"phasebook": {"failures": [HARM]}}
    path.write_text(json.dumps(notebook))
    with pytest.raises(Problem, match="its last run broke"):
        blog_project.write(folders, "hugo")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", ["id", "notebook"])
def test_a_claim_is_refused_whose_name_could_leave_its_place(tmp_path: Path, field: str, name: str) -> None:
    folders = small_project.make(tmp_path)
    text = folders.claims.read_text()
    changed = re.sub(
        rf'^{field} = ".*"', lambda _: f"{field} = {json.dumps(name)}", text, count=1, flags=re.MULTILINE
    )
    write_atomically(folders.claims, changed)
    refused(lambda: load_claims(folders), "claims.toml")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", ["name", "lock", "python", "flavour"])
def test_an_environment_is_refused_whose_name_could_leave_its_place(tmp_path: Path, field: str, name: str) -> None:
    folders = small_project.make(tmp_path)
    text = folders.environments.read_text()
    write_atomically(
        folders.environments,
        re.sub(rf'^{field} = ".*"', lambda _: f"{field} = {json.dumps(name)}", text, flags=re.M),
    )
    refused(lambda: load_environments(folders), "environments.toml")


@pytest.mark.parametrize(
    "field", ["tensorflow", "keras", "flavour", "backend", "python", "numpy", "platform", "lock"]
)
@pytest.mark.parametrize(
    "harm", [HARM, LINE, "2.15.1\n", "../x", ""], ids=["harm", "megabyte", "line", "path", "none"]
)
def test_versions_that_are_none_are_refused(tmp_path: Path, field: str, harm: str) -> None:
    folders = small_project.make(tmp_path)
    small_project.settle(folders, "tf-2.15")
    content = json.loads((folders.results / "tf-2.15.json").read_text())
    content["environment"][field] = harm
    refused(lambda: parse_result(json.dumps(content).encode(), "here", "tf-2.15"), "here", "restore it with git")


def test_records_of_a_megabyte_are_cut_and_versions_are_words() -> None:
    claim = Claim("a-claim", [], "1-calls", "t", "s", "c", "r", ["one"])
    end = {"record": 1, "finished": True, "records": 1, "environment": blog_project.VERSIONS}

    def judged(record: dict[str, object], **versions: str) -> ClaimResult:
        ends = end | {"environment": blog_project.VERSIONS | versions}
        sent = [{"record": 1, "claim": "a-claim", "case": "one"} | record, ends]
        return judge("1-calls", [{"outputs": [{"data": {RECORD: one}} for one in sent]}], [claim], None).claims[
            "a-claim"
        ]

    seen = judged({"expected": LINE, "observed": LINE, "holds": True})
    assert seen.verdict == "holds" and len(seen.cases[0].observed) < LONGEST + 100
    for reason in (judged({"error": LINE}), judged({"unavailable": LINE}), judged({"claim": LINE, "error": "x"})):
        assert len(reason.reason or "") < LONGEST + 200
    assert judged({"unavailable": "x"}, platform=HARM).verdict == "error"


def test_a_line_for_the_terminal_is_one_line_without_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from phasebook import cli

    for line in (HARM, LINE):
        cli.say(f"phasebook: {line}")
        cli.tell(line)
        Progress(Console(stderr=True, width=80)).say(line)
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 4 and len(said.out.splitlines()) == 2
    printable(said.err + said.out)
    assert len(said.err) < 5 * LONGEST_LINE
    assert for_terminal("a 訓練 ✓ line") == "a 訓練 ✓ line"


@pytest.mark.parametrize("terminal", [True, False])
def test_what_was_observed_does_nothing_to_a_terminal(tmp_path: Path, terminal: bool) -> None:
    folders = small_project.make(tmp_path, ["tf-2.15", "tf-2.21+keras-3.15.1"])
    one, other = load_environments(folders)
    for name in (one, other):
        small_project.settle(folders, name)
    before = load_result(folders, one)
    settle(folders, f"[bold red]{HARM}[/]:smile:")
    after = load_result(folders, other)
    assert before and after
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, color_system=None, width=150, legacy_windows=False)
    show(compare(before, after, list(small_project.CLAIMS)), console)
    printable(file.getvalue())
    assert ":smile:" in file.getvalue()


def test_arguments_are_no_paths(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path)
    for arguments in (["run", "../../x"], ["blog", "../x"], ["run", "--notebook", "../x"], ["why", "\x1b[31m\nx"]):
        done = phasebook(folders, *arguments)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
        printable(done.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "notebooks", "src"]
