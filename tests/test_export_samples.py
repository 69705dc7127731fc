"""Every primitive can be exported: as a module and as data, bit for bit as jit."""

import numpy as np
import pytest

import fgrad

from .control_operators import FGRAD
from .control_programs import PROGRAMS
from .exporting import alone, assert_kept, bits
from .samples import all_samples

WORDS = ["", "grad", "vmap", "hessian", "vmap-grad", "vmap-jvp"]


def letters(last):
    """Return the transformations; derivatives are by the argument ``last``."""

    def jvp(f):
        def tangent(*args):
            at = lambda x: f(*args[:last], x, *args[last + 1 :])
            outs, ts = fgrad.jvp(at, (args[last],), (args[last],))
            leaves = fgrad.tree_util.tree_leaves
            pairs = zip(leaves(outs), leaves(ts))
            return [(x, t) for x, t in pairs if np.result_type(x).kind == "f"]

        return tangent

    scalar = lambda f: lambda *xs: total(f(*xs))
    return {
        "grad": lambda f: fgrad.grad(scalar(f), argnums=last),
        "hessian": lambda f: fgrad.hessian(scalar(f), argnums=last),
        "jvp": jvp,
        "vmap": fgrad.vmap,
    }


def total(tree):
    leaves = fgrad.tree_util.tree_leaves(tree)
    return sum(np.sum(np.sin(x)) for x in leaves if np.result_type(x).kind == "f")


def assert_alike(fun, args, folder):
    loaded = assert_kept(fun, *args)
    assert bits(alone(loaded, folder)(*args)) == bits(fgrad.jit(fun)(*args))


@pytest.mark.parametrize("sample", all_samples(), ids=str)
def test_sample(sample, tmp_path):
    def fun(*args):
        return sample.prim(*args, **sample.params)

    assert_alike(fun, sample.args, tmp_path)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_control_program(name, word, tmp_path):
    program = PROGRAMS[name]

    def fun(*args):
        return program.run(FGRAD, *args)

    table = letters(program.floats[-1])
    for letter in reversed(word.split("-") if word else []):
        fun = table[letter](fun)
    mapped = word.startswith("vmap")
    assert_alike(fun, program.batches if mapped else program.args, tmp_path)
