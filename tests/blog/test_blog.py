"""Posts without their generators: what is read from every hazard, and what each flavour writes for it."""

import json
import re
from pathlib import Path

import blog_project
import msgspec
import pytest
from blog_hazards import HAZARDS, MORE, PIXEL, Hazard
from blog_pages import of_page, of_post, plain
from blog_project import post_of
from markdown_it import MarkdownIt
from small_project import REAL
from test_blog_builds import differences

from phasebook import blog
from phasebook.blog.markdown import Reader
from phasebook.blog.post import Post, finished, shortened
from phasebook.blog.settings import Places, Settings
from phasebook.blog.tree import Image, Paragraph
from phasebook.blog.writer import Writer
from phasebook.project.folders import Folders

ALL = [*HAZARDS, *MORE]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return blog_project.make(tmp_path)


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
            post = Post("s", [], [], [], reader.blocks(source), {})
            assert of_post(finished(post), with_title=False).text == rendered


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
    post = Post("s", [], [], [], reader.blocks("One `x` two\n\n```\ny\n```"), {})
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
