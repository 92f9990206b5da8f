"""The report and its posts in other languages: sentences of finished pages, replaced from catalogues."""

from msgspec import Struct

from phasebook.project.errors import Problem


class Language(Struct, frozen=True):
    """A language: its pages' folder and name in commands, its BCP 47 tag, its name, its catalogues' folder."""

    code: str
    tag: str
    name: str
    catalogues: str = ""

    def place(self, page: str) -> str:
        """Where a page of the English report lies in this language's."""
        return page if self == ENGLISH else f"{self.code}/{page}"


ENGLISH = Language("en", "en", "English")
LANGUAGES = {
    one.code: one
    for one in (
        ENGLISH,
        Language("zh-hans", "zh-Hans", "简体中文", "zh_Hans"),
        Language("zh-hant", "zh-Hant", "繁體中文", "zh_Hant"),
    )
}


def named(code: str) -> Language:
    """The language of a code; raises Problem where there is none."""
    if code not in LANGUAGES:
        raise Problem(f"no language {code!r}: choose from {', '.join(LANGUAGES)}", status=2)
    return LANGUAGES[code]


def chosen(codes: str) -> list[Language]:
    """The languages that "en zh-hans" names, English first, which the others are made from.

    Raises Problem for a language that there is not.
    """
    own = [named(code) for code in codes.split()]
    return [one for one in LANGUAGES.values() if one == ENGLISH or one in own]
