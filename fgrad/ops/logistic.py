"""The logistic function and its kin: accurate far out, smooth to every order."""

from __future__ import annotations

from math import log as number_log

import numpy as np

from .elementwise import exp, expm1, log, log1p, where
from .families import elementwise, ufunc_aval


def sigmoid(x):
    """Return ``1 / (1 + exp(-x))`` without overflow.

    >>> sigmoid(np.array([-800.0, 0.0, 800.0]))
    array([0. , 0.5, 1. ])
    """
    if np.iscomplexobj(x):
        e = np.exp(np.where(np.real(x) >= 0, -x, x)[()])
        return np.where(np.real(x) >= 0, 1, e)[()] / (1 + e)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e)[()] / (1 + e)


# The derivative is z * logistic(-x): 1 - z has lost its digits where z is near 1.
logistic = elementwise(
    "logistic",
    impl=sigmoid,
    abstract=lambda x: ufunc_aval(np.exp, exp.impl, x),
    rules=(lambda c, z, x: c * (z * logistic(-x)),),
    emit="",
)


def log1mexp(x):
    """Return ``log(1 - exp(-x))`` for ``x >= 0``, accurate near 0 and far out.

    Source: M. Maechler, "Accurately computing log(1 - exp(-|a|))", 2012.

    >>> log1mexp(np.array([1e-20, 800.0]))
    array([-46.05170186,  -0.        ])
    """
    near = x < number_log(2.0)
    small, large = where(near, x, 1.0), where(near, 1.0, x)
    return where(near, log(-expm1(-small)), log1p(-exp(-large)))
