"""Products in every layout: NumPy's bits, jitted or not, and derivatives that agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fgrad.numpy as fnp
from fgrad import checkpoint_policies, grad, jit, jvp, make_jaxpr, vmap
from fgrad.compiler.passes import optimize
from fgrad.ops.dot_general import dot_general, dot_p, matmul_p

from .numerics import assert_same_bits


def array(rng, shape, layout, dtype):
    """Return random numbers of some shape, laid out in memory in one of five ways."""
    if layout == "transposed":
        return array(rng, shape[::-1], "packed", dtype).T
    if layout == "swapped" and len(shape) > 2:
        return array(rng, (*shape[:-2], *shape[:-3:-1]), "packed", dtype).swapaxes(
            -1, -2
        )
    if layout == "strided" and shape:
        return array(rng, (*shape[:-1], 2 * shape[-1]), "packed", dtype)[..., ::2]
    x = rng.normal(size=shape) + (1j * rng.normal(size=shape) if dtype == "c16" else 0)
    x = x.astype(dtype)
    return x[::-1] if layout == "reversed" and shape else x


LAYOUTS = st.sampled_from(["packed", "transposed", "swapped", "strided", "reversed"])
LENGTHS = st.integers(1, 40)
DTYPES = st.sampled_from(["f4", "f8", "c16"])
DOTS = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3), (3, 2), (2, 3), (3, 3)]


def shapes_of(draw, ranks, axis_y):
    """Return shapes whose last axis, and the one at ``axis_y``, are of one length."""
    k = draw(LENGTHS)
    x = (*draw(st.tuples(*[LENGTHS] * (ranks[0] - 1))), k)
    y = list(draw(st.tuples(*[LENGTHS] * ranks[1])))
    y[max(axis_y, -ranks[1])] = k
    return x, tuple(y)


@st.composite
def operands(draw, ranks=DOTS, axis_y=-2):
    sx, sy = shapes_of(draw, draw(st.sampled_from(ranks)), axis_y)
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    dtype = draw(DTYPES)
    return tuple(array(rng, s, draw(LAYOUTS), dtype) for s in (sx, sy))


def check(f, numpys, *args):
    """Compare with NumPy in bits: known values, a program, and the same gradient."""
    want = numpys(*args)
    for z in (jvp(f, args, args)[0], jit(f)(*args)):
        assert_same_bits(np.asarray(z), np.asarray(want))
    total = lambda *xs: fnp.sum(fnp.sin(fnp.real(f(*xs))))
    # a record keeps copies of small arguments, and a copy is packed
    packed = all(x.copy("K").strides == x.strides for x in args)
    if packed and args[0].dtype.kind != "c":
        gradient = grad(total, (0, 1))
        for z, w in zip(jit(gradient)(*args), gradient(*args), strict=True):
            assert_same_bits(z, w)


@settings(max_examples=80, deadline=None)
@given(operands())
def test_dot(args):
    check(lambda x, y: np.dot(x, y), np.dot, *args)


@settings(max_examples=60, deadline=None)
@given(operands(axis_y=-1))
def test_inner_and_vdot_and_outer(args):
    x, y = args
    check(lambda x, y: np.inner(x, y), np.inner, x, y)
    check(lambda x, y: np.outer(x, y), np.outer, x[..., 0], y[..., 0])


@settings(max_examples=80, deadline=None)
@given(operands(DOTS[:8]))
def test_matmul_of_one_matrix(args):
    check(lambda x, y: x @ y, np.matmul, *args)


@settings(max_examples=40, deadline=None)
@given(operands([(2, 2)]), st.integers(1, 5), LAYOUTS, LAYOUTS)
def test_matmul_of_stacks(args, length, layout_x, layout_y):
    rng = np.random.default_rng(0)
    x, y = (
        array(rng, (length, *each.shape), layout, each.dtype.str[1:])
        for each, layout in zip(args, (layout_x, layout_y), strict=True)
    )
    check(lambda x, y: x @ y, np.matmul, x, y)


@settings(max_examples=60, deadline=None)
@given(operands([(2, 2), (2, 3), (3, 2), (3, 3)], axis_y=0))
def test_tensordot(args):
    check(lambda x, y: np.tensordot(x, y, 1), lambda x, y: np.tensordot(x, y, 1), *args)
    x, y = args
    axes = ([x.ndim - 1], [0])
    numpys = lambda x, y: np.tensordot(y, x, axes[::-1])
    check(lambda x, y: np.tensordot(y, x, axes[::-1]), numpys, x, y)


@pytest.mark.parametrize("axes", [0, 2, ([0, 1], [1, 0]), ([2, 0], [0, 2])])
@pytest.mark.parametrize("layout", ["packed", "transposed", "strided"])
def test_tensordot_of_several_axes(axes, layout):
    rng = np.random.default_rng(0)
    x, y = (array(rng, s, layout, "f8") for s in ((5, 5, 5), (5, 5, 5)))
    numpys = lambda x, y: np.tensordot(x, y, axes)
    check(lambda x, y: fnp.tensordot(x, y, axes), numpys, x, y)


# -- what becomes of them ------------------------------------------------------------


def names(f, *args):
    return [eqn.prim.name for eqn in make_jaxpr(f)(*args).eqns]


X, W = np.ones((4, 5, 3)), np.ones((3, 2))


def test_a_stack_times_a_matrix_has_gradients_of_one_product():
    ct_x, ct_w = (grad(lambda x, w: fnp.sum(fnp.sin(x @ w)), k) for k in (0, 1))
    for gradient in (ct_x, ct_w):
        found = make_jaxpr(gradient)(X, W).eqns
        products = [e for e in found if e.prim.name == "dot_general"]
        assert [e.params["ndims"] for e in products] == [(2, 2)]


def test_matrix_times_a_stack_is_a_stack_in_its_gradient():
    gradient = grad(lambda x: fnp.sum(fnp.sin(W.T @ x)))
    assert "dot_general" not in names(gradient, np.ones((4, 3, 5)))


def test_mapped_vectors_are_rows_of_one_product():
    (eqn,) = make_jaxpr(vmap(lambda x: W.T @ x))(np.ones((7, 3))).eqns
    assert eqn.params == {"contract": ((1,), (1,)), "batch": ((), ()), "ndims": (2, 2)}
    found = names(vmap(lambda x: x @ W), X)
    assert found == ["reshape", "dot_general", "reshape"]
    assert names(vmap(lambda x: W.T @ x), np.ones((4, 3, 5))) == ["matmul"]


def test_vectors_and_matrices_that_need_no_merging_stay():
    found = names(lambda x: dot_general(x, np.ones(3), contract=((2,), (0,))), X)
    assert found == ["reshape", "dot_general", "reshape"]
    two = ((1, 2), (1, 0))
    found = make_jaxpr(lambda x: dot_general(x, np.ones((3, 5)), contract=two))(X).eqns
    (product,) = [e for e in found if e.prim.name == "dot_general"]
    assert product.params["ndims"] == (2, 1)


def test_einsum_contracts_the_smallest_pair_first():
    shapes = ((2, 30), (30, 40), (40, 3))
    operands = [np.ones(s) for s in shapes]
    found = make_jaxpr(lambda x, y, z: fnp.einsum("ij,jk,kl->il", x, y, z))(*operands)
    sizes = [e.outs[0].aval.size for e in found.eqns if e.prim.name == "dot_general"]
    assert sizes == [80, 6]
    backward = lambda x, y, z: fnp.einsum("lk,kj,ji->li", z, y, x)
    found = make_jaxpr(backward)(*(np.ones(s[::-1]) for s in shapes))
    sizes = [e.outs[0].aval.size for e in found.eqns if e.prim.name == "dot_general"]
    assert sizes == [80, 6]


@pytest.mark.parametrize(
    "spec", ["ij,jk->ki", "ij,kj->ki", "bij,bjk->bki", "i,bj->bji"]
)
def test_einsum_gives_its_result_in_order(spec):
    terms = spec.split("->")[0].split(",")
    operands = [np.ones([2 + "bijk".index(c) for c in term]) for term in terms]
    found = names(lambda x, y: fnp.einsum(spec, x, y), *operands)
    assert "transpose" not in found
    z = jit(lambda x, y: fnp.einsum(spec, x, y))(*operands)
    np.testing.assert_allclose(z, np.einsum(spec, *operands))


@pytest.mark.parametrize("layout", ["packed", "transposed", "strided"])
@pytest.mark.parametrize(
    "spec", ["ij,jk,kl->il", "bij,bkj->bik", "ijk,jil->kl", "ij,ij->"]
)
def test_einsum_is_the_same_under_jit(spec, layout):
    rng = np.random.default_rng(0)
    terms = spec.split("->")[0].split(",")
    operands = [array(rng, (7,) * len(term), layout, "f4") for term in terms]
    f = lambda *xs: fnp.einsum(spec, *xs)
    z = jvp(f, tuple(operands), tuple(operands))[0]
    assert_same_bits(np.asarray(jit(f)(*operands)), np.asarray(z))
    np.testing.assert_allclose(z, np.einsum(spec, *operands), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("k", [0, 1])
def test_gradients_of_transposed_operands_need_no_transpose(k):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 5)), rng.normal(size=(5, 5))
    f = lambda x, w: dot_general(x, w, contract=((k,), (k,)))
    gradient = grad(lambda x, w: fnp.sum(fnp.sin(f(x, w))), (0, 1))
    program = optimize(make_jaxpr(gradient)(x, w))
    assert "transpose" not in [eqn.prim.name for eqn in program.eqns]
    for z in jit(gradient)(x, w):
        assert z.flags.c_contiguous


def test_policies_know_all_products():
    for policy in (checkpoint_policies.dots_saveable,
                   checkpoint_policies.dots_with_no_batch_dims_saveable):  # fmt: skip
        assert policy(matmul_p, X, W)
        assert policy(dot_p, X, W)
