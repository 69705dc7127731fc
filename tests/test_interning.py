"""Programs that are staged anew at every call are derived and compiled once."""

from __future__ import annotations

import numpy as np

from fgrad import clear_caches, grad, lax, make_jaxpr
from fgrad.compiler import interning, runtime
from fgrad.compiler.cache import Programs
from fgrad.compiler.interning import interned


def jaxpr_of(scale, axis=0):
    return make_jaxpr(lambda x: np.sum(np.sin(x) * scale, axis=axis))(np.ones((2, 3)))


def test_equal_programs_are_one():
    assert interned(jaxpr_of(2.0)) is interned(jaxpr_of(2.0))


def test_constants_params_shapes_and_lines_tell_programs_apart():
    one = interned(jaxpr_of(2.0))
    assert interned(jaxpr_of(3.0)) is not one
    assert interned(jaxpr_of(2.0, axis=1)) is not one
    assert interned(jaxpr_of(np.float32(2.0))) is not one
    here = make_jaxpr(lambda x: np.sum(np.sin(x) * 2.0, axis=0))
    assert interned(here(np.ones((2, 3)))) is not one


def test_the_number_of_programs_is_bounded(monkeypatch):
    monkeypatch.setattr(interning, "_known", Programs(maximum=4))
    first = interned(jaxpr_of(0.0))
    for i in range(1, 6):
        interned(jaxpr_of(float(i)))
    known = interning._known
    assert len(known) + len(known.older) <= 4
    assert interned(jaxpr_of(0.0)) is not first


def test_clear_caches_forgets_them():
    first = interned(jaxpr_of(5.5))
    clear_caches()
    assert interned(jaxpr_of(5.5)) is not first


def test_a_lambda_in_a_loop_is_compiled_once(monkeypatch):
    compiled = []
    load = runtime.load
    monkeypatch.setattr(
        runtime, "load", lambda *args: compiled.append(args) or load(*args)
    )
    xs = np.linspace(0.0, 1.0, 7)

    def loss(w):
        return lax.scan(lambda c, x: (np.tanh(c * w + x), None), 0.3, xs)[0]

    grads = [grad(loss)(0.5 + 0.1 * i) for i in range(4)]
    assert len(compiled) == 2  # forwards and backwards
    assert len(set(grads)) == 4


def test_a_changed_array_is_seen():
    w = np.ones(2)
    double = lambda: lax.scan(lambda c, x: (c * w, None), w, None, length=2)[0]
    np.testing.assert_array_equal(double(), [1.0, 1.0])
    w[:] = 2.0
    np.testing.assert_array_equal(double(), [8.0, 8.0])
