"""Posts for the blog plugin of Material for MkDocs (tested with 9.7.7 on MkDocs 1.6.1)."""

from phasebook.blog.escaping import yaml
from phasebook.blog.flavours.vue import relative
from phasebook.blog.post import Post
from phasebook.blog.tree import words
from phasebook.blog.writer import Writer


class MkDocs(Writer):
    """Material for MkDocs; its Markdown knows no fence within a list or quotation."""

    name = "mkdocs"
    hint = "copy its content into your site's folder, over `docs`"
    posts = "docs/blog/posts"
    images = "docs/blog/posts/images"
    title_in_body = True
    fences_anywhere = False
    pipe_in_code = ""
    strike = ""

    @staticmethod
    def in_language(folder: str, code: str) -> str:
        """A blog of its own below `docs`, since one blog has one address for each slug."""
        return f"docs/{code}/{folder.removeprefix('docs/')}"

    def image_address(self, slug: str, file: str) -> str:
        """A path from the post's folder."""
        return f"{relative(self.site.posts, self.site.images)}{file}"

    def post_address(self, slug: str, anchor: str) -> str:
        """The file beside this one."""
        return f"{slug}.md" + (f"#{anchor}" if anchor else "")

    def front_matter(self, post: Post) -> str:
        """YAML; the plugin lists posts by `categories`."""
        return yaml(
            {
                "title": words(post.title),
                "date": self.site.date,
                "slug": post.slug,
                "categories": [self.site.category],
                "tags": self.site.tags,
                "description": post.description,
                "canonical": self.canonical(post),
            }
        )
