"""Interpolation on grids: against SciPy and JAX, at the edges, with kind messages."""

import numpy as np
import pytest

import fgrad

scipy = pytest.importorskip("scipy.interpolate")
from fgrad.scipy.interpolate import RegularGridInterpolator  # noqa: E402

rng = np.random.default_rng(0)
GRID = (np.array([0.0, 0.5, 2.0]), np.arange(4.0), np.array([-1.0, 1.0]))
VALUES = rng.normal(size=(3, 4, 2, 2))
PLACES = rng.uniform([0, 0, -1], [2, 3, 1], size=(5, 3))


@pytest.mark.parametrize("method", ["linear", "nearest"])
def test_values_are_those_of_scipy(method):
    theirs = scipy.RegularGridInterpolator(GRID, VALUES, method)
    ours = RegularGridInterpolator(GRID, VALUES, method)
    np.testing.assert_allclose(ours(PLACES), theirs(PLACES), rtol=1e-12)
    np.testing.assert_allclose(fgrad.jit(ours)(PLACES), theirs(PLACES), rtol=1e-12)
    edges = np.array([[0.0, 3.0, 1.0], [2.0, 0.0, -1.0]])
    np.testing.assert_allclose(ours(edges), theirs(edges), rtol=1e-12)
    np.testing.assert_allclose(
        fgrad.vmap(lambda x: ours(x)[0])(PLACES), theirs(PLACES), rtol=1e-12
    )


@pytest.mark.parametrize("fill", [0.5, np.nan, None])
def test_outside_of_the_grid(fill):
    options = {"bounds_error": False, "fill_value": fill}
    x = np.array([[-0.5, 1.0, 0.0], [1.0, 9.0, 3.0]])
    theirs = scipy.RegularGridInterpolator(GRID, VALUES, **options)(x)
    ours = RegularGridInterpolator(GRID, VALUES, **options)(x)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_derivatives_by_values_and_places():
    f = lambda v, x: np.sum(np.sin(RegularGridInterpolator(GRID, v)(x)))
    fgrad.test_util.check_grads(f, (VALUES, PLACES), 2, rtol=1e-4, atol=1e-4)


def test_gradients_are_those_of_jax():
    jax = pytest.importorskip("jax")
    from jax.scipy.interpolate import RegularGridInterpolator as Theirs

    with jax.enable_x64(True):
        expected = jax.grad(lambda v: (Theirs(GRID, v)(PLACES) ** 2).sum())(VALUES)
    got = fgrad.grad(lambda v: np.sum(RegularGridInterpolator(GRID, v)(PLACES) ** 2))
    np.testing.assert_allclose(got(VALUES), expected, rtol=1e-9, atol=1e-12)


BAD = {
    "cubic": (lambda: RegularGridInterpolator(GRID, VALUES, "cubic"), "'cubic'"),
    "shapes": (lambda: RegularGridInterpolator(GRID, VALUES[0]), "do not fit"),
    "order": (lambda: RegularGridInterpolator((GRID[0][::-1],), VALUES), "increase"),
    "outside": (lambda: RegularGridInterpolator(GRID, VALUES)(PLACES + 9), "outside"),
    "places": (lambda: RegularGridInterpolator(GRID, VALUES)(PLACES.T), "3 coord"),
}


@pytest.mark.parametrize("name", BAD)
def test_messages(name):
    call, words = BAD[name]
    with pytest.raises(ValueError, match=words):
        call()


def test_images():
    from fgrad.scipy.ndimage import map_coordinates

    with pytest.raises(ValueError, match="order=3"):
        fgrad.jit(lambda x: map_coordinates(x, [[0.5], [0.5]]))(np.ones((2, 2)))
    with pytest.raises(ValueError, match="needs 2 coordinates"):
        fgrad.jit(lambda x: map_coordinates(x, [[0.5]], order=1))(np.ones((2, 2)))
