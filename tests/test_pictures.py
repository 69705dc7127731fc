"""The pictures of the documentation show what the programs above them draw."""

import shutil

import pytest

from tests.pictures import IMAGES, ROOT, drawings, linked, pages, picture_of, words

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")
PAGES = [page.relative_to(ROOT).as_posix() for page in pages()]
UPDATE = "run `python -m tests.pictures`, and look at the picture"


def test_every_picture_is_shown():
    shown = {picture for page in PAGES for picture in linked(ROOT / page)}
    assert shown == set(IMAGES.glob("*.svg"))


@needs_dot
@pytest.mark.parametrize("page", PAGES)
def test_pictures_are_up_to_date(page):
    for picture, drawing in drawings(ROOT / page).items():
        found = words(picture.read_text(encoding="utf-8"))
        assert found == words(picture_of(drawing)), f"{picture.name}: {UPDATE}"


def test_words_are_what_a_picture_says():
    svg = '<text x="1" y="2">3 &lt; 4</text><title>n0</title>\n<text>W</text>'
    assert words(svg) == ["3 < 4", "W"]


NUMBERS = {
    "README.md": ["1.94", "0.8744", "0.3565", "[0.009276, 0.02783]", "0.09276"],
    "docs/texts/neuron_by_hand.md": ["1.94", "0.8744", "0.3565", "0.009276", "0.02783"],
    "docs/texts/gradient_descent.md": ["-12", "0.7311", "-0.5898", "[-0.112, 0.636]"],
}


@pytest.mark.parametrize("page", NUMBERS)
def test_the_numbers_worked_by_hand_are_in_the_pictures(page):
    pictures = linked(ROOT / page)
    found = {word for p in pictures for word in words(p.read_text(encoding="utf-8"))}
    assert found >= set(NUMBERS[page])
