"""custom_vjp, custom_jvp and stop_gradient, against JAX where it has an answer."""

import functools

import numpy as np
import pytest

import fgrad.numpy as fnp
from fgrad.compiler.jit import jit
from fgrad.core import evaluate
from fgrad.pytree import tree_leaves, tree_structure
from fgrad.transforms.custom_jvp import custom_jvp
from fgrad.transforms.custom_rules import SymbolicZero
from fgrad.transforms.custom_vjp import custom_vjp
from fgrad.transforms.grad import grad, value_and_grad
from fgrad.transforms.jacobian import hessian, jacfwd, jacrev
from fgrad.transforms.jvp import jvp, linearize
from fgrad.transforms.pull import float0
from fgrad.transforms.staging import make_jaxpr
from fgrad.transforms.stop_gradient import stop_gradient
from fgrad.transforms.vjp import vjp
from fgrad.transforms.vmap import vmap


class Fgrad:
    np = fnp
    custom_vjp, custom_jvp = custom_vjp, custom_jvp
    stop_gradient = staticmethod(stop_gradient)
    grad, value_and_grad, jvp, vjp = map(staticmethod, (grad, value_and_grad, jvp, vjp))
    jacfwd, jacrev, hessian = map(staticmethod, (jacfwd, jacrev, hessian))
    jit, vmap, linearize = map(staticmethod, (jit, vmap, linearize))


@pytest.fixture(scope="module")
def jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)

    class Jax:
        np = jax.numpy
        stop_gradient = staticmethod(jax.lax.stop_gradient)

        def __getattr__(self, name):
            return getattr(jax, name)

    return Jax()


def agree(got, want):
    assert tree_structure(got) == tree_structure(want)
    for g, w in zip(tree_leaves(got), tree_leaves(want), strict=True):
        if np.asarray(w).dtype == float0:
            assert g.dtype == float0 and g.shape == np.shape(w)
            continue
        np.testing.assert_allclose(g, np.asarray(w), rtol=1e-12, atol=1e-12)


X = np.array([0.3, -1.2, 2.5])
Y = np.array([1.5, 0.4, -0.7])


# -- functions with rules that are recognisable: the derivative is not that of fun ---


def bent_vjp(F, **options):
    """x * sin(y), with a cotangent for x that is 3 times too large."""

    @F.custom_vjp
    def f(x, y):
        return x * F.np.sin(y)

    def fwd(x, y):
        return x * F.np.sin(y), (F.np.sin(y), x * F.np.cos(y))

    f.defvjp(fwd, lambda res, ct: (3.0 * ct * res[0], ct * res[1]), **options)
    return f


def bent_jvp(F):
    @F.custom_jvp
    def f(x, y):
        return x * F.np.sin(y)

    @f.defjvp
    def f_jvp(primals, tangents):
        (x, y), (tx, ty) = primals, tangents
        return f(x, y), 3.0 * tx * F.np.sin(y) + x * F.np.cos(y) * ty

    return f


def pieced_jvp(F):
    f = F.custom_jvp(lambda x, y: x * F.np.sin(y))
    f.defjvps(
        lambda t, z, x, y: 3.0 * t * F.np.sin(y), lambda t, z, x, y: t * x * F.np.cos(y)
    )
    return f


def rounding(F):
    """A straight-through estimator: control flow-free, no residuals."""
    f = F.custom_vjp(lambda x, y: F.np.floor(x) + y)
    f.defvjp(lambda x, y: (F.np.floor(x) + y, None), lambda _, ct: (ct, None))
    return f


