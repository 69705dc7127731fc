"""How a gamma sample moves with its shape parameter, its quantile kept.

With the distribution function P(a, x) and the density p, the slope of ``log x`` is
``-(dP/da) / (x p)``. For x <= a it is the derivative of the series of P, else that of
the continued fraction of 1 - P, as in Moore, "Algorithm AS 187: Derivatives of the
incomplete gamma integral" (Applied Statistics 31, 1982): neither has cancellation.
For very large shapes it is that of Wilson and Hilferty's normal approximation.
SciPy's gammainc is not asked: samples have derivatives without SciPy, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_LARGE = 1e5


def digamma(x: Any) -> Any:
    """Return the logarithmic derivative of the gamma function of positive numbers.

    By recurrence, and the asymptotic series above 10 (Abramowitz and Stegun 6.3.18).

    >>> digamma(np.array([1.0, 10.0])).round(12)
    array([-0.57721566,  2.25175259])
    """
    z: Any = np.asarray(x, float)
    total: Any = 0.0
    for _ in range(10):
        total = total + 1 / z
        z = z + 1
    s = 1 / (z * z)
    series = 1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132)))
    return np.log(z) - 0.5 / z - s * series - total


def _series(a: Any, x: Any, log_x: Any) -> Any:
    # P / (x p) is the sum of r_n = x^n / (a (a+1) ... (a+n)), and the derivative of
    # log(x p r_n) with respect to a is log x - digamma(a + n + 1).
    ratio, psi = 1 / a, digamma(a + 1)
    total, n = ratio * (psi - log_x), 0
    while True:
        n += 1
        ratio = ratio * (x / (a + n))
        psi = psi + 1 / (a + n)
        term = ratio * (psi - log_x)
        total = total + term
        if not np.any(np.abs(term) > 1e-17 * np.abs(total)):
            return total


def _fraction(a: Any, x: Any, log_x: Any) -> Any:
    # (1 - P) / (x p) is 1 / (b_0 - c_1 / (b_1 - c_2 / ...)), b_n = x + 2n + 1 - a,
    # c_n = n (n - a). Convergents are h / k by the three-term recurrence, and carry
    # their derivatives dh, dk with respect to a.
    h, k, dh, dk = np.ones_like(x), x + 1 - a, 0 * x, -np.ones_like(x)
    old_h, old_k, old_dh, old_dk = 0 * x, np.ones_like(x), 0 * x, 0 * x
    psi, value, slope, n = digamma(a), h / k, 0 * x, 0
    slope = (dh - value * dk) / k
    while True:
        n += 1
        b, c = x + (2 * n + 1) - a, n * (n - a)
        new_h, new_k = b * h - c * old_h, b * k - c * old_k
        new_dh = b * dh - h - c * old_dh + n * old_h
        new_dk = b * dk - k - c * old_dk + n * old_k
        scale = 1 / np.maximum(np.abs(new_k), 1e-300)
        old_h, old_k, old_dh, old_dk = h * scale, k * scale, dh * scale, dk * scale
        h, k, dh, dk = new_h * scale, new_k * scale, new_dh * scale, new_dk * scale
        before, value = slope, h / k
        slope = (dh - value * dk) / k
        if n > 9 and not np.any(np.abs(slope - before) > 1e-14 * np.abs(slope)):
            return value * (log_x - psi) + slope


def _normal(a: Any, x: Any, log_x: Any) -> Any:
    # x = a w^3 with w = 1 - 1 / (9 a) + q / (3 sqrt(a)), q the normal quantile
    w = np.cbrt(x / a)
    q_term = w - 1 + 1 / (9 * a)
    return (1 + 3 * (1 / (9 * a) - q_term / 2) / w) / a


def log_slope(alpha: Any, log_x: Any) -> Any:
    """Return the derivative of ``log x``, a gamma sample's, to the shape ``alpha``.

    >>> log_slope(np.float64(1.0), np.float64(0.0)).round(12)
    np.float64(1.173563027225)
    """
    shape = np.broadcast_shapes(np.shape(alpha), np.shape(log_x))
    a = np.broadcast_to(np.asarray(alpha, float), shape).reshape(-1)
    log_x = np.broadcast_to(np.asarray(log_x, float), shape).reshape(-1)
    z = np.full(a.size, np.nan)
    with np.errstate(all="ignore"):
        x = np.exp(log_x)
        large = a > _LARGE
        low = (x <= np.maximum(a, 1)) & ~large & (a > 0)
        high = (x > np.maximum(a, 1)) & ~large & np.isfinite(x)
        for way, where in ((_series, low), (_fraction, high), (_normal, large)):
            if where.any():
                z[where] = way(a[where], x[where], log_x[where])
    return z.astype(np.asarray(alpha).dtype).reshape(shape)[()]
