"""Planned programs: what is written where, and that nobody can tell."""

import functools
import gc
import threading

import numpy as np
import pytest

import fgrad
from fgrad import jit
from fgrad.compiler import cost_model
from fgrad.compiler.cost_model import Model
from fgrad.compiler.fusion import Fusion, Group
from fgrad.compiler.layout import contiguous_vars
from fgrad.compiler.workspace import Workspaces, in_threads

from .numerics import assert_same_bits
from .samples import all_samples

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 400))
V = RNG.normal(size=200_000)
W = RNG.normal(size=(400, 20))


def chain(x):
    return np.sum((np.tanh(np.log(np.exp(np.sin(x) * x) + 1)) ** 2 - x) / 2)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def layer_norm(x, scale, shift):
    mean, var = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(var + 1e-5) * scale + shift


def log_sum_exp(x):
    top = x.max(axis=-1)
    return np.log(np.sum(np.exp(x - top[:, None]), axis=-1)) + top


def network(x, w, b):
    h = np.tanh(x @ w + b)
    return np.sum(h * h), h.T @ h


PROGRAMS = {
    "chain": (fgrad.grad(chain), (V,)),
    "chain32": (fgrad.grad(chain), (V.astype(np.float32),)),
    "softmax": (softmax, (X,)),
    "softmax_vjp": (lambda x, c: fgrad.vjp(softmax, x)[1](c), (X, X[::-1].copy())),
    "layer_norm": (layer_norm, (X, X[0], X[1])),
    "layer_norm_grad": (
        fgrad.grad(lambda *a: np.sum(layer_norm(*a) ** 2), (0, 1, 2)),
        (X, X[0], X[1]),
    ),
    "log_sum_exp": (log_sum_exp, (X,)),
    "log_sum_exp_grad": (fgrad.grad(lambda x: np.sum(log_sum_exp(x))), (X,)),
    "network": (network, (X, X.T @ X, X[0])),
    "odd": (fgrad.grad(chain), (V[:199_999],)),
    "three_axes": (softmax, (X.reshape(30, 10, 400),)),
    "kept": (lambda x: (np.sin(x), np.sin(x) * 2.0, np.cos(x).T), (X,)),
    "argument": (lambda x: (x, x + 1.0), (X,)),
    "masks": (lambda x: np.where(x > 0, np.exp(x), -1.0) * (x != 0), (V,)),
    "powers": (lambda x: x**2 + np.abs(x) ** 0.5 + np.abs(x) ** -1 + x**3, (V,)),
    "integers": (lambda x: (x * 3 // 2 % 7) ** 2 + (x > 1), (np.arange(90_000),)),
    "complex": (lambda x: np.exp(x * 1j) * x + np.conj(x + 2j), (V,)),
}
PROGRAMS["views"] = (  # of a column: one of another, which nothing else reads
    lambda x: fgrad.jvp(fgrad.vmap(lambda v: np.sort(v) * np.max(v)), (x,), (x,))[1],
    (X,),
)
PROGRAMS["choices"] = (
    lambda x: np.where(True, x * 2, x) * np.where(x[0, 0] > 0, x * 3, x) + x,
    (X,),
)
PROGRAMS["twice"] = (lambda x: [np.sin(x) * x] * 2 + [(np.sin(x) * x)[1:]], (V,))
UNPLANNED = {"argument"}  # its one operation makes an output


@pytest.fixture(params=["usual", "all"])
def model(request):
    """Plan with the usual constants, and with small blocks wherever possible."""
    request.getfixturevalue(f"plan_{request.param}")


def leaves(tree):
    return fgrad.tree_util.tree_leaves(tree)


@pytest.mark.parametrize("name", PROGRAMS)
def test_planned_programs_have_the_bits_of_plain_ones(name, model):
    fun, args = PROGRAMS[name]
    fast, copies = jit(fun), [a.copy() for a in args]
    planned = "planned: nothing" not in fast.lower(*args).explain()
    assert planned or name in UNPLANNED
    expected = leaves(fun(*args))
    for _ in range(2):  # the second time with buffers that are full of something
        actual = leaves(fast(*args))
        for a, e in zip(actual, expected, strict=True):
            assert_same_bits(a, e)
    for x, copy in zip(args, copies, strict=True):
        assert x.tobytes() == copy.tobytes()


@pytest.mark.parametrize("name", PROGRAMS)
def test_outputs_are_memory_of_their_own(name, model):
    fun, args = PROGRAMS[name]
    fast = jit(fun)
    first = leaves(fast(*args))
    before = [np.copy(a) for a in first]
    second = leaves(fast(*[a[::-1].copy() for a in args]))
    for a, b in zip(first, before, strict=True):
        assert a.tobytes() == b.tobytes()
    arrays = [*first, *second]
    for i, a in enumerate(arrays):
        assert not any(np.shares_memory(a, x) for x in args)
        assert not any(np.shares_memory(a, b) for b in arrays[:i])


@pytest.mark.parametrize(
    "layout", [np.asfortranarray, lambda x: x.T.copy().T, lambda x: x[::-1, ::-1]]
)
def test_other_layouts_are_computed_without_a_plan(layout, model):
    x = layout(X)
    for fun in (softmax, lambda x: np.sum(np.sin(x) * x, axis=0), lambda x: x @ x.T):
        fast = jit(fun)
        for argument in (X, x, X):
            assert_same_bits(fast(argument), fun(argument))


def test_an_array_of_one_element_is_computed_as_numpy_does():
    def fun(x, c):  # NumPy multiplies (1, 1) and (1,) in another way than (1, 1) and ()
        return np.sum(x * x, axis=-1, keepdims=True) * c

    fast = jit(fun)
    for _ in range(20):
        x, c = RNG.normal(size=(2, 1, 200_000)).view(complex)
        assert_same_bits(fast(x, c[0, :1]), fun(x, c[0, :1]))


def test_scalars_beside_large_arrays_have_their_dtype():
    ones = np.ones(20_000, np.float32)

    def fun(x):
        x = x + np.float64(0.0)
        return np.sum(x * ones) * (x * x + x * x - x * x / x)

    assert_same_bits(jit(fun)(2.0**24 + 1), fun(2.0**24 + 1))


def test_unaligned_arguments_are_computed_without_a_plan():
    memory = np.empty(V.nbytes + 1, np.uint8)[1:]
    x = memory.view(np.float64)
    x[...] = V
    assert not x.flags.aligned
    assert_same_bits(jit(fgrad.grad(chain))(x), fgrad.grad(chain)(x))


def test_threads_have_workspaces_of_their_own(model):
    fast = jit(fgrad.grad(chain))
    values = [V * k for k in (0.5, 1.0, 1.5, 2.0)]
    expected = [fgrad.grad(chain)(v).tobytes() for v in values]
    wrong = []

    def run(i):
        for _ in range(5):
            if fast(values[i]).tobytes() != expected[i]:
                wrong.append(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_call_within_a_call_has_a_workspace_of_its_own():
    def inner(x):
        fast(x) if x.sum() > 0 else None
        return x

    def fun(x):
        y = np.exp(np.sin(x) * 2.0)
        z = fgrad.pure_callback(inner, fgrad.ShapeDtypeStruct(x.shape, x.dtype), -x)
        return np.sin(y) * y + z

    fast = jit(fun)
    x = -np.abs(V)
    assert_same_bits(fast(x), np.sin(y := np.exp(np.sin(x) * 2.0)) * y - x)


def test_two_threads_compute_what_one_does(monkeypatch):
    monkeypatch.setattr("fgrad.compiler.workspace._cores", lambda: 2)
    monkeypatch.setattr(cost_model, "MODEL", Model(threaded=0.0))
    for name in ("chain", "softmax_vjp", "odd"):
        fun, args = PROGRAMS[name]
        fast = jit(lambda *args, fun=fun: fun(*args))
        assert "in_threads" in fast.lower(*args).as_text()
        for threads in (2, 1):
            with fgrad.num_threads(threads):
                for a, e in zip(leaves(fast(*args)), leaves(fun(*args)), strict=True):
                    assert_same_bits(a, e)


def test_an_error_in_the_other_thread_is_raised(monkeypatch):
    monkeypatch.setattr("fgrad.compiler.workspace._cores", lambda: 2)
    x = np.arange(100.0)

    def step(x):
        if x[0] >= 50:
            raise ValueError("in the second half")

    with pytest.raises(ValueError, match="second half"):
        in_threads(step, 10, (x,), (), ())


def test_errstate_holds_in_both_threads(monkeypatch):
    monkeypatch.setattr("fgrad.compiler.workspace._cores", lambda: 2)
    monkeypatch.setattr(cost_model, "MODEL", Model(threaded=0.0))
    fast = jit(lambda x: np.log(x) * 2.0 + np.sin(x))
    x = np.ones(300_000)
    x[-1] = 0.0
    with np.errstate(divide="ignore"):
        assert fast(x)[-1] == -np.inf
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        fast(x)


def test_workspaces_are_freed_with_the_function():
    before = sum(type(o) is Workspaces for o in gc.get_objects())
    fast = jit(lambda x: np.exp(np.sin(x) * x) + x)
    fast(V)
    del fast
    fgrad.clear_caches()
    gc.collect()
    assert sum(type(o) is Workspaces for o in gc.get_objects()) <= before


def test_names_of_users_are_theirs():
    def fun(workspace, workspaces, plain, contiguous, t0, b0, block_1, in_blocks, a):
        y = np.sin(workspace) * workspaces + np.exp(plain) * contiguous
        return (y * y - t0 + b0 * block_1) / in_blocks + a * y

    args = [V * (k + 1.0) + 0.1 for k in range(9)]
    assert_same_bits(jit(fun)(*args), fun(*args))


def test_memory_is_reused():
    def deep(x):
        for _ in range(50):
            x = np.sin(x) @ X[:, :300] * 1e-3
        return x

    lowered = jit(deep).lower(X[:, :300])
    costs = lowered.cost_analysis()
    assert costs["buffer bytes"] <= 3 * 300 * 300 * 8
    assert costs["peak bytes"] <= 5 * 300 * 300 * 8


def test_donated_arguments_are_written_block_by_block(model):
    def adam(w, g, m, v):
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        return w - 0.1 * m / (np.sqrt(v) + 1e-8), m, v

    args = [V.copy(), V[::-1].copy(), V * 2.0, V * V]
    expected = adam(*args)
    w, g, m, v = args
    fast = jit(adam, donate_argnums=(0, 2, 3))
    outs = fast(w, g, m, v)
    assert [outs[0] is w, outs[1] is m, outs[2] is v] == [True] * 3
    for a, e in zip(outs, expected, strict=True):
        assert_same_bits(a, e)


@pytest.mark.parametrize(
    "fun",
    [
        lambda a, b: (b, a),
        lambda a, b: (np.sin(b), np.cos(a) + b),
        lambda a, b: (a + b, a - b),
        lambda a, b: (np.sin(a), a),
        lambda a, b: (y := np.sin(a) + b, y),
        lambda a, b: (np.sin(b) + np.sum(a), np.cos(a)),
        lambda a, b: (a[::-1] + b, a * 2.0),
    ],
)
def test_donated_arguments_are_not_read_after_they_were_written(fun, model):
    expected = fun(V.copy(), V[::-1].copy())
    outs = jit(fun, donate_argnums=(0, 1))(V.copy(), V[::-1].copy())
    for a, e in zip(outs, expected, strict=True):
        assert_same_bits(a, e)
    assert not np.shares_memory(*outs)


@pytest.mark.usefixtures("plan_usual")
def test_every_line_says_where_it_came_from():
    def loss(w):
        h = np.tanh(X @ w)
        return np.mean((h - 1.0) ** 2)

    text = jit(fgrad.grad(loss)).lower(W).as_text(debug_info=True)
    first = loss.__code__.co_firstlineno
    noted = {}
    for line in text.splitlines():
        code, _, note = line.partition("  # ")
        noted[code.strip()] = note
    here = f"test_plan.py:{first + 1} (loss)"
    assert noted["np.matmul(const, w, out=t0)"] == here
    assert noted["np.tanh(t0, out=t0)"] == here
    assert not any(note for code, note in noted.items() if "workspace" in code)


# -- fusion ------------------------------------------------------------------------


def groups(fun, *args):
    jaxpr = jit(fun).lower(*args).jaxpr
    items = Fusion(jaxpr, contiguous_vars(jaxpr), 1).order()
    made = [e for i in items for e in (i.eqns if isinstance(i, Group) else [i])]
    assert sorted(map(id, made)) == sorted(map(id, jaxpr.eqns))
    known = set(jaxpr.invars)  # every equation comes after what it reads
    for eqn in made:
        assert all(a in known for a in eqn.inputs if type(a) is type(jaxpr.invars[0]))
        known.update(eqn.outs)
    return [[e.prim.name for e in i.eqns] for i in items if isinstance(i, Group)]


def test_a_softmax_is_one_group():
    assert groups(softmax, X) == [["max", "sub", "exp", "sum", "div"]]


def test_a_product_divides_groups():
    found = groups(lambda x: np.sin(np.cos(x) @ x.T) + 1.0, X)
    assert found == [["cos"], ["sin", "add"]]


def test_the_backward_pass_computes_what_only_it_needs():
    def loss(x):
        return np.sum((np.tanh(x) @ W) ** 2)

    found = groups(fgrad.grad(loss), X)
    assert found[0] == ["tanh"] and "sub" in found[-1]


def test_layout_claims_are_true():
    for sample in all_samples():
        arrays = [a for a in sample.args if isinstance(a, np.ndarray)]
        if sample.prim.multi or not all(a.flags.c_contiguous for a in arrays):
            continue
        fun = functools.partial(sample.prim, **sample.params)
        jaxpr = fgrad.make_jaxpr(fun)(*sample.args)
        claimed = jaxpr.outs[0] in contiguous_vars(jaxpr)
        out = sample.prim(*sample.args, **sample.params)
        if claimed and isinstance(out, np.ndarray):
            assert out.flags.c_contiguous, sample