REVERSE = {
    "grad": lambda F, f: F.grad(f)(0.7, 1.3),
    "grad both": lambda F, f: F.grad(f, (0, 1))(0.7, 1.3),
    "grad y": lambda F, f: F.grad(f, 1)(0.7, 1.3),
    "keywords": lambda F, f: F.grad(lambda x: f(y=x, x=2.0 * x))(0.7),
    "value": lambda F, f: F.value_and_grad(lambda x: F.np.sum(f(x, x)))(X),
    "twice used": lambda F, f: F.grad(lambda x: f(f(x, x), x))(0.7),
    "vjp": lambda F, f: F.vjp(f, X, Y)[1](Y),
    "jacrev": lambda F, f: F.jacrev(f, (0, 1))(X, Y),
    "grad grad": lambda F, f: F.grad(F.grad(f))(0.7, 1.3),
    "grad grad y": lambda F, f: F.grad(F.grad(f, 1), 1)(0.7, 1.3),
    "grad grad xy": lambda F, f: F.grad(F.grad(f, 1), 0)(0.7, 1.3),
    "grad3": lambda F, f: F.grad(F.grad(F.grad(lambda x: f(x, x) * x)))(0.7),
    "hessian": lambda F, f: F.hessian(lambda x: F.np.sum(f(x, x) * x))(X),
    "jvp grad": lambda F, f: F.jvp(F.grad(f, 1), (0.7, 1.3), (1.0, 2.0)),
    "vmap": lambda F, f: F.vmap(f)(X, Y),
    "vmap grad": lambda F, f: F.vmap(F.grad(f, (0, 1)))(X, Y),
    "vmap grad shared": lambda F, f: F.vmap(F.grad(f, (0, 1)), (0, None))(X, 0.4),
    "grad vmap": lambda F, f: F.grad(
        lambda x, y: F.np.sum(F.vmap(f)(x, y) * Y), (0, 1)
    )(X, Y),
    "grad vmap shared": lambda F, f: F.grad(
        lambda x, y: F.np.sum(F.vmap(f, (0, None))(x, y) * Y), (0, 1)
    )(X, 0.4),
    "grad vmap axis 1": lambda F, f: F.grad(
        lambda x, y: F.np.sum(F.vmap(f, (1, 0), 1)(x, y) ** 2), (0, 1)
    )(np.outer(Y, X), np.outer(X, Y)),
    "vmap vmap": lambda F, f: F.vmap(F.vmap(F.grad(f), (0, None)), (None, 0))(X, Y),
    "grad vmap vmap": lambda F, f: F.grad(
        lambda x: F.np.sum(F.vmap(F.vmap(f, (0, None)), (None, 0))(x, Y) ** 2)
    )(X),
    "vmap grad vmap": lambda F, f: F.vmap(
        lambda y: F.grad(lambda x, y: F.np.sum(F.vmap(f, (0, None))(x, y)), (0, 1))(
            X, y
        )
    )(Y),
    "grad vmap grad": lambda F, f: F.grad(
        lambda y: F.np.sum(F.vmap(F.grad(f), (0, None))(X, y) * X)
    )(0.4),
    "jit": lambda F, f: F.jit(f)(X, Y),
    "jit grad": lambda F, f: F.jit(F.grad(f, (0, 1)))(0.7, 1.3),
    "grad jit": lambda F, f: F.grad(F.jit(f), (0, 1))(0.7, 1.3),
    "grad jit inside": lambda F, f: F.grad(
        lambda x: F.np.sum(F.jit(lambda x: f(x, 2.0 * x) ** 2)(x) * x)
    )(X),
    "grad grad jit": lambda F, f: F.grad(F.grad(F.jit(f), 1), 1)(0.7, 1.3),
    "vmap jit grad": lambda F, f: F.vmap(F.jit(F.grad(f, (0, 1))))(X, Y),
    "jit vmap grad": lambda F, f: F.jit(F.vmap(F.grad(f, (0, 1))))(X, Y),
    "grad jit vmap": lambda F, f: F.grad(
        lambda x, y: F.np.sum(F.jit(F.vmap(f, (0, None)))(x, y)), (0, 1)
    )(X, 0.4),
    "grad vmap jit": lambda F, f: F.grad(
        lambda x, y: F.np.sum(F.vmap(F.jit(f), (0, None))(x, y)), (0, 1)
    )(X, 0.4),
    "jit grad jit": lambda F, f: F.jit(F.grad(F.jit(f)))(0.7, 1.3),
    "plain": lambda F, f: f(X, Y),
}

