"""The pictures of the documentation, drawn by the pages that show them.

A page draws a graph in an example, `>>> draw(f)(x)`, and below it shows the picture,
`![what it shows](../images/name.svg)`. So a picture and the program under it cannot
drift apart. `python -m tests.pictures` runs the pages and writes the pictures anew,
which needs Graphviz.
"""

import builtins
import doctest
import html
import re
from pathlib import Path

from fgrad.graph import Drawing

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
LINK = re.compile(r"^!\[[^\]]*\]\(([\w./-]+\.svg)\)", re.MULTILINE)


class Runner(doctest.DocTestRunner):
    """Runs the examples of a page, and keeps the graphs that they draw."""

    def __init__(self) -> None:
        super().__init__(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
        self.drawn: list[tuple[int, Drawing]] = []
        """The graphs, and the line of the page that draws each."""

    def report_start(self, out, test, example):
        pass

    def report_success(self, out, test, example, got):
        if example.source.startswith("draw("):
            self.drawn.append((example.lineno, builtins._))


def pages() -> list[Path]:
    """Return the pages that show pictures."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if linked(page)]


def linked(page: Path) -> dict[Path, int]:
    """Return the pictures that a page shows, and the line of each."""
    text = page.read_text(encoding="utf-8")
    return {
        (page.parent / link[1]).resolve(): text.count("\n", 0, link.start())
        for link in LINK.finditer(text)
    }


def drawings(page: Path) -> dict[Path, Drawing]:
    """Run a page; return its pictures, each with the last graph drawn before it."""
    text = page.read_text(encoding="utf-8")
    globs = {"__name__": "__main__"}
    test = doctest.DocTestParser().get_doctest(text, globs, page.name, str(page), 0)
    runner = Runner()
    if runner.run(test).failed:
        raise ValueError(f"an example of {page.name} failed")
    return {
        picture: [graph for drawn, graph in runner.drawn if drawn < line][-1]
        for picture, line in linked(page).items()
    }


def picture_of(drawing: Drawing) -> str:
    """Return a graph as SVG, on white: pages may be read in the dark."""
    return drawing.svg().replace("<svg ", '<svg style="background: white" ', 1)


def words(svg: str) -> list[str]:
    """Return what is written in a picture: where it stands is Graphviz's choice."""
    return sorted(map(html.unescape, re.findall(r"<text[^>]*>(.*?)</text>", svg)))


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    for page in pages():
        for picture, drawing in drawings(page).items():
            picture.write_text(picture_of(drawing), encoding="utf-8")
            print(picture.relative_to(ROOT))


if __name__ == "__main__":
    main()
