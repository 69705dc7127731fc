"""Libraries that take arrays of any kind, on traced values."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fgrad
from fgrad import grad, jit, vjp, vmap
from fgrad.core import Tracer

X = np.array([[0.5, -1.25, 2.0], [0.75, 3.0, -0.5]])


def everywhere(f, *args):
    """Compare a function of arrays under all transformations with itself."""
    plain = f(*args)
    np.testing.assert_allclose(vjp(f, *args)[0], plain, rtol=1e-12)
    np.testing.assert_allclose(jit(f)(*args), plain, rtol=1e-12)
    mapped = vmap(f)(*(a[None] for a in args))
    np.testing.assert_allclose(mapped[0], plain, rtol=1e-12)
    total = lambda *xs: np.sum(f(*xs) ** 2)
    gradient = grad(total)(*args)
    np.testing.assert_allclose(jit(grad(total))(*args), gradient, rtol=1e-12)
    step = 1e-6 * np.cos(np.arange(args[0].size)).reshape(args[0].shape)
    high, low = (total(args[0] + s * step, *args[1:]) for s in (1, -1))
    np.testing.assert_allclose((high - low) / 2, np.sum(gradient * step), 1e-5, 1e-9)


# -- array-api-compat, array-api-extra -------------------------------------------------


def test_array_api_compat():
    compat = pytest.importorskip("array_api_compat")
    seen = []

    def f(x):
        xp = compat.array_namespace(x, 2.0, None)
        seen.append((xp.__name__, compat.is_lazy_array(x)))
        assert compat.is_array_api_obj(x)
        assert compat.device(x) == "cpu"
        assert compat.size(x) == 6
        return xp.sum(x)

    grad(f)(X), jit(f)(X), vmap(f)(X[None]), jit(grad(f))(X)
    assert seen == [("fgrad.numpy", lazy) for lazy in (False, True, True, True)]


def namespace(x):
    return pytest.importorskip("array_api_compat").array_namespace(x)


EXTRA = {
    "angle": lambda xpx, xp, x: xpx.angle(x + 1j * x[::-1]),
    "at set": lambda xpx, xp, x: xpx.at(xp.asarray(x, copy=True))[0].set(1.0),
    "at add": lambda xpx, xp, x: xpx.at(x)[0].add(x[1], copy=True),
    "at zeros": lambda xpx, xp, x: xpx.at(xp.zeros((2, 3)), 1).set(x[0]),
    "atleast_nd": lambda xpx, xp, x: xpx.atleast_nd(x, ndim=3),
    "cov": lambda xpx, xp, x: xpx.cov(x),
    "create_diagonal": lambda xpx, xp, x: xpx.create_diagonal(x[0]),
    "deg2rad": lambda xpx, xp, x: xpx.deg2rad(x),
    "rad2deg": lambda xpx, xp, x: xpx.rad2deg(x),
    "default_dtype": lambda xpx, xp, x: x * xp.ones(3, dtype=xpx.default_dtype(xp)),
    "diag_indices": lambda xpx, xp, x: x[xpx.diag_indices(2, xp=xp)],
    "isin": lambda xpx, xp, x: x * (1 + xpx.isin(x, xp.asarray([7.0]))),
    "kron": lambda xpx, xp, x: xpx.kron(x, x),
    "lazy_apply": lambda xpx, xp, x: xpx.lazy_apply(np.sin, x, xp=xp),
    "nan_to_num": lambda xpx, xp, x: xpx.nan_to_num(x),
    "nanmean": lambda xpx, xp, x: xpx.nanmean(x),
    "nansum": lambda xpx, xp, x: xpx.nansum(x),
    "one_hot": lambda xpx, xp, x: x[0, 0] * xpx.one_hot(xp.asarray([0, 2]), 4),
    "pad": lambda xpx, xp, x: xpx.pad(x, 2, constant_values=1.0),
    "partition": lambda xpx, xp, x: xpx.partition(x, 1),
    "sinc": lambda xpx, xp, x: xpx.sinc(x),
    "argpartition": lambda xpx, xp, x: xp.sum(x[0][xpx.argpartition(x[0], 1)[:2]]),
    "searchsorted": lambda xpx, xp, x: x * xpx.searchsorted(xp.sort(x[0]), x[1])[0],
    "at multiply": lambda xpx, xp, x: xpx.at(x)[:, 1].multiply(x[:, 0], copy=True),
    "at min": lambda xpx, xp, x: xpx.at(x)[0, :].min(0.3, copy=True),
    "at max": lambda xpx, xp, x: xpx.at(x)[0, :].max(x[1], copy=True),
    "at power": lambda xpx, xp, x: xpx.at(x)[0].power(2, copy=True),
    "at divide": lambda xpx, xp, x: xpx.at(x)[1].divide(x[0], copy=True),
    "at subtract": lambda xpx, xp, x: xpx.at(x)[1, 0].subtract(x[0, 0], copy=True),
}


@pytest.mark.parametrize("name", EXTRA)
def test_array_api_extra(name):
    xpx = pytest.importorskip("array_api_extra")
    if not hasattr(xpx, name.split()[0]):
        pytest.skip("not in this version")
    everywhere(lambda x: EXTRA[name](xpx, namespace(x), x), X)


def test_array_api_extra_without_jit():
    """What needs values: masks, extrema of what may be nan."""
    xpx = pytest.importorskip("array_api_extra")
    for name in ("nanmax", "nanmin"):
        np.testing.assert_array_equal(
            vjp(getattr(xpx, name), X)[0], getattr(np, name)(X)
        )
    some = lambda x: xpx.apply_where(namespace(x) and x > 0, x, np.sqrt, fill_value=0.0)
    want = np.where(X > 0, 0.5 / np.sqrt(np.abs(X)), 0.0)
    np.testing.assert_allclose(grad(lambda x: some(x).sum())(X), want)
    both = lambda x: xpx.apply_where(namespace(x) and x > 0, x, np.sqrt, np.negative)
    want = np.where(X > 0, np.sqrt(np.abs(X)), -X)
    np.testing.assert_allclose(vjp(both, X)[0], want)
    for name in ("setdiff1d", "union1d"):
        f = lambda x, name=name: getattr(xpx, name)(x, x[0] + 0.1)
        plain = getattr(np, name)(X, X[0] + 0.1)
        np.testing.assert_array_equal(vjp(f, X)[0], plain)
    close = lambda x: x * xpx.isclose(x, x + 1e-12) * xpx.nunique(x)
    np.testing.assert_array_equal(grad(lambda x: close(x).sum())(X), 6.0)
    cut = lambda x: xpx.at(x)[(namespace(x) and x) > 1.0].set(0.0, copy=True)
    np.testing.assert_array_equal(grad(lambda x: cut(x).sum())(X), X <= 1.0)
    rows = lambda x: x[:, :2][xpx.tril_indices(2, xp=namespace(x))]
    np.testing.assert_array_equal(vjp(rows, X)[0], [0.5, 0.75, 3.0])


# -- einops, opt_einsum ----------------------------------------------------------------


EINOPS = {
    "rearrange": lambda e, x: e.rearrange(x, "a b -> (b a)"),
    "split": lambda e, x: e.rearrange(x, "a (b c) -> c a b", c=1),
    "reduce": lambda e, x: e.reduce(x, "a b -> b", "mean"),
    "max": lambda e, x: e.reduce(x, "a b -> a", "max"),
    "repeat": lambda e, x: e.repeat(x, "a b -> a b c", c=2),
    "pack": lambda e, x: e.pack([x, x[0]], "* b")[0],
    "unpack": lambda e, x: e.unpack(x, [[1], [2]], "a *")[1],
    "pack and unpack": lambda e, x: e.unpack(*e.pack([x[None], 2 * x], "* b"), "* b")[
        0
    ],
    "prod": lambda e, x: e.reduce(x, "a (b c) -> a c", "prod", c=3),
    "min": lambda e, x: e.reduce(x, "a b -> ", "min"),
    "logsumexp": lambda e, x: np.log(e.reduce(np.exp(x), "a b -> a", "sum")),
    "ellipsis": lambda e, x: e.rearrange(x, "a ... -> ... a 1"),
    "list": lambda e, x: e.rearrange([x, 2 * x], "n a b -> a (n b)"),
}


@pytest.mark.parametrize("name", EINOPS)
def test_einops(name):
    einops = pytest.importorskip("einops")
    import fgrad.interop.einops  # noqa: F401

    everywhere(lambda x: EINOPS[name](einops, x), X)


@pytest.mark.parametrize("name", [n for n in EINOPS if n != "list"])
def test_einops_for_the_array_api(name):
    pytest.importorskip("einops")
    api = pytest.importorskip("einops.array_api")
    for wrap in (lambda f: lambda x: vjp(f, x)[0], jit):
        f = lambda x: EINOPS[name](api, x)
        got = wrap(f)(X)
        einops = pytest.importorskip("einops")
        np.testing.assert_allclose(got, EINOPS[name](einops, X))


def test_einops_einsum_and_refusal():
    einops = pytest.importorskip("einops")
    from fgrad.interop.einops import FgradBackend

    everywhere(lambda x: einops.einsum(x, x, "a b, c b -> a c"), X)
    everywhere(lambda x: einops.einsum(x, "a b -> b"), X)
    everywhere(lambda x: einops.einsum(x, X, x, "a b, a c, c2 b -> c c2"), X)
    assert fgrad.jit(lambda x: 0 * x[0, 0] + len(einops.parse_shape(x, "a b")))(X) == 2
    with pytest.raises(TypeError, match="derivative would be lost"):
        grad(lambda x: FgradBackend().to_numpy(x).sum())(X)


def test_opt_einsum():
    contract = pytest.importorskip("opt_einsum").contract
    everywhere(lambda x: contract("ab,cb,cd->ad", x, X, x), X)
    everywhere(lambda x: contract("ab,cb,db,eb->acde", x, x, X, x, optimize="dp"), X)
    expression = pytest.importorskip("opt_einsum").contract_expression
    everywhere(expression("ab,cb->ac", X, X.shape, constants=[0]), X)


# -- jaxtyping with beartype -----------------------------------------------------------


def test_jaxtyping():
    jaxtyping = pytest.importorskip("jaxtyping")
    beartype = pytest.importorskip("beartype").beartype
    traced = jaxtyping.Float[Tracer, "a b"]
    either = jaxtyping.Float[fgrad.Array, "b"]

    @jaxtyping.jaxtyped(typechecker=beartype)
    def f(x: traced) -> either:
        return x[0]

    assert jit(f)(X).shape == (3,)
    np.testing.assert_array_equal(grad(lambda x: f(x).sum())(X)[0], 1.0)
    with pytest.raises(jaxtyping.TypeCheckError):
        jit(f)(X[0])


# -- SciPy -----------------------------------------------------------------------------


def test_scipy():
    pytest.importorskip("scipy.differentiate")
    root = Path(__file__).parents[1]
    program = root / "tests" / "scipy_programs.py"
    env = {**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONPATH": str(root)}
    run = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, env=env,
        timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    everywhere, known = map(int, re.findall(r"\d+", run.stdout))
    assert everywhere > 70
    assert known > 25
