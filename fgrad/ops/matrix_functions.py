"""Functions of matrices, as SciPy computes them: exp, log, sqrt, polar, Sylvester.

The derivative of f at ``a`` in the direction ``e`` is the upper right block of
``f([[a, e], [0, a]])`` (Mathias, "A chain rule for matrix functions", 1996); that of a
square root solves a Sylvester equation. Cotangents are not conjugated: the transpose
of a derivative at ``a`` is the derivative at ``a.T``.
"""

from __future__ import annotations

import numpy as np

from ..core import Aval, Primitive, broadcast_shapes
from .basic import fit, fit_dtype
from .contract import matmul
from .join import concat
from .solve import batch_each, batch_one, conj_of, mH, mT, result_dtype, solve_p
from .stacks import batch_stacks, double, over_stack, stacked_like

# -- exp -----------------------------------------------------------------------------


def _expm(a):
    from scipy.linalg import expm

    return expm(a)


def _frechet(a, e):
    from scipy.linalg import expm_frechet

    dtype = result_dtype(a, e)
    return over_stack(
        lambda *xs: expm_frechet(*xs, compute_expm=False).astype(dtype), a, e
    )


expm_p = Primitive(
    "expm",
    impl=_expm,
    abstract=lambda a: Aval(a.shape, result_dtype(a)),
    vjp=(lambda ct, z, a: fit_dtype(expm_frechet_p(mT(a), ct), a),),
    jvp=lambda ts, z, a: fit_dtype(expm_frechet_p(a, ts[0]), z),
    batch=batch_one(lambda: expm_p),
)


def _blocks(a, corner, b):
    """Return ``[[a, corner], [0, b]]``, stacked as often as any of them is."""
    lead = broadcast_shapes(*(x.shape[:-2] for x in (a, corner, b)))
    a, corner, b = (_spread(x, lead) for x in (a, corner, b))
    zero = np.zeros(lead + a.shape[-2:])
    return concat([concat([a, corner], -1), concat([zero, b], -1)], -2)


def _spread(x, lead):
    return x if x.shape[:-2] == lead else np.broadcast_to(x, lead + x.shape[-2:])


def _corner(x):
    n = x.shape[-1] // 2
    return x[..., :n, n:]


def _frechet_vjp_a(ct, z, a, e):
    n, zero = a.shape[-1], np.zeros(z.shape, z.dtype)
    g = expm_frechet_p(mT(_blocks(a, e, a)), _blocks(zero, ct, zero))
    return fit(g[..., :n, :n] + g[..., n:, n:], a, stacked_like(a, z))


def _frechet_jvp(ts, z, a, e):
    ta, te = ts
    t = None if te is None else expm_frechet_p(a, te)
    if ta is not None:
        zero = np.zeros(z.shape, z.dtype)
        more = _corner(expm_frechet_p(_blocks(a, e, a), _blocks(ta, zero, ta)))
        t = more if t is None else t + more
    return fit_dtype(t, z)


def _abstract_pair(a, e):
    return Aval(broadcast_shapes(a.shape, e.shape), result_dtype(a, e))


expm_frechet_p = Primitive(
    "expm_frechet",
    impl=_frechet,
    abstract=_abstract_pair,
    vjp=(
        _frechet_vjp_a,
        lambda ct, z, a, e: fit(expm_frechet_p(mT(a), ct), e, z),
    ),
    jvp=_frechet_jvp,
    batch=batch_stacks(lambda: expm_frechet_p),
)

# -- log -----------------------------------------------------------------------------


def _in_dtype(dtype, z, name):
    """Return a result in the dtype that its argument promises."""
    if np.iscomplexobj(z) and dtype.kind != "c":
        raise ValueError(
            f"{name}: the result of this real matrix is complex, and the dtype of a "
            f"result cannot depend on values: write {name}(a.astype(complex))"
        )
    return np.asarray(z).astype(dtype, copy=False)


def _logm(a):
    from scipy.linalg import logm

    state = np.random.get_state()  # noqa: NPY002 (SciPy draws random vectors)
    try:
        return over_stack(lambda x: _in_dtype(double(a), logm(x), "logm"), a)
    finally:
        np.random.set_state(state)  # noqa: NPY002


