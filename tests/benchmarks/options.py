"""Black-Scholes: a price and its derivatives for many options at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import BLOCK, blocks
from .peers import Library, runners
from .timing import Runner
from .workload import Workload

C, A = (2 / np.pi) ** 0.5, 0.044715
"""The normal distribution is (1 + tanh(C (x + A x^3))) / 2 for every peer."""


def program(lib: Library) -> Any:
    np = lib.np

    def normal(x: Any) -> Any:
        return 0.5 * (1 + np.tanh(C * (x + A * x * x * x)))

    def price(s: Any, k: Any, t: Any, v: Any, r: Any) -> Any:
        w = v * np.sqrt(t)
        d1 = (np.log(s / k) + (r + v**2 / 2) * t) / w
        return s * normal(d1) - k * np.exp(-r * t) * normal(d1 - w)

    first = lib.value_and_grad(price, (0, 2, 3, 4))
    gamma = lib.grad(lib.grad(price))

    def greeks(*option: Any) -> Any:
        value, (delta, theta, vega, rho) = first(*option)
        return value, delta, theta, vega, rho, gamma(*option)

    return lib.jit(lib.vmap(greeks, in_axes=(0, 0, 0, 0, None)))


def normal_by_hand(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the distribution and its first two derivatives."""
    xx = x * x
    th = np.tanh(C * x * (1 + A * xx))
    q, u = 1 - th * th, C * (1 + 3 * A * xx)
    return 0.5 * (1 + th), 0.5 * q * u, q * (3 * A * C * x - th * u * u)


def by_hand(s: Any, k: Any, t: Any, v: Any, r: float) -> Any:
    """Return price and greeks: the derivatives of the formula, each term once.

    The distribution is an approximation, so the terms that cancel in the textbook's
    formulas do not: this is what differentiation gives, with all sharing done.
    """
    root = np.sqrt(t)
    w, drift = v * root, (r + v * v * 0.5) * t
    d1 = (np.log(s / k) + drift) / w
    kd = k * np.exp(-r * t)
    n1, p1, q1 = normal_by_hand(d1)
    n2, p2, q2 = normal_by_hand(d1 - w)
    b = kd * p2  # minus the derivative by d2
    d = s * p1 - b  # the derivative by d1 and d2 together
    sw, d1_v, kn = s * w, d1 / v, kd * n2
    delta = n1 + d / sw
    theta = d * (drift / w - d1 * 0.5) / t + b * v * 0.5 / root + r * kn
    vega = (d + b) * root - d * d1_v
    rho = d * root / v + t * kn
    gamma = (p1 + q1 / w - kd * q2 / sw + b / s) / sw
    return s * n1 - kn, delta, theta, vega, rho, gamma


def normal_into(x: Any, n: Any, p: Any, q: Any, u: Any) -> None:
    """Fill ``n``, ``p`` and ``q`` as ``normal_by_hand`` does; ``u`` is scratch."""
    np.multiply(x, x, u)
    np.multiply(u, A, n)
    np.add(n, 1, n)
    np.multiply(n, x, n)
    np.multiply(n, C, n)
    np.tanh(n, n)
    np.multiply(u, 3 * A * C, u)
    np.add(u, C, u)
    np.multiply(n, u, p)
    np.multiply(p, u, p)
    np.multiply(x, 3 * A * C, q)
    np.subtract(q, p, q)  # 3ACx - tanh u^2
    np.multiply(n, n, p)
    np.subtract(1, p, p)
    np.multiply(q, p, q)
    np.multiply(p, u, p)
    np.multiply(p, 0.5, p)
    np.add(n, 1, n)
    np.multiply(n, 0.5, n)


def with_out(*args: Any) -> Any:
    n = len(args[0])
    outs = [np.empty(n) for _ in range(6)]
    scratch = [np.empty(min(n, BLOCK)) for _ in range(13)]

    def run(s: Any, k: Any, t: Any, v: Any, r: float) -> Any:
        for part in blocks(s, k, t, v, *outs):
            short = [a[: len(part[0])] for a in scratch]
            fill_block(r, part[:4], part[4:], short)
        return tuple(outs)

    return run


def fill_block(r: float, option: Any, outs: Any, scratch: Any) -> None:
    """Fill one block of the outputs, as ``by_hand`` does."""
    s, k, t, v = option
    price, delta, theta, vega, rho, gamma = outs
    root, w, drift, d1, kd, n1, p1, q1, n2, p2, q2, sw, a = scratch
    np.sqrt(t, root)
    np.multiply(v, root, w)
    np.multiply(v, v, drift)
    np.multiply(drift, 0.5, drift)
    np.add(drift, r, drift)
    np.multiply(drift, t, drift)
    np.divide(s, k, d1)
    np.log(d1, d1)
    np.add(d1, drift, d1)
    np.divide(d1, w, d1)
    np.multiply(t, -r, kd)
    np.exp(kd, kd)
    np.multiply(kd, k, kd)
    normal_into(d1, n1, p1, q1, a)
    np.subtract(d1, w, sw)
    normal_into(sw, n2, p2, q2, a)
    b, d = np.multiply(p2, kd, p2), np.multiply(s, p1, a)
    np.subtract(d, b, d)
    np.multiply(s, w, sw)
    fill_gamma(s, w, kd, p1, q1, q2, b, sw, gamma)
    kn = np.multiply(kd, n2, n2)
    np.multiply(s, n1, price)
    np.subtract(price, kn, price)
    np.divide(d, sw, delta)
    np.add(delta, n1, delta)
    np.add(d, b, vega)
    np.multiply(vega, root, vega)
    np.divide(d1, v, sw)
    np.multiply(sw, d, sw)
    np.subtract(vega, sw, vega)
    np.divide(drift, w, theta)
    np.multiply(d1, 0.5, d1)
    np.subtract(theta, d1, theta)
    np.multiply(theta, d, theta)
    np.divide(theta, t, theta)
    np.multiply(b, v, b)
    np.multiply(b, 0.5, b)
    np.divide(b, root, b)
    np.add(theta, b, theta)
    np.multiply(kn, r, b)
    np.add(theta, b, theta)
    np.multiply(d, root, rho)
    np.divide(rho, v, rho)
    np.multiply(kn, t, kn)
    np.add(rho, kn, rho)


def fill_gamma(
    s: Any, w: Any, kd: Any, p1: Any, q1: Any, q2: Any, b: Any, sw: Any, gamma: Any
) -> None:
    """Fill ``gamma``; ``q1`` and ``q2`` are used up."""
    np.divide(q1, w, q1)
    np.add(q1, p1, gamma)
    np.multiply(q2, kd, q2)
    np.divide(q2, sw, q2)
    np.subtract(gamma, q2, gamma)
    np.divide(b, s, q2)
    np.add(gamma, q2, gamma)
    np.divide(gamma, sw, gamma)


def blackscholes(n: int) -> dict[str, Runner]:
    """Price and five greeks of many options, by ``vmap`` of gradients."""
    rng = np.random.default_rng(0)
    s, k = rng.uniform(80, 120, n), rng.uniform(80, 120, n)
    t, v = rng.uniform(0.2, 2, n), rng.uniform(0.1, 0.5, n)
    return runners(program, (s, k, t, v, 0.03), ("jax",), by_hand, with_out)


WORKLOADS = [Workload("blackscholes", blackscholes, {"n": 1_000_000}, {"n": BLOCK + 9})]
