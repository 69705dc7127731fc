"""SciPy's special functions: against SciPy, JAX and mpmath, and at the edges."""

import subprocess
import sys

import numpy as np
import pytest

import fgrad
from fgrad import grad, hessian, jit, vjp, vmap
from fgrad.errors import MissingRuleError, UntraceableError

special = pytest.importorskip("scipy.special")
ours = pytest.importorskip("fgrad.scipy.special")


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


# -- both spellings, and when SciPy is imported ----------------------------------------


def test_scipys_own_ufuncs_take_traced_values():
    x = np.array([0.5, 1.5])
    assert ours.gammaln is special.gammaln
    pulled = grad(lambda x: special.gammaln(x).sum())(x)
    np.testing.assert_array_equal(pulled, special.digamma(x))


SCRIPT = """
import sys
import numpy as np, fgrad
assert "scipy" not in sys.modules
fgrad.grad(lambda x: np.sin(x))(1.0)
assert "scipy" not in sys.modules
{}
"""


def run(*lines):
    script = SCRIPT.format("\n".join(lines))
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_rules_are_found_when_a_ufunc_meets_a_tracer():
    run(
        "import scipy.special",
        "assert 'fgrad.numpy.special' not in sys.modules",
        "assert fgrad.grad(scipy.special.erf)(0.0) == 2 / np.pi**0.5",
    )


def test_a_missing_scipy_is_named():
    run(
        "sys.modules['scipy'] = None",
        "try: fgrad.scipy.special",
        "except ModuleNotFoundError as error: assert 'pip install scipy' in str(error)",
        "else: raise AssertionError",
    )


def test_a_ufunc_without_rule_raises_with_its_name():
    with pytest.raises(UntraceableError, match="pbdv"):
        grad(lambda x: special.pbdv(1.0, x)[0])(1.0)


def test_functions_without_definition_refuse_traced_values():
    with pytest.raises(TypeError):
        grad(lambda x: ours.ellip_harm(1.0, 2.0, 1, 1, x))(1.5)


# -- against JAX -----------------------------------------------------------------------

X = np.array([0.3, 0.9, 1.7, 3.2])
P = np.array([0.1, 0.35, 0.8])
JAX = {
    "beta": (X, X[::-1]), "betainc": (P + 1, P + 2, P), "betaln": (X, X[::-1]),
    "boxcox": (X, X - 1), "boxcox1p": (X, X - 1), "dawsn": (X,), "digamma": (X,),
    "entr": (X,), "erf": (X,), "erfc": (X,), "erfcx": (X,), "erfinv": (P,),
    "exp1": (X,), "expi": (X,), "expit": (X,), "gamma": (X,), "gammainc": (X, X[::-1]),
    "gammaincc": (X, X[::-1]), "gammaln": (X,), "i0": (X,), "i0e": (X,), "i1": (X,),
    "i1e": (X,), "kl_div": (X, X[::-1]), "log_ndtr": (X - 2,), "loggamma": (X,),
    "logit": (P,), "ndtr": (X - 1,), "ndtri": (P,), "owens_t": (X, P[[0, 1, 2, 0]]),
    "poch": (X, X[::-1]), "rel_entr": (X, X[::-1]), "spence": (X[[0, 1, 3]],),
    "xlog1py": (X, X[::-1]), "xlogy": (X, X[::-1]), "softmax": (X,),
    "log_softmax": (X,), "logsumexp": (X,), "factorial": (X,), "wofz": (X + 1j,),
}  # fmt: skip


@pytest.mark.parametrize("name", JAX)
def test_values_and_gradients_are_those_of_jax(name):
    jax = pytest.importorskip("jax")
    theirs = getattr(__import__("jax.scipy.special").scipy.special, name, None)
    if theirs is None:
        pytest.skip("JAX of this version has no such function")
    args = JAX[name]

    @jax.jit  # one program is compiled sooner than many small ones
    def value_and_gradients(*args):
        value, pull = jax.vjp(theirs, *args)
        return value, pull(jax.numpy.ones_like(value))

    with jax.enable_x64(True):
        try:
            value, expected = value_and_gradients(*args)
        except (NotImplementedError, ValueError, TypeError):
            pytest.skip("JAX has no derivative")
        value, expected = np.asarray(value), [np.asarray(e) for e in expected]
    ours_value, pull = vjp(getattr(ours, name), *args)
    np.testing.assert_allclose(ours_value, value, 1e-7, 1e-12)
    for mine, e in zip(pull(np.ones_like(ours_value)), expected, strict=True):
        np.testing.assert_allclose(mine, e, 1e-6, 1e-10)


