"""What VuePress and VitePress share: pages are Vue templates, in which `{{ }}` is an expression."""

import re

from phasebook.blog.escaping import references
from phasebook.blog.tree import Callout
from phasebook.blog.writer import Writer


class VueWriter(Writer):
    """Markdown that becomes a Vue template: double braces are kept from it by `v-pre`."""

    posts = "posts"
    images = "posts/images"
    title_in_body = True
    kinds: tuple[str, ...] = ("tip", "info", "warning", "danger", "details")

    def image_address(self, slug: str, file: str) -> str:
        """A path from the post's folder, which the bundler follows."""
        return f"./{relative(self.site.posts, self.site.images)}{file}"

    def post_address(self, slug: str, anchor: str) -> str:
        """The file beside this one; the generator makes its address of it."""
        return f"./{slug}.md" + (f"#{anchor}" if anchor else "")

    def callout(self, block: Callout) -> str:
        """A container with a title."""
        kind = block.kind if block.kind in self.kinds else "tip"
        return "\n\n".join([f"::: {kind} {self.text(block.title)}", *self.blocks(block.content), ":::"])

    def text(self, text: str, start: bool = False) -> str:
        """Words; from the first `{{` to the last `}}` in a span that Vue leaves alone."""
        found = re.fullmatch(r"(.*?)(\{\{.*\}\})(.*)", text, flags=re.DOTALL)
        if not found:
            return super().text(text, start)
        inner = super().text(found[2])
        return f"{super().text(found[1], start)}<span v-pre>{inner}</span>{super().text(found[3])}"

    def code(self, code: str, in_table: bool) -> str:
        """Code within a line, which Vue would read as well."""
        return self.html_code(code) if "{{" in code else super().code(code, in_table)

    def html_code(self, code: str) -> str:
        """Code as HTML that Vue leaves alone."""
        return f"<code v-pre>{references(code)}</code>"


def relative(posts: str, images: str) -> str:
    """The way from one folder to another below the same root."""
    start, end = posts.split("/"), images.split("/")
    while start and end and start[0] == end[0]:
        del start[0], end[0]
    return "../" * len(start) + "".join(f"{part}/" for part in end)
