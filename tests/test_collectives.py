"""Collectives over named axes: against JAX and plain NumPy, and what they raise."""

import os
from functools import partial

import numpy as np
import pytest

import fgrad
from fgrad import custom_jvp, custom_vjp, grad, jit, jvp, lax, make_jaxpr, vmap

from .messages import raised, table

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 3, 2))
SQUARE = RNG.normal(size=(3, 3, 3))
WIDE = RNG.normal(size=(3, 2, 6))


def jax_or_skip():
    os.environ["JAX_PLATFORMS"] = "cpu"
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


# -- against JAX -------------------------------------------------------------------
# A case is a function of (lax, np) and one element, and a batch.

CASES = {
    "psum": (lambda lax, np, x: np.sin(lax.psum(x**2, "i")) * x, X),
    "psum of a tree": (
        lambda lax, np, x: sum(lax.psum({"a": x, "b": [x * 2]}, "i")["b"]) * x, X),
    "psum of a constant": (lambda lax, np, x: x * lax.psum(2.0, "i"), X),
    "psum of one": (lambda lax, np, x: x / lax.psum(1, "i"), X),
    "psum of no names": (lambda lax, np, x: lax.psum(x, ()) ** 2, X),
    "pmean": (lambda lax, np, x: (x - lax.pmean(x, "i")) ** 2, X),
    "pmean of a list": (lambda lax, np, x: lax.pmean([x], "i")[0] ** 2 * x, X),
    "psum twice": (lambda lax, np, x: lax.psum(lax.psum(x, "i") * x, "i") * x, X),
    "axis_index": (lambda lax, np, x: x ** (1.0 + lax.axis_index("i")), X),
    "axis_size": (lambda lax, np, x: x**2 * lax.axis_size("i"), X),
    "all_gather": (lambda lax, np, x: np.sin(lax.all_gather(x, "i")) * x, X),
    "all_gather, axis": (lambda lax, np, x: lax.all_gather(x, "i", axis=-1) ** 2, X),
    "all_gather, tiled": (
        lambda lax, np, x: lax.all_gather(x, "i", axis=1, tiled=True) ** 2, X),
    "all_gather of a constant": (
        lambda lax, np, x: x * lax.all_gather(np.ones(2) * 3, "i")[0], X),
    "all_to_all": (lambda lax, np, x: lax.all_to_all(x, "i", 0, 0) ** 2 * x, SQUARE),
    "all_to_all, 0 1": (lambda lax, np, x: lax.all_to_all(x, "i", 0, 1) ** 2, X),
    "all_to_all, 1 0": (
        lambda lax, np, x: np.sin(lax.all_to_all(x, "i", 1, 0)), SQUARE[:, :2]),
    "all_to_all, tiled": (
        lambda lax, np, x: lax.all_to_all(x, "i", 1, 0, tiled=True) ** 2, WIDE),
    "ppermute": (
        lambda lax, np, x: lax.ppermute(x, "i", [(0, 1), (1, 2), (2, 0)]) ** 2 * x, X),
    "pshuffle": (lambda lax, np, x: lax.pshuffle(x, "i", [2, 0, 1]) ** 2 * x, X),
    "pswapaxes": (lambda lax, np, x: lax.pswapaxes(x, "i", 1) ** 2, SQUARE[:, :2]),
    "psum_scatter": (lambda lax, np, x: lax.psum_scatter(x**2, "i") * x[0], X),
    "psum_scatter, dimension": (
        lambda lax, np, x: lax.psum_scatter(x**2, "i", scatter_dimension=1) * x[:, 0],
        SQUARE),
    "psum_scatter, tiled": (
        lambda lax, np, x: lax.psum_scatter(
            x**2, "i", scatter_dimension=1, tiled=True), WIDE),
    "standardised": (
        lambda lax, np, x: (x - lax.pmean(x, "i"))
        / np.sqrt(lax.pmean((x - lax.pmean(x, "i")) ** 2, "i") + 1.0), X),
}  # fmt: skip


