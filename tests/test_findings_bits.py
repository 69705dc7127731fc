"""What random programs found (`random_programs`), one small program each."""

import numpy as np
import pytest

from fgrad import jit


@pytest.mark.parametrize("fun", [
    lambda x: (x,),
    lambda x: (x + 1.0, x),
    lambda x: (np.median(x), np.median(x)),
    lambda x: (x[...], x),
])  # fmt: skip
def test_outputs_without_axes_are_fresh_memory(fun):
    x = np.array(1.5)
    outs = [x, *jit(fun)(x)]
    arrays = [z for z in outs if isinstance(z, np.ndarray)]
    for i, a in enumerate(arrays):
        assert not any(np.shares_memory(a, b) for b in arrays[i + 1 :])


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
def test_partition_of_nothing_takes_any_place(shape):
    for function in (np.partition, np.argpartition):
        out = jit(lambda x, function=function: function(x, 5))(np.zeros(shape))
        assert out.shape == function(np.zeros(shape), 5).shape == shape
