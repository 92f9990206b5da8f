"""Posts for Hugo (tested with 0.168 extended); each is a page bundle with its images beside it."""

import re

from phasebook.blog.escaping import yaml
from phasebook.blog.post import Post
from phasebook.blog.tree import Inlines, words
from phasebook.blog.writer import Writer
from phasebook.project.errors import Problem


class Hugo(Writer):
    """Hugo; it drops raw HTML and runs shortcodes even inside code."""

    name = "hugo"
    hint = "copy its content into your site's folder, over `content`"
    posts = "content/posts"
    images = ""  # a bundle keeps its own
    more = "<!--more-->"
    raw_html = False

    @staticmethod
    def in_language(folder: str, code: str) -> str:
        """The same bundle, whose files have the language in their names."""
        return folder

    def post_path(self, slug: str) -> str:
        """The bundle's page."""
        return f"{self.site.posts}/{slug}/index{'.' * bool(self.site.code)}{self.site.code}.md"

    def image_path(self, slug: str, file: str) -> str:
        """Beside the page, unless the site wants its images elsewhere."""
        file = self.own(file)
        return f"{self.site.posts}/{slug}/{file}" if not self.site.images else f"{self.site.images}/{file}"

    def own(self, file: str) -> str:
        """An image's name in the site's language; all languages see all images of a bundle."""
        name, dot, ending = file.rpartition(".")
        return f"{name}-{self.site.code}{dot}{ending}" if self.site.code else file

    def image_address(self, slug: str, file: str) -> str:
        """The file beside the page; in a folder of static files, from the site's root."""
        file = self.own(file)
        return file if not self.site.images else f"/{self.site.images.removeprefix('static/')}/{file}"

    def post_address(self, slug: str, anchor: str) -> str:
        """Hugo finds the page, whatever its permalink."""
        return f'{{{{< relref "{slug}{"#" + anchor if anchor else ""}" >}}}}'

    def front_matter(self, post: Post) -> str:
        """YAML."""
        return yaml(
            {
                "title": words(post.title),
                "date": self.site.date,
                "author": self.site.author,
                "categories": [self.site.category],
                "tags": self.site.tags,
                "description": post.description,
                "canonicalURL": self.canonical(post),
            }
        )

    def heading(self, content: Inlines, anchor: str) -> str:
        """A heading with its id behind it."""
        return self.line(content) + (f" {{#{anchor}}}" if anchor else "")

    def code(self, code: str, in_table: bool) -> str:
        """Code within a line, shortcodes in it shown and not run."""
        return super().code(self.shown(code), in_table)

    def fence(self, code: str, language: str, nested: bool) -> str:
        """Lines of code, shortcodes in them shown and not run."""
        return super().fence(self.shown(code), language, nested)

    def shown(self, code: str) -> str:
        """Code with its shortcodes commented out, as Hugo's documentation shows them."""
        found = re.sub(r"\{\{([<%])(.*?)([>%])\}\}", r"{{\1/*\2*/\3}}", code, flags=re.DOTALL)
        if re.search(r"\{\{[<%](?!/\*)", found):
            raise Problem(f"{self.slug}: Hugo cannot show {code!r}, a shortcode without an end: change it", 1)
        return found
