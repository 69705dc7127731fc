"""Second derivatives of every function: of gradients, against difference quotients."""

import warnings

import numpy as np
import pytest

import fgrad
from tests.sweep import all_calls

from .test_sweep import floats, is_single, normal, quotient

ROUGH = ("igamma_grad_a",)  # gradients are numerical: fewer digits in a quotient


def selected():
    """Return the first call of each function that has a slope in double precision."""
    found = {}
    for call in all_calls():
        table = call.table
        if call.told((*table.kinked, *table.by_value, *table.refused)):
            continue
        function, arrays = call.read(table.ours)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)
            outs = floats(function)(*arrays) if arrays else []
        if outs and not any(map(is_single, (*arrays, *outs))):
            found.setdefault((table.ours, call.name), call)
    return list(found.values())


@pytest.mark.parametrize("call", selected(), ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_slope_of_the_gradient(call):
    function, arrays = call.read(call.table.ours)
    smooth = floats(function)
    local = np.random.default_rng(3)
    with np.errstate(all="ignore"):
        cts = [normal(local, z) for z in smooth(*arrays)]
        ts = [normal(local, x) for x in arrays]
        pulled = lambda *xs: list(fgrad.vjp(smooth, *xs)[1](cts))
        _, slopes = fgrad.jvp(pulled, tuple(arrays), tuple(ts))
        expected = quotient(pulled, arrays, ts)
    tol = 1e-2 if call.told(ROUGH) else 1e-4
    for slope, rough in zip(slopes, expected, strict=True):
        np.testing.assert_allclose(slope, rough, tol, tol / 10)
