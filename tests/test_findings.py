"""What users ran into once: each a test, so that nobody does again."""

from __future__ import annotations

import numpy as np
import pytest

import fgrad
from fgrad import grad, hessian, jacfwd, jacrev, jit, jvp, value_and_grad, vjp, vmap

# -- jit and its static arguments ----------------------------------------------------


@pytest.mark.parametrize("static", [{"static_argnames": "mode"}, {"static_argnums": 1}])
def test_static_argument_by_keyword_by_position_or_by_default(static):
    f = jit(lambda x, mode="a": x * 2 if mode == "a" else x * 3, **static)
    x = np.ones(3)
    assert f(x)[0] == f(x, "a")[0] == f(x, mode="a")[0] == 2
    assert f(x, "b")[0] == f(x, mode="b")[0] == 3
    assert grad(lambda x: f(x, mode="b"))(1.0) == 3
    assert "(x):" in f.lower(x, mode="b").as_text()


def test_a_default_does_not_make_another_argument_static():
    f = jit(lambda x, mode="a": np.copysign(1.0, x), static_argnames="mode")
    assert (f(0.0), f(-0.0)) == (1.0, -1.0)
    for x in np.linspace(0, 1, 5):
        f(float(x))
    assert len(f.programs) == 1


def test_negative_static_argnum():
    f = jit(lambda x, n: x * n if n > 1 else x, static_argnums=-1)
    assert f(2.0, 3) == 6.0


def test_make_jaxpr_with_a_static_argument_left_out():
    jaxpr = fgrad.make_jaxpr(lambda x, n=3: x * n, static_argnums=1)(np.ones(2))
    assert "mul a 3" in str(jaxpr)


def test_program_text_says_what_its_names_mean():
    c = np.array([1.0, 2.0, 3.0])
    text = jit(grad(lambda x: ((x * c)[:2] ** 2).sum())).lower(np.ones(3)).as_text()
    assert "# index: [:2]" in text
    assert "# const: f64[3] [1., 2., 3.]" in text


def test_equal_constants_are_one():
    def f(x):
        return x * np.array([1.0, 2.0]) + np.array([1.0, 2.0])

    text = jit(f).lower(np.ones(2)).as_text()
    assert "const_1" not in text


# -- Jacobians -----------------------------------------------------------------------


def test_reverse_mode_refuses_a_complex_output_of_real_inputs():
    for jacobian in (jacrev, hessian):
        with pytest.raises(TypeError, match="complex"):
            jacobian(lambda x: x * (1 + 2j))(np.ones(1))
    np.testing.assert_allclose(jacfwd(lambda x: x * (1 + 2j))(np.ones(1)), [[1 + 2j]])


def test_jacobians_of_empty_arrays():
    empty = np.zeros(0)
    assert hessian(lambda a: np.sum(a**2))(empty).shape == (0, 0)
    assert jacfwd(np.sin)(empty).shape == jacrev(np.sin)(empty).shape == (0, 0)
    tree = {"a": empty, "b": np.ones(2)}
    found = jacrev(lambda t: np.sum(t["a"]) + t["b"] ** 2)(tree)
    assert found["a"].shape == (2, 0)
    np.testing.assert_array_equal(found["b"], 2 * np.eye(2))
    assert vmap(hessian(lambda a: np.sum(a**2)))(np.zeros((2, 0))).shape == (2, 0, 0)


# -- what arrays come in as ----------------------------------------------------------


@pytest.mark.parametrize(
    "x", [np.ma.array([1.0, 3.0], mask=[0, 1]), np.ma.array(1.0)], ids=["1-d", "0-d"]
)
def test_masked_arrays_are_refused(x):
    for run in (jit(np.sum), grad(np.sum), lambda x: vjp(np.sum, x)):
        with pytest.raises(TypeError, match="MaskedArray has arithmetic of its own"):
            run(x)


def test_range_as_an_index():
    assert list(grad(lambda x: x[range(2)].sum())(np.arange(3.0))) == [1, 1, 0]


def test_locked_operand_is_baked_in_by_value():
    big, x = np.ones(300_000), np.ones(300_000)
    inner = jit(lambda a: np.sum(a * big))
    kept = []

    def f(x):
        y = np.sum(x * big)
        inner(np.ones(300_000))
        kept.append(vjp(lambda a: np.sum(a * big), np.ones(300_000))[1])
        return y

    grad(f)(x)
    big[:] = 5
    assert inner(x) == 300_000
    assert kept[0](1.0)[0][0] == 1


