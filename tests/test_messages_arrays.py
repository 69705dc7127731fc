"""What operations on traced arrays answer to mistakes, under grad, jit and vmap."""

import operator

import numpy as np
import pytest

import fgrad.numpy as fnp
from fgrad import grad, jit, vmap
from fgrad.errors import TracerArrayConversionError, TracerMutationError

from .messages import message, own_frames, raised

A = np.arange(3.0)
M = np.ones((2, 3))
S = np.ones((2, 2))
LinAlgError = np.linalg.LinAlgError
AxisError = np.exceptions.AxisError
HERE = "test_messages_arrays.py:"


def put(x, index, value):
    x[index] = value
    return x


def under_grad(f, x):
    return grad(lambda x: np.sum(f(x)))(x)


def under_jit(f, x):
    return jit(f)(x)


def under_vmap(f, x):
    return vmap(f)(np.stack([x, x]))


NOT_NUMBERS = "is not a number or an array of numbers"
CASES = {
    "str index": (IndexError, lambda x: x["a"], A, "'a'", "integers, slices"),
    "float index": (IndexError, lambda x: x[1.5], A, "1.5"),
    "too many indices": (IndexError, lambda x: x[0, 0], A, "1-dimensional",
                         "shape (3,)"),
    "out of bounds": (IndexError, lambda x: x[5], A, "index 5", "axis 0 with size 3"),
    "array out of bounds": (IndexError, lambda x: x[np.array([0, 5])], A,
                            "index 5", "size 3"),
    "take out of bounds": (IndexError, lambda x: np.take(x, 7), A, "index 7", "size 3"),
    "at out of bounds": (IndexError, lambda x: x.at[7].set(0.0), A, "index 7",
                         "size 3"),
    "at, shape": (ValueError, lambda x: x.at[:2].set(np.ones(3)), A,
                  "at[].set", "(3,)", "(2,)"),
    "x + y": (ValueError, lambda x: x + np.ones(4), A, "add", "(3,) and (4,)"),
    "np.multiply": (ValueError, lambda x: np.multiply(np.ones(4), x), A,
                    "multiply", "(4,) and (3,)"),
    "where": (ValueError, lambda x: np.where(x > 0, x, np.ones(4)), A, "(3,)", "(4,)"),
    "x @ y": (ValueError, lambda x: x @ np.ones((4, 2)), A, "@", "(3,) and (4, 2)"),
    "dot": (ValueError, lambda x: np.dot(x, np.ones((4, 2))), A, "dot",
            "(3,) and (4, 2)"),
    "concatenate": (ValueError, lambda x: np.concatenate([x, S]), M,
                    "concatenate", "(2, 3), (2, 2)", "axis 0"),
    "stack": (ValueError, lambda x: np.stack([x, np.ones(4)]), A, "stack",
              "(3,), (4,)"),
    "reshape": (ValueError, lambda x: x.reshape(4), A, "reshape", "(3,)", "(4,)"),
    "two -1": (ValueError, lambda x: x.reshape(-1, -1), A, "reshape", "(-1, -1)"),
    "broadcast_to": (ValueError, lambda x: np.broadcast_to(x, (3, 4)), A, "(3,)",
                     "(3, 4)"),
    "axis": (AxisError, lambda x: x.sum(axis=3), A, "sum", "axis 3", "(3,)"),
    "axis of max": (AxisError, lambda x: np.max(x, axis=3), A, "max", "axis 3"),
    "transpose": (AxisError, lambda x: np.transpose(x, (0, 1)), A, "transpose",
                  "axis 1"),
    "squeeze": (ValueError, lambda x: np.squeeze(x, 0), A, "squeeze", "(3,)"),
    "split": (ValueError, lambda x: np.split(x, 2), A, "split", "array_split"),
    "one of two in where": (ValueError, lambda x: np.where(x > 0, x), A,
                            "both x and y"),
    "einsum, rank": (ValueError, lambda x: np.einsum("ij->i", x), A, "'ij->i'", "(3,)"),
    "einsum, size": (ValueError, lambda x: np.einsum("i,i->", x, np.ones(4)), A,
                     "axis 'i'", "3 and 4"),
    "inv": (LinAlgError, np.linalg.inv, M, "inv", "(2, 3)"),
    "solve": (LinAlgError, lambda x: np.linalg.solve(x, np.ones(2)), M, "solve",
              "(2, 3)"),
    "cholesky": (LinAlgError, np.linalg.cholesky, M, "cholesky", "(2, 3)"),
    "singular": (LinAlgError, lambda x: np.linalg.solve(x, np.ones(2)), S, "Singular"),
    "not positive": (LinAlgError, lambda x: np.linalg.cholesky(-x), S,
                     "positive definite"),
    "ragged": (ValueError, lambda x: np.add(x, [[1], [1, 2]]), A, "inhomogeneous"),
    "ragged tracers": (ValueError, lambda x: np.stack([x, x[0]]), A, "stack",
                       "(3,), ()"),
    "x + str": (TypeError, lambda x: x + "a", A, "'a' of type str", NOT_NUMBERS),
    "np.add(x, str)": (TypeError, lambda x: np.add(x, "a"), A, "<U1", NOT_NUMBERS),
    "x + dict": (TypeError, lambda x: x + {}, A, "{}", NOT_NUMBERS),
    "x + None": (TypeError, lambda x: x + None, A, "NoneType"),
    "objects": (TypeError, lambda x: x + np.array([1, None, 2]), A,
                "object", NOT_NUMBERS),
    "dates": (TypeError, lambda x: x + np.array(["2020"] * 3, "M8[D]"), A,
              "datetime64"),
    "to str": (TypeError, lambda x: x.astype(str), A, "astype", "<U"),
    "out=": (TracerMutationError, lambda x: np.sin(x, out=np.ones(3)), A, "out=", HERE),
    "huge int": (OverflowError, lambda x: x + 10**400, A, "int too large"),
    "int for uint8": (OverflowError, lambda x: x + 300, np.ones(3, np.uint8),
                      "300 out of bounds for uint8"),
    "set out of bounds": (IndexError, lambda x: put(x.copy(), 7, 1.0), A, "index 7",
                          "size 3"),
    "set rows out of bounds": (IndexError, lambda x: put(x.copy(), [0, 7], 1.0), A,
                               "index 7", "size 3"),
    "set, shape": (ValueError, lambda x: put(x.copy(), slice(2), np.ones(3)), A,
                   "item assignment", "(3,)", "(2,)"),
    "set argument": (TracerMutationError, lambda x: put(x, 0, 1.0), A, "x.copy()",
                     "x.at[index].set(value)", HERE),
    "set plain": (TracerArrayConversionError, lambda x: put(np.zeros(3), 0, x[0]), A,
                  "fgrad.numpy.at", HERE),
    "float indices": (IndexError, lambda x: x[np.array([0.0, 1.0])], A, "float64"),
    "str in a tuple": (IndexError, lambda x: x[0, "a"], A, "'a'", "integers, slices"),
    "mask of another shape": (IndexError, lambda x: x[np.array([True, False])], A,
                              "boolean index", "(3,)", "(2,)"),
    "list out of bounds": (IndexError, lambda x: x[[0, 9]], A, "index 9", "size 3"),
    "negative out of bounds": (IndexError, lambda x: x[-7], A, "index -7", "size 3"),
    "x @ 0-d": (ValueError, lambda x: x @ 2.0, A, "@", "(3,) and ()", "use *"),
    "vecdot": (ValueError, lambda x: np.vecdot(x, np.ones(4)), A, "vecdot",
               "(3,) and (4,)"),
    "inner": (ValueError, lambda x: np.inner(x, np.ones(4)), A, "inner",
              "(3,) and (4,)"),
    "tensordot": (ValueError, lambda x: np.tensordot(x, np.ones((4, 2)), 1), A,
                  "tensordot", "(3,)", "(4, 2)"),
    "concatenate, rank": (ValueError, lambda x: np.concatenate([x, S]), A,
                          "concatenate", "(3,), (2, 2)"),
    "concatenate, axis": (AxisError, lambda x: np.concatenate([x, x], axis=3), A,
                          "concatenate", "axis 3", "(3,)"),
    "vstack": (ValueError, lambda x: np.vstack([x, np.ones(4)]), A, "(1, 3), (1, 4)"),
    "reshape to floats": (TypeError, lambda x: x.reshape(1.5, 2), A, "reshape",
                          "(1.5, 2)"),
    "reshape to str": (TypeError, lambda x: np.reshape(x, "a"), A, "reshape", "'a'"),
    "tile": (TypeError, lambda x: np.tile(x, 1.5), A, "tile: reps", "1.5"),
    "axis of take": (AxisError, lambda x: np.take(x, 0, axis=4), A, "take", "axis 4",
                     "(3,)"),
    "float axis": (TypeError, lambda x: x.sum(axis=1.5), A, "sum", "1.5"),
    "axis twice": (ValueError, lambda x: np.sum(x, axis=(0, 0)), M, "sum", "(0, 0)"),
    "einsum, operands": (ValueError, lambda x: np.einsum("i,i", x), A, "2 operands",
                         "'i,i'"),
    "einsum, output": (ValueError, lambda x: np.einsum("i->ij", x), A, "'j'",
                       "'i->ij'"),
    "einsum, letters": (ValueError, lambda x: np.einsum("i$->i", x), A, "'$'"),
    "det": (LinAlgError, np.linalg.det, M, "det", "(2, 3)"),
    "eigh": (LinAlgError, np.linalg.eigh, M, "eigh", "(2, 3)"),
    "inv of a vector": (LinAlgError, np.linalg.inv, A, "inv", "(3,)"),
    "singular inv": (LinAlgError, np.linalg.inv, S, "Singular"),
    "solve, rows": (ValueError, lambda x: np.linalg.solve(x, np.ones(3)), S, "solve",
                    "(2, 2)", "(3,)"),
    "ragged array": (ValueError, lambda x: fnp.array([x, x[:2]]), A, "(3,)", "(2,)",
                     "pad them"),
    "np.array of tracers": (TracerArrayConversionError, lambda x: np.array([x, x]), A,
                            "np.stack([x, y])", "fgrad.numpy.array", HERE),
    "to object": (TypeError, lambda x: x.astype(object), A, "astype", "object"),
    "list of None": (TypeError, lambda x: fnp.array([x[0], None]), A,
                     "None of type NoneType"),
    "bytes": (TypeError, lambda x: x + b"a", A, "b'a' of type bytes", NOT_NUMBERS),
    "timedelta": (TypeError, lambda x: x * np.timedelta64(1, "s"), A, "timedelta64"),
    "compared with str": (TypeError, lambda x: x < "a", A, "'a' of type str"),
    "out= of sum": (TracerMutationError, lambda x: np.sum(x, out=np.zeros(())), A,
                    "out=", "leave it out"),
    "A += x": (TracerMutationError, lambda x: operator.iadd(np.zeros(3), x), A,
               "A = A + x", HERE),
    "set int for int8": (OverflowError, lambda x: put(x.copy(), 0, 300),
                         np.ones(3, np.int8), "300 out of bounds for int8"),
    "attribute": (AttributeError, lambda x: x.foo, A, "foo"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("under", [under_grad, under_jit, under_vmap])
def test_mistake(under, name):
    cls, f, x, *parts = CASES[name]
    if under is under_grad and x.dtype.kind != "f":
        under = lambda f, n: grad(lambda y: np.sum(f(n) * y))(1.0)
    raised(cls, lambda: under(f, x), *parts)


def pick(x, i):
    return x[i] * 2.0


@pytest.mark.parametrize("index", [5, np.array([0, 5])])
def test_index_out_of_bounds_when_it_runs(index):
    error = raised(IndexError, lambda: jit(pick)(A, index), "index 5", "size 3")
    assert 'in "gather"' in message(error)
    assert f"{HERE}{pick.__code__.co_firstlineno + 1} (pick)" in message(error)


def test_an_error_of_a_compiled_program_names_the_users_line():
    def solve(m):
        y = m @ m
        return np.linalg.solve(y, np.ones(2)) + 1.0

    line = solve.__code__.co_firstlineno + 2
    note = f'in "solve" of shapes (2, 2) and (2, 1), written at {HERE}{line} (solve)'
    program = jit(solve)
    for _ in range(2):  # when it compiles, and from the cache
        error = raised(LinAlgError, lambda: program(S), "Singular matrix", note)
        assert len(error.__notes__) == 1
    gradient = grad(lambda m: np.sum(program(m)))
    raised(LinAlgError, lambda: gradient(S), "Singular matrix", 'in "solve"')


def test_no_frame_of_numpy_or_fgrad_below_the_users_line():
    error = raised(AxisError, lambda: under_jit(lambda x: x.sum(axis=3), A))
    assert own_frames(error) == ["__call__"]
    assert error.__traceback__.tb_next is not None