FORWARD = {
    "jvp": lambda F, f: F.jvp(f, (X, Y), (Y, X)),
    "jvp one": lambda F, f: F.jvp(lambda x: f(x, Y), (X,), (Y,)),
    "jvp jvp": lambda F, f: F.jvp(
        lambda y: F.jvp(lambda y: f(X, y), (y,), (X,))[1], (Y,), (X,)
    ),
    "grad jvp": lambda F, f: F.grad(
        lambda y: F.np.sum(F.jvp(lambda y: f(X, y), (y,), (X,))[1])
    )(Y),
    "jacfwd": lambda F, f: F.jacfwd(f, (0, 1))(X, Y),
    "vmap jvp": lambda F, f: F.vmap(lambda x, t: F.jvp(f, (x, x), (t, t)))(X, Y),
    "jvp vmap": lambda F, f: F.jvp(F.vmap(f, (0, None)), (X, 0.4), (Y, 1.0)),
    "jit jvp": lambda F, f: F.jit(lambda x: F.jvp(f, (x, x), (x, x)))(X),
    "jvp jit": lambda F, f: F.jvp(F.jit(f), (X, Y), (Y, X)),
    "linearize": lambda F, f: F.linearize(f, X, Y)[1](Y, X),
    "hessian": lambda F, f: F.hessian(lambda x: F.np.sum(f(x, x) * x))(X),
}


@pytest.mark.parametrize("case", REVERSE)
@pytest.mark.parametrize("make", [bent_vjp, bent_jvp, pieced_jvp, rounding])
def test_reverse(make, case, jax):
    run = REVERSE[case]
    agree(run(Fgrad, make(Fgrad)), run(jax, make(jax)))


@pytest.mark.parametrize("case", FORWARD)
@pytest.mark.parametrize("make", [bent_jvp, pieced_jvp])
def test_forward(make, case, jax):
    run = FORWARD[case]
    agree(run(Fgrad, make(Fgrad)), run(jax, make(jax)))


# -- trees, arguments --------------------------------------------------------------


def trees_vjp(F):
    @F.custom_vjp
    def f(p, x):
        return {"a": p["w"] * x, "b": (p["c"][0] + x, 3)}

    def bwd(res, ct):
        w, x = res
        return {"w": 2.0 * ct["a"] * x, "c": None}, ct["a"] * w + ct["b"][0]

    f.defvjp(lambda p, x: (f(p, x), [p["w"], x]), bwd)
    return f


def trees_jvp(F):
    @F.custom_jvp
    def f(p, x):
        return {"a": p["w"] * x, "b": (p["c"][0] + x, 3)}

    @f.defjvp
    def rule(primals, tangents):
        (p, x), (tp, tx) = primals, tangents
        t = 2.0 * tp["w"] * x + p["w"] * tx
        return f(p, x), {"a": t, "b": (tx, np.zeros((), float0))}

    return f


@pytest.mark.parametrize("make", [trees_vjp, trees_jvp])
def test_trees(make, jax):
    def run(F):
        f = make(F)
        p = {"w": X, "c": [Y, np.arange(3)]}

        def loss(p, x):
            out = f(p, x)
            return F.np.sum(out["a"] * Y) + out["b"][1] * F.np.sum(out["b"][0])

        g = F.grad(lambda w, x: loss({**p, "w": w}, x), (0, 1))
        return (
            g(X, Y),
            F.grad(loss, allow_int=True)(p, Y),
            F.vmap(g)(np.outer(X, Y), np.outer(Y, X)),
        )

    agree(run(Fgrad), run(jax))


