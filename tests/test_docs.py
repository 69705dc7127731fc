"""The documentation site: every page is reached, every link leads somewhere."""

import importlib
import importlib.util
import math
import pkgutil
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

import fgrad
from fgrad.ops.scan import cumsum

from .samples import Sample

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if "modules" not in p.parts)
CONTENTS = (DOCS / "index.md").read_text("utf-8")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def page_id(path):
    return path.relative_to(DOCS).as_posix()


def anchors(page):
    """Return the anchors of the headings of a page, on the site and on GitHub."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", h.lower()) for h in headings]
    return {h.strip().replace(" ", "-") for h in plain}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda p: p.name)
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


def test_the_readme_leads_to_every_page():
    text = (ROOT / "README.md").read_text("utf-8")
    pages = {f"docs/{page_id(p)}" for p in PAGES if p.parent == DOCS}
    assert pages - set(LINK.findall(text)) == {"docs/index.md"}
    for folder in ("texts", "notebooks", "decisions"):
        assert f"](docs/{folder}/index.md)" in text


def test_the_korean_words_of_the_texts_are_in_the_table_of_words():
    table = (DOCS / "texts" / "index.md").read_text("utf-8").split("## Words")[1]
    rows = re.findall(r"^\| .*? \| (.*?) \|", table, re.MULTILINE)
    known = {word for row in rows for word in row.split(", ")}
    for page in sorted((DOCS / "texts").glob("[!i]*.md")):
        text = re.sub(r"^> .*\n", "", page.read_text("utf-8"), flags=re.MULTILINE)
        words = re.findall(r"\(([가-힣 ]+(?:, [가-힣 ]+)*)\)", text.replace("\n", " "))
        found = {word for group in words for word in group.split(", ")}
        assert found and found <= known, page.name


def written(x):
    y = np.zeros(2)
    y[0] = x[0]


def added(x):
    x += 1


def linalg():
    return pytest.importorskip("scipy.linalg")


SEEN = []
WRONG = {
    "`math.sin(x)`": lambda x: math.sin(x[0]),
    "`np.array([x, y])`": lambda x: np.array([x, x]).sum(),
    "`y = np.zeros(n)`": written,
    "`x += 1`": added,
    "`np.sin(x, out=y)`": lambda x: np.sin(x, out=np.zeros(2)).sum(),
    "`np.vectorize(f)(x)`": lambda x: np.vectorize(np.sin)(x).sum(),
    "`isinstance(x, np.ndarray)`": lambda x: x.sum() * isinstance(x, np.ndarray),
    "`scipy.linalg.expm(x)`": lambda x: linalg().expm(np.outer(x, x)).sum(),
    "arguments that are integers": lambda x: x.sum(),
    "`np.random`": lambda x: x @ np.random.default_rng(0).normal(size=2),
    "a global variable": lambda x: (SEEN.append(1), x.sum())[1],
}
SILENT = {"`isinstance(x, np.ndarray)`", "`np.random`", "a global variable"}


def test_the_table_of_what_to_rewrite_has_a_program_for_each_row():
    page = (DOCS / "from_numpy.md").read_text("utf-8")
    rows = re.findall(r"^\| (.*?) \|", page, re.MULTILINE)[1:]
    assert all(row.startswith(start) for row, start in zip(rows, WRONG, strict=True))
    assert "All but three raise" in page and len(SILENT) == 3


@pytest.mark.parametrize("row", WRONG)
def test_what_is_to_be_rewritten_raises_but_for_three(row):
    x = np.array([1, 2]) if "integers" in row else np.array([1.0, 2.0])
    with nullcontext() if row in SILENT else pytest.raises((TypeError, ValueError)):
        fgrad.grad(WRONG[row])(x)


def plain_programs():
    """Yield the blocks of Python on the pages that are no examples of a prompt."""
    for page in PAGES:
        for code in PYTHON.findall(page.read_text("utf-8")):
            if ">>>" not in code and not code.startswith("# model.py"):
                yield pytest.param(code, id=f"{page.stem}-{code[:20]!r}")


@pytest.mark.parametrize("code", [*plain_programs()])
def test_programs_without_a_prompt_run(code):
    """With the names that the page has made before."""
    for library in re.findall(r"^import (autograd|jax)\b", code, re.MULTILINE):
        pytest.importorskip(library)
    params = grads = np.zeros(2)
    optimiser = fgrad.optim.sgd(0.1)
    state = optimiser.init(params)
    made = {"np": np, "Sample": Sample, "to_rows": cumsum, "optimiser": optimiser}
    exec(code, {**made, "params": params, "grads": grads, "state": state})


def site():
    """Return the module that says how the site is built."""
    spec = importlib.util.spec_from_file_location("conf", DOCS / "conf.py")
    conf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conf)
    return conf


SHOWN = {
    "neuron": "1.94 0.8744 0.3565 0.009276 0.027828 0.092761",
    "product": "-12 -4 3",
    "sigmoid_neuron": "0.7311 -0.19661 -0.39322 0.19661 0.39322 -0.58984",
    "squares": "0.22 0.26 0.116 0.088 0.176 0.104 0.208 -0.112 0.636",
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_graphs_of_the_texts_have_a_page_to_step_through(name):
    links = re.compile(rf"\"(?:\.\./)?_static/{name}\.html\"")
    assert any(links.search(page.read_text("utf-8")) for page in PAGES)
    ((function, args),) = (
        (f, args) for f, args in site().DRAWN.items() if f.__name__ == name
    )
    page = fgrad.graph.draw(function)(*args).html()
    assert [number for number in SHOWN[name].split() if number not in page] == []


def test_every_page_to_step_through_is_written():
    text = "".join(page.read_text("utf-8") for page in PAGES)
    found = set(re.findall(r"_static/(\w+)\.html", text))
    assert found == {f.__name__ for f in site().DRAWN} == set(SHOWN)


def test_the_reference_has_every_name_of_fgrad():
    text = (DOCS / "reference" / "fgrad.md").read_text("utf-8")
    described = set(re.findall(r"^\.\. auto\w+:: (\w+)$", text, re.MULTILINE))
    described |= set(re.findall(r"`fgrad\.(\w+)` is", text))
    assert described == set(fgrad.__all__)


def public_modules():
    found = (m.name for m in pkgutil.iter_modules(fgrad.__path__))
    inner = {"compiler", "control", "core", "pytree", "transforms"}
    return [name for name in found if not name.startswith("_") and name not in inner]


@pytest.mark.parametrize("name", public_modules())
def test_the_reference_has_every_module(name):
    source = (DOCS / "conf.py").read_text("utf-8")
    written = (DOCS / "reference" / f"fgrad.{name}.md").exists()
    written |= f"`fgrad.{name}." in (DOCS / "reference" / "index.md").read_text("utf-8")
    listed = re.search(rf'"fgrad\.{name}(\.[\w.]+)?"', source)
    assert written or listed or name == "settings", "see MODULES in docs/conf.py"
    importlib.import_module(f"fgrad.{name}")
