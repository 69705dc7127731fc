"""Control flow under every transformation, against plain Python loops."""

import numpy as np
import pytest

from fgrad import grad, jit, jvp, vmap
from fgrad.core import aval_of
from fgrad.tree_util import tree_leaves

from .control_operators import FGRAD, PYTHON
from .control_programs import PROGRAMS
from .numerics import assert_same_bits

WORDS = [
    "value", "jit", "grad", "grad grad", "jvp", "jit grad", "grad jit", "jvp grad",
    "jit jvp", "grad jvp", "jit grad grad", "vmap", "vmap grad", "grad vmap",
    "vmap grad grad", "vmap vmap grad", "jit vmap", "jit vmap grad", "jvp vmap",
    "vmap vmap", "vmap jit grad", "grad vmap vmap", "grad vmap grad",
    "jit jvp vmap grad",
]  # fmt: skip


def loop(fun, axes):
    """Map a function over the elements of batches, one after the other."""

    def run(*args):
        size = next(len(x) for x, axis in zip(args, axes) if axis == 0)
        element = lambda i: [x if a is None else x[i] for x, a in zip(args, axes)]
        outs = [fun(*element(i)) for i in range(size)]
        return [np.stack(each) for each in zip(*outs)]

    return run


def letters(program, mapper, compile):
    """Return what each letter of a word makes of a function of flat results."""
    places = program.floats

    def gradient(fun):
        return grad(lambda *args: sum(map(score, floats(fun(*args)))), places)

    def tangent(fun):
        def push(*args):
            xs = [args[i] for i in places]

            def of_floats(*xs):
                full = dict(zip(places, xs))
                return floats(fun(*(full.get(i, x) for i, x in enumerate(args))))

            return jvp(of_floats, xs, [np.cos(x) + 0.5 for x in xs])[1]

        return push

    return {
        "value": lambda fun: fun,
        "jit": compile,
        "grad": gradient,
        "jvp": tangent,
        "vmap": mapper,
    }


def floats(outs):
    return [z for z in outs if aval_of(z).dtype.kind == "f"]


def score(z):
    return np.sum(np.sin(z) + z)


def mappings(program):
    """Yield axes: each argument alone is mapped, or all of them."""
    n = len(program.batches)
    yield (0,) * n
    if n > 1:
        yield from (tuple(0 if i == j else None for i in range(n)) for j in range(n))


def argument(batch, axis, times):
    """Return an argument that is to be mapped some times over."""
    if axis is None:
        return batch[0]
    for _ in range(times - 1):
        batch = np.stack([batch, batch[::-1]])
    return batch if times else batch[0]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_word(name, word):
    program, times = PROGRAMS[name], word.count("vmap")
    for axes in mappings(program) if times else [None]:
        check_word(program, word.split(), axes, times)


def check_word(program, word, axes, times):
    args = [argument(b, a, times) for b, a in zip(program.batches, axes or [0] * 9)]
    ours = letters(program, lambda f: vmap(f, in_axes=axes), jit)
    theirs = letters(program, lambda f: loop(f, axes), lambda f: f)
    actual = lambda *args: tree_leaves(program.run(FGRAD, *args))
    expected = lambda *args: tree_leaves(program.run(PYTHON, *args))
    for letter in reversed(word):
        actual, expected = ours[letter](actual), theirs[letter](expected)
    for a, e in zip(actual(*args), expected(*args), strict=True):
        assert np.shape(a) == np.shape(e)
        assert np.asarray(a).dtype == np.asarray(e).dtype
        np.testing.assert_allclose(a, e, 1e-10, 1e-10, err_msg=f"axes {axes}")
        if word in (["value"], ["jit"]):
            assert_same_bits(a, e)
