"""Random numbers: those of JAX, under every transformation, with their derivatives."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest

import fgrad
from fgrad import grad, jit, jvp, lax, random, vjp, vmap
from fgrad.errors import KeyReuseError

from .numerics import assert_same_bits
from .random_calls import (
    CLOSE,
    DIFFERENTIABLE,
    EXACT,
    INITIALIZERS,
    MAPPED,
    STORED,
    T,
    X,
    calls,
    slope,
    value,
)

KEY = random.key(42)
ALL = calls(EXACT + CLOSE)


def tolerances(x):
    """Return (relative, absolute): what logarithms of several makers differ by."""
    single = np.finfo(x.dtype).dtype.itemsize
    return {2: (2e-3, 1e-3), 4: (3e-6, 3e-7), 8: (1e-13, 1e-13)}[single]


def assert_equal_to_jax(call, actual, expected):
    actual = np.asarray(actual)
    assert actual.dtype == expected.dtype
    if call in calls(EXACT):
        np.testing.assert_array_equal(actual, expected)
    else:
        rtol, atol = tolerances(expected)
        np.testing.assert_allclose(actual, expected, rtol, atol)


# -- values --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored():
    with np.load(STORED) as file:
        return dict(file)


@pytest.mark.parametrize("call", ALL)
def test_the_numbers_are_those_of_jax_as_stored(call, stored):
    assert_equal_to_jax(call, value(call, random, KEY), stored[call])


def test_every_stored_number_has_a_call(stored):
    names = {"vmap": MAPPED, "jvp": DIFFERENTIABLE, "init": INITIALIZERS}
    others = [f"{name} {call}" for name in names for call in calls(names[name])]
    assert set(stored) == {*ALL, *others}


def test_the_numbers_are_those_of_the_jax_that_is_installed():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        for call in ("r.uniform(k,(5,))", "r.normal(k,(5,))", "r.randint(k,(6,),0,10)"):
            theirs = np.asarray(value(call, jax.random, jax.random.key(42)))
            assert_equal_to_jax(call, value(call, random, KEY), theirs)


def test_the_names_are_those_of_jax():
    jax = pytest.importorskip("jax")
    theirs = {n for n in dir(jax.random) if not n.startswith("_")}
    assert theirs <= set(random.__all__)


@pytest.mark.parametrize("call", calls(MAPPED))
def test_keys_mapped_over_give_the_numbers_of_jax(call, stored):
    keys = random.split(random.key(3), (2, 3))
    actual = vmap(vmap(lambda k: value(call, random, k)))(keys)
    np.testing.assert_allclose(actual, stored[f"vmap {call}"], 1e-13, 1e-13)


# -- transformations -----------------------------------------------------------------

TRACED = [c for c in ALL if "(k" in c]


@pytest.mark.parametrize("call", TRACED)
def test_jit_has_the_same_bits(call):
    draw = lambda k: value(call, random, k)
    assert_same_bits(jit(draw)(KEY), draw(KEY))


@pytest.mark.parametrize("call", TRACED)
def test_vmap_over_keys_is_a_loop(call):
    keys = random.split(KEY, 3)
    draw = lambda k: value(call, random, k)
    actual = vmap(draw)(keys)
    expected = np.stack([draw(k) for k in keys])
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected, 1e-12, 1e-14)


def test_keys_go_through_every_transformation():
    keys = random.split(random.key(1), 4)
    assert keys.shape == (4,)
    assert random.key(0).shape == keys[0].shape == ()
    first, second = random.split(random.key(1))
    assert first != second

    def step(key, x):
        key, own = random.split(key)
        return key, x * random.normal(own)

    _, scanned = lax.scan(step, random.key(5), np.ones(3))
    key, by_hand = random.key(5), []
    for _ in range(3):
        key, y = step(key, 1.0)
        by_hand.append(y)
    np.testing.assert_array_equal(scanned, by_hand)
    _, once_more = jit(lambda k: lax.scan(step, k, np.ones(3)))(random.key(5))
    np.testing.assert_array_equal(once_more, by_hand)

    chosen = lax.cond(True, lambda k: random.split(k)[0], lambda k: k, keys[0])
    assert chosen == random.split(keys[0])[0]
    total = grad(lambda x, k: np.sum(x * random.normal(k, (3,))))(2.0, keys[1])
    assert total == np.sum(random.normal(keys[1], (3,)))
    tree = {"a": keys[0], "b": [keys[1]]}
    drawn = fgrad.tree.map(lambda k: random.uniform(k), tree)
    assert drawn["b"][0] == random.uniform(keys[1])


@pytest.mark.parametrize("make", [random.key, random.PRNGKey])
def test_keys_and_words_of_keys_are_used_alike(make):
    """Programs that were written for JAX, with either kind of key."""

    def walk(key, count):
        drawn = []
        for _ in range(count):
            key, own = random.split(key)
            drawn.append(random.normal(own, (2,)))
        return np.stack(drawn)

    def step(key, _):
        key, own = random.split(key)
        return key, random.normal(own, (2,))

    expected = walk(random.key(0), 4)
    np.testing.assert_array_equal(walk(make(0), 4), expected)
    np.testing.assert_array_equal(jit(walk, static_argnums=1)(make(0), 4), expected)
    for scan in (lax.scan, jit(lax.scan, static_argnums=(0, 3))):
        last, drawn = scan(step, make(0), None, 4)
        np.testing.assert_array_equal(drawn, expected)
        assert last.dtype == make(0).dtype and last.shape == make(0).shape
    keys = random.split(make(1), 3)
    each = [random.uniform(k, (2,)) for k in keys]
    draw = lambda k: random.uniform(k, (2,))
    for mapped in (vmap(draw), jit(vmap(draw)), vmap(jit(draw))):
        np.testing.assert_array_equal(mapped(keys), each)
    many = vmap(lambda i: random.normal(random.fold_in(make(2), i)))(np.arange(3))
    assert many[2] == random.normal(random.fold_in(random.key(2), 2))
    slope = grad(lambda w, k: np.sum(w * random.normal(k, (3,)) ** 2), argnums=0)
    slopes = vmap(slope, in_axes=(None, 0))(2.0, keys)
    np.testing.assert_array_equal(slopes, [slope(2.0, k) for k in keys])


def test_a_seed_may_be_traced():
    for seed in (3, -3, 2**40):
        assert jit(random.key)(seed) == random.key(seed)
        assert vmap(random.key)(np.array([seed]))[0] == random.key(seed)
    small = np.array([-3], np.int32)
    assert vmap(random.key)(small)[0] == random.key(small[0])
    steps = vmap(lambda i: random.fold_in(random.key(0), i))(np.arange(3))
    np.testing.assert_array_equal(
        steps, [random.fold_in(random.key(0), i) for i in range(3)]
    )


def test_a_program_does_not_hold_the_counts_of_its_numbers():
    draw = jit(lambda k: random.uniform(k, (100, 100)))
    assert "random" in draw.lower(KEY).as_text()
    assert not any(
        np.size(a) > 100
        for e in fgrad.make_jaxpr(lambda k: random.uniform(k, (100, 100)))(KEY).eqns
        for a in e.inputs
        if isinstance(a, np.ndarray)
    )


# -- distributions -------------------------------------------------------------------

DISTRIBUTIONS = {
    "r.uniform(k,n,None,-1.,3.)": ("uniform", (-1, 4)),
    "r.normal(k,n)": ("norm", ()),
    "r.lognormal(k,.5,n)": ("lognorm", (0.5,)),
    "r.truncated_normal(k,-1.,2.,n)": ("truncnorm", (-1, 2)),
    "r.maxwell(k,n)": ("maxwell", ()),
    "r.wald(k,1.,n)": ("invgauss", (1.0,)),
    "r.exponential(k,n)": ("expon", ()),
    "r.laplace(k,n)": ("laplace", ()),
    "r.logistic(k,n)": ("logistic", ()),
    "r.cauchy(k,n)": ("cauchy", ()),
    "r.gumbel(k,n)": ("gumbel_r", ()),
    'r.gumbel(k,n,mode="high")': ("gumbel_r", ()),
    "r.pareto(k,2.,n)": ("pareto", (2,)),
    "r.rayleigh(k,2.,n)": ("rayleigh", (0, 2)),
    "r.weibull_min(k,2.,3.,n)": ("weibull_min", (3, 0, 2)),
    "r.triangular(k,0.,1.,4.,n)": ("triang", (0.25, 0, 4)),
    "r.gamma(k,.3,n)": ("gamma", (0.3,)),
    "r.gamma(k,30.,n)": ("gamma", (30,)),
    "np.exp(r.loggamma(k,.3,n))": ("gamma", (0.3,)),
    "r.chisquare(k,3.,n)": ("chi2", (3,)),
    "r.f(k,3.,5.,n)": ("f", (3, 5)),
    "r.t(k,3.,n)": ("t", (3,)),
    "r.beta(k,.5,2.,n)": ("beta", (0.5, 2)),
    "r.dirichlet(k,np.array([1.,2.,.5]),n)[:,1]": ("beta", (2, 1.5)),
    "r.generalized_normal(k,3.,n)": ("gennorm", (3,)),
    "np.sum(r.ball(k,3,2.,n)**2,-1)**1.5": ("uniform", ()),
}
COUNTS = {
    "r.poisson(k,3.,n)": ("poisson", (3,)),
    "r.poisson(k,50.,n)": ("poisson", (50,)),
    "r.binomial(k,10.,.3,n)": ("binom", (10, 0.3)),
    "r.binomial(k,200.,.7,n)": ("binom", (200, 0.7)),
    "r.geometric(k,.3,n)": ("geom", (0.3,)),
    "r.randint(k,n,2,9)": ("randint", (2, 9)),
    "r.multinomial(k,20.,np.array([.2,.5,.3]),shape=(*n,3))[:,1]": ("binom", (20, 0.5)),
}


@pytest.mark.parametrize("call", DISTRIBUTIONS)
def test_the_distribution_is_right(call):
    stats = pytest.importorskip("scipy.stats")
    name, parameters = DISTRIBUTIONS[call]
    sample = eval(call, {"r": random, "k": random.key(7), "n": (4000,), "np": np})
    assert stats.kstest(sample, name, parameters).pvalue > 1e-3


@pytest.mark.parametrize("call", COUNTS)
def test_the_distribution_of_counts_is_right(call):
    stats = pytest.importorskip("scipy.stats")
    name, parameters = COUNTS[call]
    sample = eval(call, {"r": random, "k": random.key(7), "n": (4000,), "np": np})
    expected = getattr(stats, name)(*parameters)
    assert abs(sample.mean() - expected.mean()) < 4 * expected.std() / np.sqrt(4000)
    assert abs(sample.var() / expected.var() - 1) < 0.1
    for q in (0.2, 0.5, 0.8):
        at = expected.ppf(q)
        assert abs((sample <= at).mean() - expected.cdf(at)) < 0.04


def test_choices_without_replacement_are_distinct():
    for draw in (
        random.choice(KEY, 50, (50,), replace=False),
        random.choice(KEY, 50, (50,), False, np.full(50, 0.02)),
        random.permutation(KEY, 50),
        random.categorical(KEY, np.zeros(50), shape=(50,), replace=False),
    ):
        assert sorted(draw) == list(range(50))


def test_orthogonal_matrices_are_orthogonal():
    q = random.orthogonal(KEY, 4, (5,))
    np.testing.assert_allclose(
        q @ q.mT, np.broadcast_to(np.eye(4), q.shape), atol=1e-12
    )


# -- derivatives ---------------------------------------------------------------------


@pytest.mark.parametrize("call", calls(DIFFERENTIABLE))
def test_derivatives_are_those_of_jax(call, stored):
    z, expected = stored[f"jvp {call}"]
    actual, tangent = slope(call, random, random.key(9), np, jvp)
    np.testing.assert_allclose(actual, z, 1e-12, 1e-13)
    rtol = 1e-5 if "mma" in call or "beta" in call else 1e-6  # JAX's own last digits
    np.testing.assert_allclose(tangent, expected, rtol, 1e-9)
    at = lambda x: eval(call, {"r": random, "k": random.key(9), "x": x, "np": np})
    _, pull = vjp(at, X)
    ct = np.cos(np.arange(z.size)).reshape(z.shape)
    np.testing.assert_allclose(np.sum(pull(ct)[0] * T), np.sum(ct * tangent), 1e-10)


@pytest.mark.parametrize("alpha", [0.01, 0.3, 1.0, 1.7, 12.0, 300.0, 2e4, 4e5])
def test_the_slope_of_gamma_samples_keeps_their_quantile(alpha):
    special = pytest.importorskip("scipy.special")
    samples = random.gamma(random.key(2), alpha, (20,))
    samples = samples[samples > 1e-200]
    lower = special.gammainc(alpha, samples)
    upper = special.gammaincc(alpha, samples)
    _, slopes = jvp(lambda a: random.gamma(random.key(2), a, (20,)), (alpha,), (1.0,))
    slopes = slopes[: len(samples)]

    def at(a):
        by_upper = special.gammainccinv(a, upper)
        return np.where(lower < 0.5, special.gammaincinv(a, lower), by_upper)

    h = 1e-4 * alpha
    expected = (8 * (at(alpha + h) - at(alpha - h)) - at(alpha + 2 * h)
                + at(alpha - 2 * h)) / (12 * h)  # fmt: skip
    np.testing.assert_allclose(slopes, expected, 1e-6)


def test_wald_keeps_its_digits_where_the_mean_is_large():
    draw = lambda mean: random.wald(KEY, mean, (50,))
    chosen = random.uniform(random.split(KEY)[1], (50,)) < 0.99
    limit = 1 / random.normal(random.split(KEY)[0], (50,)) ** 2  # of an infinite mean
    chosen &= limit < 1e4
    np.testing.assert_allclose(draw(1e14)[chosen], limit[chosen], 1e-5)


def test_a_covariance_may_be_traced_with_every_method():
    cov = np.array([[2.0, 0.3], [0.3, 1.0]])
    for method in ("cholesky", "eigh", "svd"):
        draw = partial(random.multivariate_normal, KEY, np.zeros(2), method=method)
        assert_same_bits(jit(draw)(cov), draw(cov))
        t = np.array([[0.3, -0.2], [-0.2, 0.5]])
        expected = (draw(cov + 1e-5 * t) - draw(cov - 1e-5 * t)) / 2e-5
        np.testing.assert_allclose(jvp(draw, (cov,), (t,))[1], expected, 1e-7)
        covs = np.stack([cov, 2 * cov, 3 * cov])
        np.testing.assert_allclose(vmap(draw)(covs), [draw(c) for c in covs], 1e-14)
    with pytest.raises(np.linalg.LinAlgError):
        random.multivariate_normal(KEY, np.zeros(2), -cov)


@pytest.mark.parametrize("alpha", [1e-5, 4e-4, 0.01])
def test_the_slope_of_tiny_samples(alpha):
    """Where x^alpha / gamma(alpha + 1) is the distribution function."""
    special = pytest.importorskip("scipy.special")
    draw = lambda a: random.loggamma(random.key(2), a, (20,))
    samples, slopes = jvp(draw, (alpha,), (1.0,))
    tiny = samples < -40
    assert tiny.sum() > 3
    expected = (special.digamma(alpha + 1) - samples) / alpha
    np.testing.assert_allclose(slopes[tiny], expected[tiny], 1e-12)


@pytest.mark.parametrize("alpha", [0.3, 1.7, 12.0, 300.0])
def test_second_derivatives_of_gamma_samples(alpha):
    special = pytest.importorskip("scipy.special")
    draw = lambda a: random.gamma(random.key(4), a)
    lower = special.gammainc(alpha, draw(alpha))
    at = lambda a: special.gammaincinv(a, lower)
    h = 3e-3 * alpha
    near, far = at(alpha + h) + at(alpha - h), at(alpha + 2 * h) + at(alpha - 2 * h)
    expected = (16 * near - far - 30 * at(alpha)) / (12 * h * h)
    first = grad(draw)
    np.testing.assert_allclose(grad(first)(alpha), expected, 1e-5)
    np.testing.assert_allclose(jvp(first, (alpha,), (1.0,))[1], expected, 1e-5)
    assert jit(grad(first))(alpha) == grad(first)(alpha)


@pytest.mark.parametrize("call", ["r.beta(k,a,2*a)", "r.t(k,a)", "r.f(k,a,a+1)"])
def test_second_derivatives_of_what_is_made_of_gamma_samples(call):
    draw = lambda a: eval(call, {"r": random, "k": KEY, "a": a})
    back = grad(grad(draw))(1.7)
    ahead = jvp(lambda a: jvp(draw, (a,), (1.0,))[1], (1.7,), (1.0,))[1]
    np.testing.assert_allclose(back, ahead, 1e-9)
    assert grad(lambda a: draw(np.float32(1) * a))(np.float32(1.7)).dtype == np.float32


def test_the_mean_of_samples_has_the_derivative_of_the_mean():
    mean = lambda a: np.mean(random.gamma(random.key(0), a, (20000,)))
    assert abs(grad(mean)(2.5) - 1) < 0.02
    mean = lambda s: np.mean((1 + s * random.normal(random.key(0), (20000,))) ** 2)
    assert abs(grad(mean)(0.7) - 1.4) < 0.05


# -- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ("r.normal(0)", TypeError, r"normal needs a key, .*fgrad.random.key\(0\)"),
        ("r.normal(np.int64(3))", TypeError, r"write fgrad.random.key\(3\)"),
        ("r.normal((0, 1))", TypeError, "normal needs a key, got .*tuple"),
        ("r.normal(None)", TypeError, "normal needs a key, got None"),
        ("r.normal(np.ones(2))", TypeError, "needs a key, got f64"),
        ("r.normal(r.split(k, 3))", ValueError, r"got keys of shape \(3,\).*vmap"),
        ("r.normal(k, (-1,))", ValueError, r"must not be negative, got \(-1,\)"),
        ("r.normal(k, (1.5,))", TypeError, "shape must be an integer or a tuple"),
        ("r.normal(k, 'a')", TypeError, "shape must be an integer or a tuple"),
        ("r.laplace(k, (2,), int)", ValueError, "dtype must be float16, float32 or"),
        ("r.uniform(k, (2,), complex)", ValueError, "dtype must be float16"),
        ("r.uniform(k, (2,), minval=np.ones(3))", ValueError, r"minval \(3,\)"),
        ("r.uniform(k, (2,), maxval='a')", TypeError, "maxval must be real numbers"),
        ("r.bits(k, (2,), float)", ValueError, "must be an unsigned dtype"),
        ("r.randint(k, (2,), 0, 3, float)", ValueError, "must be an integer dtype"),
        ("r.randint(k, (2,), 0, 'a')", TypeError, "maxval must be real numbers"),
        ("r.key(1.0)", TypeError, "a seed must be an integer, got float"),
        ("r.key([1, 2])", TypeError, "a seed must be an integer"),
        ("r.key(np.arange(3))", TypeError, r"one seed.*vmap\(key\).*split"),
        ("r.key(2**64)", OverflowError, "does not fit into 64 bits"),
        ("r.key(0, impl='rbg')", ValueError, "'rbg' is not offered.*leave impl away"),
        ("r.PRNGKey(0, impl='philox2x32')", ValueError, "is not offered"),
        ("r.split(k, -1)", ValueError, "num must not be negative"),
        ("r.fold_in(k, 1.5)", TypeError, "data must be one integer"),
        ("r.fold_in(k, -1)", OverflowError, r"in \[0, 2\*\*32\)"),
        ("r.fold_in(k, np.arange(2))", TypeError, "vmap"),
        ("r.wrap_key_data(np.zeros(3, np.uint32))", TypeError, "last axis of length 2"),
        ("r.wrap_key_data(np.zeros(2))", TypeError, "of dtype uint32"),
        ("r.choice(k, 3, (5,), False)", ValueError, "5 samples without replacement"),
        ("r.choice(k, 3, (5,), p=np.ones(2))", ValueError, "for each of 3"),
        ("r.choice(k, 0, (5,))", ValueError, "nothing to choose from"),
        ("r.choice(k, 1.5)", TypeError, "must be an integer or have an axis"),
        ("r.choice(k, np.ones(3), axis=1)", ValueError, "axis 1 is out of bounds"),
        ("r.permutation(k, 7, 1)", ValueError, "axis 1 is out of bounds"),
        ("r.normal(k, (2,), int)", ValueError, "a float dtype, complex64 or complex"),
        ("r.permutation(k, 3.5)", TypeError, "must be an integer or have an axis"),
        ("r.categorical(k, np.ones((3, 4)), shape=(2,))", ValueError, "broadcast"),
        ("r.categorical(k, 1.0)", TypeError, "logits must have an axis"),
        ("r.bernoulli(k, 1j)", TypeError, "p must be real numbers"),
        ("r.bernoulli(k, mode='x')", ValueError, "mode must be"),
        ("r.gumbel(k, mode='x')", ValueError, "mode must be"),
        ("r.gamma(k, np.ones(3), (2,))", ValueError, r"the shape \(2,\): a \(3,\)"),
        ("r.dirichlet(k, 1.0)", ValueError, r"alpha must have an axis.*np.full"),
        ("r.multivariate_normal(k, np.ones(3), np.eye(2))", ValueError, r"\(2, 2\)"),
        ("r.multivariate_normal(k, np.ones(2), np.eye(2), method='qr')", ValueError,
         "method must be one of"),
        ("r.orthogonal(k, -1)", ValueError, "must not be negative"),
        ("r.poisson(k, 2.0, dtype=float)", ValueError, "must be an integer dtype"),
    ],
)  # fmt: skip
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        eval(call, {"r": random, "k": KEY, "np": np})


def test_a_traced_shape_is_refused_as_everywhere():
    with pytest.raises(fgrad.errors.ConcretizationTypeError, match="static"):
        jit(lambda n: random.normal(KEY, (n,)))(3)


# -- keys used twice -----------------------------------------------------------------


@pytest.fixture
def watched():
    with fgrad.debug_key_reuse(True):
        yield


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(
    "program",
    [
        "k = r.key(0); r.normal(k); r.normal(k)",
        "k = r.PRNGKey(0); r.normal(k); r.uniform(k)",
        "k = r.key(0); r.split(k); r.normal(k)",
        "k = r.key(0); r.normal(k); r.split(k)",
        "ks = r.split(r.key(0)); r.normal(ks[0]); r.poisson(ks[0], 3.0)",
        "k = r.fold_in(r.key(0), 1); r.bits(k); r.bits(k)",
    ],
)
def test_a_key_used_twice_raises(program):
    with pytest.raises(KeyReuseError, match=r"used before.*Split it first"):
        exec(program, {"r": random})


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(
    "program",
    [
        "k = r.key(0); r.normal(k); r.normal(r.clone(k))",
        "r.normal(r.key(0)); r.normal(r.key(0))",
        "k = r.key(0); r.fold_in(k, 1); r.fold_in(k, 2); r.normal(k)",
        "ks = r.split(r.key(0)); r.normal(ks[0]); r.normal(ks[1])",
        "k = r.key(0); r.normal(k); r.key_data(k)",
        "k, s = r.split(r.key(0)); r.normal(s); k, s = r.split(k); r.beta(s, 1., 2.)",
        "r.double_sided_maxwell(r.key(0), 0., 1.); r.ball(r.key(1), 3)",
    ],
)
def test_what_is_no_reuse_does_not_raise(program):
    exec(program, {"r": random})


def test_reuse_is_not_watched_by_default():
    assert random.normal(KEY) == random.normal(KEY)


# -- nothing but NumPy ---------------------------------------------------------------


def test_no_other_library_is_imported():
    program = """
import sys
import fgrad
assert "fgrad.random" not in sys.modules
k = fgrad.random.key(0)
fgrad.random.normal(k), fgrad.random.gamma(k, 2.0), fgrad.random.poisson(k, 30.0)
assert not {"scipy", "jax"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
