"""What vmap answers to mistakes."""

import math

import numpy as np

from fgrad import vmap
from fgrad.errors import (
    TracerArrayConversionError,
    TracerBoolConversionError,
    TracerIntegerConversionError,
)

from .messages import raised, table

A = np.arange(3.0)
M = np.ones((2, 3))
HERE = "test_messages_vmap.py:"


def square(x):
    return x**2


def add(x, y):
    return x + y


def first(d):
    return d["a"]


AXES = {
    "sizes": (ValueError, lambda: vmap(add)(np.ones((3, 2)), np.ones(4)),
              "vmap(add)", "argument x f64[3,2]: axis 0 has size 3",
              "argument y f64[4]: axis 0 has size 4", "in_axes="),
    "sizes in a tree": (ValueError,
                        lambda: vmap(first)({"a": A, "b": np.ones(4)}),
                        "argument d['a'] f64[3]", "argument d['b'] f64[4]"),
    "axis_size": (ValueError, lambda: vmap(square, axis_size=5)(A),
                  "axis_size=5", "argument x f64[3]: axis 0 has size 3"),
    "axis_size, type": (TypeError, lambda: vmap(square, axis_size=2.0),
                        "vmap(square): axis_size must be an int, got 2.0"),
    "axis_size, negative": (ValueError, lambda: vmap(square, axis_size=-1),
                            "axis_size must not be negative, got -1"),
    "axis_name, several": (TypeError, lambda: vmap(square, axis_name=("i", "j")),
                           "axis_name must be one name", "('i', 'j')", "nest vmap"),
    "axis_name, unhashable": (TypeError, lambda: vmap(square, axis_name={}),
                              "axis_name must be one name", "got {}"),
    "keywords": (ValueError, lambda: vmap(add)(A, y=1.0), "argument y is a scalar",
                 "no axis 0"),
    "in_axes, length": (ValueError, lambda: vmap(add, in_axes=(0,))(A, A),
                        "in_axes has 1 entries", "2 positional arguments"),
    "in_axes, range": (ValueError, lambda: vmap(square, in_axes=2)(A),
                       "argument x is f64[3]", "no axis 2", "in_axes=None"),
    "in_axes, negative": (ValueError, lambda: vmap(square, in_axes=-2)(A),
                          "no axis -2"),
    "in_axes, float": (TypeError, lambda: vmap(square, in_axes=0.0),
                       "ints or None, got 0.0"),
    "in_axes, str": (TypeError, lambda: vmap(square, in_axes="x"), "got 'x'"),
    "in_axes, bool": (TypeError, lambda: vmap(square, in_axes=True), "got True"),
    "in_axes, prefix": (ValueError,
                        lambda: vmap(first, in_axes=({"b": 0},))({"a": A}),
                        "in_axes", "does not fit the arguments", "['b']", "['a']"),
    "in_axes, unknown name": (ValueError, lambda: vmap(square, in_axes={"y": 0})(A),
                              "'y'", "['x']"),
    "scalar": (ValueError, lambda: vmap(square)(1.0),
               "argument x is a scalar", "in_axes=None"),
    "str": (TypeError, lambda: vmap(square)("abc"),
            "argument x", "'abc' of type str", "in_axes=None"),
    "str array": (TypeError, lambda: vmap(square)(np.array(["a"])), "argument x",
                  "<U1"),
    "all None": (ValueError, lambda: vmap(square, in_axes=None)(1.0),
                 "nothing to map over", "in_axes are None", "axis_size="),
    "no arguments": (ValueError, lambda: vmap(lambda: 1.0)(),
                     "no argument has an array", "axis_size="),
    "empty tree": (ValueError, lambda: vmap(first)({}), "no argument has an array"),
    "out_axes, prefix": (ValueError, lambda: vmap(square, out_axes=(0, 1))(A),
                         "out_axes=(0, 1)", "does not fit the output"),
    "out_axes, None": (ValueError, lambda: vmap(square, out_axes=None)(A),
                       "out_axes is None", "differs between mapped elements"),
    "out_axes, range": (ValueError, lambda: vmap(square, out_axes=3)(A),
                        "out_axes has 3", "1 axes", "-1 to 0"),
    "out_axes, float": (TypeError, lambda: vmap(square, out_axes=1.5), "out_axes"),
    "returns a str": (TypeError, lambda: vmap(lambda x: "s")(A), "returned 's' (str)"),
    "not callable": (TypeError, lambda: vmap(3), "vmap needs a function, got 3"),
    "count": (TypeError, lambda: vmap(add)(A), "add() missing 1 required"),
}  # fmt: skip

INSIDE = {
    "if": (TracerBoolConversionError, lambda: vmap(lambda x: x if x > 0 else -x)(A),
           "bool[]", HERE, "differs between the elements", "np.where(condition, a, b)"),
    "float": (TracerArrayConversionError, lambda: vmap(lambda x: math.sin(x))(A),
              "argument x of vmap(lambda)", "all elements", "np.sin", HERE),
    "shape": (TracerIntegerConversionError,
              lambda: vmap(lambda x, n: np.reshape(x, (n, -1)))(M, np.array([1, 3])),
              "argument n of vmap(lambda)", "in_axes=None"),
    "shapes are the user's": (ValueError, lambda: vmap(lambda x: x + np.ones(5))(M),
                              "add: shapes (3,) and (5,) do not broadcast"),
    "bounds are the user's": (IndexError, lambda: vmap(lambda x: x[5])(M),
                              "axis 0 with size 3 of an array of shape (3,)"),
}  # fmt: skip


@table(AXES)
def test_axes(case):
    raised(*case)


@table(INSIDE)
def test_inside_the_function(case):
    raised(*case)


def test_what_is_no_mistake():
    np.testing.assert_array_equal(vmap(add, in_axes=(0,))(A, y=A), 2 * A)
    same = vmap(square, axis_size=3, spmd_axis_name="devices", sum_match=True)
    np.testing.assert_array_equal(same(A), A**2)
    np.testing.assert_array_equal(vmap(square, axis_name="i")(A), A**2)
    assert vmap(lambda x: None)(A) is None
    ones = vmap(lambda: 1.0, axis_size=np.int64(2))()
    np.testing.assert_array_equal(ones, [1.0, 1.0])
