"""Errors of the user's own arrive unchanged, and tracebacks are short."""

import subprocess
import sys
import traceback

import numpy as np
import pytest

from fgrad import (
    eval_shape,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jit,
    jvp,
    linearize,
    make_jaxpr,
    value_and_grad,
    value_and_jacobian,
    vjp,
    vmap,
)
from fgrad.errors import TracerArrayConversionError

from .messages import own_frames, raised

A = np.arange(3.0)


class MineError(Exception):
    pass


def inner(x):
    raise MineError("mine", 3)


def outer(x):
    return inner(x * 2.0)


RUNS = {
    "grad": lambda: grad(outer)(1.0),
    "value_and_grad": lambda: value_and_grad(outer)(1.0),
    "vjp": lambda: vjp(outer, 1.0),
    "jvp": lambda: jvp(outer, (1.0,), (1.0,)),
    "linearize": lambda: linearize(outer, 1.0),
    "vmap": lambda: vmap(outer)(A),
    "jit": lambda: jit(outer)(1.0),
    "jit, static": lambda: jit(lambda x, n: outer(x), static_argnums=1)(1.0, 3),
    "jit.lower": lambda: jit(outer).lower(1.0),
    "jit.trace": lambda: jit(outer).trace(1.0),
    "jit.eval_shape": lambda: jit(outer).eval_shape(1.0),
    "jacrev": lambda: jacrev(outer)(A),
    "jacfwd": lambda: jacfwd(outer)(A),
    "hessian": lambda: hessian(outer)(A),
    "hvp": lambda: hvp(outer, (1.0,), (1.0,)),
    "value_and_jacobian": lambda: value_and_jacobian(outer)(A),
    "make_jaxpr": lambda: make_jaxpr(outer)(1.0),
    "eval_shape": lambda: eval_shape(outer, 1.0),
    "jit of grad of vmap": lambda: jit(grad(vmap(outer)))(A),
    "vmap of jit of jvp": lambda: vmap(jit(lambda x: jvp(outer, (x,), (x,))))(A),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_the_users_exception(run):
    error = raised(MineError, run, frames=2)
    assert error.args == ("mine", 3)
    assert error.__cause__ is None
    assert error.__context__ is None
    frames = traceback.extract_tb(error.__traceback__)
    assert [f.name for f in frames][-2:] == ["outer", "inner"]


def test_a_cause_of_the_users_stays():
    def convert(x):
        try:
            return float(x)
        except TypeError as error:
            raise MineError("mine") from error

    error = raised(MineError, lambda: grad(convert)(1.0))
    assert isinstance(error.__cause__, TracerArrayConversionError)


def test_a_context_of_the_users_stays():
    def convert(x):
        try:
            return {}["missing"]
        except KeyError:
            raise MineError("mine")

    error = raised(MineError, lambda: jit(convert)(1.0))
    assert isinstance(error.__context__, KeyError)
    assert not error.__suppress_context__


def test_what_fgrad_or_numpy_caught_is_not_shown():
    def write(x):
        a = np.zeros(3)
        a[0] = x
        return a

    for run in (lambda: grad(write)(1.0), lambda: grad(lambda x: x[9])(A)):
        with pytest.raises((TypeError, IndexError)) as info:
            run()
        text = "".join(traceback.format_exception(info.value))
        assert "During handling" not in text
        assert "direct cause" not in text


def test_the_function_may_catch_errors():
    def careful(x):
        try:
            return float(x)
        except TypeError:
            return x * 2.0

    assert grad(careful)(3.0) == 2.0
    assert jit(careful)(3.0) == 6.0


def test_decorating_is_short_too():
    for decorate in (grad, vmap, jit, jacrev, jacfwd, hessian, make_jaxpr):
        raised(TypeError, lambda f=decorate: f(0), "needs a function")


def test_full_traceback(monkeypatch):
    monkeypatch.setenv("FGRAD_TRACEBACK", "full")
    with pytest.raises(MineError) as info:
        grad(outer)(1.0)
    assert len(own_frames(info.value)) > 1


PROGRAM = """
import numpy as np
import fgrad

def loss(x):
    return np.sum(np.asarray(x))

fgrad.grad(loss)(np.ones(3))
"""


def test_what_a_user_sees(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(PROGRAM)
    run = subprocess.run([sys.executable, path], capture_output=True, text=True)
    lines = run.stderr.splitlines()
    assert len(lines) <= 12, run.stderr
    assert lines[-1] == (
        "fgrad.errors.TracerArrayConversionError: f64[3] (argument x of grad(loss)) "
        "cannot become a NumPy array: its derivative would be lost. At model.py:6 "
        "(loss), in `np.asarray(x)`: use the value as it is: it has the operators and "
        "methods of an array, and NumPy's functions take it"
    )
