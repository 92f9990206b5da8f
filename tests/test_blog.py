"""Posts without their generators: what each flavour writes for every hazard, front matter, mistakes, twice."""

import json
import re
import tomllib
from pathlib import Path

import blog_project
import msgspec
import pytest
import yaml
from blog_hazards import HAZARDS, MORE, PIXEL, TITLE, Hazard
from blog_pages import of_page, of_post, plain
from markdown_it import MarkdownIt
from small_project import REAL
from test_blog_builds import differences

from phasebook import blog
from phasebook.blog.formulas import readable
from phasebook.blog.markdown import Reader
from phasebook.blog.post import Post, shortened
from phasebook.blog.settings import Places, Settings
from phasebook.blog.tree import Image, Paragraph
from phasebook.blog.writer import Writer
from phasebook.errors import Problem
from phasebook.files import write_atomically
from phasebook.paths import Folders

ALL = [*HAZARDS, *MORE]
YAML = [name for name in blog.FLAVOURS if name != "pelican"]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return blog_project.make(tmp_path)


def write(folders: Folders, flavour: str) -> dict[str, bytes]:
    """Every written file below outputs/blog by its path."""
    blog.write(folders, flavour, lambda line: None)
    found = sorted(path for path in folders.blog.rglob("*") if path.is_file())
    return {str(path.relative_to(folders.blog)): path.read_bytes() for path in found}


def post_of(files: dict[str, bytes], slug: str = "phasebook-1-hazards") -> str:
    """The text of a post, whatever the generator calls its file."""
    return next(data.decode() for name, data in files.items() if slug in name and name.endswith(".md"))


def neutral(folders: Folders, markdown: str) -> Post:
    """The post of a notebook with this one cell behind its title."""
    end = blog_project.all_cells()[-1]
    blog_project.execute(folders, [blog_project.text("# T\n\nQ?"), blog_project.text(markdown), end])
    return blog.posts_of(folders, Settings(), blog.shown_environment(folders, Settings()))[0]


@pytest.mark.parametrize("hazard", ALL, ids=lambda hazard: hazard.name)
def test_a_hazard_is_read_for_what_its_author_meant(hazard: Hazard, folders: Folders) -> None:
    seen = of_post(neutral(folders, hazard.markdown), with_title=False)
    assert all(plain(words) in seen.text for words in hazard.words), seen.text
    assert set(hazard.inline) <= set(seen.inline)
    assert [code for code in seen.blocks if code in hazard.blocks] == hazard.blocks
    assert seen.alternatives == hazard.alternatives
    assert seen.images == [PIXEL] * len(hazard.alternatives)


# What each flavour must write so that its generator shows the hazard, each seen in a real build.
REMEDIES = [
    ("braces in prose", "vuepress", "Write <span v-pre>&#123;&#123; x &#125;&#125;"),
    ("braces in prose", "hexo", "Write &#123;&#123; x &#125;&#125;"),
    ("braces in code", "vuepress", "<code v-pre>&#123;&#123; x &#125;&#125;</code>"),
    ("braces in code", "vitepress", "<code v-pre>&#123;&#123; x &#125;&#125;</code>"),
    ("braces in code", "jekyll", '`{{ "{{" }} x }}`'),
    ("braces in code", "hugo", "`{{ x }}`"),
    ("a tag in code", "jekyll", '`{{ "{%" }} raw %}`'),
    ("a tag in prose", "hexo", "Loop &#123;% for a in b %&#125; on."),
    ("an unknown element", "vitepress", "The &lt;training> argument."),
    ("a generic type", "mkdocs", "A Dict&lt;str, int>"),
    ("a shortcode in code", "hugo", '`{{</* ref "x" */>}}`'),
    ("a shortcode in code", "hugo", '```\n{{</* figure src="a" */>}}\n```'),
    ("an image", "vitepress", '<img src="./images/phasebook-1-hazards-pixel.png" alt="A '),
    ("an image", "hexo", "](/images/phasebook/phasebook-1-hazards-pixel.png)"),
    ("an image", "hugo", "](phasebook-1-hazards-pixel.png)"),
    ("an image", "jekyll", "]({{ '/assets/phasebook/phasebook-1-hazards-pixel.png' | relative_url }})"),
    ("an image", "pelican", "]({static}/images/phasebook/phasebook-1-hazards-pixel.png)"),
    ("a container", "vuepress", "::: tip Mind this\n\nWithin `it`.\n\n:::"),
    ("a container", "hugo", "> **Mind this**\n>\n> Within `it`."),
    ("a heading's id", "pelican", "## Named {#own-id}"),
    ("a heading's id", "vuepress", '## <a id="own-id"></a>Named'),
    ("emphasis beside Chinese marks", "hexo", "他说“**冻结**”了。"),
    ("a text fence", "vuepress", "\n````\n<tf.Tensor: shape=()> & {% if %} {{ y }}\n"),
    ("a text fence", "hexo", "\n````text\n<tf.Tensor"),
    ("fences in lists and quotations", "mkdocs", "-   One:\n\n        if a:\n\n            b = {{ 2 }}"),
    ("fences in lists and quotations", "hugo", "-   One:\n\n    ```python\n    if a:"),
    ("a table with pipes", "hugo", "| `a\\|b` | c &#124; d |"),
    ("a table with pipes", "pelican", "| <code>a&#124;b</code> | c &#124; d |"),
]


