"""Initializers of weights: the numbers of JAX, and what is refused."""

import numpy as np
import pytest

from fgrad import jit, random
from fgrad.nn import initializers

from .random_calls import INITIALIZERS, STORED, calls, initial


@pytest.mark.parametrize("case", calls(INITIALIZERS))
def test_the_numbers_are_those_of_jax(case):
    with np.load(STORED) as file:
        expected = file[f"init {case}"]
    actual = initial(case, initializers, random.key(3))
    assert actual.dtype == expected.dtype
    single = expected.dtype.itemsize == 4
    np.testing.assert_allclose(actual, expected, 3e-6 if single else 1e-12, 1e-12)


def test_the_names_are_those_of_jax():
    jax = pytest.importorskip("jax")
    theirs = {n for n in dir(jax.nn.initializers) if not n.startswith("_")}
    assert theirs == set(initializers.__all__)


def test_initializers_are_jitted():
    init = initializers.he_normal()
    make = jit(lambda k: init(k, (3, 4), np.float32))
    assert make(random.key(0)).tobytes() == init(random.key(0), (3, 4), "f4").tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("he_normal()(random.key(0), (3,))", "two axes or more"),
        (
            "variance_scaling(1., 'fan', 'normal')(random.key(0), (3, 3))",
            "mode must be",
        ),
        ("variance_scaling(1., 'fan_in', 'x')(random.key(0), (3, 3))", "distribution"),
        ("orthogonal()(random.key(0), (3,))", "two axes or more"),
        ("delta_orthogonal()(random.key(0), (3, 3))", "3 to 5 axes"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        eval(call, {**vars(initializers), "random": random})
