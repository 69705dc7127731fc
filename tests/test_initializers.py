"""Initializers of weights: the numbers of JAX, and what is refused."""

import numpy as np
import pytest

from fgrad import jit, random
from fgrad.nn import initializers

SHAPED = """
zeros|(2,3) ones|(2,3) constant(2.5)|(2,3) uniform()|(2,3) uniform(3.,np.float32)|(4,)
normal()|(2,3) normal(2.)|(5,) truncated_normal()|(7,)
truncated_normal(1.,float,-1.,.5)|(7,) glorot_uniform()|(3,4) glorot_normal()|(3,4)
lecun_uniform()|(3,4) lecun_normal()|(5,3,4) he_uniform()|(3,4) he_normal()|(2,3,4)
xavier_uniform()|(3,4) kaiming_normal()|(3,4) he_normal(0,1)|(3,4)
lecun_normal(batch_axis=0)|(3,4,5) glorot_normal(dtype=np.float32)|(3,4)
variance_scaling(2.,"fan_out","normal")|(3,4)
variance_scaling(2.,"fan_geo_avg","uniform",(0,1),2)|(3,4,5) orthogonal()|(3,3)
orthogonal(2.)|(2,5) orthogonal(1.,0)|(5,2) orthogonal()|(2,3,4)
delta_orthogonal()|(3,2,4) delta_orthogonal()|(3,5,2,2) delta_orthogonal(2.)|(4,2,2,2,3)
"""
CASES = [case.split("|") for case in SHAPED.split()]


@pytest.mark.parametrize(("call", "shape"), CASES)
def test_the_numbers_are_those_of_jax(call, shape):
    jax = pytest.importorskip("jax")
    shape = eval(shape)
    with jax.enable_x64(True):
        scope = {"np": np, **vars(jax.nn.initializers)}
        expected = np.asarray(eval(call, scope)(jax.random.key(3), shape))
    actual = eval(call, {"np": np, **vars(initializers)})(random.key(3), shape)
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
