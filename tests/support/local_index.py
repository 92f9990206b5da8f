"""A package index of tiny wheels on this machine, for tests of locks and environments without a network."""

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EVERYWHERE = "py3-none-any"


def metadata(name: str, version: str, needs: list[str]) -> str:
    """What a wheel says of itself."""
    requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}"


def wheel(name: str, version: str, needs: list[str], tag: str = EVERYWHERE) -> bytes:
    """A wheel with one module of the package's name that knows its version."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": metadata(name, version, needs),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return content.getvalue()


class Index:
    """What the index has: add wheels with `publish`, read `asked` for what was asked of it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.uploads: dict[str, str] = {}
        self.hashes: dict[str, str] = {}
        self.asked: list[str] = []
        self.url = ""
        self.failing: set[str] = set()  # packages whose page is an error of the server

    def publish(
        self,
        name: str,
        version: str,
        needs: list[str] | None = None,
        *,
        at: str = "2020-01-01",
        tag: str = EVERYWHERE,
    ) -> str:
        """Add a wheel that was uploaded on the day `at`; returns its SHA-256."""
        content = wheel(name, version, needs or [], tag)
        file = f"{name.replace('-', '_')}-{version}-{tag}.whl"
        self.files[file], self.uploads[file] = content, f"{at}T12:00:00.000000Z"
        self.files[f"{file}.metadata"] = metadata(name, version, needs or []).encode()
        self.hashes[file] = hashlib.sha256(content).hexdigest()
        return self.hashes[file]

    def drop(self, file: str) -> None:
        """Take a wheel off the index."""
        for name in (file, f"{file}.metadata"):
            del self.files[name]
        del self.uploads[file]

    def page(self, package: str) -> bytes | None:
        """The index's page of a package (the JSON form, which alone tells upload times)."""
        files = [
            {
                "filename": file,
                "url": f"{self.url}/files/{file}",
                "hashes": {"sha256": self.hashes[file]},
                "upload-time": upload,
                "core-metadata": True,
            }
            for file, upload in self.uploads.items()
            if file.partition("-")[0] == package.replace("-", "_")
        ]
        document = {"meta": {"api-version": "1.1"}, "name": package, "files": files, "versions": []}
        return json.dumps(document).encode() if files else None


@contextmanager
def serve(index: Index) -> Iterator[str]:
    """Serve the index until the block ends; gives the address for UV_DEFAULT_INDEX."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            kind, _, rest = self.path.strip("/").partition("/")
            content = index.files.get(rest) if kind == "files" else index.page(rest)
            failed = kind == "simple" and rest.strip("/") in index.failing
            self.send_response(503 if failed else 404 if content is None else 200)
            self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json" if kind == "simple" else "x/y")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{index.url}/simple"
    finally:
        server.shutdown()
        server.server_close()
