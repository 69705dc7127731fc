"""custom_linear_solve and custom_root beside JAX, formulas and unrolled loops."""

import numpy as np
import pytest

import fgrad
from fgrad import grad, hessian, jacfwd, jacrev, jit, jvp, linearize, vjp, vmap
from fgrad import lax as fgrad_lax
from fgrad.lax import custom_linear_solve, custom_root, fori_loop, scan, while_loop
from fgrad.test_util import check_grads

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 3)) + 4 * np.eye(3)
B = RNG.normal(size=3)


class Library:
    """The same programs in fgrad or in JAX."""

    def __init__(self, numpy, lax, jacobian, grad):
        self.np, self.lax, self.jacobian, self.grad = numpy, lax, jacobian, grad

    def direct(self, matvec, b):
        return self.np.linalg.solve(self.jacobian(matvec)(b), b)

    def solution(self, a, b):
        """Solve a system with any matrix."""
        matvec = lambda x: a @ x
        return self.lax.custom_linear_solve(matvec, b, self.direct, self.direct)

    def conjugate_gradients(self, matvec, b):
        """Solve a symmetric system by a loop that stops when it has converged."""
        tiny = 1e-300  # under vmap the loop goes on for elements that are done

        def step(state):
            x, r, p, rr = state
            q = matvec(p)
            rate = rr / (p @ q + tiny)
            x, r = x + rate * p, r - rate * q
            return x, r, r + (r @ r) / (rr + tiny) * p, r @ r

        start = (0 * b, b, b, b @ b)
        x, _, _, left = self.lax.while_loop(lambda s: s[3] > 1e-26, step, start)
        return x, {"left": left}

    def symmetric(self, a, b):
        both = a + a.T  # symmetric in every direction in which a may change
        x, _ = self.lax.custom_linear_solve(
            lambda x: both @ x,
            b,
            self.conjugate_gradients,
            symmetric=True,
            has_aux=True,
        )
        return x

    def triangular(self, d, b):
        """Solve a system whose unknowns are a dict."""

        def matvec(x):
            return {"p": d[0] * x["p"] + d[2] * x["q"], "q": d[1] * x["q"]}

        def solve(_, b):
            q = b["q"] / d[1]
            return {"p": (b["p"] - d[2] * q) / d[0], "q": q}

        def transpose_solve(_, b):
            p = b["p"] / d[0]
            return {"p": p, "q": (b["q"] - d[2] * p) / d[1]}

        x = self.lax.custom_linear_solve(matvec, b, solve, transpose_solve)
        return x["p"] * x["q"]

    def newton(self, f, u):
        def step(state):
            u, _ = state
            change = self.np.linalg.solve(self.jacobian(f)(u), f(u))
            return u - change, self.np.sum(change**2)

        start = (u, 1.0 + 0 * self.np.sum(u))
        return self.lax.while_loop(lambda s: s[1] > 1e-28, step, start)[0]

    def equations(self, a):
        np = self.np
        return lambda u: np.stack(
            [u[0] ** 2 + a[0] * u[1] - 2, u[1] ** 3 + np.sin(u[0] * a[1]) - 1]
        )

    def root(self, a, guess):
        return self.lax.custom_root(
            self.equations(a), guess, self.newton, lambda g, y: self.direct(g, y)
        )

    def root_by_solve(self, a, guess):
        """Find the same root; the tangents come from custom_linear_solve."""

        def tangent_solve(g, y):
            return self.lax.custom_linear_solve(g, y, self.direct, self.direct)

        return self.lax.custom_root(
            self.equations(a), guess, self.newton, tangent_solve
        )

    def sqrt(self, a):
        def newton(f, x):
            step = lambda _, x: x - f(x) / self.grad(f)(x)
            return self.lax.fori_loop(0, 30, step, x)

        root = self.lax.custom_root
        return root(lambda x: x * x - a, 1.0, newton, lambda g, y: y / g(1.0))


MINE = Library(np, fgrad_lax, jacfwd, grad)
POINT, GUESS = np.array([0.7, 0.4]), np.array([1.0, 1.0])
PROGRAMS = {
    "solution": (A, B),
    "symmetric": (A, B),
    "triangular": (np.array([2.0, 3.0, 0.5]), {"p": B, "q": B + 1}),
    "root": (POINT, GUESS),
    "root_by_solve": (POINT, GUESS),
}


@pytest.fixture(scope="module")
def theirs():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax, Library(jax.numpy, jax.lax, jax.jacfwd, jax.grad)


