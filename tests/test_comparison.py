"""What the README says of other libraries, tried on those that are installed.

A test that fails here after an update of a library is news: the table has to change.
"""

import re
from contextlib import nullcontext
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import fgrad

from .benchmarks.start import installed

README = Path(__file__).parents[1] / "README.md"
W = np.array([0.5, 0.2])
X = np.array([[1.0, 2.0], [3.0, -1.0]])

pytestmark = pytest.mark.filterwarnings("ignore")


def fgrad_library():
    return SimpleNamespace(
        np=np, grad=fgrad.grad, array=np.asarray, vmap=fgrad.vmap, jit=fgrad.jit,
        hessian=fgrad.hessian, lax=fgrad.lax, single=nullcontext,
    )  # fmt: skip


def autograd_library():
    autograd = pytest.importorskip("autograd")
    return SimpleNamespace(
        np=pytest.importorskip("autograd.numpy"), grad=autograd.grad, array=np.asarray,
        hessian=autograd.hessian, single=nullcontext,
    )  # fmt: skip


def jax_library():
    jax = pytest.importorskip("jax")
    return SimpleNamespace(
        np=jax.numpy, grad=jax.grad, array=jax.numpy.asarray, vmap=jax.vmap,
        jit=jax.jit, hessian=jax.hessian, lax=jax.lax,
        single=lambda: jax.enable_x64(False),
    )  # fmt: skip


def torch_library():
    torch = pytest.importorskip("torch")
    func = pytest.importorskip("torch.func")
    return SimpleNamespace(
        np=torch, grad=func.grad, array=torch.tensor, vmap=func.vmap,
        hessian=func.hessian, single=nullcontext,
    )  # fmt: skip


def mygrad_library():
    mygrad = pytest.importorskip("mygrad")

    def grad(f):
        def gradient(x):
            x = mygrad.tensor(x)
            f(x).backward()
            return x.grad

        return gradient

    return SimpleNamespace(
        np=mygrad, grad=grad, array=mygrad.tensor, single=nullcontext
    )


LIBRARIES = {
    "fgrad": fgrad_library,
    "autograd": autograd_library,
    "JAX": jax_library,
    "torch.func": torch_library,
    "MyGrad": mygrad_library,
}


def plain_tanh(lib):
    gradient = lib.grad(lambda w: np.mean(np.tanh(w)))(lib.array(W))
    return np.allclose(gradient, (1 - np.tanh(W) ** 2) / 2)


def plain_solve(lib):
    gradient = lib.grad(lambda w: np.sum(np.linalg.solve(X, w)))(lib.array(W))
    return np.allclose(gradient, np.linalg.solve(X.T, np.ones(2)))


def plain_vmap(lib):
    return np.allclose(lib.vmap(lambda w: np.tanh(w))(lib.array(X)), np.tanh(X))


def assignment(lib):
    def f(w):
        y = lib.np.zeros_like(w)
        y[0] = w[1] ** 2
        return lib.np.sum(y)

    return np.allclose(lib.grad(f)(lib.array(W)), [0, 2 * W[1]])


def leak(lib):
    gradient = lib.grad(lambda w: w[0] * float(w[1]))(lib.array(W))
    return np.allclose(gradient, W[::-1])


def while_loop(lib):
    def f(x):
        return lib.lax.while_loop(lambda v: v < 10.0, lambda v: v * 1.5, x)

    return np.allclose(lib.grad(f)(6.0), 1.5**2)


def last(lib):
    return lib.jit(lambda x: x[5])(lib.array(W)) == W[-1]


def second(lib):
    hessian = lib.hessian(lambda w: lib.np.sum(w**3))(lib.array(W))
    return np.allclose(hessian, np.diag(6 * W))


def double(lib):
    with lib.single():
        return "64" in str(lib.array([1.0]).dtype)


DISTRIBUTIONS = {
    "fgrad": "fgrad",
    "autograd": "autograd",
    "JAX": "jax",
    "torch.func": "torch",
}


@pytest.mark.parametrize("library", DISTRIBUTIONS)
def test_size_on_disk(library):
    """Of the versions that the README names: others have other sizes."""
    name = DISTRIBUTIONS[library]
    if name != "fgrad":
        pytest.importorskip(name)
        version = metadata.version(name).partition("+cpu")[0]
        if version not in README.read_text(encoding="utf-8"):
            pytest.skip(f"{name} {version} is not what the README tells of")
    megabytes = installed()[name]()
    said = float(told("adds to NumPy, on disk", library).removesuffix(" MB"))
    assert said == pytest.approx(megabytes, abs=0.1, rel=0.01)


WORDS = {True: "yes", False: "no"}
# For each row of the table: what a library needs for it, what is tried, and what the
# table calls the outcomes.
ROWS = {
    "plain `np.tanh`, `np.mean` under `grad`": ("grad", plain_tanh, WORDS),
    "plain `np.linalg.solve` under `grad`": ("grad", plain_solve, WORDS),
    "plain `np.tanh` under `vmap`": ("vmap", plain_vmap, WORDS),
    "floats by default": ("array", double, {True: "float64", False: "float32"}),
    "`y[0] = v` under `grad`": ("grad", assignment, WORDS),
    "`float(x)` under `grad`": ("grad", leak, {False: "wrong gradient"}),
    "reverse mode through `lax.while_loop`": ("lax", while_loop, WORDS),
    "`x[5]` of two elements under `jit`": ("jit", last, {True: "the last one"}),
    "second derivatives": ("hessian", second, WORDS),
    "`vmap`": ("vmap", lambda lib: True, WORDS),
}


def told(row, library):
    """Return what the README's table says."""
    text = README.read_text(encoding="utf-8")
    lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    (head,) = (cells for cells in rows if cells[1:] == [*LIBRARIES])
    (found,) = (cells for cells in rows if cells[0] == row)
    return found[head.index(library)]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("row", ROWS)
def test_comparison(row, library):
    lib = LIBRARIES[library]()
    need, tried, words = ROWS[row]
    if not hasattr(lib, need):
        assert told(row, library) in ("", "no")
        return
    try:
        found = words[bool(tried(lib))]
    except IndexError:
        found = "`IndexError`"
    except Exception:
        found = "error"
    assert told(row, library) == found
