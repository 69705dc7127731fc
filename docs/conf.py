"""How Sphinx builds these pages: ``sphinx-build -W --keep-going docs build/docs``."""

from __future__ import annotations

import inspect
import posixpath
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import fgrad

project = "fgrad"
copyright = author = "the fgrad authors"
version = release = fgrad.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]

html_theme = "furo"
html_title = "fgrad"
html_copy_source = False
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["fgrad.css"]
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3

# Every notebook runs, and a cell that raises fails the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_execution_show_tb = True
nb_merge_streams = True

# Docstrings say `name` for code; where it is the name of something here, it is a link.
default_role = "py:obj"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autosummary_generate = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

# The modules of the reference that have a page each, made from their docstrings.
MODULES = (
    "fgrad.ad_checkpoint",
    "fgrad.control.checkpoint_policies",
    "fgrad.custom_batching",
    "fgrad.debug",
    "fgrad.errors",
    "fgrad.experimental",
    "fgrad.export",
    "fgrad.flatten_util",
    "fgrad.graph",
    "fgrad.lax",
    "fgrad.nn",
    "fgrad.ops",
    "fgrad.optim",
    "fgrad.random",
    "fgrad.scipy.special",
    "fgrad.scipy.optimize",
    "fgrad.scipy.integrate",
    "fgrad.scipy.interpolate",
    "fgrad.scipy.sparse.linalg",
    "fgrad.tree",
    "fgrad.tree_util",
    "fgrad.stages",
    "fgrad.test_util",
)


def own_members(name: str, module: Any) -> list[str]:
    """Return the public names of a module that are fgrad's, and no other library's."""
    public = getattr(module, "__all__", None) or sorted(
        n
        for n, x in vars(module).items()
        if not n.startswith("_") and getattr(x, "__module__", None) == name
    )
    home = lambda n: getattr(getattr(module, n), "__module__", None) or ""
    return [n for n in public if home(n).startswith("fgrad")]


def reference_page(name: str) -> str:
    """Return the page of one module: what it is, a table of its names, each name."""
    module = import_module(name)
    names = own_members(name, module)
    rows = "\n".join(f"   {n}" for n in names)
    return (
        f"# `{name}`\n\n```{{eval-rst}}\n"
        f".. automodule:: {name}\n\n"
        f".. autosummary::\n   :nosignatures:\n\n{rows}\n\n"
        + "".join(documented(n, getattr(module, n)) for n in names)
        + "```\n"
    )


def documented(name: str, value: Any) -> str:
    """Return the directive that documents one name."""
    if inspect.isclass(value):
        return f".. autoclass:: {name}\n   :members:\n\n"
    if callable(value):
        return f".. autofunction:: {name}\n\n"
    return f".. autodata:: {name}\n   :no-value:\n\n"


def write_reference(app: Any) -> None:
    """Write the pages of the modules, those that changed."""
    folder = Path(app.srcdir, "reference", "modules")
    folder.mkdir(exist_ok=True)
    for name in MODULES:
        page, text = folder / f"{name}.md", reference_page(name)
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")


def trimmed(block: str) -> str:
    """Return a block of code without what is there for doctests only.

    That is the empty line at its end, and the dots in the place of the last column of a
    table of `fgrad.graph.explain`, which names the lines of a program.

    >>> print(trimmed("step   to  ...\\n-----  --  ...\\na = 1  x   ...\\n\\n"))
    step   to
    -----  --
    a = 1  x
    """
    if re.search(r"^step .* \.\.\.$", block, re.MULTILINE):
        block = re.sub(r" +\.\.\.$", "", block, flags=re.MULTILINE)
    return block.rstrip()


def trim_blocks(app: Any, doctree: Any) -> None:
    """Show blocks of code without what is there for doctests only."""
    from docutils import nodes  # the tests read this file without Sphinx

    for block in doctree.findall(nodes.literal_block):
        if block.astext() == block.rawsource:
            block.rawsource = trimmed(block.rawsource)
            block[:] = [nodes.Text(block.rawsource)]


def name_links(app: Any, doctree: Any, docname: str) -> None:
    """Show the title of a page where a link shows its file, as "limits.md"."""
    from docutils import nodes

    for link in doctree.findall(nodes.reference):
        page = posixpath.join(posixpath.dirname(docname), link.astext())
        title = app.env.titles.get(page.removesuffix(".md"))
        if title is not None and page.endswith(".md"):
            link[:] = [child.deepcopy() for child in title]


def write_formula(translator: Any, node: Any, block: bool) -> None:
    """Write a formula as MathML, which browsers show without a library."""
    from docutils.nodes import SkipNode
    from docutils.utils.math.latex2mathml import tex2mathml

    formula = tex2mathml(node.astext(), as_block=block)
    # A function's name and its argument are set apart, as in "log x", not in "f(x)".
    apply = r"<mo>&ApplyFunction;</mo>(?=\s*<m[^o])"
    formula = re.sub(apply, "<mspace width='.17em'/>", formula)
    translator.body.append(f'<div class="math">{formula}</div>' if block else formula)
    raise SkipNode


def neuron(w1: float, w2: float, b: float) -> float:
    """Return the error of the neuron that is worked by hand."""
    return 0.5 * (0.03 - fgrad.nn.sigmoid(0.1 * w1 + 0.3 * w2 + b)) ** 2


def product(x: float, y: float, z: float) -> float:
    """Compute the first circuit of CS231n, lecture 4."""
    return (x + y) * z


def sigmoid_neuron(w0: float, x0: float, w1: float, x1: float, w2: float) -> float:
    """Compute the second circuit."""
    return 1 / (1 + np.exp(-(w0 * x0 + w1 * x1 + w2)))


def squares(W: Any, x: Any) -> Any:
    """Compute the third circuit."""
    return np.sum((W @ x) ** 2)


WEIGHTS, INPUTS = np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])
DRAWN = {
    neuron: (0.5, 0.2, 1.83),
    product: (-2.0, 5.0, -4.0),
    sigmoid_neuron: (2.0, -1.0, -3.0, -2.0, -3.0),
    squares: (WEIGHTS, INPUTS),
}
"""The graphs that have a page to step through: pages lead to it in `_static`."""


def draw_graphs(app: Any, failed: Any) -> None:
    """Write the pages on which one steps through a graph."""
    if not failed and app.builder.format == "html":
        for function, args in DRAWN.items():
            path = Path(app.outdir, "_static", f"{function.__name__}.html")
            fgrad.graph.draw(function)(*args).save(path)


def setup(app: Any) -> None:
    """Add what is made by fgrad itself to what Sphinx does."""
    app.add_html_math_renderer(
        "mathml",
        (lambda translator, node: write_formula(translator, node, False), None),
        (lambda translator, node: write_formula(translator, node, True), None),
    )
    app.connect("config-inited", lambda app, config: write_reference(app))
    app.connect("doctree-read", trim_blocks)
    app.connect("doctree-resolved", name_links)
    app.connect("build-finished", draw_graphs)