def test_constants_keep_their_layout():
    x = np.random.default_rng(0).normal(size=(40, 30))
    c = np.asfortranarray(x[:, ::-1].T)
    f = lambda y: np.sum(c * y, axis=0)
    np.testing.assert_array_equal(jit(f)(x.T), f(x.T))
    np.testing.assert_array_equal(vjp(f, x.T)[0], f(x.T))


# -- Python numbers and edges --------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: x**0.5, 0.0, np.inf),
        (lambda x: 1 / x, 0.0, -np.inf),
        (lambda x: x**-1, 0.0, -np.inf),
        (np.log, 0.0, np.inf),
        (np.arctanh, 1.0, np.inf),
        (lambda x: x**1000, 1e10, np.inf),
        (lambda x: x**0.5, -1.0, np.nan),
        (lambda x: (x**1.5) * 2 + 1, -2.0, np.nan),
    ],
)
def test_python_numbers_have_numpys_infinities(f, x, slope):
    for transformed in (grad(f), jit(grad(f)), grad(jit(f))):
        np.testing.assert_equal(transformed(x), slope)
    np.testing.assert_equal(jvp(f, (x,), (1.0,))[1], slope)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_division_by_the_number_zero():
    w = np.arange(3.0)
    for f in (lambda w: np.sum(w / 0.0), lambda w: (w / 0).sum()):
        assert np.all(grad(f)(w) == np.inf)
        assert np.all(jit(grad(f))(w) == np.inf)
    assert jit(lambda x: x**-1)(0j) != 0


def test_gradient_of_the_mean_of_nothing():
    with pytest.warns(RuntimeWarning):
        assert grad(np.mean)(np.zeros(0)).shape == (0,)


def test_heaviside_depends_on_its_value_at_zero():
    f = lambda h: np.heaviside(0.0, h)
    assert grad(f)(0.5) == jvp(f, (0.5,), (1.0,))[1] == 1


def test_sinc_is_smooth_at_zero():
    second = grad(grad(np.sinc))
    for x in (0.0, 1e-9, 1e-6):
        assert second(x) == pytest.approx(-(np.pi**2) / 3)
    assert grad(np.sinc)(1e-8) == pytest.approx(-(np.pi**2) / 3 * 1e-8)
    near, far = second(0.5 - 1e-9), second(0.5 + 1e-9)
    assert near == pytest.approx(far, abs=1e-7)


def test_logaddexp_shares_equal_infinities():
    both = grad(np.logaddexp, (0, 1))
    assert both(-np.inf, -np.inf) == both(np.inf, np.inf) == (0.5, 0.5)
    assert both(800.0, -np.inf) == (1.0, 0.0)


def test_identities_keep_the_bits_of_complex_numbers():
    z = np.array([complex(np.inf, 0), complex(-0.0, -0.0)])
    with np.errstate(invalid="ignore"):
        assert jit(lambda z: z * 1.0)(z).tobytes() == (z * 1.0).tobytes()


def test_zero_cotangent_of_an_unused_singular_branch():
    def f(x):
        safe = np.where(x > 0, np.sqrt(x) + np.log(x) + x**0.3, 0.0)
        return np.sum(safe)

    x = np.array([0.0, 4.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        for gradient in (grad(f), jit(grad(f)), grad(jit(f))):
            slope = gradient(x)
            assert slope[0] == 0
            assert np.isfinite(slope[1])


# -- messages ------------------------------------------------------------------------


def test_shift_and_repeats_must_be_static():
    for f in (np.roll, fgrad.numpy.repeat):
        with pytest.raises(fgrad.errors.ConcretizationTypeError, match="static"):
            jit(lambda x, n, f=f: f(x, n))(np.arange(3.0), 1)


def test_value_is_nan_where_the_power_is_complex():
    value, slope = value_and_grad(lambda x: np.power(x, 0.5))(-2.0)
    assert np.isnan(value)
    assert np.isnan(slope)


def test_array_that_is_captured_twice_is_one_constant_unless_it_changed():
    big = np.arange(20_000.0)
    jaxpr = fgrad.make_jaxpr(lambda x: x * big + big)(big)
    assert jaxpr.eqns[0].inputs[1] is jaxpr.eqns[1].inputs[1]

    def f(x):
        y = x * big
        big[0] = 7.0
        return y + big

    assert jit(f)(np.ones_like(big))[0] == 0.0 + 7.0
