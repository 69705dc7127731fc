"""Second derivatives of Rosenbrock's function: the Hessian, and its product."""

from __future__ import annotations

from typing import Any

import numpy as np

from .peers import Library, runners
from .timing import Runner
from .workload import Workload


def rosenbrock(lib: Library) -> Any:
    np = lib.np

    def fun(x: Any) -> Any:
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    return fun


def hessian_program(lib: Library) -> Any:
    return lib.jit(lib.hessian(rosenbrock(lib)))


def hessian_by_hand(x: np.ndarray) -> np.ndarray:
    """Return the three diagonals of the closed form in a matrix."""
    h = np.diag(diagonal(x))
    return h + np.diag(-400 * x[:-1], 1) + np.diag(-400 * x[:-1], -1)


def diagonal(x: np.ndarray) -> np.ndarray:
    d = np.zeros_like(x)
    d[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    d[1:] += 200
    return d


def hessian_with_out(x: np.ndarray) -> Any:
    n = len(x)
    h = np.zeros((n, n))
    flat = h.reshape(-1)
    middle, above, below = flat[:: n + 1], flat[1 :: n + 1], flat[n :: n + 1]
    inner, a = middle[:-1], np.empty(n - 1)

    def run(x: np.ndarray) -> np.ndarray:
        np.multiply(x[:-1], -400, above)
        np.copyto(below, above)
        np.multiply(x[:-1], 1200, a)
        np.multiply(a, x[:-1], inner)
        np.multiply(x[1:], 400, a)
        np.subtract(inner, a, inner)
        np.add(inner, 202, inner)
        inner[0] -= 200
        middle[-1] = 200
        return h

    return run


def hessian(n: int) -> dict[str, Runner]:
    """The Hessian; by hand it is the closed form, which is another algorithm."""
    x = np.linspace(-1, 1, n)
    libraries = ("jax", "autograd")
    return runners(hessian_program, (x,), libraries, hessian_by_hand, hessian_with_out)


# -- Hessian times vector ------------------------------------------------------------


def hvp_program(lib: Library) -> Any:
    return lib.jit(lambda x, v: lib.hvp(rosenbrock(lib), (x,), (v,)))


def hvp_by_hand(x: np.ndarray, v: np.ndarray) -> np.ndarray:
    off, out = -400 * x[:-1], diagonal(x) * v
    out[:-1] += off * v[1:]
    out[1:] += off * v[:-1]
    return out


def hvp_with_out(x: np.ndarray, v: np.ndarray) -> Any:
    out = np.empty_like(x)
    off, a = np.empty(len(x) - 1), np.empty(len(x) - 1)

    def run(x: np.ndarray, v: np.ndarray) -> np.ndarray:
        left, right, first, second = x[:-1], x[1:], v[:-1], v[1:]
        np.multiply(left, left, a)
        np.multiply(a, 3, a)
        np.subtract(a, right, a)
        np.multiply(a, 400, a)
        np.add(a, 2, a)
        np.multiply(a, first, out[:-1])
        out[-1] = 0
        np.multiply(second, 200, a)
        np.add(out[1:], a, out[1:])
        np.multiply(left, -400, off)
        np.multiply(off, second, a)
        np.add(out[:-1], a, out[:-1])
        np.multiply(off, first, a)
        np.add(out[1:], a, out[1:])
        return out

    return run


def hvp(n: int) -> dict[str, Runner]:
    """The Hessian times a vector; by hand, again, the closed form."""
    x, v = np.linspace(-1, 1, n), np.linspace(2, 1, n)
    libraries = ("jax", "autograd")
    return runners(hvp_program, (x, v), libraries, hvp_by_hand, hvp_with_out)


WORKLOADS = [
    Workload("hessian-100", hessian, {"n": 100}, {"n": 6}),
    Workload("hessian-hvp-1e4", hvp, {"n": 10_000}, {"n": 6}),
]
