"""NumPy's names on traced values: what a table of calls cannot say."""

import types

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp
import fgrad.numpy.rare
from fgrad.core import DISPATCH
from fgrad.errors import (
    ConcretizationTypeError,
    TracerArrayConversionError,
    UntraceableError,
)

X = np.array([3.0, 1.0, 2.0])
RNG = np.random.default_rng(0)
MANY = RNG.normal(size=70_000)  # more than NumPy's histogram takes at a time


def same(x, y):
    x, y = np.asarray(x), np.asarray(y)
    assert (x.shape, x.dtype) == (y.shape, y.dtype)
    np.testing.assert_array_equal(x, y)


# -- all of them ---------------------------------------------------------------------

# they read files, print, speak of types, dates or NumPy itself: nothing to trace
OTHERS = set(
    """
    array2string asmatrix base_repr binary_repr bmat busday_count busday_offset
    datetime_as_string datetime_data format_float_positional format_float_scientific
    from_dlpack frombuffer fromfile fromiter fromregex fromstring frompyfunc genfromtxt
    get_include get_printoptions getbufsize geterr geterrcall info is_busday isdtype
    isfortran isnat issubdtype iterable load loadtxt mintypecode nested_iters
    printoptions promote_types row_stack save savetxt savez savez_compressed
    set_printoptions setbufsize seterr seterrcall show_config show_runtime test typename
    in1d trapz
""".split()
)


def test_every_numerical_name_has_a_definition():
    names = [n for n in np.__all__ if callable(getattr(np, n))]
    names = [n for n in names if not isinstance(getattr(np, n), type)]
    missing = {n for n in names if getattr(np, n) not in DISPATCH}
    assert missing - OTHERS == set()


# -- histograms ----------------------------------------------------------------------


@pytest.mark.parametrize("options", [
    {}, {"bins": 7, "range": (-1, 2)}, {"bins": np.linspace(-2, 2, 5)},
    {"bins": "auto"}, {"bins": "fd", "range": (-1.0, 1.0)}, {"density": True},
])  # fmt: skip
def test_histograms_of_many_values_have_numpys_bits(options):
    weights = None if isinstance(options.get("bins"), str) else RNG.normal(size=70_000)
    expected = np.histogram(MANY, weights=weights, **options)

    def f(x, w):
        return np.histogram(x, weights=None if weights is None else w, **options)

    w = MANY if weights is None else weights
    for found in (fgrad.vjp(lambda x: f(x, w), MANY)[0] if weights is not None
                  else fgrad.jvp(lambda x: f(x, w), (MANY,), (MANY,))[0],):  # fmt: skip
        list(map(same, found, expected))
    if not isinstance(options.get("bins"), str):
        list(map(same, fgrad.jit(f)(MANY, w), expected))


def test_the_gradient_of_a_histogram_is_that_of_its_weights():
    weights = np.array([1.0, 2.0, 4.0])
    pick = np.array([1.0, 10.0])
    slope = fgrad.grad(lambda w: pick @ np.histogram(X, 2, weights=w)[0])(weights)
    np.testing.assert_array_equal(slope, [10.0, 1.0, 10.0])
    edges = fgrad.jacobian(lambda x: np.histogram_bin_edges(x, 2))(X)
    np.testing.assert_array_equal(edges, [[0, 1, 0], [0.5, 0.5, 0], [1, 0, 0]])


def test_histograms_say_what_is_wrong_with_bins():
    for bins, part in ((0, "positive"), ([2.0, 1.0], "increases"), (1.5, "integer")):
        with pytest.raises((ValueError, TypeError), match=part):
            fgrad.jvp(lambda x, b=bins: np.histogram(x, b)[1], (X,), (X,))
    with pytest.raises(ValueError, match="must increase"):
        fgrad.jvp(lambda x: np.histogram(x, range=(1, 0))[1], (X,), (X,))
    with pytest.raises(ValueError, match="not finite"):
        fgrad.jvp(lambda x: np.histogram(x)[1], (X * np.inf,), (X,))
    with pytest.raises(ConcretizationTypeError, match="number of bins"):
        fgrad.jit(lambda x: np.histogram(x, "auto"))(X)


# -- indices -------------------------------------------------------------------------


