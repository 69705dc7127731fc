"""Products of arrays: NumPy's numbers bit for bit, the gradients of JAX."""

import numpy as np
import pytest

import fgrad.numpy  # noqa: F401  installs the operators of tracers
from fgrad.core import StagedTrace, aval_of
from fgrad.ops.contract import (
    dot,
    dot_general,
    dot_general_p,
    inner,
    matmul,
    outer,
    tensordot,
    vdot,
    vecdot,
)
from fgrad.ops.einsum import einsum
from fgrad.ops.elementwise import sin
from fgrad.transforms.grad import grad
from fgrad.transforms.vmap import vmap

rng = np.random.default_rng(0)

MATMUL = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
    ((5, 2, 3), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)), ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)),
    ((6, 1, 2, 3), (6, 5, 3, 4)), ((2, 3), (6, 5, 3, 4)), ((4, 2, 0), (4, 0, 3)),
    ((0,), (0,)), ((1, 1), (1, 1)), ((70, 90), (90, 40)), ((3, 70, 90), (90, 40)),
]  # fmt: skip
DTYPES = [("f8", "f8"), ("f4", "f4"), ("f4", "f8"), ("c16", "f8"), ("i4", "i8"),
          ("?", "?"), ("i2", "f4")]  # fmt: skip


def total(x):
    return sin(x).sum()


def same(x, y):
    return np.array_equal(x, y) and np.asarray(x).dtype == np.asarray(y).dtype


def array(shape, dtype="f8"):
    return (3 * rng.normal(size=shape)).astype(dtype)


def compare_gradients(ours, theirs, *args):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    places = tuple(range(len(args)))
    g = grad(lambda *xs: total(ours(*xs)), places)(*args)
    expected = jax.grad(lambda *xs: jnp.sum(jnp.sin(theirs(jnp)(*xs))), places)(*args)
    for one, other in zip(g, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("sx", "sy"), MATMUL)
def test_matmul_is_numpys_bit_for_bit(sx, sy):
    for dx, dy in DTYPES:
        x, y = array(sx, dx), array(sy, dy)
        assert same(matmul(x, y), x @ y)
        assert same(matmul(x[::-1], y), x[::-1] @ y)
        trace = StagedTrace("test")
        z = matmul(trace.lift(aval_of(x)), trace.lift(aval_of(y)))
        assert z.aval == aval_of(x @ y)


@pytest.mark.parametrize(("sx", "sy"), MATMUL[:-2])
def test_gradients_of_matmul(sx, sy):
    compare_gradients(matmul, lambda jnp: jnp.matmul, array(sx) / 3, array(sy) / 3)


@pytest.mark.parametrize(("sx", "sy"), MATMUL)
def test_dot_inner_outer_are_numpys(sx, sy):
    x, y = array(sx), array(sy)
    assert same(outer(x, y), np.outer(x, y))
    if sx[-1] == sy[max(len(sy) - 2, 0)]:
        assert same(dot(x, y), np.dot(x, y))
        compare_gradients(dot, lambda jnp: jnp.dot, x / 50, y / 50)
    y = array((4, 2, sx[-1]))
    assert same(inner(x, y), np.inner(x, y))
    assert same(inner(x, y[0]), np.inner(x, y[0]))
    assert same(inner(x, y[0, 0]), np.inner(x, y[0, 0]))


def test_scalars():
    assert dot(2, np.arange(3)).tolist() == [0, 2, 4]
    assert inner(np.arange(3), 2).tolist() == [0, 2, 4]
    assert outer(2, np.arange(3)).tolist() == [[0, 2, 4]]


@pytest.mark.parametrize(
    ("sx", "sy", "axes"),
    [
        ((3, 4, 5), (4, 5, 2), 2),
        ((3, 4, 5), (4, 3, 2), ((0, 1), (1, 0))),
        ((3, 4), (4, 5), 1),
        ((3, 4, 5), (5, 3), ([2, 0], [0, 1])),
        ((3, 4, 5), (5, 3), (-1, 0)),
        ((2, 3), (4,), 0),
        ((3,), (3,), 1),
    ],
)
def test_tensordot_is_numpys(sx, sy, axes):
    x, y = array(sx), array(sy)
    assert same(tensordot(x, y, axes), np.tensordot(x, y, axes))
    compare_gradients(
        lambda x, y: tensordot(x, y, axes),
        lambda jnp: lambda x, y: jnp.tensordot(x, y, axes),
        x,
        y,
    )


