"""The keywords of ufuncs, and their methods, on traced values."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..core import DISPATCH, UFUNC_METHODS, aval_of, ndim_of, scalar_type, shape_of
from ..errors import UntraceableError
from ..ops import fold as folds
from ..ops.axes import normalize_axis
from ..ops.basic import astype, reshape
from ..ops.index import at
from ..ops.reduceat import reduceat
from ..ops.shape import moveaxis
from . import reductions
from .arrays import arraylike, known_array, strong
from .assignment import overwrite, written_to
from .reductions import given
from .table import refuse_out

# -- keywords ------------------------------------------------------------------------


def _call(ufunc: Any, *inputs: Any, where: Any = True, dtype: Any = None,
          signature: Any = None, casting: str = "same_kind", order: str = "K",
          subok: bool = True, out: Any = None, **more: Any) -> Any:  # fmt: skip
    """Apply a ufunc that was given keywords; a traced value has no memory order."""
    if where is not True:
        raise TypeError(
            f"np.{ufunc.__name__}(..., where=) leaves elements undefined without "
            "out=: write np.where(mask, result, other)"
        )
    inputs = tuple(map(arraylike, inputs))
    if dtype is not None or signature is not None:
        inputs = _cast_inputs(ufunc, inputs, dtype, signature, casting)
    elif casting != "same_kind":
        ufunc.resolve_dtypes(_kinds(ufunc, inputs), casting=casting)  # may raise
    if ufunc.signature is not None:
        return _along(ufunc, inputs, **more)
    if more:
        raise TypeError(f"np.{ufunc.__name__} of a traced value has no {[*more]}")
    return DISPATCH[ufunc](*inputs)


def _kinds(ufunc: Any, inputs: Any) -> Any:
    return (*(scalar_type(aval_of(x)) for x in inputs), *(None,) * ufunc.nout)


def _cast_inputs(ufunc: Any, inputs: Any, dtype: Any, signature: Any, casting: Any,
                 ) -> Any:  # fmt: skip
    """Return the inputs of the loop that ``dtype=`` or ``signature=`` asks for."""
    if signature is None:
        dtypes = dtype if isinstance(dtype, tuple) else (dtype,) * ufunc.nout
        signature = (None,) * ufunc.nin + dtypes
    elif dtype is not None:
        raise TypeError("cannot specify both 'signature' and 'dtype'")
    if isinstance(signature, str):
        signature = tuple(signature.replace("->", ""))
    signature = tuple(None if t is None else np.dtype(t) for t in signature)
    kinds = _kinds(ufunc, inputs)
    loop = ufunc.resolve_dtypes(kinds, signature=signature, casting=casting)
    return tuple(map(astype, inputs, loop))


def _along(ufunc: Any, inputs: Any, axes: Any = None, axis: Any = None,
           keepdims: bool = False) -> Any:  # fmt: skip
    """Apply a generalised ufunc whose core axes may be elsewhere than at the end."""
    parts = re.findall(r"\(([^()]*)\)", ufunc.signature)
    cores = [part.count(",") + 1 if part else 0 for part in parts]
    if axis is not None:
        if axes is not None or any(n > 1 for n in cores):
            raise TypeError(f"np.{ufunc.__name__}: axis= is for one shared core axis")
        axes = [(axis,) * n for n in cores]
    if axes is not None:
        axes = [(a,) if isinstance(a, int) else tuple(a) for a in axes]
        if len(axes) == ufunc.nin:
            axes.append(())
        inputs = [_to_end(x, a) for x, a in zip(inputs, axes, strict=False)]
    z = DISPATCH[ufunc](*inputs)
    if keepdims:
        places = axes[0] if axes else (-1,) * cores[0]
        z = reshape(z, shape=(*shape_of(z), *(1,) * cores[0]))
        return _to_end(z, places, back=True)
    return _to_end(z, axes[-1], back=True) if axes else z


def _to_end(x: Any, axes: Any, back: bool = False) -> Any:
    end = tuple(range(-len(axes), 0))
    if tuple(axes) == end:
        return x
    return moveaxis(x, end, tuple(axes)) if back else moveaxis(x, tuple(axes), end)


# -- methods -------------------------------------------------------------------------


def _outer(ufunc: Any, x: Any, y: Any, **kwargs: Any) -> Any:
    """Apply a ufunc to every pair of elements."""
    if ufunc.signature is not None:
        raise TypeError(f"np.{ufunc.__name__}.outer: it has core axes, write it out")
    x, y = strong(arraylike(x)), strong(arraylike(y))
    x = reshape(x, shape=(*x.shape, *(1,) * ndim_of(y)))
    return _call(ufunc, x, y, **kwargs)


_WHOLE: dict[Any, Any] = {
    np.add: reductions.sum,
    np.multiply: reductions.prod,
    np.maximum: reductions.max,
    np.minimum: reductions.min,
}
# NumPy's loops for whole arrays of these are not their reductions from left to right.
_UNSETTLED = (np.power, np.arctan2)


def _reduce(ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None,
            keepdims: Any = False, initial: Any = None, where: Any = True,
            ) -> Any:  # fmt: skip
    """Reduce over axes, from left to right."""
    refuse_out(out)
    array, keepdims = arraylike(array), bool(given(keepdims))
    plain = reductions.whole(where, initial)
    if plain and dtype is None and ufunc in _WHOLE:
        return _WHOLE[ufunc](array, axis, keepdims=keepdims)
    _check(ufunc, "reduce", where)
    axis = axis if ndim_of(array) or axis not in (0, -1) else ()
    return reductions.folded(ufunc, array, axis, dtype, keepdims, initial, where)


def _check(ufunc: Any, method: str, where: Any = True) -> None:
    known: Any = getattr(np, ufunc.__name__, None)
    name = f"np.{ufunc.__name__}.{method}"
    if ufunc.nin != 2 or ufunc.nout != 1 or ufunc.signature is not None:
        raise ValueError(f"{name}: only functions of two arguments have it")
    if ufunc not in DISPATCH or known is not ufunc or (
        method != "accumulate" and ufunc in _UNSETTLED
    ):  # fmt: skip
        raise UntraceableError(
            f"{name} has no traceable definition in fgrad: write it as a loop, or with "
            "fgrad.lax.reduce, fgrad.lax.scan or fgrad.lax.associative_scan"
        )
    smooth = ufunc in folds.FUNCTIONS
    signed = method == "reduceat" and ufunc is np.hypot  # of one element: itself
    masked = method == "reduceat" or (where is not True and given(where) is not None)
    lone = folds.identity(ufunc, np.dtype(float)) is None
    if smooth and masked and (lone or signed):
        raise UntraceableError(
            f"{name} of pieces or of a mask has no traceable definition in fgrad, for "
            f"np.{ufunc.__name__} has no neutral element: write it as a loop"
        )


def _accumulate(ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None,
                out: Any = None) -> Any:  # fmt: skip
    """Return the reductions up to each element."""
    refuse_out(out)
    array = arraylike(array)
    if not ndim_of(array):
        raise TypeError(f"np.{ufunc.__name__}.accumulate of a scalar: it has no axis")
    if ufunc is np.add or ufunc is np.multiply:
        function = reductions.cumsum if ufunc is np.add else reductions.cumprod
        return function(array, normalize_axis(axis, ndim_of(array), "accumulate"),
                        dtype)  # fmt: skip
    _check(ufunc, "accumulate")
    axis = normalize_axis(axis, ndim_of(array), f"{ufunc.__name__}.accumulate")
    dtype = None if dtype is None else np.dtype(dtype)
    return folds.accumulate(array, function=ufunc, axis=axis, dtype=dtype)


def _reduceat(ufunc: Any, array: Any, indices: Any, axis: Any = 0, dtype: Any = None,
              out: Any = None) -> Any:  # fmt: skip
    """Reduce pieces of an axis; where they begin is known."""
    refuse_out(out)
    _check(ufunc, "reduceat")
    name = f"{ufunc.__name__}.reduceat"
    array = arraylike(array)
    axis = normalize_axis(axis, ndim_of(array), name, shape_of(array))
    instead = "Write x.at[segment].add(v), or fgrad.ops.segment_sum"
    indices = np.asarray(known_array(indices, name, instead))
    n = shape_of(array)[axis]
    if indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise TypeError(f"np.{name}: indices are a vector of integers, got {indices}")
    if indices.size and not 0 <= indices.min() <= indices.max() < n:
        raise IndexError(f"np.{name}: indices {indices} are not in [0, {n})")
    dtype = None if dtype is None else np.dtype(dtype)
    return reduceat(array, function=ufunc, indices=tuple(indices.tolist()),
                    axis=axis, dtype=dtype)  # fmt: skip


_UPDATES = {np.add: "add", np.subtract: "add", np.multiply: "multiply",
            np.minimum: "min", np.maximum: "max"}  # fmt: skip


def _at(ufunc: Any, a: Any, indices: Any, b: Any = None) -> None:
    """Apply a ufunc to elements in place, as often as an index is repeated."""
    name, update = f"{ufunc.__name__}.at", _UPDATES.get(ufunc)
    if update is None or b is None:
        raise UntraceableError(
            f"np.{name} has no traceable definition in fgrad: only add, subtract, "
            "multiply, minimum and maximum have. Where no index is repeated, write "
            "y[i] = f(y[i], v)"
        )
    put = f"[i].{update}({'-v' if ufunc is np.subtract else 'v'})"
    instead = f"write a = fgrad.numpy.at(a){put}, or make a = np.zeros(shape, like=x)"
    a, b = written_to(a, name, instead), arraylike(b)
    kinds = (a.dtype, scalar_type(aval_of(b)), None)
    result = ufunc.resolve_dtypes(kinds)[-1]
    if not np.can_cast(result, a.dtype, "same_kind"):
        raise TypeError(
            f"np.{name}: the result is {result}, which cannot be written to "
            f"{a.describe()} (casting rule 'same_kind'). Write "
            f"a = a.astype(np.{result.name}) first"
        )
    b = astype(-b if ufunc is np.subtract else b, a.dtype)
    overwrite(a, getattr(at(a)[indices], update)(b))


UFUNC_METHODS.update(
    __call__=_call, outer=_outer, reduce=_reduce, accumulate=_accumulate,
    reduceat=_reduceat, at=_at,
)  # fmt: skip
