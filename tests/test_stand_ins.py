"""Cotangents may be smaller than what they stand for: they broadcast to it."""

import itertools

import numpy as np
import pytest

from fgrad import grad, jit, vmap
from fgrad.core import is_inexact, shape_of
from fgrad.ops.basic import expand

from .samples import all_samples

ELEMENTWISE = [
    s for s in all_samples() if s.prim.elementwise and s.prim.vjp and not s.prim.multi
]


def stand_ins(z):
    """Yield cotangents that have length 1 along some axes, or fewer axes."""
    rng = np.random.default_rng(0)
    shape = shape_of(z)
    for flags in itertools.product((False, True), repeat=len(shape)):
        small = rng.normal(size=[1 if f else n for n, f in zip(shape, flags)])
        yield small.astype(np.asarray(z).dtype)
    for start in range(1, len(shape) + 1):
        yield rng.normal(size=shape[start:]).astype(np.asarray(z).dtype)


@pytest.mark.parametrize("sample", ELEMENTWISE, ids=str)
def test_a_stand_in_gives_what_the_full_cotangent_gives(sample):
    prim, args, params = sample.prim, sample.args, sample.params
    with np.errstate(all="ignore"):
        z = prim(*args, **params)
        if not is_inexact(z):
            return
        for ct in stand_ins(z):
            full = np.broadcast_to(ct, shape_of(z)).copy()
            for x, rule in zip(args, prim.vjp):
                if rule is None or not is_inexact(x):
                    continue
                got = rule(ct, z, *args, **params)
                expected = rule(full, z, *args, **params)
                np.testing.assert_allclose(
                    expand(got, x), expand(expected, x), rtol=1e-5, atol=1e-6
                )


W = np.arange(1.0, 10.0).reshape(3, 3) / 7
ROWS = {
    "add a row": lambda w: (w + w[:1]).sum(0),
    "subtract a row": lambda w: (w[:1] - w).sum(0),
    "add a column": lambda w: (w + w[:, :1]).sum(1),
    "add a sum": lambda w: (w + w.sum(0, keepdims=True)).sum(0),
    "divide by a row": lambda w: (w / w[:1]).sum(0),
    "broadcast": lambda w: np.broadcast_to(w[:1], (3, 3)).sum(0),
    "where": lambda w: np.where(w > 0.5, w, w[:1]).sum(0),
    "keepdims": lambda w: (w + w[:1]).sum(0, keepdims=True),
    "mean": lambda w: (w + w[:1]).mean(0),
}


@pytest.mark.parametrize("f", ROWS.values(), ids=ROWS.keys())
def test_a_row_that_was_broadcast_before_a_sum(f):
    loss = lambda w: np.sum(np.sin(f(w)))
    h = 1e-6
    numeric = np.array([
        [(loss(W + h * e) - loss(W - h * e)) / (2 * h) for e in row]
        for row in np.eye(9).reshape(3, 3, 3, 3)
    ])  # fmt: skip
    for gradient in (grad(loss), jit(grad(loss))):
        np.testing.assert_allclose(gradient(W), numeric, rtol=1e-7)
    many = np.stack([W, 2.0 * W])
    total = grad(lambda w: np.sum(vmap(loss)(w)))(many)
    np.testing.assert_allclose(total, [grad(loss)(w) for w in many], rtol=1e-12)
