"""Transformed functions across threads, processes, copies and pickles."""

import copy
import functools
import multiprocessing
import pickle
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fgrad
from fgrad import custom_jvp, custom_vjp, grad, jit, jvp, lax, linearize, vjp, vmap

A = np.arange(1.0, 4.0)


def loss(x, scale=1.0):
    return np.sum(np.sin(x) * x) * scale


@jit
def jitted(x):
    return np.sin(x) * 2.0


@grad
def gradient(x):
    return np.sum(x**3)


@functools.partial(jit, static_argnames="n")
def power(x, n=2):
    return x**n


@vmap
@jit
def mapped(x):
    return x * np.cos(x)


@custom_vjp
def clipped(x):
    return x * 1.0


clipped.defvjp(lambda x: (x * 1.0, None), lambda res, ct: (np.clip(ct, -1.0, 1.0),))


@custom_jvp
def doubled(x):
    return 2.0 * x


doubled.defjvp(lambda primals, tangents: (2.0 * primals[0], 3.0 * tangents[0]))


class Model:
    def __init__(self, factor):
        self.factor = factor

    @functools.partial(jit, static_argnums=0)
    def apply(self, x):
        return self.factor * x

    def plain(self, x):
        return self.factor * x


# -- pickling ------------------------------------------------------------------------

DECORATED = {
    "jit": jitted, "grad": gradient, "partial": power, "vmap": mapped,
    "custom_vjp": clipped, "custom_jvp": doubled, "method": Model.apply,
}  # fmt: skip


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("fun", DECORATED.values(), ids=DECORATED.keys())
def test_decorated_functions_pickle_by_name(fun, protocol):
    data = pickle.dumps(fun, protocol)
    assert len(data) < 100
    assert pickle.loads(data) is fun
    assert copy.copy(fun) is fun
    assert copy.deepcopy(fun) is fun


def lambda_free(x):
    return np.sum(jitted(x))


def scaled(x, n=2):
    return x * n


def with_aux(x):
    return np.sum(x), {"twice": 2.0 * x}


M = np.stack([A, 2.0 * A])
MADE = {
    "grad": (grad(loss), A),
    "grad, has_aux": (grad(with_aux, has_aux=True), A),
    "value_and_grad": (fgrad.value_and_grad(loss), A),
    "jit": (jit(loss), A),
    "jit, options": (jit(scaled, static_argnames="n", donate_argnums=0), A),
    "vmap": (vmap(loss), M),
    "vmap, axes": (vmap(jitted, in_axes=1, out_axes=-1), M),
    "jacrev": (fgrad.jacrev(jitted), A),
    "jacfwd": (fgrad.jacfwd(jitted), A),
    "hessian": (fgrad.hessian(loss), A),
    "make_jaxpr": (fgrad.make_jaxpr(loss), A),
    "grad of a decorated one": (grad(lambda_free), A),
    "jit of a decorated one": (jit(power), A),
    "jit of a method": (jit(Model(2.0).plain), A),
    "jit of a partial": (jit(functools.partial(loss, scale=2.0)), A),
    "deep": (vmap(jit(grad(jit(jit(loss))))), M),
}


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize("fun, x", MADE.values(), ids=MADE.keys())
def test_what_transformations_return_pickles_as_its_function_does(fun, x, protocol):
    expected = leaves(fun(x.copy()))
    for other in (
        pickle.loads(pickle.dumps(fun, protocol)),
        copy.copy(fun),
        copy.deepcopy(fun),
    ):
        assert type(other) is type(fun) and other is not fun
        for a, e in zip(leaves(other(x.copy())), expected, strict=True):
            assert_array_equal(a, e)


def leaves(result):
    return fgrad.tree.leaves(str(result) if isinstance(result, fgrad.Jaxpr) else result)


def test_a_pickle_has_no_programs():
    fun = jit(loss)
    fun(A)
    outer = grad(fun)
    outer(A)
    assert len(pickle.dumps(outer)) < 1000
    other = pickle.loads(pickle.dumps(fun))
    assert other.options == fun.options


def test_the_rules_of_a_custom_function_go_along():
    made = custom_vjp(loss)
    made.defvjp(loss_fwd, loss_bwd)
    other = pickle.loads(pickle.dumps(made))
    assert_array_equal(grad(other)(A), 7.0 * A)


def loss_fwd(x, scale=1.0):
    return loss(x, scale), x


def loss_bwd(x, ct):
    return (7.0 * x * ct, 0.0)


def test_what_does_not_pickle_says_so():
    inner = jit(lambda x: x)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(inner)


def test_cloudpickle_takes_local_functions_along():
    cloudpickle = pytest.importorskip("cloudpickle")
    constant = np.arange(3.0)

    @jit
    def local(x):
        return x + constant

    local(A)
    for fun in (local, grad(lambda x: np.sum(local(x) ** 2)), jit(lambda x: 2.0 * x)):
        other = pickle.loads(cloudpickle.dumps(fun))
        assert_array_equal(other(A), fun(A))


def test_a_fresh_process_finds_decorated_functions():
    data = pickle.dumps([jitted, grad(lambda_free), Model.apply])
    code = (
        "import pickle, sys; import numpy as np\n"
        "f, g, h = pickle.loads(sys.stdin.buffer.read())\n"
        "from tests.test_threads_pickle import Model, jitted\n"
        "assert f is jitted and h is Model.apply\n"
        "print(f(0.0), g(np.zeros(2)).tolist(), Model(3.0).apply(2.0))"
    )
    run = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True,
                         check=False)  # fmt: skip
    assert run.stdout.decode().strip() == "0.0 [2.0, 2.0] 6.0", run.stderr.decode()


# -- threads ---------------------------------------------------------------------------


