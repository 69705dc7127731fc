"""Gamma samples, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import shape_of
from ..ops.gamma_samples import random_gamma_p, random_loggamma_p
from ..ops.threefry import random_p
from ..transforms.stop_gradient import stop_gradient
from .arguments import checked_shape, float_dtype, parameter, sample_shape, spread
from .keys import Key, consumed, subkeys
from .normals import gaussian
from .transformed import waiting
from .uniforms import Shape, signs

_KEY = np.dtype(np.uint64)


def _drawn(sampler: Any, key: Key, a: Any, shape: tuple[int, ...]) -> Any:
    """Return gamma samples for a key that was checked; every one has its own key."""
    return sampler(random_p(key, shape=shape, dtype=_KEY), spread(a, shape))


def gamma(key: Key, a: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Return gamma numbers with the shape parameter ``a`` and scale 1.

    Derivatives with respect to ``a`` exist; from the second on they are numerical.

    >>> from fgrad import random
    >>> gamma(random.key(0), 2.0).round(6)
    np.float64(1.352031)
    """
    return _gamma(random_gamma_p, "gamma", key, a, shape, dtype)


def loggamma(key: Key, a: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Return logarithms of gamma numbers, which do not underflow where ``a`` is small.

    >>> from fgrad import random
    >>> loggamma(random.key(0), 2.0).round(6)
    np.float64(0.301608)
    """
    return _gamma(random_loggamma_p, "loggamma", key, a, shape, dtype)


def _gamma(sampler: Any, name: str, key: Key, a: Any, shape: Any, dtype: Any) -> Any:
    a = parameter(a, float_dtype(dtype, name), name, "a")
    shape = sample_shape(shape, name, a=a)
    return _drawn(sampler, consumed(key, name), a, shape)


def chisquare(key: Key, df: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Return chi-square numbers with ``df`` degrees of freedom.

    >>> from fgrad import random
    >>> chisquare(random.key(0), 4.0).round(6)
    np.float64(2.704062)
    """
    df = parameter(df, float_dtype(dtype, "chisquare"), "chisquare", "df")
    shape = sample_shape(shape, "chisquare", df=df)
    return _chisquare(consumed(key, "chisquare"), df, shape)


def _chisquare(key: Key, df: Any, shape: tuple[int, ...]) -> Any:
    return np.exp(_drawn(random_loggamma_p, key, df / 2, shape)) * 2


def f(
    key: Key, dfnum: Any, dfden: Any, shape: Shape | None = None, dtype: Any = None
) -> Any:
    """Return numbers of the F distribution: ratios of chi-square numbers.

    >>> from fgrad import random
    >>> f(random.key(0), 2.0, 3.0).round(6)
    np.float64(1.679661)
    """
    dtype = float_dtype(dtype, "f")
    dfnum = parameter(dfnum, dtype, "f", "dfnum")
    dfden = parameter(dfden, dtype, "f", "dfden")
    shape = sample_shape(shape, "f", dfnum=dfnum, dfden=dfden)
    keys = subkeys(consumed(key, "f"), (2,))
    below = _chisquare(keys[0], dfden, shape) / dfden
    return _chisquare(keys[1], dfnum, shape) / dfnum / below


def t(key: Key, df: Any, shape: Shape | None = None, dtype: Any = None) -> Any:
    """Return numbers of Student's t distribution with ``df`` degrees of freedom.

    >>> from fgrad import random
    >>> t(random.key(0), 3.0).round(6)
    np.float64(1.401159)
    """
    dtype = float_dtype(dtype, "t")
    half = parameter(df, dtype, "t", "df") / 2
    shape = sample_shape(shape, "t", df=half)
    keys = subkeys(consumed(key, "t"), (2,))
    spread_ = half / _drawn(random_gamma_p, keys[1], half, shape)
    return gaussian(keys[0], shape, dtype) * np.sqrt(spread_)


def beta(
    key: Key, a: Any, b: Any, shape: Shape | None = None, dtype: Any = None
) -> Any:
    """Return beta numbers in [0, 1].

    >>> from fgrad import random
    >>> beta(random.key(0), 2.0, 3.0).round(6)
    np.float64(0.327956)
    """
    dtype = float_dtype(dtype, "beta")
    a, b = parameter(a, dtype, "beta", "a"), parameter(b, dtype, "beta", "b")
    shape = sample_shape(shape, "beta", a=a, b=b)
    keys = subkeys(consumed(key, "beta"), (2,))
    x = _drawn(random_loggamma_p, keys[0], a, shape)
    y = _drawn(random_loggamma_p, keys[1], b, shape)
    top = stop_gradient(np.maximum(x, y))
    x, y = np.exp(x - top), np.exp(y - top)
    return x / (x + y)


def dirichlet(
    key: Key, alpha: Any, shape: Shape | None = None, dtype: Any = None
) -> Any:
    """Return vectors of probabilities; ``alpha`` has their length as its last axis.

    ``shape`` is that of the leading axes of the result.

    >>> from fgrad import random
    >>> dirichlet(random.key(0), np.ones(3)).sum().round(12)
    np.float64(1.0)
    """
    alpha = parameter(alpha, float_dtype(dtype, "dirichlet"), "dirichlet", "alpha")
    if not shape_of(alpha):
        raise ValueError(
            "dirichlet: alpha must have an axis, that of the probabilities: write "
            "np.full(n, alpha)"
        )
    batch = sample_shape(shape, "dirichlet", alpha=np.empty(shape_of(alpha)[:-1]))
    full = (*batch, shape_of(alpha)[-1])
    x = _drawn(random_loggamma_p, consumed(key, "dirichlet"), alpha, full)
    top = np.max(x, axis=-1, keepdims=True, initial=-np.inf)
    x = np.exp(x - stop_gradient(top))
    return x / np.sum(x, axis=-1, keepdims=True)


def generalized_normal(key: Key, p: Any, shape: Shape = (), dtype: Any = None) -> Any:
    """Return numbers with the density ``exp(-|x|^p)``, up to a factor.

    >>> from fgrad import random
    >>> generalized_normal(random.key(0), 2.0).round(6)
    np.float64(0.852796)
    """
    name = "generalized_normal"
    shape, dtype = checked_shape(shape, name), float_dtype(dtype, name)
    p = parameter(p, dtype, name, "p")
    sample_shape(shape, name, p=p)
    return _generalized(consumed(key, name), p, shape, dtype)


def _generalized(key: Key, p: Any, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    keys = subkeys(key, (2,))
    x = _drawn(random_gamma_p, keys[0], 1 / p, shape)
    return signs(keys[1], shape, dtype) * x ** (1 / p)


def ball(key: Key, d: int, p: Any = 2.0, shape: Shape = (), dtype: Any = None) -> Any:
    """Return points of the unit ball of ``d`` dimensions in the norm of order ``p``.

    Barthe, Guédon, Mendelson and Naor, "A probabilistic approach to the geometry of the
    l_p^n-ball" (Annals of Probability 33, 2005).

    >>> from fgrad import random
    >>> ball(random.key(0), 3).shape
    (3,)
    """
    dtype = float_dtype(dtype, "ball")
    shape, (d,) = checked_shape(shape, "ball"), checked_shape((d,), "ball", "d")
    p = parameter(p, dtype, "ball", "p")
    keys = subkeys(consumed(key, "ball"), (2,))
    x = _generalized(keys[0], p, (*shape, d), dtype)
    e = waiting(keys[1], shape, dtype)
    length = (np.sum(np.abs(x) ** p, axis=-1) + e) ** (1 / p)
    return x / length[..., None]