def test_residuals_may_be_anything():
    f = custom_vjp(lambda x: x)
    f.defvjp(lambda x: (x, {"how": "double", "n": None}), lambda r, ct: (
        2.0 * ct if r["how"] == "double" else None,
    ))  # fmt: skip
    assert grad(f)(1.0) == 2.0
    assert jit(grad(f))(1.0) == 2.0
    agree(vmap(grad(f))(X), np.full(3, 2.0))


def test_known_values_may_decide_in_rules():
    @custom_vjp
    def f(x):
        return x if x > 0 else -x

    f.defvjp(lambda x: (f(x), x), lambda x, ct: (ct * (5.0 if x > 0 else 7.0),))
    assert grad(f)(1.0) == 5.0
    assert grad(f)(-1.0) == 7.0


NONDIFF = [
    {"nondiff_argnums": (2, 0)},
    {"nondiff_argnames": ("b", "a")},
    {"nondiff_argnums": 0, "nondiff_argnames": "b"},
]


@pytest.mark.parametrize("how", NONDIFF)
def test_nondiff_arguments_come_first_and_in_order(how):
    seen = []

    def fun(a, x, b, y=2.0):
        return x * y

    def fwd(a, x, b, y):
        seen.append((a, b))
        return fun(a, x, b, y), None

    def bwd(a, b, res, ct):
        seen.append((a, b))
        return 3.0 * ct, None

    f = custom_vjp(fun, **how)
    f.defvjp(fwd, bwd)
    assert grad(f, 1)("A", 1.0, b="B") == 3.0

    def rule(a, b, primals, tangents):
        seen.append((a, b))
        return fun(a, primals[0], b, primals[1]), 3.0 * tangents[0]

    g = custom_jvp(fun, **how)
    g.defjvp(rule)
    assert grad(g, 1)("A", 1.0, b="B") == 3.0
    assert seen == [("A", "B")] * 3


def test_integer_arguments(jax):
    def run(F):
        f = F.custom_jvp(lambda x, n: x * n)
        f.defjvp(lambda p, t: (p[0] * p[1], 3.0 * t[0] * (t[1].dtype == float0)))
        g = F.custom_vjp(lambda x, n: x * n)
        g.defvjp(lambda x, n: (x * n, None), lambda _, ct: (3.0 * ct, ct))
        n = np.arange(3)
        return (
            F.jvp(f, (X, n), (Y, np.zeros(3, float0))),
            F.vmap(F.grad(f))(X, n),
            F.vmap(F.grad(g))(X, n),
            F.grad(lambda x: F.np.sum(F.vmap(F.jit(f))(x, n)))(X),
            F.grad(g, allow_int=True, argnums=1)(1.0, 2),
        )

    agree(run(Fgrad), run(jax))


def test_nondiff_function_argument(jax):
    def run(F):
        @functools.partial(F.custom_vjp, nondiff_argnums=(0,))
        def app(f, x):
            return f(x)

        app.defvjp(lambda f, x: (f(x), x), lambda f, x, ct: (5.0 * ct * f(x),))
        return F.grad(lambda x: app(F.np.sin, x))(0.7)

    agree(run(Fgrad), run(jax))


def test_nondiff_tracer_has_no_derivative_in_custom_jvp(jax):
    def run(F):
        f = F.custom_jvp(lambda a, x: a * x, nondiff_argnums=(0,))
        f.defjvp(lambda a, p, t: (f(a, *p), a * t[0]))
        return F.grad(f, (0, 1))(2.0, 3.0), F.vmap(F.grad(f, (0, 1)))(X, Y)

    agree(run(Fgrad), run(jax))


def test_methods():
    class Model:
        def __init__(self, scale):
            self.scale = scale

        @functools.partial(custom_jvp, nondiff_argnums=(0,))
        def predict(self, x):
            """Predict."""
            return self.scale * x

        @predict.defjvp
        def predict_jvp(self, primals, tangents):
            return self.predict(*primals), 10.0 * self.scale * tangents[0]

    assert grad(Model(2.0).predict)(1.0) == 20.0
    assert jit(grad(Model(2.0).predict))(1.0) == 20.0
    assert Model.predict.__doc__ == "Predict."


