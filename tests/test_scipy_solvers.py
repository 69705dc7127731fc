"""Solvers that take functions: minimisers, initial value problems, Krylov methods."""

import numpy as np
import pytest

import fgrad

scipy = pytest.importorskip("scipy")
from fgrad.scipy import integrate, optimize  # noqa: E402

T = np.array([0.0, 0.3, 1.0, 1.1])


def rosen(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


# -- optimize ------------------------------------------------------------------------


METHODS = ["BFGS", "L-BFGS-B", "Newton-CG", "trust-ncg", "trust-exact", "CG", "SLSQP",
           "Nelder-Mead"]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_minimum(method):
    start = np.array([-0.5, 0.8, 1.2])
    found = optimize.minimize(rosen, start, method=method, tol=1e-9,
                              options={"maxiter": 3000})  # fmt: skip
    np.testing.assert_allclose(found.x, np.ones(3), atol=1e-3)
    assert isinstance(found, optimize.OptimizeResults)


def test_unknowns_are_a_tree():
    loss = lambda p, k: np.sum((p["a"] - k) ** 2) + (p["b"] - 1.0) ** 4
    found = optimize.minimize(loss, {"a": np.zeros((2, 2)), "b": 1.5}, (3.0,))
    np.testing.assert_allclose(found.x["a"], np.full((2, 2), 3.0), atol=1e-4)
    assert found.jac["a"].shape == (2, 2)


def test_roots_and_least_squares_of_trees():
    equations = lambda p: {"x": p["x"] ** 2 - 2.0, "y": p["x"] * p["y"] - 1.0}
    found = optimize.root(equations, {"x": 1.0, "y": 1.0})
    np.testing.assert_allclose(found.x["y"], 1 / np.sqrt(2.0))
    found = optimize.least_squares(equations, {"x": 1.0, "y": 1.0})
    np.testing.assert_allclose(found.x["x"], np.sqrt(2.0))


@pytest.mark.parametrize("name", ["grad", "jit", "vmap"])
def test_a_search_is_not_traced(name):
    transform = getattr(fgrad, name)
    f = lambda x: optimize.minimize(rosen, x).fun
    with pytest.raises(TypeError, match=r"minimize\(rosen\).*custom_root"):
        transform(f)(np.ones((2, 2)) if name == "vmap" else np.ones(2))
    g = lambda a: optimize.minimize(lambda x: np.sum((x - a) ** 2), np.ones(2)).fun
    with pytest.raises(TypeError, match="custom_root"):
        fgrad.grad(g)(1.0)


def test_integers_are_no_unknowns():
    with pytest.raises(TypeError, match=r"1\.0 for 1"):
        optimize.minimize(rosen, np.array([1, 2]))


# -- integrate -----------------------------------------------------------------------


def pendulum(y, t, g):
    return {"a": y["v"], "v": -g * np.sin(y["a"]) + 0.1 * t}


def swing(g, a, t):
    y = integrate.odeint(pendulum, {"a": a, "v": 0.0}, t, g, rtol=1e-9, atol=1e-9)
    return y["a"]


def test_solutions_are_those_of_scipy():
    flat = lambda t, y: [y[1], -9.8 * np.sin(y[0]) + 0.1 * t]
    expected = scipy.integrate.solve_ivp(
        flat, (0, 1.1), [0.4, 0.0], t_eval=T, rtol=1e-11, atol=1e-11
    )
    for f in (swing, fgrad.jit(swing)):
        np.testing.assert_allclose(f(9.8, 0.4, T), expected.y[0], atol=1e-7)
    back = integrate.odeint(lambda y, t: -y, np.exp(-1.1), T[::-1])
    np.testing.assert_allclose(back, np.exp(-T[::-1]), rtol=1e-6)


def test_derivatives_by_everything():
    f = lambda g, a, t: np.sum(swing(g, a, t) * np.array([1.0, 2.0, -1.0, 0.5]))
    args = (9.8, 0.4, T)
    got = fgrad.grad(f, (0, 1, 2))(*args)
    pushed = fgrad.jvp(f, args, (1.0, 1.0, np.cos(T)))[1]
    np.testing.assert_allclose(pushed, got[0] + got[1] + got[2] @ np.cos(T), rtol=1e-8)
    eps = 1e-5
    for i, e in [(0, eps), (1, eps), (2, eps * np.eye(4)[2]), (2, eps * np.eye(4)[0])]:
        ahead, behind = ([x + s * e if i == j else x for j, x in enumerate(args)]
                         for s in (1, -1))  # fmt: skip
        slope = (f(*ahead) - f(*behind)) / (2 * eps)
        np.testing.assert_allclose(np.sum(got[i] * e) / eps, slope, rtol=1e-4)
    for x, y in zip(fgrad.jit(fgrad.grad(f, (0, 1, 2)))(*args), got):
        np.testing.assert_allclose(x, y, rtol=1e-9)


def test_gradients_are_those_of_jax():
    jax = pytest.importorskip("jax")
    from jax.experimental.ode import odeint

    with jax.enable_x64(True):
        theirs = lambda k: odeint(lambda y, t, k: -k * y**2, 1.0, T, k)[-1]
        expected = jax.grad(theirs)(0.7)
    ours = lambda k: integrate.odeint(lambda y, t, k: -k * y**2, 1.0, T, k)[-1]
    np.testing.assert_allclose(fgrad.grad(ours)(0.7), expected, rtol=1e-6)


def test_mapped_problems_take_steps_of_their_own():
    ks = np.array([0.1, 30.0])
    f = lambda k: integrate.odeint(lambda y, t: -k * y, 1.0, T)
    np.testing.assert_allclose(fgrad.vmap(f)(ks), np.exp(-np.outer(ks, T)), atol=1e-6)


def test_too_few_steps_give_nan_and_bad_arguments_messages():
    y = integrate.odeint(lambda y, t: -50 * y, 1.0, T, mxstep=2)
    assert np.isnan(y[1:]).all() and y[0] == 1.0
    with pytest.raises(TypeError, match="tree like y0"):
        integrate.odeint(lambda y, t: (y, y), 1.0, T)
    with pytest.raises(ValueError, match="vector of times"):
        integrate.odeint(lambda y, t: y, 1.0, 0.5)
    with pytest.raises(TypeError, match=r"1\.0 for 1"):
        integrate.odeint(lambda y, t: y, 1, T)


def test_second_derivatives_single_precision_and_complex_states():
    end = lambda f, y, t=T[[0, 2]], **kw: integrate.odeint(f, y, t, **kw)[-1]
    decay = lambda k: end(lambda y, t: -k * y, 1.0)
    np.testing.assert_allclose(fgrad.hessian(decay)(1.0), np.exp(-1), rtol=1e-6)
    y = end(lambda y, t: -y, np.float32(1.0), rtol=1e-5)
    assert y.dtype == np.float32
    turn = lambda k: end(lambda y, t: 1j * k * y, 1.0 + 0j)
    t = fgrad.jvp(turn, (1.0,), (1.0,))[1]
    np.testing.assert_allclose(t, 1j * np.exp(1j), rtol=1e-6)


def test_one_time_and_no_state():
    f = lambda y, t: -y
    assert integrate.odeint(f, 1.0, np.zeros(1)).tolist() == [1.0]
    assert integrate.odeint(f, np.zeros((2, 0)), T).shape == (4, 2, 0)
