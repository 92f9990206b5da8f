"""Posts for Hexo (tested with 8.1.2, hexo-renderer-marked and the landscape theme)."""

from phasebook.blog.escaping import yaml
from phasebook.blog.post import Post
from phasebook.blog.tree import words
from phasebook.blog.writer import SCROLLING, Writer

_LOCALES = {"zh-hans": "zh-CN", "zh-hant": "zh-TW"}


class Hexo(Writer):
    """Hexo; Nunjucks stays off for the posts, so that braces in code are code."""

    name = "hexo"
    hint = "copy its content into your site's folder, over `source`"
    posts = "source/_posts"
    cell_end = "&nbsp; | "  # its themes put no space between columns
    table_frame = SCROLLING.replace(' markdown="1"', "")
    images = "source/images/phasebook"

    @staticmethod
    def in_language(folder: str, code: str) -> str:
        """Within the folder, as Hexo's documentation on permalinks has it, under the name that themes know."""
        return f"{folder}/{_LOCALES[code]}"

    def image_address(self, slug: str, file: str) -> str:
        """From the site's root, which Hexo's renderer puts in front."""
        return f"/{self.site.images.removeprefix('source/')}/{file}"

    def post_address(self, slug: str, anchor: str) -> str:
        """A post of the same day is a neighbour under every permalink that ends in the title."""
        return f"../{slug}/" + (f"#{anchor}" if anchor else "")

    def front_matter(self, post: Post) -> str:
        """YAML."""
        return yaml(
            {
                "title": words(post.title),
                "date": self.site.date,
                "author": self.site.author,
                "categories": [self.site.category],
                "tags": self.site.tags,
                "lang": _LOCALES.get(self.site.code, self.site.language),
                "description": post.description,
                "canonical": self.canonical(post),
                "disableNunjucks": True,
            }
        )
