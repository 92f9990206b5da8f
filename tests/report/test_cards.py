"""The pictures that stand for claims and experiments where others link to them, and their addresses."""

import io
from pathlib import Path

import pytest
import report_project
import small_project
from PIL import Image
from report_project import MAIN, every_page, page

from phasebook.project.claims import load_claims
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.report import card_picture
from phasebook.report.card_picture import LOOKS
from phasebook.report.cards import Card

ADDRESS = "https://example.org/modes"
PLAIN = Card("A claim, tested", "It holds", "holds", "holds on TF 2.21", "Holds.", [["holds"] * 3], [("TF 2", 3)])


def said(folder: Path, name: str, key: str) -> str:
    tag = page(folder, name).select_one(f"meta[property='{key}']")
    return str(tag["content"]) if tag else ""


def test_each_claim_and_each_experiment_has_a_card_of_its_own(report_folder: Path) -> None:
    names = {f"claims/{claim}" for claim in small_project.CLAIMS}
    names |= {f"experiments/{notebook}" for notebook in small_project.CLAIMS.values()}
    for name in names:
        path = (report_folder / f"{name}.html").parent / said(report_folder, f"{name}.html", "og:image")
        assert path.resolve() == (report_folder / f"{name}.png").resolve()
        with Image.open(path) as image:
            assert (image.size, image.mode, image.format) == ((1200, 630), "P", "PNG")
        assert path.stat().st_size < 16_000
    assert said(report_folder, "index.html", "og:image") == "card.png"


def test_a_card_says_in_words_and_in_colour_what_the_results_say(report_folder: Path) -> None:
    told = said(report_folder, "claims/frozen-bn-infers.html", "og:image:alt")
    assert told.endswith("holds on TensorFlow 2.21.0, Keras 3.15.1. Fails in TF 1.15, holds from TF 2.14 on.")
    experiment = said(report_folder, "experiments/1-calls.html", "og:image:alt")
    assert "The question of 1-calls: 2 of 2 claims hold on TensorFlow 2.21.0, Keras 3.15.1." in experiment
    with Image.open(report_folder / "claims/frozen-bn-infers.png") as image:
        row = image.convert("RGB").crop((60, 459, 1140, 461)).getcolors()
    assert row is not None
    shares = {colour: count / (2 * 1080) for count, colour in row}
    assert shares[LOOKS["fails"][1]] == pytest.approx(1 / 6, abs=0.03)  # one column of six
    assert shares[LOOKS["holds"][1]] == pytest.approx(5 / 6, abs=0.05)


def test_only_cards_that_show_something_else_are_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = report_project.make(tmp_path)
    folder = report_project.render(folders)
    drawn: list[str] = []
    png = card_picture.png
    monkeypatch.setattr(card_picture, "png", lambda card, digest: drawn.append(card.title) or png(card, digest))
    broken = folder / "claims/call-false-infers.png"
    broken.write_bytes(broken.read_bytes()[:-20])
    report_project.settle(folders, "tf-2.15", **{"call-true-trains": "fails"})
    report_project.render(folders)
    titles = {claim.id: claim.title for claim in load_claims(folders).values()}
    assert sorted(drawn) == sorted(
        [titles["call-true-trains"], titles["call-false-infers"], "The question of 1-calls"]
    )


def test_a_card_is_the_same_to_the_byte_and_bears_no_date() -> None:
    first, again = (card_picture.png(PLAIN, PLAIN.digest) for _ in range(2))
    assert first == again
    with Image.open(io.BytesIO(first)) as image:
        assert image.info == {"Digest": PLAIN.digest}


@pytest.mark.parametrize("title", ["", "word " * 200, "unbroken" * 60, "訓練模式 ✓"])
def test_any_title_makes_a_card(title: str) -> None:
    odd = Card("", title, "not run", title, title, [], [("nightly", 1)])
    with Image.open(io.BytesIO(card_picture.png(odd, odd.digest))) as image:
        assert image.size == (1200, 630)


def test_before_anything_was_run_no_page_names_a_card(tmp_path: Path) -> None:
    folder = report_project.render(small_project.make(tmp_path))
    assert not list(folder.rglob("*.png"))
    assert not said(folder, "index.html", "og:image") and not said(folder, "data.html", "twitter:card")


# --- Absolute addresses -------------------------------------------------------------------------------------


def test_without_a_known_address_no_page_claims_one(report_folder: Path) -> None:
    for path, content in every_page(report_folder):
        assert not content.select("link[rel=canonical], meta[property='og:url']"), path


def test_with_a_known_address_pages_and_cards_have_absolute_ones(tmp_path: Path) -> None:
    folders: Folders = report_project.make(tmp_path)
    write_atomically(folders.site, f'report = "{ADDRESS}"\n')
    folder = report_project.render(folders)
    for path, content in every_page(folder):
        name = path.relative_to(folder).as_posix().removesuffix("index.html")
        (canonical,) = content.select("link[rel=canonical]")
        assert canonical["href"] == f"{ADDRESS}/{name}" == said(folder, str(path.relative_to(folder)), "og:url")
        card = said(folder, str(path.relative_to(folder)), "og:image").removeprefix(f"{ADDRESS}/")
        assert (folder / card).is_file(), path
    assert said(folder, f"claims/{next(iter(small_project.CLAIMS))}.html", "og:image").startswith(ADDRESS)
    assert MAIN in (folder / "index.html").read_text()
