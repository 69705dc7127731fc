"""The pictures and tables of the documentation, made by the pages that show them.

A page draws a graph in an example, `>>> draw(f)(x)`, and below it shows the picture,
`![what it shows](../images/name.svg)`. So a picture and the program under it cannot
drift apart. `python -m tests.pictures` runs the pages and writes their pictures anew,
and their tables, `>>> print(explain(f)(x))`, where these have changed. It needs
Graphviz.

A page may also show a program, a block that begins with `# model.py`, and below it what
it prints, a block that begins with `$ python model.py`.
"""

import builtins
import doctest
import html
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from fgrad.graph import Drawing

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
LINK = re.compile(r"^!\[[^\]]*\]\(([\w./-]+\.svg)\)", re.MULTILINE)
TABLES = "explain(", "print(explain("
SHOWN = "draw(", *TABLES, "print(programs)"
"""How the examples begin that show a graph or a table."""
PROGRAM = re.compile(
    r"^```python\n(# model\.py\n.*?)^```\n\n```text\n\$ python model\.py\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
"""A program, and what it prints."""


class Runner(doctest.DocTestRunner):
    """Runs the examples of a page; keeps the graphs they draw, and changed tables."""

    def __init__(self) -> None:
        super().__init__(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
        self.drawn: list[tuple[int, Drawing]] = []
        """The graphs, and the line of the page that draws each."""
        self.changed: list[tuple[doctest.Example, str]] = []
        """The examples that show something else than the page, and what they show."""
        self.forgiven = 0
        """How many of the failures are such examples: tables also are aligned anew."""

    def report_start(self, out, test, example):
        pass

    def report_success(self, out, test, example, got):
        if example.source.startswith("draw("):
            self.drawn.append((example.lineno, builtins._))
        elif example.source.startswith(TABLES) and not is_shown(example, got):
            self.changed.append((example, got))

    def report_failure(self, out, test, example, got):
        if not example.source.startswith(SHOWN):
            super().report_failure(out, test, example, got)
            return
        self.forgiven += 1
        if not example.source.startswith(TABLES):
            self.changed.append((example, got))
        self.report_success(out, test, example, got)


def run(page: Path) -> Runner:
    """Run the examples of a page."""
    text = page.read_text(encoding="utf-8")
    globs = {"__name__": "__main__"}
    test = doctest.DocTestParser().get_doctest(text, globs, page.name, str(page), 0)
    runner = Runner()
    if runner.run(test).failed > runner.forgiven:
        raise ValueError(f"an example of {page.name} failed")
    return runner


def pages() -> list[Path]:
    """Return the pages that show pictures or tables."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [p for p in found if linked(p) or has_tables(p)]


def has_tables(page: Path) -> bool:
    """Say whether a page shows the tables of `explain`, or what a program prints."""
    text = page.read_text(encoding="utf-8")
    return bool(PROGRAM.search(text)) or any(f">>> {start}" in text for start in TABLES)


def linked(page: Path) -> dict[Path, int]:
    """Return the pictures that a page shows, and the line of each."""
    text = page.read_text(encoding="utf-8")
    return {
        (page.parent / link[1]).resolve(): text.count("\n", 0, link.start())
        for link in LINK.finditer(text)
    }


def drawings(page: Path) -> dict[Path, Drawing]:
    """Run a page; return its pictures, each with the last graph drawn before it."""
    drawn = run(page).drawn
    return {
        picture: [graph for place, graph in drawn if place < line][-1]
        for picture, line in linked(page).items()
    }


def with_tables(page: Path) -> str:
    """Run a page; return its text with the tables as they are now."""
    lines = page.read_text(encoding="utf-8").split("\n")
    for example, got in reversed(run(page).changed):
        first = example.lineno + example.source.count("\n")
        lines[first : first + example.want.count("\n")] = shown(got)
    return PROGRAM.sub(with_output, "\n".join(lines))


def with_output(match: re.Match[str]) -> str:
    """Run a program that a page shows; return it with what it prints now."""
    program, told = match.groups()
    path = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "model.py").write_text(program, encoding="utf-8")
        command = [sys.executable, "model.py"]
        ran = subprocess.run(
            command, cwd=folder, env=path, capture_output=True, check=True, timeout=60
        )
    return match[0].removesuffix(f"{told}```") + f"{ran.stdout.decode()}```"


def is_shown(example: doctest.Example, got: str) -> bool:
    """Say whether a table is on the page as it is, to the last space."""
    return [line.rstrip() for line in example.want.splitlines()] == shown(got)


def shown(table: str) -> list[str]:
    """Return a table as pages show it: without its column of lines.

    >>> shown("step   to  line\\n-----  --  ----\\na = 1  x   f:1\\n\\nda/dx = 1\\n")
    ['step   to  ...', '-----  --  ...', 'a = 1  x   ...', '<BLANKLINE>', 'da/dx = 1']
    """
    lines = table.rstrip("\n").split("\n")
    if lines[0].endswith("  line"):
        width, height = lines[0].rindex("line"), lines.index("")
        lines[:height] = [f"{line[:width]}..." for line in lines[:height]]
    return [line.rstrip() or "<BLANKLINE>" for line in lines]


def picture_of(drawing: Drawing) -> str:
    """Return a graph as SVG, on white: pages may be read in the dark."""
    return drawing.svg().replace("<svg ", '<svg style="background: white" ', 1)


def words(svg: str) -> list[str]:
    """Return what is written in a picture: where it stands is Graphviz's choice."""
    return sorted(map(html.unescape, re.findall(r"<text[^>]*>(.*?)</text>", svg)))


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    for page in pages():
        page.write_text(with_tables(page), encoding="utf-8")
        for picture, drawing in drawings(page).items():
            picture.write_text(picture_of(drawing), encoding="utf-8")
            print(picture.relative_to(ROOT))


if __name__ == "__main__":
    main()
