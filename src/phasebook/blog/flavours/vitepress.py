"""Posts for VitePress (tested with 1.6.4)."""

from phasebook.blog.escaping import yaml
from phasebook.blog.flavours.vue import VueWriter
from phasebook.blog.post import Post
from phasebook.blog.tree import Inlines, words


class VitePress(VueWriter):
    """VitePress; headings take an id of their own."""

    name = "vitepress"
    hint = "copy its content into your source folder (often docs)"

    references_in_alternative = False

    def front_matter(self, post: Post) -> str:
        """YAML; `head` carries what VitePress has no key for."""
        canonical = self.canonical(post)
        return yaml(
            {
                "title": words(post.title),
                "description": post.description,
                "date": self.site.date,
                "author": self.site.author,
                "category": self.site.category,
                "tags": self.site.tags,
                "lang": self.site.language,
                "head": [["link", {"rel": "canonical", "href": canonical}]] if canonical else None,
            }
        )

    def heading(self, content: Inlines, anchor: str) -> str:
        """A heading with its id behind it."""
        return self.line(content) + (f" {{#{anchor}}}" if anchor else "")
