"""The pictures in the documentation show what `draw` shows today."""

import re
from html import unescape

import pytest

from tests.pictures import FOLDER, pictures

PICTURES = pictures()


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_has_the_numbers_of_today(name):
    svg = (FOLDER / name).read_text(encoding="utf-8")
    shown = {unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)}
    dot = PICTURES[name].dot()
    wanted = {unescape(text) for text in re.findall(r">([^<>]+)</font>", dot)}
    wanted |= set(re.findall(r'\[label="([^"]+)"', dot))
    assert wanted and wanted - shown == set(), "run: python -m tests.pictures"


def test_every_picture_is_shown_and_generated():
    page = (FOLDER.parent / "seeing.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"images/(\w+\.svg)", page))
    assert shown == set(PICTURES)


def test_the_hand_worked_neuron():
    svg = (FOLDER / "neuron.svg").read_text(encoding="utf-8")
    numbers = ["1.94", "0.8744", "0.3565", "0.009276", "0.027828", "0.092761"]
    assert [n for n in numbers if n not in svg] == []
