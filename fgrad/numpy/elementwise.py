"""NumPy's elementwise functions that are not ufuncs."""

from __future__ import annotations

from builtins import bool as python_bool
from math import pi

import numpy as np

from ..core import (
    UFUNC_METHODS,
    Tracer,
    apart,
    dtype_of,
    known_value,
    shape_of,
    write,
)
from ..ops import elementwise as ops
from ..ops.basic import astype
from ..ops.basic import imag as imag_p
from ..ops.basic import real as real_p
from ..ops.reduce import all_
from .arrays import arraylike, arraylikes, as_scalar, known_array, strong
from .table import refuse_out, traceable


@traceable(np.round, np.around)
def around(a, decimals=0, out=None):
    """Round to some decimals; the derivative is zero."""
    refuse_out(out)
    return ops.around(arraylike(a), decimals=decimals)


@traceable("fix")
def fix(x, out=None):
    """Round towards zero."""
    refuse_out(out)
    return ops.trunc(x)


@traceable(np.clip)
def clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None, **kwargs):
    """Limit values; at an edge the derivative is that of minimum and maximum."""
    refuse_out(out)
    lower, upper = _either(a_min, min, "min"), _either(a_max, max, "max")
    z = strong(arraylike(a))
    if dtype_of(z).kind in "iu":  # a bound that the dtype cannot reach is none
        limits = np.iinfo(dtype_of(z))
        lower = None if type(lower) is int and lower <= limits.min else lower
        upper = None if type(upper) is int and upper >= limits.max else upper
    for ufunc, bound in ((np.maximum, lower), (np.minimum, upper)):
        if bound is not None:
            z = UFUNC_METHODS["__call__"](ufunc, z, bound, **kwargs)
    return z


def _either(old, new, name):
    old = None if old is np._NoValue else old
    if old is not None and new is not None:
        raise ValueError(f"np.clip: give a_{name} or {name}, not both")
    return new if old is None else old


def where(condition, x, y):
    """Choose from ``x`` where the condition is true, else from ``y``."""
    return ops.where(*arraylikes(condition, x, y))


@traceable(np.select)
def select(condlist, choicelist, default=0):
    """Choose from the first choice whose condition is true."""
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            f"select: {len(condlist)} conditions and {len(choicelist)} choices; "
            "give one choice for each condition, and one at least"
        )
    result = arraylike(default)
    for condition, choice in zip(condlist[::-1], choicelist[::-1], strict=True):
        condition = arraylike(condition)
        if dtype_of(condition).kind != "b":
            raise TypeError(f"select: conditions are boolean, got {condition}")
        result = ops.where(condition, arraylike(choice), result)
    return result