def ways(lib, f):
    """Return the transformations of a function of one element, applied to a batch."""
    grad, jit, jvp, vmap = lib.grad, lib.jit, lib.jvp, lib.vmap
    total = lambda x: (f(x) * 1.5).sum()
    mapped = lambda g: vmap(g, axis_name="i")
    loss = lambda x: (mapped(f)(x) ** 2).sum()
    ones = lambda x: 0.5 + 0 * x
    return {
        "vmap": mapped(f),
        "jit vmap": jit(mapped(f)),
        "vmap jit": mapped(jit(f)),
        "grad vmap": grad(loss),
        "jit grad vmap": jit(grad(loss)),
        "grad jit vmap": grad(jit(loss)),
        "vmap grad": mapped(grad(total)),
        "vmap grad jit": mapped(grad(jit(total))),
        "vmap jit grad": mapped(jit(grad(total))),
        "jvp vmap": lambda x: jvp(mapped(f), (x,), (ones(x),))[1],
        "vmap jvp": mapped(lambda x: jvp(f, (x,), (ones(x),))[1]),
        "vmap jvp jit": mapped(lambda x: jvp(jit(f), (x,), (ones(x),))[1]),
        "grad grad vmap": grad(lambda x: (grad(loss)(x) ** 2).sum()),
        "vmap grad grad": mapped(grad(lambda x: (grad(total)(x) ** 2).sum())),
    }


# JAX's transpose of an all_to_all with split_axis != concat_axis raises.
FORWARD_ONLY = {"all_to_all, 0 1", "all_to_all, 1 0", "all_to_all, tiled"}


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_jax(name):
    jax = jax_or_skip()
    fun, x = CASES[name]
    ours = ways(fgrad, lambda x: fun(lax, np, x))
    theirs = ways(jax, lambda x: fun(jax.lax, jax.numpy, x))
    for way, run in ours.items():
        if "grad" in way and name in FORWARD_ONLY:
            continue
        for _ in range(2):  # the second time, programs are at hand
            np.testing.assert_allclose(
                run(x), theirs[way](x), rtol=1e-10, atol=1e-10, err_msg=way
            )


# -- against the same on whole batches ---------------------------------------------

WHOLE = {
    "all_to_all, 0 1": (lambda x: lax.all_to_all(x, "i", 0, 1),
                        lambda b: b.transpose(1, 2, 0), X),
    "all_to_all, 1 0": (lambda x: lax.all_to_all(x, "i", 1, 0),
                        lambda b: b.transpose(2, 0, 1), SQUARE[:, :2]),
    "all_to_all, tiled": (
        lambda x: lax.all_to_all(x, "i", 1, 0, tiled=True),
        lambda b: np.stack(list(map(np.concatenate, np.split(b, 3, axis=2)))),
        WIDE),
    "all_to_all of a constant": (  # JAX gives the constant back
        lambda x: lax.all_to_all(np.arange(3.0), "i", 0, 0) * x,
        lambda b: np.arange(3.0)[:, None, None] * b, SQUARE),
    "pmax": (lambda x: lax.pmax(x, "i") * x, lambda b: np.max(b, axis=0) * b, X),
    "pmin": (lambda x: lax.pmin(x, "i") * x, lambda b: np.min(b, axis=0) * b, X),
    "pmax, ties": (lambda x: lax.pmax(np.floor(x) + x * 0, "i") * x,
                   lambda b: np.max(np.floor(b) + b * 0, axis=0) * b, X),
    "pbroadcast": (lambda x: lax.pbroadcast(x, "i", 1) * x, lambda b: b[1] * b, X),
    "ppermute, partial": (lambda x: lax.ppermute(x, "i", [(0, 2)]),
                          lambda b: np.stack([b[0] * 0, b[0] * 0, b[0]]), X),
    "ppermute, nobody": (lambda x: lax.ppermute(x, "i", []), lambda b: b * 0, X),
    "psum, groups": (
        lambda x: lax.psum(x, "i", axis_index_groups=[[2, 0], [1, 3]]),
        lambda b: np.stack([b[0] + b[2], b[1] + b[3]] * 2), RNG.normal(size=(4, 2))),
    "pmean, groups": (
        lambda x: lax.pmean(x, "i", axis_index_groups=[[2, 0], [1, 3]]),
        lambda b: np.stack([b[0] + b[2], b[1] + b[3]] * 2) / 2,
        RNG.normal(size=(4, 2))),
    "pmax, groups": (
        lambda x: lax.pmax(x, "i", axis_index_groups=[[2, 0], [1, 3]]),
        lambda b: np.stack([np.maximum(b[0], b[2]), np.maximum(b[1], b[3])] * 2),
        RNG.normal(size=(4, 2))),
    "all_gather, groups": (
        lambda x: lax.all_gather(x, "i", axis_index_groups=[[2, 0], [1, 3]]),
        lambda b: np.stack([b[np.array([2, 0])], b[np.array([1, 3])]] * 2),
        RNG.normal(size=(4, 2))),
    "all_to_all, groups": (
        lambda x: lax.all_to_all(x, "i", 0, 0, axis_index_groups=[[2, 0], [1, 3]]),
        lambda b: np.stack([np.stack(p) for p in (
            (b[2, 1], b[0, 1]), (b[1, 0], b[3, 0]), (b[2, 0], b[0, 0]),
            (b[1, 1], b[3, 1]))]),
        RNG.normal(size=(4, 2))),
    "psum_scatter, groups": (
        lambda x: lax.psum_scatter(x, "i", axis_index_groups=[[2, 0], [1, 3]]),
        lambda b: np.stack([(b[0] + b[2])[1], (b[1] + b[3])[0], (b[0] + b[2])[0],
                            (b[1] + b[3])[1]]),
        RNG.normal(size=(4, 2))),
}  # fmt: skip


