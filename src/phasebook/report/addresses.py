"""Absolute addresses, which only a report with a known place on the web has."""

from collections.abc import Mapping

from markupsafe import escape

from phasebook.project.site import Site


def canonical(files: Mapping[str, bytes], site: Site) -> dict[str, bytes]:
    """The files with their address in each page's head: https://www.rfc-editor.org/rfc/rfc6596 and https://ogp.me."""
    if not site.report:
        return dict(files)
    return {
        name: _with(content, site.report + name) if name.endswith(".html") else content
        for name, content in files.items()
    }


def _with(page: bytes, address: str) -> bytes:
    address = str(escape(address.removesuffix("index.html")))
    lines = f'<link rel="canonical" href="{address}">\n<meta property="og:url" content="{address}">\n'
    return page.replace(b"<link rel=", lines.encode() + b"<link rel=", 1)