def test_dtypes_of_cotangents_are_those_of_the_arguments():
    f = custom_vjp(lambda x, z: x * 2)
    f.defvjp(lambda x, z: (x * 2, None), lambda _, ct: (np.float64(3.0), 2))
    gx, gz = grad(lambda x, z: np.real(f(x, z)), (0, 1))(np.float32(1), 1.0)
    assert gx.dtype == np.float32
    assert gz.dtype == np.float64 and gz == 2.0


def test_a_rule_runs_once_and_only_when_needed():
    runs = []
    f = custom_jvp(lambda x: runs.append("fun") or x)
    f.defjvp(lambda p, t: (runs.append("rule") or p[0], t[0]))
    f(1.0)
    assert runs == ["fun"]
    grad(f)(1.0)
    assert runs == ["fun", "rule"]
    out, pullback = vjp(f, 1.0)
    assert (out, pullback(2.0), pullback(3.0)) == (1.0, (2.0,), (3.0,))
    assert runs == ["fun", "rule", "rule"]


def test_jit_inlines_the_function_where_only_its_value_matters():
    jaxpr = make_jaxpr(bent_vjp(Fgrad))(X, Y)
    assert [e.prim.name for e in jaxpr.eqns] == ["custom_vjp_call"]
    (eqn,) = jaxpr.eqns
    body = eqn.prim.body(*jaxpr.in_avals, **eqn.params)
    assert [e.prim.name for e in body.eqns] == ["sin", "mul"]
    agree(evaluate(jaxpr, [X, Y]), [X * np.sin(Y)])


# -- symbolic zeros ----------------------------------------------------------------


def test_symbolic_zeros_vjp():
    seen = []

    def fwd(x, y):
        seen.append((x.value, x.perturbed, y.perturbed))
        return (x.value * y.value, x.value), y.value

    def bwd(y, cts):
        seen.append(type(cts[1]))
        return cts[0] * y, SymbolicZero(cts[1].aval)

    f = custom_vjp(lambda x, y: (x * y, x))
    f.defvjp(fwd, bwd, symbolic_zeros=True)
    assert grad(lambda x: f(x, 2.0)[0])(1.0) == 2.0
    assert seen == [(1.0, True, False), SymbolicZero]
    agree(vmap(grad(lambda x, y: f(x, y)[0], (0, 1)))(X, Y), (Y, 0 * Y))


def test_symbolic_zeros_jvp():
    seen = []

    def rule(p, t):
        seen.append([type(x) is SymbolicZero for x in t])
        return p[0] * p[1], t[1]

    f = custom_jvp(lambda x, y: x * y)
    f.defjvp(rule, symbolic_zeros=True)
    assert jvp(lambda x: f(x, 2.0), (1.0,), (1.0,)) == (2.0, 0.0)
    assert grad(f, 1)(1.0, 2.0) == 1.0
    assert seen == [[False, True], [True, False]]
    agree(vmap(grad(f))(X, Y), 0 * Y)


# -- closed-over values ------------------------------------------------------------


def closing(F, y):
    g = F.custom_vjp(lambda x: x * y)
    g.defvjp(lambda x: (x * y, (y,)), lambda r, ct: (ct * 7.0 * y,))
    return g


def closing_jvp(F, y):
    g = F.custom_jvp(lambda x: x * y)
    g.defjvp(lambda p, t: (g(*p), t[0] * 7.0 * y))
    return g


