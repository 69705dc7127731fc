"""Dormand and Prince's adaptive method, differentiable in both modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import aval_of, dtype_of, short_errors
from ..flatten_util import ravel_pytree
from ..lax import scan, stop_gradient, while_loop
from ..numpy.arrays import arraylike, strong
from ..numpy.joining import concatenate
from ..ops import elementwise as ew
from ..ops.basic import astype
from ..pytree import tree_structure
from ..transforms.arguments import check_callable, name_of
from ..transforms.vmap import vmap

# Dormand and Prince, "A family of embedded Runge-Kutta formulae" (1980), table 2.
_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_TIMES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


@short_errors
def odeint(
    func: Callable[..., Any],
    y0: Any,
    t: Any,
    *args: Any,
    rtol: float = 1.4e-8,
    atol: float = 1.4e-8,
    mxstep: float = np.inf,
    hmax: float = np.inf,
) -> Any:
    """Solve ``dy/dt = func(y, t, *args)`` from ``y(t[0]) = y0`` at the times ``t``.

    Steps are those of an adaptive Runge-Kutta method of order 5, and each of ``t`` is
    the end of a step. Derivatives by ``y0``, ``t``, ``args`` and by what ``func``
    closes over are those of the steps that were taken. Reverse mode keeps all steps.

    Args:
        func: the right-hand side; it is traced, and returns a tree like ``y``.
        y0: a tree of float or complex arrays.
        t: increasing or decreasing times.
        args: more arguments of ``func``.
        rtol, atol: the error of a step is at most ``atol + rtol * abs(y)``.
        mxstep: the most steps between two times; results beyond it are nan.
        hmax: the longest step.

    Returns:
        A tree like ``y0`` of arrays with an axis in front, for the times.

    >>> from fgrad import grad
    >>> end = lambda k: odeint(lambda y, t: -k * y, 1.0, np.array([0.0, 1.0]))[-1]
    >>> round(grad(end)(2.0).item(), 6)
    -0.135335
    """
    check_callable(func, "odeint")
    name = f"odeint({name_of(func)})"
    y, unravel = ravel_pytree(y0)
    y, t = strong(y), strong(arraylike(t))
    if dtype_of(y).kind not in "fc":
        raise TypeError(f"{name}: y0 has dtype {dtype_of(y)}: write floats, such as "
                        "1.0 for 1")  # fmt: skip
    if t.ndim != 1 or t.shape[0] == 0:
        raise ValueError(f"{name}: t must be a vector of times, got shape {t.shape}")
    t = astype(t, np.empty(0, dtype_of(y)).real.dtype)
    tree = tree_structure(y0)

    def slope(y: Any, t: Any) -> Any:
        out = func(unravel(y), t, *args)
        if tree_structure(out) != tree:
            raise TypeError(f"{name}: func must return a tree like y0, {tree}, but "
                            f"returned {tree_structure(out)}")  # fmt: skip
        k = ravel_pytree(out)[0]
        if aval_of(k).shape != aval_of(y).shape:
            raise TypeError(f"{name}: func must return the shapes of y0, {len(y)} "
                            f"numbers, but returned {aval_of(k).shape}")  # fmt: skip
        return astype(k, dtype_of(y))

    solver = _Solver(slope, rtol, atol, mxstep, hmax)
    return vmap(unravel)(solver.run(y, t))


class _Solver:
    """A right-hand side and the tolerances of its solution."""

    def __init__(self, slope: Any, rtol: Any, atol: Any, mxstep: Any, hmax: Any):
        self.slope, self.rtol, self.atol = slope, rtol, atol
        self.mxstep, self.hmax = mxstep, hmax

    def run(self, y: Any, t: Any) -> Any:
        """Return the solutions at all times."""
        first = self.slope(y, t[0])
        h = stop_gradient(self.first_step(y, first, t[0]))

        def segment(carry: Any, end: Any) -> Any:
            carry = self.until(end, carry)
            reached = ew.eq(carry[2], end)
            return carry, ew.where(reached, carry[0], np.nan)

        _, ys = scan(segment, (y, first, t[0], h), t[1:])
        return concatenate([y[None], ys], 0)

    def until(self, end: Any, carry: Any) -> Any:
        """Return solution, slope, time and step at the end of an interval."""

        def open_(state: Any) -> Any:
            return ew.ne(state[2], end) & ew.lt(state[4], self.mxstep)

        def step(state: Any) -> Any:
            *carry, count = state
            return (*self.step(end, *carry), count + 1)

        return while_loop(open_, step, (*carry, 0))[:4]

    def step(self, end: Any, y: Any, k: Any, t: Any, h: Any) -> Any:
        """Try a step of length ``h``, or to the end if that is nearer.

        A step is a constant to derivatives, but for the one that reaches the end.
        """
        rest = end - t
        last = ew.ge(h, ew.absolute(rest))
        size = ew.where(last, rest, h * ew.sign(stop_gradient(rest)))
        ks = [k]
        for row, c in zip(_STAGES, _TIMES):
            ahead = y + size * _combined(row, ks)
            ks.append(self.slope(ahead, t + c * size))
        ratio = stop_gradient(self.norm(size * _combined(_ERROR, ks), y, ahead))
        factor = 0.9 * ew.maximum(ratio, 1e-10) ** -0.2
        factor = ew.where(ew.isnan(ratio), 0.2, ew.minimum(ew.maximum(factor, 0.2), 10))
        taken = ew.le(ratio, 1.0)
        longer = ew.maximum(h, ew.absolute(stop_gradient(size)) * factor)
        h = ew.where(taken & last, longer, ew.absolute(stop_gradient(size)) * factor)
        h = astype(ew.minimum(h, self.hmax), dtype_of(t))
        t = ew.where(taken, ew.where(last, end, t + size), t)
        return ew.where(taken, ahead, y), ew.where(taken, ks[-1], k), t, h

    def norm(self, error: Any, *ys: Any) -> Any:
        """Return the size of an error relative to what is tolerated."""
        sizes = [ew.absolute(y) for y in ys]
        largest = sizes[0] if len(sizes) == 1 else ew.maximum(*sizes)
        part = ew.absolute(error) / (self.atol + self.rtol * largest)
        return ew.sqrt((part**2).mean()) if error.size else np.zeros(())[()]

    def first_step(self, y: Any, k: Any, t: Any) -> Any:
        """Return a step to begin with (Hairer, Norsett and Wanner I, section II.4)."""
        y, k, t = map(stop_gradient, (y, k, t))
        d0, d1 = self.norm(y, y), self.norm(k, y)
        small = ew.lt(d0, 1e-5) | ew.lt(d1, 1e-5)
        h0 = ew.where(small, 1e-6, 0.01 * d0 / ew.where(small, 1.0, d1))
        h0 = astype(h0, dtype_of(t))
        d2 = self.norm(self.slope(y + h0 * k, t + h0) - k, y) / h0
        top = ew.maximum(d1, d2)
        flat = ew.le(top, 1e-15)
        h1 = ew.where(flat, ew.maximum(1e-6, h0 * 1e-3),
                      (0.01 / ew.where(flat, 1.0, top)) ** 0.2)  # fmt: skip
        return astype(ew.minimum(ew.minimum(100 * h0, h1), self.hmax), dtype_of(t))


def _combined(row: Any, ks: Any) -> Any:
    return sum(c * k for c, k in zip(row, ks) if c)
