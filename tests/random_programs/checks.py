"""The properties of jit, as checks of one program."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np

import fgrad
from fgrad.tree_util import tree_leaves

from .building import NAMESPACE, silence


def bits(x):
    """Return what two equal values have in common: any nan is like any other."""
    kind = type(x).__name__ if type(x) in (int, float, complex, bool) else "array"
    x = np.array(x, order="C")
    if x.dtype.kind in "fc":
        parts = x.reshape(-1).view(x.real.dtype)
        parts[np.isnan(parts)] = np.nan
    return kind, x.dtype.str, x.shape, x.tobytes()


def shown(x):
    text = np.array2string(np.asarray(x), threshold=20)
    return f"{type(x).__name__} {np.asarray(x).dtype}{np.shape(x)}\n{text}"


def assert_equal(actual, expected, what):
    """Compare the leaves of two results bit for bit."""
    one, other = tree_leaves(actual), tree_leaves(expected)
    assert len(one) == len(other), what
    for i, (a, e) in enumerate(zip(one, other)):
        if bits(a) != bits(e):
            raise AssertionError(
                f"{what}: output {i} is\n{shown(a)}\nand not\n{shown(e)}{place(a, e)}"
            )


def place(a, e):
    """Say where two arrays differ first."""
    if np.shape(a) != np.shape(e) or not np.shape(a):
        return ""
    differ = np.asarray(a) != np.asarray(e)
    differ &= ~(np.isnan(a) & np.isnan(e))
    where = np.argwhere(differ)
    if not len(where):
        return "\n(a sign of zero, or a dtype)"
    i = tuple(where[0])
    return f"\n({len(where)} of {np.size(a)} differ, at {i}: {a[i]!r}, {e[i]!r})"


def result(function, args):
    """Return the result of a call, or the error it raises."""
    with silence():
        try:
            return function(*args)
        except Exception as error:
            return error


def raises(actual, expected):
    """Whether the program raises without jit; then jit may, with the same error.

    It need not: what no output needs is not computed.
    """
    errors = [isinstance(x, Exception) for x in (actual, expected)]
    if errors[0] and type(actual) is not type(expected):
        raise AssertionError(f"jit raises, but without: {expected!r}") from actual
    return errors[1]


def constants_of(scope, program):
    return [scope[line.partition(" = ")[0]] for line in program.constants]


def assert_apart(outs, others, what):
    """Check that outputs share no memory with one another and with other arrays."""
    outs, others = arrays(outs), arrays(others)
    pairs = [*itertools.combinations(outs, 2), *itertools.product(outs, others)]
    for a, b in pairs:
        if np.may_share_memory(a, b):
            assert not np.shares_memory(a, b), what


def arrays(tree):
    """Return the arrays in a tree; a boolean of no axes may be Python's as well."""
    leaves = [x for x in tree_leaves(tree) if isinstance(x, np.ndarray)]
    return [x for x in leaves if x.size and (x.ndim or x.dtype.kind != "b")]


def compare(program, actual, expected, args):
    """Compare with the result without jit, or without the jit inside of it as well.

    An array that the jitted function inside returns is a copy if nothing is around it;
    a sum of that may round in another way (docs/limits.md).
    """
    try:
        assert_equal(actual, expected, "without jit")
    except AssertionError:
        if "fgrad.jit(" not in program.source:
            raise
        plain = SimpleNamespace(**{**vars(fgrad), "jit": lambda f: f})
        expected = result(program.load(fgrad=plain)["f"], args)
        assert_equal(actual, expected, "without any jit")


def check(program):
    """Check one program by all properties; return whether it ran."""
    scope = program.load()
    f, arguments = scope["f"], scope["arguments"]
    jitted = fgrad.jit(f)
    constants = constants_of(scope, program)
    kept, results = bits_of(constants), []
    for n in (0, 0, 1):
        args = arguments(n)
        before = bits_of(args)
        expected, actual = result(f, args), result(jitted, args)
        if raises(actual, expected):
            return False
        compare(program, actual, expected, args)
        assert bits_of(args) == before, "an argument has changed"
        assert bits_of(constants) == kept, "a constant has changed"
        earlier = [r for r, _ in results]
        assert_apart(actual, (args, constants, earlier), "an output shares memory")
        results.append((actual, bits_of(actual)))
    for actual, then in results:
        assert bits_of(actual) == then, "a later call changed the result of an earlier"
    return True


def bits_of(tree):
    return [bits(x) for x in tree_leaves(tree)]


def check_plain(program):
    """Check that jit gives what plain NumPy and Python's loops give."""
    plain, scope = program.load(**NAMESPACE), program.load()
    args = scope["arguments"]()
    expected = result(plain["program"], args)
    actual = result(fgrad.jit(scope["program"]), args)
    if raises(actual, expected):
        return False
    assert_equal(actual, expected, "plain NumPy")
    return True