def together(work, count):
    """Run ``work(i)`` in threads that start at once, and return the results."""
    gate = threading.Barrier(count)

    def run(i):
        gate.wait()
        return work(i)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(run, range(count)))
    finally:
        sys.setswitchinterval(interval)


def test_the_first_calls_of_two_threads():
    for _ in range(20):
        f = jit(lambda x: np.sum(np.sin(x) * x))
        g = jit(grad(lambda x: np.sum(np.sin(x) * x)))
        results = together(lambda i: (f(A), g(A)), 2)  # noqa: B023
        for value, slope in results:
            assert value == np.sum(np.sin(A) * A)
            assert_array_equal(slope, grad(loss)(A))


KINDS = {
    "jit": lambda f, x: f(x),
    "grad": lambda f, x: grad(f)(x),
    "jit grad": lambda f, x: shared_gradient(x),
    "vmap": lambda f, x: vmap(f)(np.stack([x, 2.0 * x])),
    "jvp": lambda f, x: jvp(f, (x,), (np.ones_like(x),))[1],
    "vjp": lambda f, x: vjp(f, x)[1](1.0)[0],
    "linearize": lambda f, x: linearize(f, x)[1](np.ones_like(x)),
    "plain grad": lambda f, x: grad(loss)(x),
    "new jit": lambda f, x: jit(lambda y: f(y) + np.sum(x))(x),
    "other names": lambda f, x: jit(loss)(x),
    "scan": lambda f, x: grad(scanned)(x),
    "jit scan": lambda f, x: shared_scan(x),
    "while": lambda f, x: grad(lambda y: lax.while_loop(*WHILE, np.sum(y)))(x),
    "cond": lambda f, x: vmap(grad(branched))(x),
    "checkpoint": lambda f, x: grad(fgrad.checkpoint(f))(x),
    "psum": lambda f, x: vmap(lambda y: y - lax.pmean(y, "i"), axis_name="i")(x),
    "no jit": lambda f, x: without_jit(f, x),
}


def scanned(x):
    step = lambda c, y: (np.tanh(c + y), c * y)
    carry, ys = lax.scan(step, 0.5, x)
    return carry + np.sum(ys)


def branched(x):
    return lax.cond(x > 0.5, np.sin, lambda y: y**2, x)


def without_jit(f, x):
    with fgrad.disable_jit():
        return grad(f)(x)


WHILE = (lambda y: y < 50.0, lambda y: y * 1.7 + 0.1)
shared_scan = jit(grad(scanned))
shared = jit(loss)
shared_gradient = jit(grad(loss))


def mixed_calls(threads, calls, clear=False):
    """Return how many of some mixed calls in threads had a wrong result."""
    points = [np.linspace(0.1, 1.0, n) for n in range(1, 9)]
    expected = {
        (kind, i): run(shared, x)
        for kind, run in KINDS.items()
        for i, x in enumerate(points)
    }
    fgrad.clear_caches()

    def work(number):
        draw = random.Random(number)
        wrong = 0
        for _ in range(calls):
            kind, i = draw.choice(list(KINDS)), draw.randrange(len(points))
            if clear and draw.random() < 0.02:
                fgrad.clear_caches()
            result = KINDS[kind](shared, points[i])
            wrong += np.asarray(result).tobytes() != expected[kind, i].tobytes()
        return wrong

    return sum(together(work, threads))


def test_threads_get_right_results():
    assert mixed_calls(8, 40) == 0


def test_threads_get_right_results_while_caches_are_cleared(monkeypatch):
    from fgrad.compiler import cache

    monkeypatch.setattr(cache, "MAXIMUM", 4)
    assert mixed_calls(8, 25, clear=True) == 0


def test_threads_with_one_large_array():
    big = np.linspace(0.0, 1.0, 200_000)
    f = lambda s: np.sum(np.sin(big * s) * big)
    expected = grad(f)(2.0)
    assert together(lambda i: grad(f)(2.0), 4) == [expected] * 4
    assert big.flags.writeable


# -- fork ------------------------------------------------------------------------------


def child(queue):
    queue.put((shared(A), shared_gradient(A), jit(lambda x: x + 1.0)(1.0)))


def fork_while_a_thread_stages():
    stop = threading.Event()

    def work():
        while not stop.is_set():
            shared(np.ones(random.randrange(50)))

    busy = threading.Thread(target=work)
    busy.start()
    try:
        context = multiprocessing.get_context("fork")
        queue = context.SimpleQueue()
        process = context.Process(target=child, args=(queue,))
        process.start()
        process.join(30)
        assert process.exitcode == 0
        value, slope, other = queue.get()
    finally:
        stop.set()
        busy.join()
    assert (value, other) == (shared(A), 2.0)
    assert_array_equal(slope, shared_gradient(A))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_fork_in_the_middle():
    name = fork_while_a_thread_stages.__name__
    code = f"from {__name__} import {name}; {name}()"  # where JAX has no threads
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()


if __name__ == "__main__":
    print(mixed_calls(32, 1000), "wrong results of 32 times 1,000 calls")


# -- import ------------------------------------------------------------------------


def test_what_a_gradient_does_not_need_is_imported_at_its_first_use():
    program = """
import sys, numpy as np, fgrad
fgrad.grad(lambda p: np.sum(np.tanh(p["w"] @ np.ones(2)) ** 2))({"w": np.ones((3, 2))})
later = ["compiler", "control", "lax", "transforms.custom_rules", "transforms.jvp",
         "transforms.jacobian", "transforms.staging", "transforms.vmap"]
assert not [name for name in later if f"fgrad.{name}" in sys.modules]
assert all(hasattr(fgrad, name) for name in fgrad.__all__)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
