"""The pictures of the documentation show what the programs above them draw."""

import re
import shutil

import numpy as np
import pytest

from tests.pictures import (
    IMAGES,
    PROGRAM,
    ROOT,
    drawings,
    has_tables,
    linked,
    pages,
    picture_of,
    with_tables,
    words,
)

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")
TABLES = [page.relative_to(ROOT).as_posix() for page in pages() if has_tables(page)]
PAGES = [page.relative_to(ROOT).as_posix() for page in pages() if linked(page)]
UPDATE = "run `python -m tests.pictures`, and look at the picture"


def test_every_picture_is_shown():
    shown = {picture for page in PAGES for picture in linked(ROOT / page)}
    assert shown == set(IMAGES.glob("*.svg"))


@needs_dot
@pytest.mark.parametrize("page", PAGES)
def test_pictures_are_up_to_date(page):
    for picture, drawing in drawings(ROOT / page).items():
        found = apart(words(picture.read_text(encoding="utf-8")))
        wanted = apart(words(picture_of(drawing)))
        assert found.keys() == wanted.keys(), f"{picture.name}: {UPDATE}"
        for text, numbers in wanted.items():
            message = f"{picture.name}: {UPDATE}"
            np.testing.assert_allclose(found[text], numbers, 1e-3, 1e-12, True, message)


NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]\d+)?")


def apart(texts):
    """Return the numbers in texts, by what stands around them.

    Last digits, and numbers that are zero but for rounding, differ between machines.
    """
    found = {}
    for text in texts:
        numbers = [float(n) for n in NUMBER.findall(text)]
        found.setdefault(NUMBER.sub("#", text), []).append(numbers)
    return {text: sorted(numbers) for text, numbers in found.items()}


@pytest.mark.parametrize("page", TABLES)
def test_tables_are_up_to_date_and_aligned(page):
    """And what programs print, with the lines that it comes from."""
    text = (ROOT / page).read_text(encoding="utf-8")
    assert with_tables(ROOT / page) == text, UPDATE


def test_newcomers_see_the_column_of_lines():
    for page in ("getting_started.md", "seeing.md"):
        (found,) = PROGRAM.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
        line = r"  model\.py:\d+ \(\w+\)\n"
        assert re.match(rf"step .*  line\n[- ]+\n.*{line}", found[1])


def test_words_are_what_a_picture_says():
    svg = '<text x="1" y="2">3 &lt; 4</text><title>n0</title>\n<text>W</text>'
    assert words(svg) == ["3 < 4", "W"]


def test_a_table_that_has_changed_is_written_anew(tmp_path):
    page = tmp_path / "page.md"
    code = ">>> from fgrad.graph import explain\n>>> explain(lambda x: 2 * x)(3.0)\n"
    page.write_text(f"{code}step  to\nold\n\nEnd.\n")
    text = with_tables(page)
    assert text.startswith(code) and text.endswith("\n\nEnd.\n")
    assert "a = 2 * x" in text and "old" not in text and "page.md" not in text
    page.write_text(text)
    assert with_tables(page) == text


NEURON = [1.94, 0.874352143, 0.356465271, 0.009276093, 0.027828278, 0.092760926]
NUMBERS = {
    "README.md": NEURON,
    "docs/texts/neuron_by_hand.md": [*NEURON, 0.844352143],
    "docs/texts/gradient_descent.md": [
        *(3, -12, -4),
        *(0.7310586, -0.1966119, -0.3932239, 0.3932239, -0.5898358),
        *(0.22, 0.26, 0.116, 0.088, 0.176, 0.104, 0.208, -0.112, 0.636),
    ],
}


@pytest.mark.parametrize("page", NUMBERS)
def test_the_numbers_worked_by_hand_are_in_the_pictures(page):
    texts = [p.read_text(encoding="utf-8") for p in linked(ROOT / page)]
    shown = " ".join(word for text in texts for word in words(text))
    found = [float(n) for n in re.findall(r"-?\b\d+(?:\.\d+)?\b", shown)]
    for number in NUMBERS[page]:
        assert np.isclose(found, number, rtol=2e-4, atol=0).any(), number


def test_the_hand_worked_neuron():
    svg = (IMAGES / "one_neuron.svg").read_text(encoding="utf-8")
    numbers = ["1.94", "0.8744", "0.3565", "0.009276", "0.027828", "0.092761"]
    assert [n for n in numbers if n not in svg] == []