def test_flat_indices_under_jit():
    flat = np.array([[5, 11], [0, 7]])
    for order in "CF":
        expected = np.unravel_index(flat, (3, 4), order)
        found = fgrad.jit(lambda i, o=order: np.unravel_index(i, (3, 4), o))(flat)
        list(map(same, found, expected))
        back = fgrad.jit(lambda i, o=order: np.ravel_multi_index(i, (3, 4), order=o))
        same(back(expected), flat)
    rows = (np.array([-1, 5]), np.array([3, 9]))
    for mode in ("wrap", "clip", ("clip", "wrap")):
        f = lambda i, m=mode: np.ravel_multi_index(i, (3, 4), m)
        same(fgrad.jit(f)(rows), f(rows))
    with pytest.raises(IndexError):
        fgrad.jit(lambda i: np.ravel_multi_index(i, (3, 4)))(rows)


def test_an_index_mesh_of_masks():
    mask = np.array([True, False, True])
    found = fgrad.jvp(lambda x: fnp.ix_(x > 1.5, [0, 1]), (X,), (X,))[0]
    list(map(same, found, np.ix_(X > 1.5, [0, 1])))
    assert mask.sum() == found[0].size
    with pytest.raises(ConcretizationTypeError, match="nonzero"):
        fgrad.jit(lambda x: np.ix_(x > 1.5))(X)


def test_sizes_may_be_traced_if_they_are_known():
    def f(x, n):
        return [np.reshape(x, (n, 1)), fnp.indices((n, n)) * x[0], fnp.kaiser(n, x[0]),
                fnp.mask_indices(n, np.triu)[0] * x[0], fnp.mgrid[0:n] * x,
                fnp.fromfunction(lambda i, j: i - j, (n, n)) * x]  # fmt: skip

    list(map(same, fgrad.vjp(f, X, 3)[0], f(X, 3)))
    for part in (fnp.indices, fnp.hanning, lambda n: fnp.mgrid[0:n]):
        with pytest.raises(ConcretizationTypeError, match="static"):
            fgrad.jit(lambda n, g=part: g(n) if g is not fnp.indices else g((n, n)))(3)


# -- functions of functions ----------------------------------------------------------


def test_apply_along_axis_shows_known_values():
    def clipped(row):
        return row * 2 if row[0] > 1 else row

    matrix = np.array([[0.5, 3.0], [2.0, 1.0]])
    f = lambda x: np.apply_along_axis(clipped, 1, x)
    same(fgrad.vjp(f, matrix)[0], f(matrix))
    np.testing.assert_array_equal(
        fgrad.grad(lambda x: f(x).sum())(matrix), [[1, 1], [2, 2]]
    )
    with pytest.raises(ConcretizationTypeError, match=r"np\.where"):
        fgrad.jit(f)(matrix)
    with pytest.raises(ValueError, match="no vectors"):
        fgrad.jit(lambda x: np.apply_along_axis(np.sum, 1, x))(np.zeros((0, 3)))


def test_vectorize_is_that_of_jax():
    jax = pytest.importorskip("jax")
    a, b = RNG.normal(size=(2, 3)), RNG.normal(size=(4, 3))
    scaled = lambda x, y: np.dot(x, y) * 2
    ours = fnp.vectorize(scaled, signature="(n),(n)->()")
    with jax.enable_x64(True):
        jnp = jax.numpy
        theirs = jnp.vectorize(lambda x, y: jnp.dot(x, y) * 2, signature="(n),(n)->()")
        f = lambda g, x, y: g(x[:, None], y).sum()
        for i in (0, 1):
            expected = jax.grad(lambda x, y: f(theirs, x, y), i)(a, b)
            np.testing.assert_allclose(
                fgrad.grad(lambda x, y: f(ours, x, y), i)(a, b), expected, rtol=1e-12
            )
    for g in (fgrad.jit(ours), ours):
        np.testing.assert_allclose(g(a, b[:2]), [x @ y * 2 for x, y in zip(a, b)])
    np.testing.assert_allclose(
        fgrad.vmap(ours, (None, 0))(a[0], b), [2 * a[0] @ y for y in b]
    )


