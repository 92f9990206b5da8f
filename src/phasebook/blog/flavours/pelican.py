"""Posts for Pelican (tested with 4.12 and Python-Markdown as Pelican sets it)."""

from phasebook.blog.post import Post
from phasebook.blog.tree import Inlines, words
from phasebook.blog.writer import SCROLLING, Writer


class Pelican(Writer):
    """Pelican; its front matter is lines of `Key: value` without marks."""

    name = "pelican"
    hint = "copy its content into your site's folder, over `content`"
    posts = "content/posts"
    images = "content/images/phasebook"
    more = ""
    fences_anywhere = False
    pipe_in_code = ""
    table_frame = SCROLLING
    strike = ""
    own_tags = False  # tags of a translation alone get no page, but a link to one

    @staticmethod
    def in_language(folder: str, code: str) -> str:
        """Within the folder; a post of the same slug and another `Lang` is a translation wherever it lies."""
        return f"{folder}/{code}"

    def image_address(self, slug: str, file: str) -> str:
        """From the content folder, wherever Pelican puts it."""
        return f"{{static}}/{self.site.images.removeprefix('content/')}/{file}"

    def post_address(self, slug: str, anchor: str) -> str:
        """The file beside this one."""
        return f"{{filename}}{slug}.md" + (f"#{anchor}" if anchor else "")

    def front_matter(self, post: Post) -> str:
        """Pelican's own keys; the summary stands here, so there is no excerpt mark."""
        keys = {
            "Title": words(post.title),
            "Date": self.site.date,
            "Author": self.site.author,
            "Category": self.site.category,
            "Tags": ", ".join(self.site.tags),
            "Slug": post.slug,
            "Lang": self.site.language,
            "Summary": self.text(post.description),
            "Canonical": self.canonical(post),
        }
        return "\n".join(f"{key}: {value}" for key, value in keys.items() if value)

    def heading(self, content: Inlines, anchor: str) -> str:
        """A heading with its id behind it."""
        return self.line(content) + (f" {{#{anchor}}}" if anchor else "")