def test_vdot_and_vecdot_conjugate():
    x = array((4, 3)) + 1j * array((4, 3))
    y = array((4, 3)) - 1j * array((4, 3))
    assert same(vecdot(x.real, y.real), np.vecdot(x.real, y.real))
    assert same(vdot(x.real, y.real), np.vdot(x.real, y.real))
    np.testing.assert_allclose(vdot(x, y), np.vdot(x, y))
    np.testing.assert_allclose(vecdot(x, y, axis=0), np.vecdot(x, y, axis=0))
    np.testing.assert_allclose(vecdot(x, y[0]), np.vecdot(x, y[0]))


def test_one_mapped_operand_is_one_product():
    w, v = array((3, 4)), array((7, 4))
    for fun, arg in ((lambda v: matmul(w, v), v), (lambda v: matmul(v, w.T), v)):
        np.testing.assert_allclose(vmap(fun)(arg), v @ w.T)
    trace = StagedTrace("test")
    x = trace.lift(aval_of(v))
    dot_general_p.batch([w, x], [None, 0], 7, contract=((1,), (0,)),
                        batch=((), ()), ndims=(2, 1))  # fmt: skip
    assert [e.prim.name for e in trace.eqns] == ["dot_general"]


@pytest.mark.parametrize(("sx", "sy"), MATMUL[:14])
@pytest.mark.parametrize("dims", [(0, 0), (0, None), (None, -1), (-1, 0)])
def test_vmap_is_a_loop(sx, sy, dims):
    for fun in (matmul, lambda x, y: tensordot(x, y, 1), outer):
        x, y = array(sx), array(sy)
        if fun not in (matmul, outer) and sx[-1] != sy[0]:
            continue
        both = [a if d is None else np.stack([a, 2 * a, a + 1], d)
                for a, d in zip((x, y), dims, strict=True)]  # fmt: skip
        rows = [
            [
                a if d is None else np.moveaxis(a, d, 0)[k]
                for a, d in zip(both, dims, strict=True)
            ]
            for k in range(3)
        ]
        gradient = grad(lambda x, y, f=fun: total(f(x, y) * 0.1), (0, 1))
        for f in (lambda *a, f=fun: (f(*a),), gradient):
            z = vmap(f, dims)(*both)
            for k, row in enumerate(rows):
                for one, want in zip(z, f(*row), strict=True):
                    np.testing.assert_allclose(one[k], want, atol=1e-12)


def test_source_is_readable():
    def text(contract, batch, *ndims):
        params = {"contract": contract, "batch": batch, "ndims": ndims}
        return dot_general_p.emit(["x", "y"], **params)

    none = ((), ())
    assert text(((1,), (0,)), none, 2, 2) == "(x @ y)"
    assert text(((1,), (1,)), none, 2, 2) == "(x @ y.T)"
    assert text(((0,), (0,)), none, 2, 2) == "(x.T @ y)"
    assert text(((), ()), none, 1, 1) == "(x[:, None] * y[None, :])"
    assert text(((2,), (1,)), ((0,), (0,)), 3, 3) == "(x @ y)"


def test_several_axes_are_merged():
    x, y = array((2, 3, 4, 5)), array((4, 2, 5, 6, 7))
    z = dot_general(x, y, contract=((2, 3), (0, 2)), batch=((0,), (1,)))
    np.testing.assert_allclose(z, np.einsum("bicd,cbdjk->bijk", x, y))