CLOSED = {
    "vmap": lambda F, g: F.vmap(lambda y: g(F, y)(2.0))(X),
    "vmap grad": lambda F, g: F.vmap(lambda y: F.grad(g(F, y))(2.0))(X),
    "vmap grad outside": lambda F, g: F.vmap(
        F.grad(lambda x, y: g(F, y)(x)), (None, 0)
    )(2.0, X),
    "jit": lambda F, g: F.jit(lambda y: g(F, y)(2.0))(3.0),
    "jit grad": lambda F, g: F.jit(lambda y: F.grad(g(F, y))(2.0))(3.0),
    "stopped": lambda F, g: F.grad(lambda x: g(F, F.stop_gradient(x))(x))(3.0),
}


@pytest.mark.parametrize("case", CLOSED)
@pytest.mark.parametrize("make", [closing, closing_jvp])
def test_closed_over_values(make, case, jax):
    run = CLOSED[case]
    agree(run(Fgrad, make), run(jax, make))


@pytest.mark.parametrize("make", [closing, closing_jvp])
def test_grad_of_vmap_of_a_closure(make):
    f = lambda x: np.sum(vmap(lambda y: make(Fgrad, y)(x))(X))
    agree(grad(f)(2.0), 7.0 * X.sum())


def test_second_order_of_a_closure():
    # The rule is differentiated, as in JAX: ct * 7 * y
    assert grad(lambda y: grad(closing(Fgrad, y))(2.0))(3.0) == 7.0
    with pytest.raises(TypeError, match="closes over a differentiated value"):
        grad(lambda y: grad(closing_jvp(Fgrad, y))(2.0))(3.0)  # it calls g again


@pytest.mark.parametrize("make", [closing, closing_jvp])
def test_grad_of_jit_of_a_closure(make):
    f = jit(lambda x, y: make(Fgrad, y)(x))
    assert grad(f)(2.0, 3.0) == 21.0
    agree(vmap(grad(f))(X, Y), 7.0 * Y)


@pytest.mark.parametrize("make", [closing, closing_jvp])
@pytest.mark.parametrize("wrap", [lambda f: f, jit])
def test_closing_over_a_differentiated_value(make, wrap):
    message = r"closes over a differentiated value: .*(argument y|closed).* pass it as"
    with pytest.raises(TypeError, match=message):
        grad(wrap(lambda y: make(Fgrad, y)(2.0)))(3.0)
    with pytest.raises(TypeError, match=message):
        grad(wrap(lambda x, y: make(Fgrad, y)(x)), (0, 1))(2.0, 3.0)
    with pytest.raises(TypeError, match=message):
        grad(lambda y: np.sum(vmap(wrap(lambda x: make(Fgrad, y)(x)))(X)))(3.0)


def test_closing_over_a_value_that_is_not_used():
    kept = []

    def loss(x):
        kept.append(x * 2.0)
        f = custom_vjp(lambda x: (kept, x)[1])
        f.defvjp(lambda x: (x, None), lambda _, ct: (5.0 * ct,))
        return f(x)

    assert grad(loss)(1.0) == 5.0


def test_closing_over_an_object_that_holds_a_tracer():
    class Box:
        pass

    def loss(w, at):
        box = Box()
        box.w = w
        f = custom_jvp(lambda x: x * box.w)
        f.defjvp(lambda p, t: (f(*p), t[0]))
        return f(at(w))

    with pytest.raises(TypeError, match="closes over a"):
        grad(loss)(3.0, lambda w: 2.0)
    with pytest.raises(TypeError, match="closes over a"):
        grad(loss)(3.0, lambda w: w)


# -- mistakes ----------------------------------------------------------------------


def faulty(fwd=lambda x: (2.0 * x, None), bwd=lambda _, ct: (ct,)):
    f = custom_vjp(lambda x: 2.0 * x)
    f.defvjp(fwd, bwd)
    f.__name__ = "double"
    return f


def faulty_jvp(rule, fun=lambda x: 2.0 * x):
    f = custom_jvp(fun)
    f.defjvp(rule)
    return f


