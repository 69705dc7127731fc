"""`checkpoint`: the same derivatives from less memory, and what decides how much."""

import contextlib
import io
import pickle
import tracemalloc
from functools import partial

import numpy as np
import pytest

import fgrad
from fgrad import (
    checkpoint,
    checkpoint_policies,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jit,
    jvp,
    linearize,
    make_jaxpr,
    value_and_grad,
    vjp,
    vmap,
)
from fgrad.ad_checkpoint import (
    checkpoint_name,
    print_saved_residuals,
    saved_residuals,
)
from fgrad.core import Primitive
from fgrad.ops.elementwise import cos, sin

from .messages import raised, table

HERE = "test_checkpoint.py:"
RNG = np.random.default_rng(0)
W = RNG.normal(size=(3, 3))
X = RNG.normal(size=3)


# -- the same derivatives ----------------------------------------------------------


@fgrad.custom_vjp
def scaled(x):
    return np.sin(x) * 3.0


scaled.defvjp(lambda x: (scaled(x), np.cos(x)), lambda c, ct: (ct * c * 3.0,))


@fgrad.custom_jvp
def bent(x):
    return np.tanh(x)


bent.defjvp(lambda p, t: (bent(p[0]), t[0] * (1.0 - bent(p[0]) ** 2)))

FUNCTIONS = {
    "chain": lambda wrap, x: wrap(lambda x: np.sin(np.exp(np.sin(x))))(x),
    "matrix": lambda wrap, x: wrap(lambda x: np.tanh(np.tanh(W @ x) @ W))(x),
    "two outputs": lambda wrap, x: np.multiply(
        *wrap(lambda x: (np.exp(x), np.sum(x)))(x)
    ),
    "trees": lambda wrap, x: wrap(lambda p: {"b": p["a"][0] * p["a"][1]})(
        {"a": (np.sin(x), x)}
    )["b"],
    "integers": lambda wrap, x: wrap(lambda x, i: (x**2)[i] * i)(x, np.array([2, 0])),
    "keywords": lambda wrap, x: wrap(lambda x, *, y: np.sin(x) * y)(x, y=np.cos(x)),
    "closure": lambda wrap, x: wrap(lambda y: np.sin(y * np.exp(x)) * x)(np.cos(x)),
    "only a closure": lambda wrap, x: wrap(lambda: np.sin(x) ** 2)(),
    "nested": lambda wrap, x: wrap(
        lambda y: np.sin(wrap(lambda z: np.exp(np.sin(z)))(y * 2.0)) * y
    )(x),
    "repeated": lambda wrap, x: (f := wrap(lambda y: np.sin(y) * y))(f(f(x))),
    "jit inside": lambda wrap, x: wrap(lambda y: jit(np.sin)(y * y))(x),
    "jit outside": lambda wrap, x: jit(lambda y: wrap(np.sin)(y * y) * y)(x),
    "identity": lambda wrap, x: wrap(lambda x: (x, x * 2.0))(x)[0],
    "constant": lambda wrap, x: wrap(lambda y: np.ones(3))(x) * x,
    "stop": lambda wrap, x: wrap(lambda y: fgrad.stop_gradient(y) * y)(x),
    "grad inside": lambda wrap, x: wrap(grad(lambda y: np.sum(np.sin(y) ** 3)))(x),
    "vmap inside": lambda wrap, x: wrap(vmap(lambda a: np.sin(a) * np.sum(x)))(x),
    "named": lambda wrap, x: wrap(
        lambda y: np.exp(checkpoint_name(np.sin(y) ** 2, "h")) * y
    )(x),
    "custom_jvp": lambda wrap, x: wrap(lambda y: bent(bent(y)))(x),
}
OPTIONS = [
    {},
    {"prevent_cse": False},
    {"policy": checkpoint_policies.everything_saveable},
    {"policy": checkpoint_policies.save_from_both_policies(
        checkpoint_policies.dots_saveable,
        checkpoint_policies.save_only_these_names("h"))},
]  # fmt: skip
WAYS = {
    "value": lambda f: f(X),
    "grad": lambda f: grad(lambda x: np.sum(f(x) ** 2))(X),
    "vjp": lambda f: vjp(f, X)[1](np.ones_like(f(X)))[0],
    "jvp": lambda f: jvp(f, (X,), (np.cos(X),)),
    "linearize": lambda f: (linearize(f, X)[0], linearize(f, X)[1](np.cos(X))),
    "jacrev": lambda f: jacrev(f)(X),
    "jacfwd": lambda f: jacfwd(f)(X),
    "hessian": lambda f: hessian(lambda x: np.sum(f(x) ** 2))(X),
    "grad of grad": lambda f: grad(
        lambda x: np.sum(grad(lambda x: np.sum(f(x) ** 2))(x) ** 2)
    )(X),
    "grad of jvp": lambda f: grad(lambda x: np.sum(jvp(f, (x,), (np.cos(x),))[1] ** 2))(
        X
    ),
    "jvp of grad": lambda f: jvp(grad(lambda x: np.sum(f(x) ** 2)), (X,), (X,)),
    "vmap of grad": lambda f: vmap(grad(lambda x: np.sum(f(x) ** 2)))(
        np.stack([X, -X])
    ),
    "grad of vmap": lambda f: grad(lambda x: np.sum(vmap(f)(x) ** 2))(
        np.stack([X, -X])
    ),
    "vmap of hessian": lambda f: vmap(hessian(lambda x: np.sum(f(x) ** 2)))(
        np.stack([X, -X])
    ),
}