# -- derivatives by parameters, against mpmath -----------------------------------------

PARAMETERS = [
    ("gammainc", 0, (2.5, 1.7), lambda m, a, x: m.gammainc(a, 0, x, regularized=True)),
    ("gammainc", 0, (0.02, 0.3), lambda m, a, x: m.gammainc(a, 0, x, regularized=True)),
    ("gammainc", 0, (2.0, 1e-9), lambda m, a, x: m.gammainc(a, 0, x, regularized=True)),
    ("gammaincc", 0, (40.0, 90.0),
     lambda m, a, x: m.gammainc(a, x, m.inf, regularized=True)),
    ("gammaincc", 0, (500.0, 480.0),
     lambda m, a, x: m.gammainc(a, x, m.inf, regularized=True)),
    ("betainc", 0, (2.5, 1.2, 0.3),
     lambda m, a, b, x: m.betainc(a, b, 0, x, regularized=True)),
    ("betainc", 1, (0.4, 0.1, 0.9),
     lambda m, a, b, x: m.betainc(a, b, 0, x, regularized=True)),
    ("betainc", 0, (3.0, 2.0, 1e-6),
     lambda m, a, b, x: m.betainc(a, b, 0, x, regularized=True)),
    ("zeta", 0, (2.5, 1.0), lambda m, s, q: m.zeta(s, q)),
    ("zeta", 0, (30.0, 1.0), lambda m, s, q: m.zeta(s, q)),
    ("zeta", 0, (1.01, 3.0), lambda m, s, q: m.zeta(s, q)),
    ("jv", 0, (1.3, 2.2), lambda m, v, x: m.besselj(v, x)),
    ("jv", 0, (2.0, 1e-3), lambda m, v, x: m.besselj(v, x)),
    ("jv", 0, (12.0, 40.0), lambda m, v, x: m.besselj(v, x)),
    ("yv", 0, (1.3, 2.2), lambda m, v, x: m.bessely(v, x)),
    ("iv", 0, (1.0, 5.0), lambda m, v, x: m.besseli(v, x)),
    ("kv", 0, (3.0, 0.1), lambda m, v, x: m.besselk(v, x)),
    ("hyp1f1", 0, (1.5, 2.5, 3.0), lambda m, a, b, x: m.hyp1f1(a, b, x)),
    ("hyp1f1", 1, (1.5, 2.5, 3.0), lambda m, a, b, x: m.hyp1f1(a, b, x)),
    ("hyp2f1", 2, (0.5, 1.5, 2.5, 0.4), lambda m, a, b, c, x: m.hyp2f1(a, b, c, x)),
    ("hyp0f1", 0, (1.5, 2.0), lambda m, v, x: m.hyp0f1(v, x)),
    ("ellipkinc", 1, (0.7, 0.0), lambda m, p, k: m.ellipf(p, k)),
    ("ellipeinc", 1, (1.9, 0.6), lambda m, p, k: m.ellipe(p, k)),
    ("elliprd", 1, (0.0, 1.0, 0.4), lambda m, x, y, z: m.elliprd(x, y, z)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "place", "at", "exact"), PARAMETERS,
                         ids=lambda v: str(v) if not callable(v) else "")  # fmt: skip
def test_derivatives_by_parameters(name, place, at, exact):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(40):
        args = [mpmath.mpf(x) for x in at]
        moved = lambda p: exact(mpmath, *args[:place], p, *args[place + 1 :])
        step = mpmath.mpf(10) ** -12
        slope = (moved(args[place] + step) - moved(args[place] - step)) / (2 * step)
    found = grad(getattr(ours, name), argnums=place)(*at)
    np.testing.assert_allclose(found, float(slope), 1e-9)


def test_second_derivatives_by_a_parameter():
    mpmath = pytest.importorskip("mpmath")
    f = lambda a: mpmath.gammainc(a, 0, 1.7, regularized=True)
    expected = float(mpmath.diff(f, 2.5, 2))
    found = hessian(lambda a: ours.gammainc(a, 1.7))(2.5)
    np.testing.assert_allclose(found, expected, 1e-7)


