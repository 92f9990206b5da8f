"""What a site sets for posts in English and in both kinds of Chinese, as each generator's documentation says."""

from typing import NamedTuple

CODES = ("en", "zh-hans", "zh-hant")


class LanguageSite(NamedTuple):
    """The site's files that differ from those of one language, and where a page says its language."""

    files: dict[str, str]
    element: str = "html[lang]"
    attribute: str = "lang"
    said: tuple[str, ...] = ("en", "zh-Hans", "zh-Hant")  # in the order of CODES


SITES = {
    "vuepress": LanguageSite(
        {
            "docs/.vuepress/config.js": "module.exports = {title: 'Blog', base: '/blog/', evergreen: true, "
            "locales: {'/': {lang: 'en'}, '/zh-hans/': {lang: 'zh-Hans'}, '/zh-hant/': {lang: 'zh-Hant'}}}\n"
        }
    ),
    "vitepress": LanguageSite(
        {
            "docs/.vitepress/config.mjs": "export default {title: 'Blog', base: '/blog/', locales: {"
            "root: {label: 'English', lang: 'en'}, 'zh-hans': {label: '简体中文', lang: 'zh-Hans'}, "
            "'zh-hant': {label: '繁體中文', lang: 'zh-Hant'}}}\n"
        }
    ),
    "hexo": LanguageSite(
        {
            "_config.yml": "title: Blog\nurl: https://example.org/blog\nroot: /blog/\ntheme: landscape\n"
            "language: [en, zh-CN, zh-TW]\nnew_post_name: :lang/:title.md\npermalink: :lang/:title/\n"
        },
        element='meta[property="og:locale"]',  # the theme's pages have no lang
        attribute="content",
        said=("en_US", "zh_CN", "zh_TW"),
    ),
    "hugo": LanguageSite(
        {
            "hugo.toml": 'baseURL = "https://example.org/blog/"\ntitle = "Blog"\n'
            'disableKinds = ["taxonomy", "RSS"]\n'
            'defaultContentLanguage = "en"\n[markup.goldmark]\nduplicateResourceFiles = true\n'
            '[languages.en]\nlocale = "en"\n'
            '[languages.zh-hans]\nlocale = "zh-Hans"\n[languages.zh-hant]\nlocale = "zh-Hant"\n',
            "layouts/_default/single.html": '<html lang="{{ .Language.Locale }}"><title>{{ .Title }}</title>'
            "<article>{{ .Content }}</article></html>",
        }
    ),
    "jekyll": LanguageSite(
        {
            "_layouts/post.html": '<html lang="{{ page.lang }}"><title>{{ page.title | escape }}</title>'
            "<article>{{ content }}</article></html>"
        }
    ),
    "pelican": LanguageSite(
        {
            "pelicanconf.py": 'SITENAME = "Blog"\nTIMEZONE = "UTC"\nRELATIVE_URLS = True\nTHEME = "simple"\n'
            'ARTICLE_LANG_URL = ARTICLE_LANG_SAVE_AS = "{lang}/{slug}.html"\n'
            "FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = None\n"
            "AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None\n"
        }
    ),
    "mkdocs": LanguageSite(
        {
            **{f"docs/{code}/blog/index.md": "# Blog\n" for code in CODES[1:]},
            "mkdocs.yml": "site_name: Blog\ntheme: {name: material, font: false}\nplugins:\n- blog\n"
            "- blog: {blog_dir: zh-hans/blog}\n- blog: {blog_dir: zh-hant/blog}\n"
            "nav: [index.md, blog/index.md, zh-hans/blog/index.md, zh-hant/blog/index.md]\n",
        },
        said=("en", "en", "en"),  # the theme's language, which is one for the whole site
    ),
}
