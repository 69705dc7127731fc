"""The documentation site: every page is reached, every link leads somewhere."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import fgrad

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if "modules" not in p.parts)
CONTENTS = (DOCS / "index.md").read_text("utf-8")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def page_id(path):
    return path.relative_to(DOCS).as_posix()


def anchors(page):
    """Return the anchors of the headings of a page, on the site and on GitHub."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", h.lower()) for h in headings]
    return {h.strip().replace(" ", "-") for h in plain}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page):
    text = CODE.sub("", page.read_text("utf-8"))
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_page_is_in_the_contents(page):
    """It stands in the contents, or the index of its folder lists all pages there."""
    index = page.parent / "index.md"
    if ":glob:" in index.read_text("utf-8").splitlines():
        page = index
    name = page_id(page).removesuffix(".md")
    assert name == "index" or name in CONTENTS.splitlines()


def test_the_reference_has_every_name_of_fgrad():
    text = (DOCS / "reference" / "fgrad.md").read_text("utf-8")
    described = set(re.findall(r"^\.\. auto\w+:: (\w+)$", text, re.MULTILINE))
    described |= set(re.findall(r"`fgrad\.(\w+)` is", text))
    assert described == set(fgrad.__all__)


def public_modules():
    found = (m.name for m in pkgutil.iter_modules(fgrad.__path__))
    inner = {"compiler", "control", "core", "interop", "ops", "pytree", "transforms"}
    return [name for name in found if not name.startswith("_") and name not in inner]


@pytest.mark.parametrize("name", public_modules())
def test_the_reference_has_every_module(name):
    source = (DOCS / "conf.py").read_text("utf-8")
    written = (DOCS / "reference" / f"fgrad.{name}.md").exists()
    listed = re.search(rf'"fgrad\.{name}(\.[\w.]+)?"', source)
    assert written or listed or name == "settings", "see MODULES in docs/conf.py"
    importlib.import_module(f"fgrad.{name}")
