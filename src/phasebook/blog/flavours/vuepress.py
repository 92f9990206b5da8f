"""Posts for VuePress 1 (tested with 1.9.10 and its default theme)."""

import re

from phasebook.blog.escaping import yaml
from phasebook.blog.flavours.vue import VueWriter
from phasebook.blog.post import Post
from phasebook.blog.tree import words


class VuePress(VueWriter):
    """VuePress 1; its `text` fences show character references, so code without a language has none."""

    name = "vuepress"
    hint = "copy its content into the folder that holds your README.md"
    pipe_in_code = ""
    kinds = ("tip", "warning", "danger", "details")

    def front_matter(self, post: Post) -> str:
        """YAML; `category` and `tags` are what VuePress blogs list posts by."""
        return yaml(
            {
                "title": words(post.title),
                "date": self.site.date,
                "author": self.site.author,
                "category": self.site.category,
                "tags": self.site.tags,
                "lang": self.site.language,
                "description": post.description,
                "canonicalUrl": self.canonical(post),
            }
        )

    def text(self, text: str, start: bool = False) -> str:
        """Words; a comment keeps a colon from what would make it a face, which references alone do not here."""
        return re.sub("&#5[89];", r"\g<0><!-- -->", super().text(text, start))

    def fence(self, code: str, language: str, nested: bool) -> str:
        """As everywhere, but for `text`, which VuePress 1 escapes twice."""
        return super().fence(code, "" if language == "text" else language, nested)