@pytest.mark.parametrize(("hazard", "flavour", "remedy"), REMEDIES)
def test_a_hazard_is_written_so_that_the_generator_shows_it(
    hazard: str, flavour: str, remedy: str, folders: Folders
) -> None:
    markdown = next(item.markdown for item in ALL if item.name == hazard)
    post = neutral(folders, markdown)
    shown = blog.shown_environment(folders, Settings())
    files = blog.files_of(blog.FLAVOURS[flavour], [post], Settings(), shown)
    assert remedy in post_of(files)


@pytest.mark.parametrize("path", sorted((REAL / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_notebooks_markdown_is_read_without_loss(path: Path) -> None:
    """Against another way through: the words of the HTML that markdown-it itself makes."""
    reader = Reader(lambda source, text: Image(text, address=source), lambda address, content: None)
    html = MarkdownIt("commonmark").enable("table")
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            rendered = plain(re.sub(r"<[^>]+>", "", html.render(source)))
            for escaped, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
                rendered = rendered.replace(escaped, sign)
            post = Post("s", [], "", [], reader.blocks(source), {})
            assert of_post(post, with_title=False).text == rendered


@pytest.mark.parametrize("flavour", YAML)
def test_front_matter_holds_what_the_site_set(flavour: str, folders: Folders) -> None:
    write_atomically(
        folders.blog_settings,
        'author = "A: \\"B\\" {{ C }}"\ndate = 2025-02-03\ncategory = "Deep: #1"\ntags = ["a: b", "{{ c }}"]\n'
        'language = "en-GB"\ncanonical = "https://example.org/{slug}/"\n',
    )
    text = post_of(write(folders, flavour))
    front = yaml.safe_load(text.partition("---\n")[2].partition("\n---\n")[0])
    assert front["title"] == TITLE
    assert str(front["date"]) == "2025-02-03"
    assert front["tags"] == ["a: b", "{{ c }}"]
    assert "Deep: #1" in (front.get("category"), *front.get("categories", []))
    assert front["description"] == "What is lost of {{ x }} on the way?"
    assert "https://example.org/phasebook-1-hazards/" in json.dumps(front, default=str)
    if flavour not in (
        "mkdocs",
        "hugo",
    ):  # whose languages are folders
        assert front["lang"] == "en-GB"
    if flavour != "mkdocs":
        assert front["author"] == 'A: "B" {{ C }}'


def test_pelicans_front_matter_is_lines_of_keys(folders: Folders) -> None:
    lines = post_of(write(folders, "pelican")).partition("\n\n")[0].splitlines()
    keys = dict(line.partition(": ")[::2] for line in lines)
    assert keys["Title"] == TITLE
    assert keys["Date"] == "2020-01-01"  # the release date of the environment shown
    assert keys["Slug"] == "phasebook-1-hazards"
    assert keys["Tags"] == "TensorFlow, Keras, training mode"
    assert "{{" not in keys["Summary"]


def test_a_post_says_what_ran_under_which_licence(folders: Folders) -> None:
    text = post_of(write(folders, "hugo"))
    assert "The answer, on TensorFlow 2.15.1 and Keras 2.15.0" in text
    assert text.index("<!--more-->") > text.index("stays. It says")
    assert (
        "Python 3.11, NumPy 1.26.4, linux-x86&#95;64" in text or "Python 3.11, NumPy 1.26.4, linux-x86_64" in text
    )
    assert "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)" in text
    assert "✓ **Sequential**: as stated. Expected and observed: trains." in text
    assert "Expected: a. Observed: b." in text
    assert "unavailable. tf.x." in text
    assert "vnd.phasebook" not in text


def test_links_into_the_report_become_links_between_posts_or_words(folders: Folders) -> None:
    text = post_of(write(folders, "vitepress"))
    assert "[`call-true-trains`](./phasebook-summary.md#call-true-trains)" in text
    assert "[its page](./phasebook-summary.md#call-true-trains)" in text
    assert "[the report](./phasebook-summary.md), no other notebook and the data." in text
    assert "index.html" not in text


def test_the_summary_joins_neighbours_that_agree(folders: Folders) -> None:
    text = post_of(write(folders, "hugo"), "phasebook-summary")
    assert "| Claim | TF 2.15 | Keras 3.14 |" in text
    assert "| [frozen-bn-infers](#frozen-bn-infers) | ✓\u00a0holds | ✗\u00a0fails |" in text
    assert "holds up to TF 2.15, fails" in text or "holds in TF 2.15, fails" in text
    assert "of 3 claims: 3 hold." in text
    (folders.results / "tf-2.20+keras-3.14.0.json").unlink()
    text = post_of(write(folders, "hugo"), "phasebook-summary")
    assert "| Claim | TF 2.15 |\n" in text


def test_writing_twice_changes_no_byte(folders: Folders) -> None:
    first = write(folders, "all")
    assert {name.partition("/")[0] for name in first} == set(blog.FLAVOURS)
    assert write(folders, "all") == first


def test_what_an_earlier_run_left_goes(folders: Folders) -> None:
    write(folders, "hugo")
    stale = folders.blog / "hugo/content/posts/old.md"
    stale.write_text("old")
    write(folders, "hugo")
    assert not stale.exists()
    assert sorted(path.name for path in folders.blog.iterdir()) == ["hugo"]


BROKEN = [
    ("author = 3", "`str`"),
    ("authr = 'x'", "authr"),
    ("author =", "not valid TOML"),
    ("author = ' '", "`author`"),
    ("tags = ['a, b']", "'a, b'"),
    ("canonical = 'example.org'", "'example.org'"),
    ("environment = 'tf-9'", "'tf-9'"),
    ("[hexo]\nposts = '../x'", "hexo.posts"),
    ("[hugo]\nimages = '/x'", "hugo.images"),
    ("[jekyll]\nposts = 'a b'", "jekyll.posts"),
    ("[ghost]\nposts = 'x'", "ghost"),
]


@pytest.mark.parametrize(("content", "named"), BROKEN)
def test_a_broken_setting_is_one_line_and_nothing_is_written(content: str, named: str, folders: Folders) -> None:
    before = write(folders, "hugo")
    write_atomically(folders.blog_settings, content)
    with pytest.raises(Problem, match=re.escape(named)) as raised:
        blog.write(folders, "all", lambda line: None)
    assert "blog.toml" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.status == 2
    assert kept(folders) == before


def kept(folders: Folders) -> dict[str, bytes]:
    found = sorted(path for path in folders.blog.rglob("*") if path.is_file())
    return {str(path.relative_to(folders.blog)): path.read_bytes() for path in found}


def test_a_wrong_flavour_names_those_that_exist(folders: Folders) -> None:
    with pytest.raises(Problem, match=r"'ghost'; there are vuepress, vitepress, hexo.*, and all"):
        blog.write(folders, "ghost", lambda line: None)
    assert not folders.blog.exists()


CELLS = blog_project.all_cells()
UNFINISHED = {
    "did not run to its end": CELLS[:-1],
    "failed with ValueError": [
        *CELLS[:1],
        blog_project.code("x", [{"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}]),
        *CELLS[1:],
    ],
    "must start with a title": CELLS[1:],
    "'nowhere.png'": [*CELLS[:1], blog_project.text("![a](nowhere.png)"), *CELLS[1:]],
}


@pytest.mark.parametrize("complaint", UNFINISHED)
def test_an_unfinished_run_is_one_line_and_nothing_is_written(complaint: str, folders: Folders) -> None:
    before = write(folders, "jekyll")
    blog_project.execute(folders, UNFINISHED[complaint])
    with pytest.raises(Problem, match=re.escape(complaint)) as raised:
        blog.write(folders, "jekyll", lambda line: None)
    assert "\n" not in str(raised.value)
    assert kept(folders) == before


def test_an_experiment_that_was_not_run_says_how_to_run_it(folders: Folders) -> None:
    notebook = folders.executed / blog_project.COLUMN / f"{blog_project.NOTEBOOK}.ipynb"
    notebook.unlink()
    with pytest.raises(Problem, match="make report"):
        blog.write(folders, "hugo", lambda line: None)
    write_atomically(notebook, '{"cells": [')
    with pytest.raises(Problem, match="no notebook that can be read"):
        blog.write(folders, "hugo", lambda line: None)
    assert not folders.blog.exists()


def test_a_folder_that_cannot_be_replaced_keeps_its_content(folders: Folders) -> None:
    write_atomically(folders.blog, "a file where the folder should be")
    with pytest.raises(Problem, match="cannot be written"):
        blog.write(folders, "hugo", lambda line: None)
    assert folders.blog.read_text() == "a file where the folder should be"


def test_places_of_a_site_are_used(folders: Folders) -> None:
    write_atomically(
        folders.blog_settings,
        '[vuepress]\nposts = "blog/2026"\nimages = "pictures"\n[hugo]\nimages = "static/pictures"\n',
    )
    files = write(folders, "all")
    assert "vuepress/pictures/phasebook-1-hazards-pixel.png" in files
    assert (
        "](./../../pictures/phasebook-1-hazards-pixel.png)"
        in files["vuepress/blog/2026/phasebook-1-hazards.md"].decode()
    )
    assert (
        "](/pictures/phasebook-1-hazards-pixel.png)"
        in files["hugo/content/posts/phasebook-1-hazards/index.md"].decode()
    )
    assert "hugo/static/pictures/phasebook-1-hazards-pixel.png" in files


def test_a_figure_is_legible_on_its_own_in_light_and_dark(folders: Folders) -> None:
    svg = write(folders, "hugo")[
        "hugo/content/posts/phasebook-1-hazards/phasebook-1-hazards-figure-1.svg"
    ].decode()
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "currentColor" in svg
    assert re.search(r"prefers-color-scheme:dark\)\{:root\{color:#e6edf3;background:", svg)


def test_the_shipped_settings_are_the_defaults() -> None:
    path = Folders(REAL).blog_settings
    shipped = tomllib.loads(path.read_text(encoding="utf-8"))
    defaults = Settings()
    assert shipped
    assert all(getattr(defaults, key) == value for key, value in shipped.items())


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"x_1^2", "x₁²"),
        (r"\frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}}", "(x - μ_B)/(√(σ_B² + ε))"),
        (r"\hat{x} \leq \Gamma \cdot \text{batch mean}", "x̂ ≤ Γ · batch mean"),
        (r"\unknown{x}", None),
        (r"\frac{x}", None),
        ("x^", None),
        ("{x", None),
    ],
)
def test_formulas_are_characters_or_stay_tex(tex: str, shown: str | None) -> None:
    assert readable(tex) == shown


def test_a_description_ends_with_a_sentence() -> None:
    text = "This is the first sentence, which is long enough. " + "And " + "so on " * 60 + "."
    assert shortened(text) == "This is the first sentence, which is long enough."
    assert shortened("word " * 100).endswith(" word…")
    assert len(shortened("word " * 100)) <= 200


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<article><p>One <code>x</code></p><pre>y</pre></article>", "text"),
        ("<article><p>One <b>x</b> two</p><pre>y</pre></article>", "inline"),
        ("<article><p>One <code>x</code> two</p><p>y</p></article>", "blocks"),
        ("<article><p>One <code>x</code> two **</p><pre>y</pre></article>", "text"),
    ],
)
def test_the_comparison_of_built_pages_sees_what_is_lost_or_raw(page: str, kind: str, tmp_path: Path) -> None:
    reader = Reader(lambda source, text: Image(text, address=source), lambda address, content: None)
    post = Post("s", [], "", [], reader.blocks("One `x` two\n\n```\ny\n```"), {})
    assert isinstance(post.body[0], Paragraph)
    (tmp_path / "s.html").write_text(page, encoding="utf-8")
    built = of_page(tmp_path / "s.html", tmp_path, "article", ".none")
    assert any(found.startswith(kind) for found in differences(of_post(post, with_title=False), built))


def test_the_flavour_that_the_documentation_adds_works(folders: Folders) -> None:
    page = (REAL / "docs/add-a-blog-flavour.md").read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "eleventy"}
    exec(page.partition("```python\n")[2].partition("```\n")[0], names)
    eleventy = names["Eleventy"]
    assert isinstance(eleventy, type)
    shown = blog.shown_environment(folders, Settings())
    posts = blog.posts_of(folders, Settings(), shown)
    settings = msgspec.defstruct("More", [("eleventy", Places, Places())], bases=(Settings,), frozen=True)
    text = post_of(blog.files_of(eleventy, posts, settings(), shown))
    assert "templateEngineOverride" in text
    assert "](../phasebook-summary/#call-true-trains)" in text
    described = set(re.findall(r"`(\w+)`", page))
    overridable = {name for name in vars(Writer) if not name.startswith("_")}
    assert overridable - {"canonical", "document", "blocks", "block", "items", "line", "inline"} <= described | {
        "html_code",
        "flanked",
    }
