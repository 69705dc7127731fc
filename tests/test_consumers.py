"""Libraries that take arrays of any kind, on traced values."""

import os
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
    with pytest.raises(TypeError, match="derivative would be lost"):
        grad(lambda x: FgradBackend().to_numpy(x).sum())(X)


def test_opt_einsum():
    contract = pytest.importorskip("opt_einsum").contract
    everywhere(lambda x: contract("ab,cb,cd->ad", x, X, x), X)


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
    assert "17 everywhere, 6 un-jitted" in run.stdout