@table(WHOLE)
def test_agrees_with_whole_batches(case):
    f, whole, x = case
    mapped = vmap(f, axis_name="i")
    np.testing.assert_allclose(mapped(x), whole(x))
    np.testing.assert_allclose(vmap(jit(f), axis_name="i")(x), whole(x))
    ours = lambda x: np.sum(np.sin(mapped(x)) ** 2)
    plain = lambda x: np.sum(np.sin(whole(x)) ** 2)
    for run in (grad, lambda f: grad(jit(f)), lambda f: jit(grad(f))):
        np.testing.assert_allclose(run(ours)(x), grad(plain)(x), atol=1e-12)
    t = np.cos(x)
    np.testing.assert_allclose(
        jvp(ours, (x,), (t,))[1], jvp(plain, (x,), (t,))[1], rtol=1e-10
    )
    # each element's gradient is that of the sum of all elements' outputs
    inside = lambda x: grad(lambda x: np.sum(np.sin(f(x)) ** 2))(x)
    for g in (inside, jit(inside)):
        np.testing.assert_allclose(
            vmap(g, axis_name="i")(x), grad(plain)(x), atol=1e-12
        )


# -- names -------------------------------------------------------------------------


def nested(f, outer="i", inner="j"):
    return vmap(vmap(f, axis_name=inner), axis_name=outer)


def test_two_names():
    x = RNG.normal(size=(2, 3, 4))
    for run in (lambda f: f, jit, lambda f: lambda *a: jit(f)(*a)):
        both = nested(run(lambda x: lax.psum(x, ("i", "j"))))(x)
        np.testing.assert_allclose(both, np.broadcast_to(x.sum((0, 1)), x.shape))
        outer = nested(run(lambda x: lax.psum(x, "i") - lax.pmax(x, "j")))(x)
        np.testing.assert_allclose(outer, x.sum(0) - x.max(1, keepdims=True))
        rows = nested(run(lambda x: lax.all_gather(x, ("i", "j"))))(x)
        np.testing.assert_allclose(rows[1, 2], x.reshape(6, 4))
        outer = nested(run(lambda x: lax.all_gather(x, "i", axis=1)))(x)
        np.testing.assert_allclose(outer[0], np.moveaxis(x, 0, 2))
    place = nested(lambda x: lax.axis_index(("i", "j")) + 0 * x[0])(x)
    np.testing.assert_array_equal(place, np.arange(6.0).reshape(2, 3))
    assert nested(lambda x: x[0] * lax.axis_size(("j", "i")))(x)[1, 1] == 6 * x[1, 1, 0]