def assert_same(got, want, rtol=1e-8):
    leaves = fgrad.tree.leaves(want)
    for x, y in zip(fgrad.tree.leaves(got), leaves, strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=1e-10)


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_derivatives_are_those_of_jax(name, theirs):
    jax, library = theirs
    args = PROGRAMS[name]
    f, g = getattr(MINE, name), getattr(library, name)
    cubed = lambda f: lambda *args: (f(*args) ** 3).sum()
    mine, other = cubed(f), cubed(g)
    assert_same(f(*args), g(*args))
    assert_same(jit(f)(*args), g(*args))
    want = jax.grad(other, (0, 1))(*args)
    assert_same(grad(mine, (0, 1))(*args), want)
    assert_same(jit(grad(mine, (0, 1)))(*args), want)
    assert_same(grad(jit(mine), (0, 1))(*args), want)
    assert_same(jacfwd(mine, (0, 1))(*args), want)
    assert_same(linearize(mine, *args)[1](*args), jax.jvp(other, args, args)[1])


@pytest.mark.parametrize("name", ["solution", "symmetric", "root", "root_by_solve"])
def test_second_derivatives_are_those_of_jax(name, theirs):
    jax, library = theirs
    args = PROGRAMS[name]
    cubed = lambda f: lambda x: (f(x, args[1]) ** 3).sum()
    mine = cubed(getattr(MINE, name))
    want = jax.hessian(cubed(getattr(library, name)))(args[0])
    for second in (hessian, lambda f: jacrev(jacrev(f)), lambda f: jacrev(jacfwd(f))):
        assert_same(second(mine)(args[0]), want)
    assert_same(jit(hessian(mine))(args[0]), want)


@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)])
@pytest.mark.parametrize("name", ["solution", "root", "root_by_solve"])
def test_vmap_is_a_loop(name, axes):
    x, y = PROGRAMS[name]
    f = getattr(MINE, name)
    cubed = lambda *args: (f(*args) ** 3).sum()
    xs = x + 0.1 * RNG.normal(size=(4, *x.shape)) if axes[0] == 0 else x
    ys = y + 0.1 * RNG.normal(size=(4, *y.shape)) if axes[1] == 0 else y
    pairs = [
        (xs[i] if axes[0] == 0 else xs, ys[i] if axes[1] == 0 else ys) for i in range(4)
    ]
    gradient = grad(cubed, (0, 1))
    stacked = lambda f: [np.stack(z) for z in zip(*(f(*pair) for pair in pairs))]
    assert_same(vmap(f, axes)(xs, ys), np.stack([f(*pair) for pair in pairs]))
    assert_same(vmap(gradient, axes)(xs, ys), stacked(gradient))
    assert_same(jit(vmap(gradient, axes))(xs, ys), stacked(gradient))
    total = lambda xs, ys: (vmap(f, axes)(xs, ys) ** 3).sum()
    for i, want in enumerate(stacked(gradient)):
        found = grad(total, i)(xs, ys)
        assert_same(found, want if axes[i] == 0 else want.sum(0))


def test_complex_systems_are_transposed_not_conjugated(theirs):
    jax, _ = theirs
    a, b = A + 1j * A.T, B + 2j

    def solution(lax, solve):
        return lambda a, b: lax.custom_linear_solve(
            lambda x: a @ x, b, lambda _, b: solve(a, b), lambda _, b: solve(a.T, b)
        )

    _, pull = vjp(solution(fgrad_lax, np.linalg.solve), a, b)
    _, want = jax.vjp(solution(jax.lax, jax.numpy.linalg.solve), a, b)
    assert_same(pull(b), want(jax.numpy.asarray(b)))


# -- against formulas and unrolled loops -------------------------------------------


def test_check_grads():
    check_grads(MINE.solution, (A, B), order=2)
    check_grads(MINE.symmetric, (A, B), order=2)
    check_grads(lambda a: MINE.root(a, GUESS), (POINT,), order=2)
    check_grads(lambda a: MINE.root_by_solve(a, GUESS), (POINT,), order=2)


def test_gradient_of_a_solution_is_that_of_numpy_solve():
    mine = grad(lambda a, b: (MINE.solution(a, b) ** 2).sum(), (0, 1))
    want = grad(lambda a, b: (np.linalg.solve(a, b) ** 2).sum(), (0, 1))
    assert_same(mine(A, B), want(A, B), rtol=1e-12)


def test_derivatives_of_a_root_to_third_order():
    third = grad(grad(grad(MINE.sqrt)))
    np.testing.assert_allclose(third(4.0), 3 / 8 * 4**-2.5, rtol=1e-12)
    np.testing.assert_allclose(jit(third)(4.0), 3 / 8 * 4**-2.5, rtol=1e-12)
    value, tangent = jvp(MINE.sqrt, (4.0,), (1.0,))
    np.testing.assert_allclose([value, tangent], [2.0, 0.25], rtol=1e-14)


def test_implicit_and_unrolled_gradients_agree():
    cosine = lambda a: lambda x: x - np.cos(a * x)

    def solve(f, x):
        state = (x, x + 1.0)
        step = lambda s: (s[0] - f(s[0]), s[0])
        return while_loop(lambda s: abs(s[0] - s[1]) > 1e-14, step, state)[0]

    unrolled = lambda a: solve(cosine(a), np.float64(1.0))
    implicit = lambda a: custom_root(cosine(a), 1.0, solve, lambda g, y: y / g(1.0))
    np.testing.assert_allclose(implicit(0.8), unrolled(0.8), rtol=1e-13)
    np.testing.assert_allclose(grad(implicit)(0.8), grad(unrolled)(0.8), rtol=1e-12)
    np.testing.assert_allclose(
        grad(grad(implicit))(0.8), grad(grad(unrolled))(0.8), rtol=1e-9
    )