# -- edges -----------------------------------------------------------------------------

EDGES = [
    (lambda x: ours.xlogy(x, 0.0), 0.0, 0.0),
    (lambda y: ours.xlogy(0.0, y), 0.0, 0.0),
    (lambda y: ours.xlog1py(0.0, y), -1.0, 0.0),
    (ours.entr, 0.0, np.inf),
    (ours.entr, -1.0, 0.0),
    (lambda y: ours.rel_entr(0.0, y), 2.0, 0.0),
    (lambda x: ours.rel_entr(x, 0.0), 0.0, 0.0),
    (lambda x: ours.kl_div(x, 0.0), 0.0, 0.0),
    (ours.i1e, 0.0, 0.5),
    (ours.i0e, 0.0, 0.0),
    (ours.i1, 0.0, 0.5),
    (ours.j1, 0.0, 0.5),
    (ours.sinc, 0.0, 0.0),
    (lambda x: ours.sici(x)[0], 0.0, 1.0),
    (lambda x: ours.shichi(x)[0], 0.0, 1.0),
    (ours.exprel, 0.0, 0.5),
    (ours.spence, 1.0, -1.0),
    (ours.rgamma, 0.0, 1.0),
    (ours.rgamma, -2.0, 2.0),
    (ours.ellipk, 0.0, np.pi / 8),
    (ours.ellipe, 0.0, -np.pi / 8),
    (lambda a: ours.boxcox(np.e, a), 0.0, 0.5),
    (lambda z: ours.spherical_jn(1, z), 0.0, 1 / 3),
    (lambda x: ours.lambertw(x).real, 0.0, 1.0),
    (lambda x: ours.diric(x, 3), 0.0, 0.0),
]


@pytest.mark.parametrize(("f", "x", "slope"), EDGES)
def test_edges(f, x, slope):
    np.testing.assert_allclose(grad(f)(x), slope, 1e-12, 1e-15)
    if np.isfinite(slope):
        np.testing.assert_allclose(vmap(grad(f))(np.array([x])), [slope], 1e-12, 1e-15)


def test_an_unused_branch_leaves_no_nan():
    f = lambda x: np.where(x > 0, special.logit(np.abs(x)), special.entr(x * 0)).sum()
    assert np.isfinite(grad(f)(np.array([0.5, 0.3]))).all()
    g = lambda x: np.where(x < 1, special.erfinv(x), 0.0).sum()
    assert np.isfinite(grad(g)(np.array([0.5, 1.0]))).all()


TAILS = [
    (ours.log_ndtr, -1e8, 1e8),
    (ours.log_ndtr, 50.0, 0.0),
    (ours.log_expit, -800.0, 1.0),
    (ours.erfcx, 1e8, -1 / np.sqrt(np.pi) * 1e-16),
    (ours.dawsn, -1e8, -0.5e-16),
    (ours.expit, 800.0, 0.0),
]


@pytest.mark.parametrize(("f", "x", "slope"), TAILS)
def test_tails_keep_their_digits(f, x, slope):
    np.testing.assert_allclose(grad(f)(x), slope, 1e-9)


# -- sums of exponentials --------------------------------------------------------------


def test_logsumexp_keeps_all_digits_of_a_small_logarithm():
    x = np.array([0.0, -45.0])
    np.testing.assert_allclose(ours.logsumexp(x), np.exp(-45.0), 1e-14)
    np.testing.assert_allclose(grad(ours.logsumexp)(x), [1.0, np.exp(-45.0)], 1e-14)


def test_logsumexp_at_its_edges():
    inf = np.inf
    for x in ([-inf, -inf], [inf, 1.0], [-inf, 0.0], [np.nan, 0.0], [inf, inf]):
        np.testing.assert_array_equal(ours.logsumexp(x), special.logsumexp(x))
    assert grad(ours.logsumexp)(np.array([-inf, 0.0])).tolist() == [0, 1]
    assert grad(ours.logsumexp)(np.array([-inf, -inf])).tolist() == [0, 0]
    assert np.isnan(ours.logsumexp([0.0, 1.0], b=[1.0, -1.0]))
    assert ours.logsumexp(np.zeros((0, 2)), axis=0).tolist() == [-inf, -inf]