def test_derivatives_with_two_names():
    x = RNG.normal(size=(2, 3))
    f = lambda x: lax.psum(x**2, ("i", "j")) * x + lax.pmean(x, "i") ** 3
    whole = lambda x: np.sum(x**2) * x + np.mean(x, axis=0) ** 3
    expected = grad(lambda x: np.sum(whole(x)))(x)
    for g in (grad(f), grad(jit(f)), jit(grad(f))):
        np.testing.assert_allclose(nested(g)(x), expected)
    np.testing.assert_allclose(grad(lambda x: np.sum(nested(f)(x)))(x), expected)


def test_an_inner_name_hides_an_outer_one():
    def f(a):
        inner = lambda b: lax.psum(a, "i") + lax.psum(b, "i") + lax.axis_index("i")
        return vmap(inner, axis_name="i")(np.ones(5))

    for g in (f, jit(f), lambda a: jit(f)(a)):
        np.testing.assert_array_equal(
            vmap(g, axis_name="i")(np.arange(3.0)),
            (np.arange(3.0) * 5 + 5)[:, None] + np.arange(5),
        )


def test_programs_are_kept_per_scope():
    runs = []

    @jit
    def f(x):
        runs.append(lax.axis_size("i"))
        return x * lax.psum(1, "i")

    for n in (2, 3, 2, 3):
        np.testing.assert_array_equal(
            vmap(lambda x: x + f(1.0), axis_name="i")(np.zeros(n)), np.full(n, n)
        )
        np.testing.assert_array_equal(
            vmap(f, axis_name="i")(np.ones(n)), np.full(n, float(n))
        )
    assert len(runs) == 2 * 2 and set(runs) == {2, 3}
    with pytest.raises(NameError):
        f(1.0)


def test_what_is_not_mapped_counts_for_every_element():
    f = lambda x, w: x * lax.psum(w, "i") + lax.pmax(w, "i")
    got = vmap(f, in_axes=(0, None), axis_name="i")(np.arange(3.0), 2.0)
    np.testing.assert_array_equal(got, np.arange(3.0) * 6 + 2)
    got = vmap(jit(f), in_axes=(0, None), axis_name="i")(np.arange(3.0), 2.0)
    np.testing.assert_array_equal(got, np.arange(3.0) * 6 + 2)
    once = lambda x: jit(lambda w: lax.psum(w, "i"))(np.ones(2)) * x
    np.testing.assert_array_equal(
        vmap(once, axis_name="i")(np.ones(4)), np.full((4, 2), 4.0)
    )
    inner = lambda x: grad(lambda w: x * lax.psum(w, "i"))(1.0)
    np.testing.assert_array_equal(vmap(inner, axis_name="i")(np.arange(3.0)), [3.0] * 3)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "float32", "float16", "complex64"])
def test_psum_keeps_the_dtype(dtype):
    x = np.arange(4).astype(dtype)
    assert vmap(lambda x: lax.psum(x, "i"), axis_name="i")(x).dtype == dtype
    assert vmap(lambda x: lax.pmax(abs(x), "i"), axis_name="i")(x).dtype == abs(x).dtype
    assert (
        vmap(lambda x: lax.ppermute(x, "i", [(0, 1)]), axis_name="i")(x).dtype == dtype
    )


def test_booleans():
    x = np.array([True, False, True])
    np.testing.assert_array_equal(
        vmap(lambda x: lax.psum(x, "i"), axis_name="i")(x), [2, 2, 2]
    )
    assert vmap(lambda x: lax.pmax(x, "i"), axis_name="i")(x).dtype == bool
    assert vmap(lambda x: lax.pmean(x, "i"), axis_name="i")(x)[0] == 2 / 3


def test_reductions_are_the_same_for_all_elements():
    x = np.arange(6.0).reshape(3, 2)
    for collective in (lax.psum, lax.pmean, lax.pmax, lax.all_gather):
        f = partial(collective, axis_name="i")
        got = vmap(f, out_axes=None, axis_name="i")(x)
        np.testing.assert_array_equal(got, vmap(f, axis_name="i")(x)[0])


# -- inside of custom rules --------------------------------------------------------


@custom_vjp
def centred(x):
    return x - lax.pmean(x, "i")


centred.defvjp(
    lambda x: (centred(x), lax.pmax(x, "i")),
    lambda top, ct: (ct - lax.pmean(ct, "i") + 0 * top,),
)