TWO = {"a": 1.0, "b": np.ones(2)}
MISTAKES = {
    "no vjp": (AttributeError, r"no rule yet: call .*defvjp\(fwd, bwd\)",
        lambda: custom_vjp(np.sin)(1.0)),
    "no jvp": (AttributeError, r"no rule yet: write @.*defjvp",
        lambda: custom_jvp(np.sin)(1.0)),
    "no function": (TypeError, "needs a function", lambda: custom_vjp(3)),
    "defvjp": (TypeError, "defvjp needs functions, got 3",
        lambda: custom_vjp(np.sin).defvjp(3, 4)),
    "defjvp": (TypeError, "defjvp needs functions",
        lambda: custom_jvp(np.sin).defjvp(3)),
    "defjvps": (TypeError, "defjvps needs functions",
        lambda: custom_jvp(np.sin).defjvps(3)),
    "defjvps nondiff": (TypeError, "nondiff_argnums; use defjvp",
        lambda: custom_jvp(np.sin, nondiff_argnums=0).defjvps(None)),
    "defjvps count": (ValueError, "got 2 rules for 1 arg",
        lambda: custom_jvp_of(None, None)(1.0)),
    "fwd no pair": (TypeError, r"must return a pair \(output, residuals\), got f64\[\]",
        lambda: grad(faulty(fwd=lambda x: np.sin(x)))(1.0)),
    "fwd triple": (TypeError, "a pair .* got a tuple of length 3",
        lambda: grad(faulty(fwd=lambda x: (x, x, x)))(1.0)),
    "fwd str": (TypeError, r"the rule lambda: .*returned 's' \(str\)",
        lambda: grad(faulty(fwd=lambda x: ("s", x)))(1.0)),
    "bwd no tuple": (TypeError, r"tuple .* each of the 1 .* got f64\[\]",
        lambda: grad(faulty(bwd=lambda *a: a[-1]))(1.0)),
    "bwd length": (TypeError, "each of the 1 .*a tuple of length 2",
        lambda: grad(faulty(bwd=lambda _, ct: (ct, ct)))(1.0)),
    "bwd tree": (TypeError, "must return cotangents with the structure of the arg",
        lambda: grad(tree_rule({"a": 1.0}))(TWO)),
    "bwd leaf": (TypeError, "must return cotangents with the structure of the arg",
        lambda: grad(tree_rule(1.0))(TWO)),
    "bwd shape": (ValueError, r"argument p\['b'\] .*f64\[2\], got f64\[3\]",
        lambda: grad(tree_rule({"a": 1.0, "b": np.ones(3)}))(TWO)),
    "bwd str": (TypeError, r"argument p\['a'\] .*float\[\], got 's' of type str",
        lambda: grad(tree_rule({"a": "s", "b": np.ones(2)}))(TWO)),
    "bwd complex": (TypeError, "return its real part",
        lambda: grad(faulty(bwd=lambda _, ct: (1j,)))(1.0)),
    "jvp of vjp": (TypeError, r"forward-mode .* called at test_custom_rules.py:\d+ "
        r".*custom_jvp", lambda: jvp(faulty(), (1.0,), (1.0,))),
    "jacfwd of vjp": (TypeError, "forward-mode", lambda: jacfwd(faulty())(1.0)),
    "jvp of jit of vjp": (TypeError, "forward-mode",
        lambda: jvp(jit(faulty()), (1.0,), (1.0,))),
    "jvp no pair": (TypeError, r"must return a pair \(output, tangent\)",
        lambda: grad(faulty_jvp(lambda p, t: t[0]))(1.0)),
    "jvp shape": (TypeError, r"expected float\[\], got f64\[3\]",
        lambda: grad(faulty_jvp(lambda p, t: (p[0], np.ones(3))))(1.0)),
    "jvp dtype": (TypeError, r"expected f64\[\], got f32\[\]",
        lambda: jvp(faulty_jvp(lambda p, t: (p[0], np.float32(1))),
                    (np.float64(1),), (1.0,))),
    "jvp tree": (TypeError, "a tangent with the structure of the output",
        lambda: grad(faulty_jvp(lambda p, t: (p[0], (t[0],))))(1.0)),
    "jvp None": (TypeError, "a tangent with the structure of the output",
        lambda: grad(faulty_jvp(lambda p, t: (p[0], None)))(1.0)),
    "jvp int": (TypeError, "float0",
        lambda: grad(faulty_jvp(lambda p, t: (3, 0.0)))(1.0)),
    "jvp primal tree": (TypeError, "must return what the function returns",
        lambda: grad(jit(faulty_jvp(lambda p, t: ((p[0],), (t[0],)))))(1.0)),
    "fwd shape": (TypeError, r"must return what the function .*float\[\], got f64\[3\]",
        lambda: grad(jit(faulty(fwd=lambda x: (np.ones(3), x))))(1.0)),
    "text": (TypeError, "argument x: 's' of type str .*nondiff_argnums",
        lambda: grad(lambda t: text_rule()("s", t))(1.0)),
    "missing": (TypeError, "missing a required argument: 'x'", lambda: faulty()()),
    "keyword-only": (TypeError, "k.* can only be passed by keyword",
        lambda: keyword_rule()(1.0, k=2.0)),
    "nondiff name": (ValueError, "nondiff_argnames names 'z'",
        lambda: custom_vjp(lambda x: x, nondiff_argnames="z")),
    "nondiff number": (ValueError, "names argument 7, .*1 arguments",
        lambda: number_rule()(1.0)),
    "nondiff type": (TypeError, "must be ints, got 'x'",
        lambda: custom_vjp(lambda x: x, nondiff_argnums="x")),
}  # fmt: skip