def test_vectorize_decorates():
    @fnp.vectorize(signature="(n)->()", excluded=["scale"])
    def length(x, scale):
        """Return the length."""
        return np.sqrt(np.sum(x * x)) * scale

    assert length.__doc__ == "Return the length."
    a = RNG.normal(size=(2, 3))
    same(length(a, scale=2), np.sqrt((a * a).sum(1)) * 2)
    slope = fgrad.grad(lambda a: length(a, scale=2).sum())(a)
    np.testing.assert_allclose(slope, 2 * a / np.sqrt((a * a).sum(1))[:, None])


def test_vectorize_says_what_does_not_fit():
    f = fnp.vectorize(np.dot, signature="(n),(n)->()")
    for args, error, part in (((X, X[:2]), ValueError, "does not fit"),
                              ((X,), TypeError, "1 arguments"),
                              ((X[0], X), ValueError, "does not fit")):  # fmt: skip
        with pytest.raises(error, match=part):
            fgrad.jit(f)(*args)
    with pytest.raises(TracerArrayConversionError, match=r"fgrad\.numpy\.vectorize"):
        fgrad.grad(lambda x: np.vectorize(np.sin)(x).sum())(X)


# -- what raises, and what to write --------------------------------------------------

TAUGHT = {
    "r_": (lambda x: np.r_[x, 0], r"fgrad\.numpy\.r_"),
    "c_": (lambda x: np.c_[x, x], r"fgrad\.numpy\.c_"),
    "mgrid": (lambda x: np.mgrid[0 : x[0]], r"fgrad\.numpy\.mgrid"),
    "ogrid": (lambda x: np.ogrid[0 : x[0]], r"fgrad\.numpy\.ogrid"),
}


@pytest.mark.parametrize("case", TAUGHT.values(), ids=TAUGHT.keys())
def test_numpys_index_tricks_raise(case):
    f, part = case
    with pytest.raises(TracerArrayConversionError, match=part):
        fgrad.grad(lambda x: f(x).sum())(X)


def test_frompyfunc_raises():
    with pytest.raises(UntraceableError, match=r"fgrad\.vmap"):
        fgrad.grad(lambda x: np.frompyfunc(abs, 1, 1)(x).sum())(X)


def test_domains_depend_on_values():
    f = lambda x: np.emath.sqrt(x)
    same(fgrad.vjp(f, X)[0], np.sqrt(X))
    same(fgrad.jvp(f, (-X,), (X,))[0], np.emath.sqrt(-X))
    with pytest.raises(ConcretizationTypeError, match=r"astype\(complex\)"):
        fgrad.jit(f)(X)
    same(fgrad.jit(f)(X.astype(complex)), np.emath.sqrt(X.astype(complex)))
    with pytest.raises(ConcretizationTypeError, match=r"np\.real\(a\)"):
        fgrad.jit(np.real_if_close)(X.astype(complex))


def test_values_that_are_not_finite_are_noticed_where_they_are_known():
    bad = np.array([1.0, np.nan])
    with pytest.raises(ValueError, match="must not contain"):
        fgrad.jvp(fnp.asarray_chkfinite, (bad,), (bad,))
    same(fgrad.jit(fnp.asarray_chkfinite)(bad), bad)


def test_texts_show_what_is_known():
    texts = []

    def f(x):
        texts.append((np.array_str(x), np.array_repr(x), np.array2string(x)))
        return x.sum()

    fgrad.grad(f)(X)
    assert texts.pop() == (np.array_str(X), np.array_repr(X), np.array2string(X))
    fgrad.jit(f)(X)
    assert all("traced f64[3]" in text for text in texts.pop())


# -- against JAX ---------------------------------------------------------------------