def assert_equal_trees(actual, expected):
    actual, tree = fgrad.tree.flatten(actual)
    expected, expected_tree = fgrad.tree.flatten(expected)
    assert tree == expected_tree
    for a, b in zip(actual, expected, strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_are_those_of_the_function(name, way):
    fun, use = FUNCTIONS[name], WAYS[way]
    expected = use(lambda x: fun(lambda f: f, x))
    for options in OPTIONS:
        f = lambda x: fun(partial(checkpoint, **options), x)  # noqa: B023
        assert_equal_trees(use(f), expected)
        assert_equal_trees(use(jit(f)), expected)
    assert_equal_trees(jit(lambda: use(f))(), expected)


def test_a_rule_of_custom_vjp_runs_again_in_the_backward_pass():
    runs = []

    @fgrad.custom_vjp
    def f(x):
        return x * 2.0

    def fwd(x):
        runs.append("fwd")
        return x * 2.0, np.sin(x)

    f.defvjp(fwd, lambda res, ct: (ct * res,))
    block = checkpoint(lambda x: f(f(x)))
    expected = np.sin(X) * np.sin(2 * X)
    for transform in (grad, lambda f: jit(grad(f)), lambda f: grad(jit(f))):
        gradient = transform(lambda x: np.sum(block(x)))(X)
        np.testing.assert_allclose(gradient, expected)
    assert set(runs) == {"fwd"}


@pytest.mark.parametrize("way", ["grad", "vjp", "jacrev", "grad of grad",
    "vmap of grad", "grad of vmap"])  # fmt: skip
def test_a_function_with_a_rule_of_its_own(way):
    use = WAYS[way]
    f = lambda wrap: lambda x: wrap(lambda y: scaled(np.exp(scaled(y))))(x)
    for transform in (lambda f: f, jit):
        assert_equal_trees(use(transform(f(checkpoint))), use(f(lambda f: f)))


def test_checkpoint_inside_of_custom_rules():
    @fgrad.custom_vjp
    def f(x):
        return checkpoint(np.sin)(x)

    f.defvjp(lambda x: (f(x), x), lambda x, ct: (ct * checkpoint(np.exp)(x),))
    for transform in (lambda f: f, jit):
        f_grad = transform(grad(lambda x: np.sum(f(x))))
        np.testing.assert_allclose(f_grad(X), np.exp(X))
        np.testing.assert_allclose(
            jacrev(f_grad)(X), np.diag(np.exp(X)), rtol=1e-12, atol=1e-12
        )


def test_against_jax():
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    jax.config.update("jax_enable_x64", True)

    def model(np, checkpoint, w, x):
        block = checkpoint(lambda w, x: np.tanh(x @ w) * np.sin(x))
        for i in range(3):
            x = block(w[i], x)
        return np.sum(x**2)

    w = RNG.normal(size=(3, 3, 3))
    ours = partial(model, np, checkpoint)
    theirs = partial(model, jnp, jax.checkpoint)
    for mine, other in [
        (grad(ours, (0, 1)), jax.grad(theirs, (0, 1))),
        (hessian(ours, 1), jax.hessian(theirs, 1)),
        (vmap(grad(ours), (None, 0)), jax.vmap(jax.grad(theirs), (None, 0))),
    ]:
        x = np.stack([X, -X]) if isinstance(mine, type(vmap(np.sin))) else X
        jax.tree.map(
            partial(np.testing.assert_allclose, rtol=1e-10, atol=1e-10),
            mine(w, x),
            jax.tree.map(np.asarray, other(w, x)),
        )


# -- less memory, more work --------------------------------------------------------

MB = 1 << 20


def peak(fun, *args):
    """Return how many MB a call allocates at most, beyond what there was."""
    fun(*args)  # compiles
    tracemalloc.start()
    try:
        fun(*args)
        return tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()


def five(x):
    for _ in range(5):
        x = np.tanh(x)
    return x


def chain(block, x):
    for _ in range(10):
        x = block(x)
    return np.sum(x)


def test_memory():
    x = np.ones(MB // 8)
    plain = peak(grad(partial(chain, five)), x)
    checked = peak(grad(partial(chain, checkpoint(five))), x)
    assert plain > 50  # a result of each tanh
    assert checked < 30  # a result of each block, those of one block, cotangents


def test_memory_of_a_compiled_gradient():
    def mixed(x):  # products, or all would run block by block
        for _ in range(5):
            x = np.tanh(x) @ weights
        return x

    def peak_of_plan(block):
        lowered = jit(grad(partial(chain, block))).lower(x)
        return lowered.cost_analysis()["peak bytes"] / MB

    x, weights = np.ones((MB // 64, 8)), np.eye(8)
    assert peak_of_plan(mixed) > 50
    assert peak_of_plan(checkpoint(mixed)) < 30
    assert peak(jit(grad(partial(chain, checkpoint(mixed)))), x) < 30


def test_memory_of_a_gradient_of_jit():
    x = np.ones(MB // 8)
    plain = peak(grad(jit(partial(chain, five))), x)
    checked = peak(grad(jit(partial(chain, checkpoint(five)))), x)
    assert plain > 50
    assert checked < 30


def test_nothing_but_the_arguments_is_held_between_the_passes():
    x = np.ones(MB // 8)
    vjp(checkpoint(five), x)
    tracemalloc.start()
    try:
        out, pull = vjp(checkpoint(five), x)
        held = tracemalloc.get_traced_memory()[0] / MB
    finally:
        tracemalloc.stop()
    assert held < 3.5  # a copy of x, the output, and the caller's copy of that
    np.testing.assert_allclose(pull(np.ones_like(out))[0], grad(
        lambda x: np.sum(five(x)))(x))  # fmt: skip


@pytest.mark.parametrize("take", [vjp, linearize])
@pytest.mark.parametrize("wrap", [jit, checkpoint, partial(
    checkpoint, policy=checkpoint_policies.everything_saveable)])  # fmt: skip
def test_writing_between_the_passes_changes_nothing(take, wrap):
    x, w = np.ones(3), np.ones(3)
    out, back = take(lambda x: wrap(lambda x, w: np.exp(x * w))(x, w), x)
    x[:], w[:], out[:] = 5.0, 6.0, 7.0
    result = back(np.ones(3))
    np.testing.assert_allclose(result[0] if take is vjp else result, np.full(3, np.e))


class Counted:
    """An operation that counts how often it is computed."""

    def __init__(self):
        self.runs = 0

        def impl(x):
            self.runs += 1
            return np.sin(x)

        self.sin = Primitive(
            "counted",
            impl=impl,
            abstract=lambda x: x,
            vjp=(lambda ct, z, x: ct * cos(x) + 0.0 * z,),
            jvp=lambda ts, z, x: ts[0] * cos(x) + 0.0 * z,
            batch=lambda args, dims, size: (self.sin(args[0]), dims[0]),
        )

    def __call__(self, fun, *args):
        self.runs = 0
        fun(*args)
        return self.runs


WRAPS = {
    "grad": value_and_grad,
    "jit of grad": lambda f: jit(value_and_grad(f)),
    "grad of jit": lambda f: value_and_grad(jit(f)),
    "jit of grad of jit": lambda f: jit(value_and_grad(jit(f))),
}


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 6),
        ({"policy": checkpoint_policies.everything_saveable}, 3),
        ({"policy": checkpoint_policies.nothing_saveable}, 6),
        ({"policy": lambda prim, *avals, **params: prim.name == "counted"}, 3),
    ],
)
def test_what_is_not_saved_is_computed_again(wrap, options, expected):
    counted = Counted()

    def f(x):
        for _ in range(3):
            x = checkpoint(lambda x: np.exp(counted.sin(x * 2.0)), **options)(x)
        return np.sum(x)

    gradient = WRAPS[wrap](f)  # with the value, or jit would leave the last block out
    gradient(X)
    assert counted(gradient, X) == expected


def test_a_compiler_may_merge_the_passes_if_told_so():
    counted = Counted()
    f = checkpoint(lambda x: np.sum(np.exp(counted.sin(x))), prevent_cse=False)
    gradient = jit(grad(f))
    gradient(X)
    assert counted(gradient, X) == 1
    assert "_backward" not in gradient.lower(X).as_text()
    text = jit(grad(checkpoint(five_sum))).lower(X).as_text()
    assert "five_sum_backward(x" in text
    compile(text, "<text>", "exec")  # what it calls is explained in comments


def five_sum(x):
    return np.sum(five(x))


@pytest.mark.usefixtures("plan_usual")
def test_jit_inlines_a_checkpoint_that_is_not_differentiated():
    program = jit(checkpoint(lambda x: np.sin(x) * 2.0)).lower(X).as_text()
    assert "np.sin(x) * 2.0" in program
    assert "checkpoint" not in program


def test_nested_blocks_are_computed_again_by_the_outer_one():
    counted = Counted()
    inner = checkpoint(lambda x: np.exp(counted.sin(x)))
    outer = checkpoint(lambda x: inner(inner(x)))
    # forwards: 2; in the outer backward pass the first inner block runs to give the
    # second its argument (1), and each of both computes its own insides (2)
    gradient = grad(lambda x: np.sum(outer(x)))
    gradient(X)
    assert counted(gradient, X) == 5


def test_the_backward_pass_is_a_checkpoint_itself():
    counted = Counted()
    block = checkpoint(lambda x: np.exp(counted.sin(x)))

    def held(f):
        kept = []
        jaxpr = make_jaxpr(grad(lambda x: np.sum(grad(lambda y: np.sum(f(y)))(x))))(X)
        kept.extend(e.prim.name for e in jaxpr.eqns)
        return kept

    assert held(block).count("remat") == 2  # backwards, and backwards from there
    assert "counted" not in held(block)


def test_linearize_computes_again_at_every_application():
    counted = Counted()
    _, f_jvp = linearize(checkpoint(lambda x: np.exp(counted.sin(x))), X)
    assert counted(f_jvp, X) == 1
    assert counted(f_jvp, X) == 1
    keeps = checkpoint(
        lambda x: np.exp(counted.sin(x)), policy=checkpoint_policies.everything_saveable
    )
    _, f_jvp = linearize(keeps, X)
    assert counted(f_jvp, X) == 0


def test_a_function_is_staged_once_per_signature():
    runs = []

    @checkpoint
    def block(x):
        runs.append(x)
        return np.sin(x)

    for _ in range(3):
        grad(lambda x: np.sum(block(x)))(X)
    assert len(runs) == 1
    block(X[:2])
    assert len(runs) == 2


# -- how it is called --------------------------------------------------------------


def test_decorators_methods_and_static_arguments():
    class Model:
        w = 2.0

        @checkpoint
        def __call__(self, x):
            return np.sin(x)

        @partial(checkpoint, static_argnums=0)
        def scaled(self, x):
            return np.sin(x) * self.w

    model = Model()
    np.testing.assert_allclose(grad(model.scaled)(1.0), 2.0 * np.cos(1.0))

    @checkpoint(static_argnames="n", policy=checkpoint_policies.dots_saveable)
    def power(x, n):
        for _ in range(n):
            x = x * x
        return x

    assert grad(power)(2.0, 2) == 32.0
    assert grad(power)(2.0, n=1) == 4.0
    assert power.__name__ == "power"
    assert repr(power) == "<checkpoint(power)>"
    assert fgrad.remat is checkpoint is fgrad.ad_checkpoint.remat
    assert pickle.loads(pickle.dumps(checkpoint(five)))(1.0) == five(1.0)


def test_dtypes_and_python_numbers():
    f = checkpoint(lambda x: x * 2.0)
    assert type(f(1.5)) is float
    assert f(np.float32(1.5)).dtype == np.float32
    assert grad(f)(np.float32(1.5)).dtype == np.float32
    x = np.ones(2, np.float32)
    assert grad(lambda x: np.sum(f(x)))(x).dtype == np.float32
    z = np.array([1 + 2j])
    pulled = vjp(checkpoint(lambda z: z * (2 + 1j)), z)[1](np.ones(1, complex))
    assert_equal_trees(pulled, vjp(lambda z: z * (2 + 1j), z)[1](np.ones(1, complex)))


class Unhashable:
    __hash__ = None

    def __call__(self, prim, *avals, **params):
        return True


def branch(x):
    return x if x > 0 else -x


MISTAKES = {
    "if": (fgrad.errors.TracerBoolConversionError,
           lambda: grad(checkpoint(branch))(1.0),
           "(branch) in checkpoint(branch)", "np.where", "static_argnums"),
    "if, plain": (fgrad.errors.TracerBoolConversionError,
                  lambda: checkpoint(branch)(1.0), "checkpoint(branch)"),
    "no function": (TypeError, lambda: checkpoint(3), "checkpoint needs a function"),
    "policy": (TypeError, lambda: checkpoint(five, policy="dots"), "checkpoint(five)",
               "'dots' (str)", "checkpoint_policies.dots_saveable"),
    "policy, unhashable": (TypeError, lambda: checkpoint(five, policy=Unhashable()),
                           "hashable function", "Unhashable"),
    "policy, not called": (
        TypeError, lambda: grad(checkpoint(
            np.sin, policy=checkpoint_policies.save_only_these_names))(1.0),
        "makes a policy from names", 'save_only_these_names("h")'),
    "policy, answer": (TypeError, lambda: grad(checkpoint(
        np.sin, policy=lambda prim, *avals, **params: None))(1.0),
        "True or False", "answered None", "sin"),
    "names as a list": (TypeError, lambda: checkpoint_policies.save_only_these_names(
        ["h"]), "got ['h']"),
    "both lists": (ValueError, lambda:
        checkpoint_policies.save_and_offload_only_these_names(
            names_which_can_be_saved=["a"], names_which_can_be_offloaded=["a", "b"],
            offload_src="device", offload_dst="pinned_host"), "['a']", "both lists"),
    "name": (TypeError, lambda: checkpoint_name(X, 3), "must be a string", "got int"),
    "string": (TypeError, lambda: checkpoint(five)("x"), "checkpoint(five)",
               "argument x", "static_argnames"),
    "output": (TypeError, lambda: checkpoint(lambda x: "s")(1.0),
               "checkpoint(lambda)", "'s'", "must return arrays"),
    "unhashable": (TypeError, lambda: checkpoint(lambda x, n: x, static_argnums=1)(
        1.0, []), "static argument n", "unhashable"),
    "residuals": (TypeError, lambda: saved_residuals(3), "saved_residuals needs"),
    "residuals, printed": (TypeError, lambda: print_saved_residuals(3), "needs a"),
}  # fmt: skip


@table(MISTAKES)
def test_mistakes(case):
    raised(*case)


def test_an_exception_of_the_user_arrives_unchanged():
    class Mine(Exception):
        pass

    @checkpoint
    def f(x):
        raise Mine("here")

    raised(Mine, lambda: grad(f)(1.0), "here")


def test_an_error_of_a_compiled_block_names_the_line():
    def f(x, i):
        return np.sum(np.sin(x)[i])

    line = f.__code__.co_firstlineno + 1
    for transform in (lambda f: f, jit, grad, lambda f: jit(grad(f))):
        f_checked = transform(checkpoint(f))
        raised(IndexError, lambda: f_checked(X, np.array([5])), "out of bounds",  # noqa: B023
               f"test_checkpoint.py:{line} (f)")  # fmt: skip


# -- what is saved -----------------------------------------------------------------


def mlp(p, x):
    for w in p["ws"]:
        x = checkpoint_name(np.tanh(x @ w), "h")
    return np.sum(x)


P = {"ws": [np.ones((3, 3)), 2.0 * np.ones((3, 3))]}
B = np.ones((2, 3))
ARGUMENTS = ["from argument p['ws'][0]", "from argument p['ws'][1]", "from argument x"]
DOTS = ["output of dot_general"] * 2


def origins(f, *args):
    """Return where residuals come from, without lines."""
    return [origin.partition(" at ")[0] for _, origin in saved_residuals(f, *args)]


cp = checkpoint_policies
SAVED = {
    "none": (None, []),
    "nothing": (cp.nothing_saveable, []),
    "dots": (cp.dots_saveable, DOTS),
    "dots, alias": (cp.checkpoint_dots, DOTS),
    "flat dots": (cp.dots_with_no_batch_dims_saveable, DOTS),
    "flat dots, alias": (cp.checkpoint_dots_with_no_batch_dims, DOTS),
    "offloaded dots": (cp.offload_dot_with_no_batch_dims("device", "host"), DOTS),
    "names": (cp.save_only_these_names("h"), ["named 'h'"] * 2),
    "other names": (cp.save_only_these_names("g"), []),
    "but these": (cp.save_any_names_but_these("h"), []),
    "but others": (cp.save_any_names_but_these("g"), ["named 'h'"] * 2),
    "both": (cp.save_from_both_policies(cp.dots_saveable, cp.nothing_saveable), DOTS),
    "offloaded": (cp.save_and_offload_only_these_names(
        names_which_can_be_saved=["h"], names_which_can_be_offloaded=["g"],
        offload_src="device", offload_dst="pinned_host"), ["named 'h'"] * 2),
}  # fmt: skip


@pytest.mark.parametrize("case", SAVED.values(), ids=SAVED.keys())
def test_what_policies_save(case):
    policy, saved = case
    f = checkpoint(mlp, policy=policy)
    assert origins(f, P, B) == ARGUMENTS + saved
    expected = value_and_grad(mlp)(P, B)
    for transform in WRAPS.values():
        assert_equal_trees(transform(f)(P, B), expected)


@pytest.mark.parametrize("name", ["nothing_saveable", "dots_saveable",
    "dots_with_no_batch_dims_saveable"])  # fmt: skip
def test_what_policies_save_in_jax(name):
    jax = pytest.importorskip("jax")
    from jax.ad_checkpoint import print_saved_residuals as theirs

    jax.config.update("jax_enable_x64", True)

    def attention(np, p, x):
        scores = np.einsum("bid,bjd->bij", x @ p["q"], x @ p["k"])
        return np.sum(np.einsum("bij,bjd->bid", np.exp(scores), x) @ p["o"])

    p = {key: np.ones((4, 4)) for key in "qko"}
    x = np.ones((2, 3, 4))
    f = checkpoint(partial(attention, np), policy=getattr(cp, name))
    g = jax.checkpoint(
        partial(attention, jax.numpy), policy=getattr(jax.checkpoint_policies, name)
    )
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        theirs(g, p, x)
    ours = [(aval, "argument" in text) for aval, text in saved_residuals(f, p, x)]
    lines = out.getvalue().splitlines()
    other = [(line.split()[0], "argument" in line) for line in lines]
    assert sorted((str(a), b) for a, b in ours) == sorted(other)


def test_a_named_value_stands_for_what_was_named():
    counted = Counted()
    policy = cp.save_only_these_names("h")

    @checkpoint(policy=policy)
    def f(x):  # counted's rule reads its result, which has no name
        return np.sum(checkpoint_name(counted.sin(np.sin(x)), "h"))

    gradient = grad(f)
    gradient(X)
    assert counted(gradient, X) == 1


def test_print_saved_residuals(capsys):
    def f(params, x):
        y = np.sin(x @ params["w"]) * C
        return np.sum(checkpoint_name(np.exp(y), "h") ** 2)

    C = np.arange(3.0)
    print_saved_residuals(f, {"w": W}, x=X)
    line = f.__code__.co_firstlineno
    assert capsys.readouterr().out.splitlines() == [
        "f64[3] from a constant",
        "f64[3,3] from argument params['w']",
        "f64[3] from argument x",
        f"f64[3] named 'h' at test_checkpoint.py:{line + 2} (f)",
        f"f64[3] output of cos at test_checkpoint.py:{line + 1} (f)",
    ]


def test_residuals_of_blocks_are_found_inside_of_them():
    inner = checkpoint(lambda x: np.sin(W @ x), policy=cp.dots_saveable)
    f = lambda x: np.sum(np.sin(inner(x)) * np.sin(checkpoint(np.sin)(x)))
    assert origins(f, X)[:1] == ["from argument x"]
    assert "output of dot_general" in origins(f, X)
    assert "output of checkpoint" not in origins(f, X)
    assert saved_residuals(checkpoint(five_sum), fgrad.ShapeDtypeStruct((2,), "f4"))[
        0
    ] == (fgrad.core.Aval((2,), np.dtype("float32")), "from argument x")


@pytest.mark.usefixtures("plan_usual")
def test_names_are_gone_from_programs():
    f = lambda x: checkpoint_name({"a": np.sin(x)}, "h")["a"] * 2.0
    assert [e.prim.name for e in make_jaxpr(f)(X).eqns] == ["sin", "name", "mul"]
    assert jit(f).lower(X).as_text().count("\n") == 2
    assert checkpoint_name(3, "h") == 3
    assert_equal_trees(grad(lambda x: np.sum(f(x)))(X), 2.0 * np.cos(X))
    assert sin(0.0) == 0.0
