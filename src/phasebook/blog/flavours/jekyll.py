"""Posts for Jekyll (tested with 4.3.1 and kramdown); Liquid runs over everything, code included."""

import re

from phasebook.blog.escaping import yaml
from phasebook.blog.post import Post
from phasebook.blog.tree import Inlines, words
from phasebook.blog.writer import SCROLLING, Writer


class Jekyll(Writer):
    """Jekyll; links and images need Liquid, so what looks like Liquid in code is written as Liquid's output."""

    name = "jekyll"
    hint = "copy its content into your site's folder"
    posts = "_posts"
    images = "assets/phasebook"
    pipe_in_code = ""
    table_frame = SCROLLING

    def post_path(self, slug: str) -> str:
        """Jekyll reads the date from the name."""
        return f"{self.site.posts}/{self.site.date.isoformat()}-{slug}.md"

    def image_address(self, slug: str, file: str) -> str:
        """From the site's base address."""
        return f"{{{{ '/{self.site.images}/{file}' | relative_url }}}}"

    def post_address(self, slug: str, anchor: str) -> str:
        """Jekyll finds the post, whatever its permalink; by its whole path where languages share names."""
        if self.site.code:
            return f"{{% link {self.post_path(slug)} %}}" + (f"#{anchor}" if anchor else "")
        folder = self.site.posts.partition("_posts")[2].strip("/")
        name = f"{folder}/{self.site.date.isoformat()}-{slug}".removeprefix("/")
        return f"{{% post_url {name} %}}" + (f"#{anchor}" if anchor else "")

    def front_matter(self, post: Post) -> str:
        """YAML; `excerpt_separator` makes the mark known."""
        return yaml(
            {
                "layout": "post",
                "title": words(post.title),
                "date": self.site.date,
                "author": self.site.author,
                "categories": [self.site.category],
                "tags": self.site.tags,
                "lang": self.site.language,
                "description": post.description,
                "canonical_url": self.canonical(post),
                "excerpt_separator": self.more,
            }
        )

    def heading(self, content: Inlines, anchor: str) -> str:
        """A heading with its id behind it."""
        return self.line(content) + (f" {{#{anchor}}}" if anchor else "")

    def code(self, code: str, in_table: bool) -> str:
        """Code within a line."""
        return _shown(super().code(code, in_table))

    def fence(self, code: str, language: str, nested: bool) -> str:
        """Lines of code."""
        return _shown(super().fence(code, language, nested))


def _shown(code: str) -> str:
    """Code whose opening braces are put out by Liquid, which so never reads them."""
    return re.sub(r"\{[{%]", lambda match: f'{{{{ "{match[0]}" }}}}', code)