A, Y, R = RNG.normal(size=(3, 4)), RNG.normal(size=5), np.array([0.3, -1.2, 2.0])
SAME = {
    "histogram": (lambda n, y, w: n.histogram(y, 4, weights=w)[0], Y, Y[::-1]),
    "density": (lambda n, y, w: n.histogram(y, 3, weights=w, density=True)[0],
                Y, Y[::-1] + 5),
    "histogram2d": (lambda n, y, w: n.histogram2d(y, w, 3, weights=y)[0], Y, Y[::-1]),
    "polymul": (lambda n, y, r: n.polymul(y, r), Y, R),
    "polydiv": (lambda n, y, r: n.polydiv(y, r)[0], Y, R),
    "poly": (lambda n, r: n.poly(r), R),
    "i0": (lambda n, y: n.i0(y), Y * 6),
    "kaiser": (lambda n, r: n.kaiser(7, r[2]), R),
    "apply": (lambda n, a: n.apply_along_axis(lambda v: v[::2] * v[0], 0, a), A),
    "union1d": (lambda n, y, r: n.union1d(y, r, size=9), Y, R),
    "setxor1d": (lambda n, y, r: n.setxor1d(y, r, size=9), Y, R),
    "unique": (lambda n, a: n.unique(a, axis=1, size=5), A),
    "compress": (lambda n, y: n.compress(y > 0, y, size=4), Y),
    "bincount": (lambda n, y: n.bincount(np.array([0, 2, 2, 1, 7]), y, length=4), Y),
    "repeat": (lambda n, y: n.repeat(y, np.array([1, 0, 2, 3, 1]),
                                     total_repeat_length=6), Y),
    "put": (lambda n, y, r: n.put(y, np.array([1, 3]), r, inplace=False), Y, R),
    "place": (lambda n, y, r: n.place(y, y > 0, r, inplace=False), Y, R),
    "diagonal": (lambda n, a, r: n.fill_diagonal(a, r, inplace=False), A, R),
    "r_": (lambda n, y, r: n.r_[y, r[0], 2.0], Y, R),
    "c_": (lambda n, y: n.c_[y, y], Y),
    "sort_complex": (lambda n, y: n.real(n.sort_complex(y)), Y),
    "window": (lambda n, y: n.interp(y, np.arange(4.0), y[:4]), Y),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME.values(), ids=SAME.keys())
def test_values_and_gradients_are_those_of_jax(case):
    jax = pytest.importorskip("jax")
    f, *args = case
    with jax.enable_x64(True):
        jnp = jax.numpy
        expected, pull = jax.vjp(lambda *xs: f(jnp, *xs), *map(jnp.asarray, args))
        ct = RNG.normal(size=expected.shape)
        slopes = pull(jnp.asarray(ct))
    found, back = fgrad.vjp(lambda *xs: f(fnp, *xs), *args)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    for x, y in zip(back(ct), slopes, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-11)


# -- traced places -------------------------------------------------------------------


@pytest.mark.parametrize("place", [2, -1, [1], [0, 2, 0], [-1, 3], [3]])
def test_inserting_at_traced_places(place):
    place = np.array(place)
    f = lambda x, i: np.insert(x, i, 9.0)
    same(fgrad.jit(f)(X, place), np.insert(X, place, 9.0))
    rows = np.stack([place, 0 * place])
    same(fgrad.vmap(f, (None, 0))(X, rows), np.stack([f(X, row) for row in rows]))
    same(fgrad.grad(lambda x: fgrad.jit(f)(x, place).sum())(X), np.ones(3))
    with pytest.raises(IndexError):
        fgrad.jit(f)(X, place + 9)


@pytest.mark.parametrize("place", [2, -1, [1], [0, 2], [-1, 0], []])
def test_deleting_at_traced_places(place):
    place = np.array(place, dtype=int)
    f = lambda x, i: fnp.delete(x, i, assume_unique_indices=True)
    same(fgrad.jit(f)(X, place), np.delete(X, place))
    rows = np.stack([place, place])
    same(fgrad.vmap(f, (None, 0))(X, rows), np.stack([np.delete(X, place)] * 2))
    if place.size > 1:
        with pytest.raises(ConcretizationTypeError, match="assume_unique_indices"):
            fgrad.jit(np.delete)(X, place)


def test_weights_and_ends_are_checked():
    with pytest.raises(TypeError, match="real weight"):
        fgrad.jvp(lambda w: np.bincount([0, 1, 1], w), (X + 1j,), (X + 1j,))
    with pytest.raises(ValueError, match="each of"):
        fgrad.grad(lambda w: np.bincount([0, 1], w).sum())(X)
    with pytest.raises(ValueError, match="zero"):
        fgrad.jvp(lambda x: np.geomspace(0.0, x, 4), (1.0,), (1.0,))


def test_no_file_hides_one_of_numpys_modules():
    own = {"linalg", "fft"}
    modules = [
        n for n in fnp.__all__ if isinstance(getattr(np, n, None), types.ModuleType)
    ]
    for name in set(modules) - own:
        assert getattr(fnp, name) is getattr(np, name), name
