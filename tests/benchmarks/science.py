"""An ODE with four parameters, and the likelihood of a Gaussian process."""

from __future__ import annotations

from typing import Any

import numpy as np

from .peers import Library, runners
from .timing import Runner
from .workload import Workload

DT = 0.01
START = (1.0, 1.0)

# -- Lotka-Volterra by RK4 -----------------------------------------------------------


def ode_program(steps: int) -> Any:
    """Return the program of that many steps."""

    def program(lib: Library) -> Any:
        def loss(a: Any, b: Any, c: Any, d: Any) -> Any:
            def slope(x: Any, y: Any) -> Any:
                return a * x - b * x * y, d * x * y - c * y

            def step(_: Any, state: Any) -> Any:
                x, y = state
                x1, y1 = slope(x, y)
                x2, y2 = slope(x + DT / 2 * x1, y + DT / 2 * y1)
                x3, y3 = slope(x + DT / 2 * x2, y + DT / 2 * y2)
                x4, y4 = slope(x + DT * x3, y + DT * y3)
                return (
                    x + DT / 6 * (x1 + 2 * x2 + 2 * x3 + x4),
                    y + DT / 6 * (y1 + 2 * y2 + 2 * y3 + y4),
                )

            x, y = lib.lax.fori_loop(0, steps, step, START)
            return (x - 2) ** 2 + (y - 1) ** 2

        return lib.jit(lib.grad(loss, (0, 1, 2, 3)))

    return program


def ode_forward(steps: int, a: float, b: float, c: float, d: float) -> Any:
    """Return the last state, and the four pairs at which each step took slopes."""
    x, y = START
    half, sixth, kept = DT / 2, DT / 6, []
    for _ in range(steps):
        xy = x * y
        x1, y1 = a * x - b * xy, d * xy - c * y
        p2, q2 = x + half * x1, y + half * y1
        xy = p2 * q2
        x2, y2 = a * p2 - b * xy, d * xy - c * q2
        p3, q3 = x + half * x2, y + half * y2
        xy = p3 * q3
        x3, y3 = a * p3 - b * xy, d * xy - c * q3
        p4, q4 = x + DT * x3, y + DT * y3
        xy = p4 * q4
        x4, y4 = a * p4 - b * xy, d * xy - c * q4
        kept.append((x, y, p2, q2, p3, q3, p4, q4))
        x += sixth * (x1 + 2 * (x2 + x3) + x4)
        y += sixth * (y1 + 2 * (y2 + y3) + y4)
    return x, y, kept


def ode_by_hand(steps: int) -> Any:
    """Return the gradient on Python's floats: the adjoint of every step, backwards."""
    half, third, sixth = DT / 2, DT / 3, DT / 6

    def run(a: float, b: float, c: float, d: float) -> Any:
        x, y, kept = ode_forward(steps, a, b, c, d)
        u, v = 2 * (x - 2), 2 * (y - 1)  # the derivative by the state
        da = db = dc = dd = 0.0
        for x, y, p2, q2, p3, q3, p4, q4 in reversed(kept):
            # of each slope: s by its first part, t by its second
            s, t = sixth * u, sixth * v
            s4, t4, r4 = s, t, d * t - b * s
            f, g = a * s + q4 * r4, p4 * r4 - c * t
            du, dv = f, g
            s3, t3 = third * u + DT * f, third * v + DT * g
            r3 = d * t3 - b * s3
            f, g = a * s3 + q3 * r3, p3 * r3 - c * t3
            du, dv = du + f, dv + g
            s2, t2 = third * u + half * f, third * v + half * g
            r2 = d * t2 - b * s2
            f, g = a * s2 + q2 * r2, p2 * r2 - c * t2
            du, dv = du + f, dv + g
            s1, t1 = sixth * u + half * f, sixth * v + half * g
            r1 = d * t1 - b * s1
            xy, xy2, xy3, xy4 = x * y, p2 * q2, p3 * q3, p4 * q4
            da += s1 * x + s2 * p2 + s3 * p3 + s4 * p4
            dc -= t1 * y + t2 * q2 + t3 * q3 + t4 * q4
            db -= s1 * xy + s2 * xy2 + s3 * xy3 + s4 * xy4
            dd += t1 * xy + t2 * xy2 + t3 * xy3 + t4 * xy4
            u += du + a * s1 + y * r1
            v += dv + x * r1 - c * t1
        return da, db, dc, dd

    return run