def custom_jvp_of(*rules):
    f = custom_jvp(lambda x: x)
    f.defjvps(*rules)
    return grad(f)


def tree_rule(ct):
    f = custom_vjp(lambda p: p["a"])
    f.defvjp(lambda p: (p["a"], None), lambda *_: (ct,))
    return f


def text_rule():
    f = custom_vjp(lambda x, y: y)
    f.defvjp(lambda x, y: (y, None), lambda _, ct: (None, ct))
    return f


def keyword_rule():
    f = custom_vjp(lambda x, *, k=1.0: x * k)
    f.defvjp(lambda x: (x, None), lambda _, ct: (ct,))
    return f


def number_rule():
    f = custom_vjp(lambda x: x, nondiff_argnums=7)
    f.defvjp(lambda x: (x, None), lambda _, ct: (ct,))
    return f


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(case):
    kind, message, run = MISTAKES[case]
    with pytest.raises(kind, match=message):
        run()


def test_errors_name_the_function():
    def my_function(x):
        return x

    def my_bwd(res, ct):
        return ct

    f = custom_vjp(my_function)
    with pytest.raises(AttributeError, match=r"custom_vjp\(my_function\)"):
        f(1.0)
    f.defvjp(lambda x: (x, None), my_bwd)
    with pytest.raises(TypeError, match=r"custom_vjp\(my_function\).* my_bwd"):
        grad(f)(1.0)


# -- stop_gradient -----------------------------------------------------------------


def test_stop_gradient(jax):
    def run(F):
        stop = F.stop_gradient
        return (
            F.grad(lambda x: x * stop(x) ** 2)(3.0),
            F.jvp(lambda x: stop({"a": x, "b": (x, 3)}), (X,), (Y,))[1]["a"],
            F.vmap(F.grad(lambda x: x * stop(x)))(X),
            F.grad(F.jit(lambda x: x * stop(x)))(3.0),
            F.grad(lambda x: F.grad(lambda y: stop(y) * y * x)(x))(3.0),
            stop((X, None, 2)),
        )

    agree(run(Fgrad), run(jax))


def test_stop_gradient_is_the_identity_on_plain_values():
    assert stop_gradient(X) is X