def test_weights_of_zero_hide_infinities_and_have_a_gradient():
    a, b = np.array([np.inf, 1.0, 2.0]), np.array([0.0, 1.0, 0.0])
    assert ours.logsumexp(a, b=b) == special.logsumexp(a, b=b) == 1.0
    by_b = grad(lambda b: ours.logsumexp(a[1:], b=b))(b[1:])
    np.testing.assert_allclose(by_b, [1.0, np.e], 1e-14)


def test_signs_and_cancelling_sums():
    a, b = np.array([1.0, 1.0, 0.5]), np.array([1.0, -1.0, -2.0])
    for args in ((a, b), (a[:2], b[:2]), (a, -b)):
        mine = ours.logsumexp(args[0], b=args[1], return_sign=True)
        theirs = special.logsumexp(args[0], b=args[1], return_sign=True)
        np.testing.assert_allclose(mine, theirs, 1e-14)
    slope = grad(lambda a: ours.logsumexp(a, b=b, return_sign=True)[0])(a)
    np.testing.assert_allclose(slope, b * np.exp(a) / (b @ np.exp(a)), 1e-13)


# -- dtypes, what raises, and programs -------------------------------------------------


@pytest.mark.parametrize("name", ["gammaln", "erf", "digamma", "i0e", "expit", "zetac"])
def test_float32_stays(name):
    f = getattr(ours, name)
    x = np.array([1.5, 2.5], np.float32)
    assert f(x).dtype == np.float32
    assert grad(lambda x: f(x).sum())(x).dtype == np.float32


def test_float32_by_a_parameter():
    x = np.float32(1.5)
    slope = grad(ours.gammainc)(x, np.float32(2.0))
    assert slope.dtype == np.float32
    np.testing.assert_allclose(slope, grad(ours.gammainc)(1.5, 2.0), 1e-6)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda n: ours.kn(n, 1.0), "kn has no derivative by 'n'.*kv"),
        (lambda n: ours.expn(n, 1.0), "expn has no derivative by 'n'"),
        (lambda n: ours.yn(n, 1.0), "yn has no derivative by 'n'.*yv"),
    ],
)
def test_orders_have_no_derivative(f, words):
    with pytest.raises(MissingRuleError, match=words):
        grad(f)(2.0)


def test_complex_arguments_without_a_rule():
    z = np.array(1.0 + 1j)
    with pytest.raises(MissingRuleError, match="trigamma"):
        vjp(special.digamma, z)[1](z)
    with pytest.raises(MissingRuleError, match="holomorphic"):
        vjp(lambda z: special.jve(1.0, z), z)[1](z)


def test_dimensions_must_be_known():
    with pytest.raises(ValueError, match="multigammaln: d must be a known positive"):
        jit(lambda d: ours.multigammaln(3.0, d))(2)
    with pytest.raises(ValueError, match="diric: n must be"):
        ours.diric(1.0, 0)


def test_programs_call_scipy():
    x = np.linspace(0.5, 2.0, 5)
    text = jit(lambda x: special.gammaln(x) * 2).lower(x).as_text()
    assert "gammaln(" in text
    exported = fgrad.export.export(lambda x: special.gammaln(x))(x)
    assert "scipy.special.gammaln(" in str(exported)


def test_plain_arrays_of_large_size_are_blocked_with_the_same_bits():
    x = np.random.default_rng(0).uniform(0.2, 3.0, 200_000)
    f = lambda x: np.exp(special.gammaln(x) * special.erf(x)) + special.i0e(x)
    np.testing.assert_array_equal(jit(f)(x), f(x))


def test_the_hand_written_gaussian_gradient_by_gelu():
    """GELU, x Phi(x), as the derivative of it is known: Phi(x) + x phi(x)."""
    x = np.linspace(-3, 3, 7)
    phi = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    found = vmap(grad(lambda x: x * special.ndtr(x)))(x)
    np.testing.assert_allclose(found, special.ndtr(x) + x * phi, 1e-12)


def test_what_an_older_scipy_lacks_is_said():
    from fgrad.ops.scipy_ufuncs import recent

    assert recent("erf", "0.1")(0.0) == 0.0
    with pytest.raises(NotImplementedError, match=r"newest is in SciPy from 9\.9 on"):
        recent("newest", "9.9")(1.0)
