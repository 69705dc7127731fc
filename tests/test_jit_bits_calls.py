"""jit never changes your numbers, however it is called: random programs."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import fgrad
from fgrad.tree_util import tree_leaves

from .random_programs.checks import assert_equal, bits_of, result
from .test_jit_bits import run


def numbers(program, jitted=True):
    """Return the function of a program and its arguments, or None if it raises."""
    scope = program.load()
    f, arguments = scope["f"], scope["arguments"]
    if isinstance(result(f, arguments()), Exception):
        return None
    return (fgrad.jit(f) if jitted else f), arguments


def donated(program):
    """Give every array away; arguments that overlap or are strided stay as they are."""
    found = numbers(program)
    if found is None:
        return
    f, arguments = found
    expected = result(f, arguments())
    places = tuple(range(len(arguments())))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Some donated buffers")
        given = fgrad.jit(f.__wrapped__, donate_argnums=places)
        assert_equal(result(given, arguments()), expected, "donated")
        assert_equal(result(given, arguments()), expected, "donated again")


def test_donation_changes_nothing():
    run(donated, 100, control=False, wrapped=False)


def test_donation_of_large_arrays_changes_nothing():
    run(donated, 50, large=True, control=False, wrapped=False)


def threaded(program):
    """Call one function with different values in four threads, some calls each."""
    found = numbers(program, jitted=False)
    if found is None:
        return
    f, arguments = found
    expected = [bits_of(result(fgrad.jit(f), arguments(n))) for n in range(4)]
    jitted = fgrad.jit(f)

    def calls(n):
        outs = [result(jitted, arguments(n)) for _ in range(3)]
        return [bits_of(out) for out in outs]  # after all calls: none is written over

    with ThreadPoolExecutor(4) as pool:
        for n, each in enumerate(pool.map(calls, range(4))):
            assert each == [expected[n]] * 3, f"thread {n}"


def test_threads_do_not_meet():
    run(threaded, 40, control=None, wrapped=None)


def test_threads_with_large_arrays_do_not_meet():
    run(threaded, 20, large=True)


def reentrant(program):
    """Call the jitted function from a callback in the middle of itself."""
    found = numbers(program, jitted=False)
    if found is None:
        return
    f, arguments = found
    inner, depth = [], []

    def again():
        if not depth:
            depth.append(None)
            inner.append(result(jitted, arguments(1)))
            depth.pop()
        return np.float64(1.0)

    def twice(*args):
        before = f(*args)
        one = fgrad.io_callback(again, np.float64(0.0))
        return before, one, f(*args)

    jitted = fgrad.jit(twice)
    outer = result(jitted, arguments())
    for n, (before, _, after) in ((0, outer), (1, inner[0])):
        expected = result(fgrad.jit(f), arguments(n))
        assert_equal(before, expected, f"before the callback, {n}")
        assert_equal(after, expected, f"after the callback, {n}")
    arrays = [x for x in tree_leaves([outer, inner]) if np.ndim(x)]
    for i, x in enumerate(arrays):
        assert not any(np.may_share_memory(x, y) for y in arrays[:i])


def test_a_callback_may_call_the_same_function():
    run(reentrant, 60, control=None, wrapped=None)


def test_a_callback_may_call_the_same_function_of_large_arrays():
    run(reentrant, 25, large=True)