@traceable(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    """Apply the function of the condition that holds; all run on all of ``x``."""
    x = arraylike(x)
    scalar = not isinstance(condlist, list | tuple)
    lone = not scalar and shape_of(x) and not shape_of(arraylike(condlist[0]))
    conditions = [condlist] if scalar or lone else list(condlist)
    conditions = [astype(arraylike(c), np.bool) for c in conditions]
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ValueError(
            f"piecewise: with {len(conditions)} conditions, either {len(conditions)} "
            f"or {len(conditions) + 1} functions are expected, got {len(funclist)}"
        )
    values = [f(x, *args, **kw) if callable(f) else f for f in funclist]
    rest = values.pop() if len(values) > len(conditions) else 0
    z = ops.where(np.True_, rest, rest)
    for condition, value in zip(conditions, values, strict=True):
        z = ops.where(condition, value, z)
    return astype(z, dtype_of(x))


# -- numbers that are not finite -----------------------------------------------------


@traceable(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """Replace nan and infinities by numbers, in place if it is no copy."""
    given = (None if v is None else arraylike(v) for v in (nan, posinf, neginf))
    z = _finite(strong(arraylike(x)), *given)
    if copy:
        return apart(as_scalar(z), (x,))
    if type(x) is Tracer and z is not x:
        write(x, z)
        return x
    return z


def _finite(x, nan, posinf, neginf):
    kind = dtype_of(x).kind
    if kind not in "fc":
        return x
    if kind == "c":
        parts = (_finite(p, nan, posinf, neginf) for p in (real_p(x), imag_p(x)))
        return complex_of(*parts, dtype_of(x))
    limits = np.finfo(dtype_of(x))
    posinf = limits.max if posinf is None else posinf
    neginf = limits.min if neginf is None else neginf
    z = ops.where(ops.isnan(x), nan, x)
    z = ops.where(_infinite(x, 1), posinf, z)
    return astype(ops.where(_infinite(x, -1), neginf, z), dtype_of(x))


def complex_of(real, imag, dtype):
    """Return complex numbers from their parts."""
    return astype(real, dtype) + astype(imag, dtype) * dtype.type(1j)


def _infinite(x, sign):
    return ops.eq(x, sign * np.inf)


@traceable(np.isposinf)
def isposinf(x, out=None):
    """Say which elements are positive infinity."""
    refuse_out(out)
    return _infinite(_real(x, "isposinf"), 1)


@traceable(np.isneginf)
def isneginf(x, out=None):
    """Say which elements are negative infinity."""
    refuse_out(out)
    return _infinite(_real(x, "isneginf"), -1)


def _real(x, name):
    if dtype_of(x).kind == "c":
        raise TypeError(f"{name}: complex numbers have no sign: use isinf")
    return x


# -- complex numbers -----------------------------------------------------------------


@traceable(np.real)
def real(val):
    """Return the real part."""
    val = arraylike(val)
    return real_p(val) if dtype_of(val).kind == "c" else val


@traceable(np.imag)
def imag(val):
    """Return the imaginary part."""
    val = arraylike(val)
    if dtype_of(val).kind == "c":
        return imag_p(val)
    return np.zeros(shape_of(val), dtype_of(val))[()]


@traceable(np.real_if_close)
def real_if_close(a, tol=100):
    """Return the real parts, if it is known that the imaginary ones are tiny."""
    a = arraylike(a)
    if dtype_of(a).kind != "c":
        return a
    known = known_array(a, "real_if_close", "Write np.real(a)")
    return a if np.iscomplexobj(np.real_if_close(known, tol)) else real_p(a)


@traceable(np.angle)
def angle(z, deg=False):
    """Return the angle of complex numbers."""
    z = arraylike(z)
    is_complex = dtype_of(z).kind == "c"
    y, x = (imag_p(z), real_p(z)) if is_complex else (0, z)
    return ops.arctan2(y, x) * (180 / pi) if deg else ops.arctan2(y, x)


@traceable(np.iscomplex)
def iscomplex(x):
    """Say which elements have an imaginary part."""
    return ops.ne(imag(x), 0)


@traceable(np.isreal)
def isreal(x):
    """Say which elements have no imaginary part."""
    return ops.eq(imag(x), 0)


@traceable(np.sinc)
def sinc(x):
    """Return sin(pi x) / (pi x)."""
    return ops.sinc(arraylike(x))


# -- closeness -----------------------------------------------------------------------


@traceable(np.isclose)
def isclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Say which elements agree within tolerances."""
    x, y, rtol, atol = arraylikes(a, b, rtol, atol)
    y = astype(y, np.result_type(dtype_of(y), 1.0)) if hasattr(y, "dtype") else y
    with np.errstate(invalid="ignore"):
        near = ops.le(ops.absolute(x - y), atol + rtol * ops.absolute(y))
        z = near & ops.isfinite(y) | ops.eq(x, y)
    return z | ops.isnan(x) & ops.isnan(y) if equal_nan else z


@traceable(np.allclose)
def allclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Say whether all elements agree within tolerances: a bool if known."""
    return truth(all_(isclose(a, b, rtol, atol, equal_nan)))


@traceable(np.array_equal)
def array_equal(a1, a2, equal_nan=False):
    """Say whether shapes and elements are equal: a bool if the values are known."""
    x, y = arraylikes(a1, a2)
    if shape_of(x) != shape_of(y):
        return False
    same = ops.eq(x, y)
    return truth(all_(same | ops.isnan(x) & ops.isnan(y) if equal_nan else same))


@traceable(np.array_equiv)
def array_equiv(a1, a2):
    """Say whether arrays are equal once broadcast: a bool if the values are known."""
    x, y = arraylikes(a1, a2)
    try:
        np.broadcast_shapes(shape_of(x), shape_of(y))
    except ValueError:
        return False
    return truth(all_(ops.eq(x, y)))


def truth(x):
    """Return a Python bool if a value is known, else the tracer."""
    value = known_value(x)
    return x if value is None and type(x) is Tracer else python_bool(value)