@custom_jvp
def spread(x):
    return lax.pmax(x, "i") - x


@spread.defjvp
def _spread_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    return spread(x), lax.psum(t, "i") * 2.0


def test_custom_vjp():
    x = RNG.normal(size=(3, 2))
    plain = lambda x: np.sum((x - np.mean(x, axis=0)) ** 3)
    ours = lambda x: np.sum(vmap(centred, axis_name="i")(x) ** 3)
    loss = lambda x: np.sum(centred(x) ** 3)
    for g in (grad(ours), grad(jit(ours)), jit(grad(ours)),
              vmap(grad(loss), axis_name="i"),
              vmap(jit(grad(loss)), axis_name="i"),
              vmap(grad(jit(loss)), axis_name="i")):  # fmt: skip
        for _ in range(2):
            np.testing.assert_allclose(g(x), grad(plain)(x))


def test_custom_jvp():
    x = RNG.normal(size=3)
    expected = np.full(3, 6.0)  # twice, for every output hears of every input
    total = lambda x: np.sum(vmap(spread, axis_name="i")(x))
    for g in (grad(total), grad(jit(total)), jit(grad(total)),
              vmap(grad(spread), axis_name="i"),
              vmap(jit(grad(spread)), axis_name="i"),
              vmap(grad(jit(spread)), axis_name="i")):  # fmt: skip
        for _ in range(2):
            np.testing.assert_allclose(g(x), expected)
    mapped = vmap(lambda x: jvp(spread, (x,), (1.0,))[1], axis_name="i")
    np.testing.assert_allclose(mapped(x), [6.0, 6.0, 6.0])


@custom_jvp
def placed(x):
    return x * lax.axis_index("i")


@placed.defjvp
def _placed_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    return placed(x), t * lax.axis_index("i")


def test_axis_index_in_a_custom_rule():
    x = np.arange(3.0)
    slope = grad(lambda x: placed(x) ** 2)
    mapped = vmap(slope, axis_name="i")
    for g in (mapped, jit(mapped), vmap(lambda x: slope(x), axis_name="i")):
        np.testing.assert_array_equal(g(x), [0.0, 2.0, 16.0])
    total = lambda x: np.sum(vmap(placed, axis_name="i")(x) ** 2)
    np.testing.assert_array_equal(jit(grad(total))(x), [0.0, 2.0, 16.0])


# -- staging -----------------------------------------------------------------------


def test_axis_env():
    f = lambda x: lax.psum(x, "i") * lax.axis_index("i") + lax.axis_size("i")
    jaxpr = make_jaxpr(f, axis_env=[("i", 3)])(np.ones(2))
    assert str(jaxpr).splitlines() == [
        "{ lambda a:f64[2] . let",
        "    b:f64[2] = psum[axes=(i:3,)] a",
        "    c:i64[] = axis_index[axis=i:3]",
        "    d:f64[2] = mul b c",
        "    e:f64[2] = add d 3",
        "  in (e) }",
    ]
    assert make_jaxpr(lambda: lax.axis_index("i"), axis_env=[("i", 3)])().eqns


def test_emitted_source_of_what_is_not_mapped():
    text = []

    def f(x):
        g = jit(lambda w: lax.pmin(lax.psum(w, "i"), "i"))
        text.append(g.lower(np.ones(2)).as_text())
        return x

    vmap(f, axis_name="i")(np.ones(3))
    assert text[0] == "def lambda_(w):\n    return (w * 3,)\n"


# -- mistakes ----------------------------------------------------------------------

V = np.arange(6.0).reshape(3, 2)
HERE = "test_collectives.py:"


def mapped(f):
    return lambda: vmap(f, axis_name="i")(V)


hidden = custom_jvp(np.sin)
hidden.defjvp(lambda primals, ts: (np.sin(primals[0]), ts[0] * lax.axis_index("i")))