def ode(steps: int) -> dict[str, Runner]:
    """Gradient of RK4 steps; floats have no ``out=``, so both hands are one."""
    hand = ode_by_hand(steps)
    args = (1.1, 0.4, 0.4, 0.1)
    return runners(ode_program(steps), args, ("jax",), hand, lambda *args: hand)


# -- Gaussian process ----------------------------------------------------------------


def gp_program(lib: Library) -> Any:
    np = lib.np

    def loss(amplitude: Any, length: Any, noise: Any, x: Any, y: Any) -> Any:
        distances = (x[:, None] - x[None, :]) ** 2
        k = amplitude**2 * np.exp(-distances / (2 * length**2))
        lower = np.linalg.cholesky(k + noise**2 * np.eye(len(y)))
        z = np.linalg.solve(lower, y)
        return np.sum(z**2) / 2 + np.sum(np.log(np.diag(lower)))

    return lib.jit(lib.value_and_grad(loss, (0, 1, 2)))


def gp_by_hand(amplitude: Any, length: Any, noise: Any, x: Any, y: Any) -> Any:
    """Return the closed form: half the trace of (K^-1 - w w') dK, w = K^-1 y."""
    distances = (x[:, None] - x[None, :]) ** 2
    k = amplitude**2 * np.exp(distances * (-0.5 / length**2))
    full = k.copy()
    full.flat[:: len(y) + 1] += noise**2
    lower, inverse = np.linalg.cholesky(full), np.linalg.inv(full)
    w = inverse @ y
    value = y @ w / 2 + np.log(np.diag(lower)).sum()
    inverse -= np.outer(w, w)
    dnoise = noise * np.trace(inverse)
    inverse *= k
    damplitude = inverse.sum() / amplitude
    dlength = np.vdot(inverse, distances) / (2 * length**3)
    return value, (damplitude, dlength, dnoise)


def gp_with_out(amplitude: Any, length: Any, noise: Any, x: Any, y: Any) -> Any:
    n = len(y)
    distances, k, full = (np.empty((n, n)) for _ in range(3))

    def run(amplitude: Any, length: Any, noise: Any, x: Any, y: Any) -> Any:
        np.subtract(x[:, None], x, distances)
        np.multiply(distances, distances, distances)
        np.multiply(distances, -0.5 / length**2, k)
        np.exp(k, k)
        np.multiply(k, amplitude**2, k)
        np.copyto(full, k)
        full.reshape(-1)[:: n + 1] += noise**2
        lower, inverse = np.linalg.cholesky(full), np.linalg.inv(full)
        w = inverse.dot(y)
        value = y.dot(w) / 2 + np.add.reduce(np.log(lower.reshape(-1)[:: n + 1]))
        np.multiply(w[:, None], w, full)
        np.subtract(inverse, full, full)
        dnoise = noise * np.add.reduce(full.reshape(-1)[:: n + 1])
        np.multiply(full, k, full)
        damplitude = np.add.reduce(full, None) / amplitude
        dlength = np.vdot(full, distances) / (2 * length**3)
        return value, (damplitude, dlength, dnoise)

    return run


def gp(n: int) -> dict[str, Runner]:
    """Log marginal likelihood by Cholesky, and its gradient by three parameters."""
    x = np.linspace(0, 10, n)
    args = (1.3, 0.8, 0.3, x, np.sin(x) + 0.3 * np.cos(17 * x))
    return runners(gp_program, args, ("jax", "autograd"), gp_by_hand, gp_with_out)


WORKLOADS = [
    Workload("ode", ode, {"steps": 1000}, {"steps": 5}),
    Workload("gp", gp, {"n": 300}, {"n": 8}),
]