def test_the_backward_pass_does_not_run_the_solver():
    runs = []

    def solve(f, x):
        runs.append(1)
        return MINE.newton(f, x)

    def loss(a):
        root = custom_root(MINE.equations(a), GUESS, solve, lambda g, y: 0 * y)
        return root.sum()

    # What tangent_solve says is believed, so the gradient is zero.
    np.testing.assert_array_equal(grad(loss)(POINT), np.zeros(2))
    assert len(runs) == 1


def test_aux_is_returned_and_has_no_derivative():
    def loss(a):
        x, aux = custom_linear_solve(
            lambda x: a * x, B, lambda _, b: (b / a, {"a": a}),
            symmetric=True, has_aux=True,
        )  # fmt: skip
        return x.sum() + aux["a"].sum(), aux

    ones = np.ones(3)
    gradient, aux = grad(loss, has_aux=True)(2 * ones)
    np.testing.assert_array_equal(gradient, -B / 4)
    np.testing.assert_array_equal(aux["a"], 2 * ones)
    tangent = jvp(lambda a: loss(a)[1]["a"], (ones,), (ones,))[1]
    np.testing.assert_array_equal(tangent, 0 * ones)

    def root(a):
        solve = lambda f, x: (a + x - x, (f(x), 3))
        return custom_root(
            lambda x: x - a, 2 * a, solve, lambda g, y: y / g(1.0), has_aux=True
        )

    value, (left, three) = root(1.5)
    assert (value, left, three) == (1.5, 1.5, 3)
    assert grad(lambda a: root(a)[0] + root(a)[1][0])(1.5) == 1.0


def test_inside_loops_branches_and_other_roots():
    def newton(f, u):
        return fori_loop(0, 30, lambda _, u: u - f(u) / grad(f)(u), u)

    divide = lambda g, y: y / g(1.0)

    def loss(a):
        def step(total, x):
            found = fgrad_lax.cond(
                total > 2.0,
                lambda: MINE.sqrt(a * x + total),
                lambda: custom_root(
                    lambda u: MINE.sqrt(u) - a * x,
                    0.01,
                    newton,
                    divide,
                ),
            )
            return total + found, found

        total, found = scan(step, np.float64(0.0), np.array([0.5, 1.0, 1.5]))
        return total * found[-1]

    def plain(a):
        total = 0.0
        for x in (0.5, 1.0, 1.5):
            found = np.sqrt(a * x + total) if total > 2.0 else (a * x) ** 2
            total = total + found
        return total * found

    for f in (loss, jit(loss)):
        np.testing.assert_allclose(f(1.4), plain(1.4), rtol=1e-12)
        np.testing.assert_allclose(grad(f)(1.4), grad(plain)(1.4), rtol=1e-12)
    np.testing.assert_allclose(hessian(loss)(1.4), hessian(plain)(1.4), rtol=1e-10)
    points = np.array([0.9, 1.4])
    want = [grad(plain)(x) for x in points]
    np.testing.assert_allclose(vmap(grad(loss))(points), want, rtol=1e-12)


def test_float32_stays_float32():
    one = np.float32(1.0)

    def f(a):
        newton = lambda f, x: fori_loop(0, 20, lambda _, x: x - f(x) / grad(f)(x), x)
        return custom_root(lambda x: x * x - a, one, newton, lambda g, y: y / g(one))

    assert f(np.float32(4.0)).dtype == grad(f)(np.float32(4.0)).dtype == np.float32


def test_python_numbers_are_unknowns():
    divide = lambda matvec, b: b / matvec(1.0)
    f = lambda a, b: custom_linear_solve(lambda x: a * x, b, divide, symmetric=True)
    assert f(2.0, 3.0) == 1.5
    assert grad(f, (0, 1))(2.0, 3.0) == (-0.75, 0.5)


def test_the_initial_guess_has_no_derivative():
    assert_same(grad(lambda g: MINE.root(POINT, g).sum())(GUESS), np.zeros(2))


def test_other_names_of_lax():
    assert fgrad_lax.stop_gradient is fgrad.stop_gradient
    double, triple = (lambda x: 2 * x), (lambda x: 3 * x)
    assert fgrad_lax.platform_dependent(1.0, cpu=double, default=triple) == 2.0
    assert fgrad_lax.platform_dependent(1.0, tpu=double, default=triple) == 3.0


def test_forward_mode_needs_no_transpose():
    f = lambda a: custom_linear_solve(lambda x: a * x, B, lambda _, b: b / a).sum()
    tangent = jvp(f, (np.ones(3),), (np.ones(3),))[1]
    np.testing.assert_allclose(tangent, -B.sum(), rtol=1e-12)