def test_errors_name_operation_and_shapes():
    x, y = np.ones((2, 3)), np.ones((4, 5))
    with pytest.raises(ValueError, match=r"^@: shapes \(2, 3\) and \(4, 5\) do"):
        matmul(x, y)
    with pytest.raises(ValueError, match=r"@: .*0-d operand .* use \*"):
        matmul(x, 2.0)
    with pytest.raises(ValueError, match=r"@: shapes \(2, 1, 3\) and \(3, 3, 1\)"):
        matmul(np.ones((2, 1, 3)), np.ones((3, 3, 1)))
    with pytest.raises(ValueError, match="dot: shapes"):
        dot(x, y)
    with pytest.raises(ValueError, match=r"inner: the last axes .*\(2, 3\)"):
        inner(x, y)
    with pytest.raises(ValueError, match="tensordot: axes"):
        tensordot(x, y, 1)
    with pytest.raises(ValueError, match=r"tensordot: .*do not exist"):
        tensordot(x, y, ((5,), (0,)))
    with pytest.raises(ValueError, match="vdot: 6 elements against 20"):
        vdot(x, y)


# -- einsum ------------------------------------------------------------------------

SPECS = [
    "ij,jk->ik", "ij,jk", "ba", "ii", "ii->i", "iij->j", "iji->ij", "i,i", "i,j",
    "ij,ij->", "ij->ji", "ij->", "bij,bjk->bik", "...ij,...jk->...ik", "...i->...",
    "i...->...", "ij,jk,kl->il", "ij,ij,ij->i", "i,j,k->kji", "aib,b->ai", "ab,ab->ba",
    "ijk,ikj->i", "a...,b...->ab...", "...,...", "ii,ii->", "ijj,j->i", " i j , j -> i",
    "iiji->ij", "a,ab,bc,cd->d",
]  # fmt: skip


@pytest.mark.parametrize("spec", SPECS)
def test_einsum_is_numpys(spec):
    for sizes, rest in ((2, ()), (3, (2, 3))):
        lengths = {c: 1 + (ord(c) * sizes) % 4 for c in "abcdijkl"}
        operands = []
        for term in spec.replace(" ", "").split("->")[0].split(","):
            shape = []
            for c in term.replace("...", "."):
                shape += rest if c == "." else (lengths[c],)
            operands.append(array(shape))
        want = np.einsum(spec, *operands)
        for optimize in (False, True, "optimal"):
            z = einsum(spec, *operands, optimize=optimize)
            np.testing.assert_allclose(z, want, rtol=1e-9, atol=1e-9)
            assert np.shape(z) == np.shape(want)
        small = [x / 3 for x in operands]
        compare_gradients(
            lambda *xs: einsum(spec, *xs),
            lambda jnp: lambda *xs: jnp.einsum(spec, *xs),
            *small,
        )
        batched = [np.stack([x, 2 * x]) for x in operands]
        z = vmap(lambda *xs: einsum(spec, *xs))(*batched)
        np.testing.assert_allclose(z[1], want * 2 ** len(operands))


def test_einsum_of_lists_lengths_of_one_and_integers():
    x, y = array((2, 3)), array((3, 4))
    np.testing.assert_allclose(einsum(x, [0, 1], y, [1, 2], [0, 2]), x @ y)
    np.testing.assert_allclose(einsum(x, [0, 1], y, [1, 2]), x @ y)
    np.testing.assert_allclose(einsum(x, [..., 1], [...]), x.sum(1))
    z = einsum("ij,jk->ik", x[:, :1], y)
    np.testing.assert_allclose(z, np.einsum("ij,jk->ik", x[:, :1], y))
    for dtype in ("i4", "?", "u1"):
        a = np.ones((2, 3), dtype)
        assert same(einsum("ij->i", a), np.einsum("ij->i", a))
        assert same(einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", a, a))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("ij", "the spec has 1 operands, but 2 were given"),
        ("ij,j", "'j' does not name the axes of a 2-d operand"),
        ("ij,ij", "axis 'i' has lengths 2 and 3"),
        ("ij,jk->ii", "the output names 'i' twice"),
        ("ij,jk->z", "the output has 'z', but no operand has"),
        ("i1,jk", "'1' is not a letter"),
        ("...,...->", "the output must have the ellipsis"),
    ],
)
def test_einsum_errors_name_spec_and_shapes(spec, message):
    with pytest.raises(ValueError, match=message) as error:
        einsum(spec, np.ones((2, 3)), np.ones((3, 4)))
    assert f"in {spec!r} with operands of shapes (2, 3), (3, 4)" in str(error.value)
