"""The recursive filter of a signal, as SciPy computes it.

With polynomials b and a in the delay, ``a y = b x``. So the derivative by ``a`` is
another filter, ``a dy = -da y``, and the transpose filters the reversed signal.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, broadcast_shapes, promoted
from .basic import fit, fit_dtype, sum_axes
from .join import stack_arrays
from .shape import flip
from .stacks import batch_last


def _filtered(b, a, x):
    from scipy.signal import lfilter

    if b.ndim == a.ndim == 1:
        return lfilter(b, a, x)
    lead = np.broadcast_shapes(b.shape[:-1], a.shape[:-1], x.shape[:-1])
    b, a, x = (np.broadcast_to(v, lead + v.shape[-1:]) for v in (b, a, x))
    z = np.empty(x.shape, np.result_type(b, a, x))
    for i in np.ndindex(lead):
        z[i] = lfilter(b[i], a[i], x[i])
    return z


def _abstract(b, a, x):
    lead = broadcast_shapes(b.shape[:-1], a.shape[:-1], x.shape[:-1])
    return Aval(lead + x.shape[-1:], promoted(b, a, x))


def _reversed(x):
    return flip(x, axes=(x.ndim - 1,))


def _back(b, a, ct):
    return _reversed(filter_p(b, a, _reversed(ct)))


def _delayed(v, x, count):
    """Return ``sum_n v[n] x[n - k]`` for all delays k below ``count``."""
    n = x.shape[-1]
    sums = [
        sum_axes(p, (p.ndim - 1,))
        for p in (v[..., k:] * x[..., : max(n - k, 0)] for k in range(count))
    ]
    return stack_arrays(sums, -1)


def _one(a):
    return np.ones(1, a.dtype)


def _by_coefficients(ct, sign, signal, c, a):
    found = _delayed(_back(_one(a), a, ct), signal, c.shape[-1])
    like = Aval(found.shape[:-1] + c.shape[-1:], found.dtype)
    return fit(found if sign > 0 else -found, c, like)


def _jvp(ts, z, b, a, x):
    tb, ta, tx = ts
    terms = []
    if tx is not None:
        terms.append(filter_p(b, a, tx))
    if tb is not None:
        terms.append(filter_p(tb, a, x))
    if ta is not None:
        terms.append(-filter_p(ta, a, z))
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return fit_dtype(total, z)


filter_p = Primitive(
    "lfilter",
    impl=_filtered,
    abstract=_abstract,
    vjp=(
        lambda ct, z, b, a, x: _by_coefficients(ct, 1, x, b, a),
        lambda ct, z, b, a, x: _by_coefficients(ct, -1, z, a, a),
        lambda ct, z, b, a, x: fit(_back(b, a, ct), x, z),
    ),
    jvp=_jvp,
    batch=batch_last(lambda: filter_p, 1),
)