logm_p = Primitive(
    "logm",
    impl=_logm,
    abstract=lambda a: Aval(a.shape, double(a)),
    vjp=(lambda ct, z, a: fit_dtype(_log_slope(mT(a), ct), a),),
    jvp=lambda ts, z, a: fit_dtype(_log_slope(a, ts[0]), z),
    batch=batch_one(lambda: logm_p),
)


def _log_slope(a, e):
    return _corner(logm_p(_blocks(a, e, a)))


# -- Sylvester equations -------------------------------------------------------------


def _sylvester(a, b, q):
    from scipy.linalg import solve_sylvester

    dtype = result_dtype(a, b, q)
    return over_stack(
        lambda *xs: solve_sylvester(*xs).astype(dtype, copy=False), a, b, q
    )


def _abstract_sylvester(a, b, q):
    lead = broadcast_shapes(*(x.shape[:-2] for x in (a, b, q)))
    return Aval(lead + q.shape[-2:], result_dtype(a, b, q))


def _sylvester_pulled(ct, a, b):
    return sylvester_p(mT(a), mT(b), ct)


def _sylvester_jvp(ts, z, a, b, q):
    ta, tb, total = ts
    if ta is not None:
        product = matmul(ta, z)
        total = -product if total is None else total - product
    if tb is not None:
        product = matmul(z, tb)
        total = -product if total is None else total - product
    return fit_dtype(sylvester_p(a, b, total), z)


sylvester_p = Primitive(
    "sylvester",
    impl=_sylvester,
    abstract=_abstract_sylvester,
    vjp=(
        lambda ct, z, a, b, q: fit(
            -matmul(_sylvester_pulled(ct, a, b), mT(z)), a, stacked_like(a, z)
        ),
        lambda ct, z, a, b, q: fit(
            -matmul(mT(z), _sylvester_pulled(ct, a, b)), b, stacked_like(b, z)
        ),
        lambda ct, z, a, b, q: fit(_sylvester_pulled(ct, a, b), q, z),
    ),
    jvp=_sylvester_jvp,
    batch=batch_stacks(lambda: sylvester_p),
)

# -- sqrt: z @ z = a, so dz solves z dz + dz z = da -----------------------------------


def _sqrtm(a):
    from scipy.linalg import sqrtm

    dtype = result_dtype(a)
    return over_stack(lambda x: _in_dtype(dtype, sqrtm(x), "sqrtm"), a)


sqrtm_p = Primitive(
    "sqrtm",
    impl=_sqrtm,
    abstract=lambda a: Aval(a.shape, result_dtype(a)),
    vjp=(lambda ct, z, a: fit_dtype(sylvester_p(mT(z), mT(z), ct), a),),
    jvp=lambda ts, z, a: fit_dtype(sylvester_p(z, z, ts[0]), z),
    batch=batch_one(lambda: sqrtm_p),
)

# -- polar: a = u p with p = sqrt(a^H a), for as many rows as columns or more ----------


def _polar(a):
    from scipy.linalg import polar

    return over_stack(lambda a: list(polar(a)), a)


def _abstract_polar(a):
    n, dtype = a.shape[-1], result_dtype(a)
    return [Aval(a.shape, dtype), Aval((*a.shape[:-2], n, n), dtype)]


def _polar_vjp(cts, z, a):
    (u, p), (ct_u, ct_p) = z, cts
    ct = None
    if ct_u is not None:  # du = (da - u dp) inv(p)
        ct = mT(solve_p(p, mT(ct_u)))
        inner = -matmul(mT(u), ct)
        ct_p = inner if ct_p is None else ct_p + inner
    if ct_p is None:
        return None
    s = sylvester_p(mT(p), mT(p), ct_p)
    square = matmul(conj_of(a), s) + conj_of(matmul(a, mT(s)))
    return fit_dtype(square if ct is None else ct + square, a)


def _polar_jvp(ts, z, a):
    (u, p), t = z, ts[0]
    tp = sylvester_p(p, p, matmul(mH(t), a) + matmul(mH(a), t))
    tu = mT(solve_p(mT(p), mT(t - matmul(u, tp))))
    return [tu, tp]


polar_p = Primitive(
    "polar",
    impl=_polar,
    abstract=_abstract_polar,
    vjp=(_polar_vjp,),
    jvp=_polar_jvp,
    batch=batch_each(lambda: polar_p, 2),
    multi=True,
)
