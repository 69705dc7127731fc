"""ravel_pytree: a tree of arrays as one vector, traced or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import fgrad
from fgrad.flatten_util import ravel_pytree


class Point(NamedTuple):
    x: float
    y: np.ndarray


TREE = {"p": Point(1.0, np.arange(6.0).reshape(2, 3)), "n": [np.float32(2.0), None]}


def test_round_trip_keeps_shapes_and_dtypes():
    vector, unravel = ravel_pytree(TREE)
    assert vector.dtype == np.float64
    np.testing.assert_array_equal(vector, [2, 1, 0, 1, 2, 3, 4, 5])
    again = unravel(vector)
    assert again["n"][0].dtype == np.float32
    np.testing.assert_array_equal(again["p"].y, TREE["p"].y)
    assert again["n"][1] is None


def test_empty_tree():
    vector, unravel = ravel_pytree({})
    assert vector.shape == (0,)
    assert unravel(vector) == {}


def test_gradient_through_both_ways():
    vector, unravel = ravel_pytree(TREE)

    def loss(v):
        tree = unravel(v)
        return np.sum(ravel_pytree(tree)[0] ** 2) + tree["p"].x

    expected = 2 * vector + np.array([0, 1, 0, 0, 0, 0, 0, 0.0])
    for gradient in (fgrad.grad(loss), fgrad.jit(fgrad.grad(loss))):
        np.testing.assert_allclose(gradient(vector), expected)


def test_wrong_length_and_wrong_leaf():
    _, unravel = ravel_pytree(TREE)
    with pytest.raises(ValueError, match="8 elements, got shape"):
        unravel(np.zeros(7))
    with pytest.raises(TypeError, match=r"\['a'\].*not a number"):
        ravel_pytree({"a": "text"})


def test_arrays_and_tracers_are_arrays():
    assert isinstance(np.zeros(2), fgrad.Array)
    assert not isinstance([1.0], fgrad.Array)
    fgrad.grad(lambda x: x if isinstance(x, fgrad.Array) else 1 / 0)(1.0)