MISTAKES = {
    "unbound": (NameError, mapped(lambda x: lax.psum(x, "k")),
                "psum: unbound axis name 'k'", HERE, "['i']", "vmap(f, axis_name='k')"),
    "unbound, no names": (NameError, lambda: lax.pmean(V, "k"), "pmean", "'k'",
                          "no axis has a name here", HERE),
    "unbound in jit": (NameError, lambda: jit(lambda x: lax.pmax(x, "k"))(V), "pmax",
                       HERE),
    "unbound, gather": (NameError, lambda: lax.all_gather(V, "k"), "all_gather"),
    "unbound, index": (NameError, lambda: lax.axis_index("k"), "axis_index"),
    "unbound, size": (NameError, lambda: lax.axis_size("k"), "axis_size"),
    "unbound, permute": (NameError, lambda: lax.ppermute(V, "k", []), "ppermute"),
    "named twice": (ValueError, mapped(lambda x: lax.psum(x, ("i", "i"))),
                    "psum: an axis is named twice in ('i', 'i')"),
    "no array": (TypeError, mapped(lambda x: lax.psum({"a": "s"}, "i")),
                 "psum: argument x['a']", "'s' of type str"),
    "groups": (ValueError,
               mapped(lambda x: lax.psum(x, "i", axis_index_groups=[[0, 1]])),
               "axis_index_groups", "every index from 0 to 2 once", "[[0, 1]]"),
    "groups of two lengths": (
        ValueError, mapped(lambda x: lax.pmax(x, "i", axis_index_groups=[[0, 1], [2]])),
        "lists of one length", "[[0, 1], [2]]"),
    "groups of str": (
        ValueError, mapped(lambda x: lax.pmax(x, "i", axis_index_groups=["abc"])),
        "axis_index_groups", "['abc']"),
    "gather, axis": (np.exceptions.AxisError,
                     mapped(lambda x: lax.all_gather(x, "i", axis=3)),
                     "all_gather: axis 3", "2 axes"),
    "gather, tiled axis": (
        np.exceptions.AxisError,
        mapped(lambda x: lax.all_gather(x, "i", axis=1, tiled=True)),
        "all_gather: axis 1", "shape (2,)"),
    "all_to_all, size": (
        ValueError, mapped(lambda x: lax.all_to_all(x, "i", 0, 0)),
        "all_to_all: split_axis 0 of an array of shape (2,) has size 2", "3 elements",
        "tiled=True"),
    "all_to_all, tiled": (
        ValueError, mapped(lambda x: lax.all_to_all(x, "i", 0, 0, tiled=True)),
        "a multiple of 3"),
    "all_to_all, axis": (
        np.exceptions.AxisError, mapped(lambda x: lax.all_to_all(x, "i", 0, 1)),
        "all_to_all: axis 1"),
    "psum_scatter": (ValueError, mapped(lambda x: lax.psum_scatter(x, "i")),
                     "psum_scatter: scatter_dimension 0", "(2,)", "3 elements"),
    "ppermute, no pairs": (TypeError, mapped(lambda x: lax.ppermute(x, "i", [0, 1])),
                           "pairs (source, destination)", "[0, 1]"),
    "ppermute, twice": (
        ValueError, mapped(lambda x: lax.ppermute(x, "i", [(0, 1), (2, 1)])),
        "at most once", "(2, 1)"),
    "ppermute, range": (ValueError, mapped(lambda x: lax.ppermute(x, "i", [(0, 3)])),
                        "from 0 to 2", "[(0, 3)]"),
    "pshuffle": (ValueError, mapped(lambda x: lax.pshuffle(x, "i", [0, 0, 1])),
                 "every index from 0 to 2 once", "[0, 0, 1]"),
    "pbroadcast": (ValueError, mapped(lambda x: lax.pbroadcast(x, "i", 3)),
                   "source is 3", "from 0 to 2"),
    "axis_index in a custom rule in jit": (
        TypeError,
        lambda: vmap(grad(jit(lambda x: np.sum(hidden(x)))), axis_name="i")(V),
        "a rule of a custom function", HERE, "jit(vmap(f, axis_name=...))"),
    "axis_index in a custom function in jit": (
        TypeError, lambda: vmap(jit(placed), axis_name="i")(V),
        "custom_jvp(placed) closes over a traced value"),
    "axis_env": (TypeError, lambda: make_jaxpr(np.sin, axis_env="i"), "axis_env",
                 "(name, size)", "'i'"),
}  # fmt: skip


@table(MISTAKES)
def test_mistakes(case):
    raised(*case)
