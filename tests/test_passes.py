"""The passes, one by one: what they change, and that they keep every bit."""

import operator

import numpy as np
import pytest

import fgrad
from fgrad import jit, make_jaxpr
from fgrad.compiler.passes import LOWERING, optimize
from fgrad.compiler.passes.dead import drop_dead
from fgrad.compiler.passes.fold import fold_constants
from fgrad.compiler.passes.inline import inline_calls, inline_custom
from fgrad.compiler.passes.share import content_key, share_common
from fgrad.compiler.passes.simplify import drop_marks, simplify
from fgrad.compiler.passes.views import compose_views
from fgrad.ops.dot_general import dot_general

X = np.array([0.5, -0.0, 0.0, np.inf, -np.inf, np.nan])


def names(jaxpr):
    return [eqn.prim.name for eqn in jaxpr.eqns]


IDENTITIES = [
    lambda x: x * 1,
    lambda x: 1.0 * x,
    lambda x: x / 1.0,
    lambda x: x - 0,
    lambda x: x**1,
    lambda x: np.negative(-x),
    lambda x: x * np.ones(6),
    lambda x: np.reshape(x, (6,)),
    lambda x: np.reshape(np.reshape(x, (2, 3)), (6,)),
    lambda x: np.broadcast_to(x, (6,)),
    lambda x: x.T,
]


@pytest.mark.parametrize("fun", IDENTITIES)
def test_identity_is_dropped(fun):
    jaxpr = drop_dead(simplify(compose_views(make_jaxpr(fun)(X))))
    assert not jaxpr.eqns
    assert fun(X).tobytes() == X.tobytes()
    assert jit(fun)(X).tobytes() == X.tobytes()


NO_IDENTITIES = [
    lambda x: x + 0.0,  # -0.0 becomes 0.0
    lambda x: x - np.array(-0.0),
    lambda x: x - (-0.0),
    lambda x: 0.0 * x,  # inf and nan become nan
    lambda x: x - x,
    lambda x: x / x,
    lambda x: x * 0.1 * 10.0,  # no reassociation
    lambda x: (x + 1e16) - 1e16,
    lambda x: x * np.ones((2, 1)),  # it broadcasts
    lambda x: np.float64(1.0) * x.astype(np.float32),  # it promotes
    lambda x: np.exp(np.log(x)),
    lambda x: np.sqrt(x) ** 2,
    lambda x: x**-1,
    lambda x: x**0,
]


@pytest.mark.parametrize("fun", NO_IDENTITIES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_bit_changes(fun):
    expected, actual = fun(X), jit(fun)(X)
    assert actual.dtype == expected.dtype
    assert actual.tobytes() == expected.tobytes()


def test_a_sum_counts_a_broadcast_scalar():
    f = lambda x: np.sum(np.broadcast_to(x, (3, 2)), axis=0)
    for x in (2.0, np.float64(2.0)):
        np.testing.assert_array_equal(jit(f)(x), f(x))
        np.testing.assert_array_equal(jit(lambda x: np.sum(f(x)))(x), 12.0)


def test_integer_division_by_one_gives_floats():
    x = np.arange(3)
    assert jit(lambda x: x / 1)(x).dtype == np.float64


def test_dead_equations_go():
    jaxpr = make_jaxpr(lambda x: (np.sin(x), np.cos(x))[1])(X)
    assert names(jaxpr) == ["sin", "cos"]
    assert names(drop_dead(jaxpr)) == ["cos"]


def test_equal_equations_are_shared():
    fun = lambda x: np.sin(x) * np.array([2.0, 3.0]) + np.sin(x) * np.array([2.0, 3.0])
    jaxpr = share_common(make_jaxpr(fun)(np.ones(2)))
    assert names(jaxpr) == ["sin", "mul", "add"]


def test_constants_of_other_types_are_not_shared():
    fun = lambda x: (x * 2, x * 2.0, x * np.float64(2.0), x * True, x * 1)
    jaxpr = make_jaxpr(fun)(np.ones(2, np.float32))
    outs = jit(fun)(np.ones(2, np.float32))
    assert [o.dtype for o in outs] == [v.dtype for v in jaxpr.out_avals]
    assert [o.dtype for o in outs] == [o.dtype for o in fun(np.ones(2, np.float32))]


def test_zeros_of_both_signs_are_not_shared():
    outs = jit(lambda x: (x / 0.0, x / -0.0))
    with np.errstate(divide="ignore"):
        assert [o.item() for o in outs(np.float64(1.0))] == [np.inf, -np.inf]


def test_constants_are_folded():
    ones = np.ones(3)

    def fun(x):
        y = x * 0 + 2.0
        return fgrad.stop_gradient(y) * 1.0

    assert names(fold_constants(make_jaxpr(fun)(ones)))  # nothing is constant yet
    gradient = make_jaxpr(fgrad.grad(lambda x: np.sum(x * 2.0) / 4.0))(ones)
    assert not optimize(gradient).eqns[1:]


def test_calls_are_inlined_and_custom_rules_are_kept():
    @fgrad.custom_jvp
    def twice(x):
        return x * 2.0

    twice.defjvp(lambda primals, tangents: (twice(*primals), tangents[0] * 2.0))
    jaxpr = make_jaxpr(lambda x: jit(lambda y: twice(np.sin(y)))(x))(X)
    assert names(jaxpr) == ["jit"]
    inlined = inline_calls(jaxpr)
    assert names(inlined)[0] == "sin"
    assert "mul" not in names(inlined)
    assert names(inline_custom(inlined)) == ["sin", "mul"]


def test_stops_stay_until_no_more_derivatives_are_taken():
    jaxpr = make_jaxpr(lambda x: fgrad.stop_gradient(np.sin(x)))(X)
    assert names(optimize(jaxpr)) == ["sin", "stop_gradient"]
    assert names(drop_marks(jaxpr)) == ["sin"]


def test_gradient_of_sum_makes_no_broadcast():
    jaxpr = make_jaxpr(fgrad.grad(lambda x: np.sum(np.sin(x))))(X)
    assert names(optimize(jaxpr)) == ["cos"]


def test_jit_under_grad_runs_the_forward_program_once():
    f = jit(lambda x: np.sum(np.exp(np.sin(x))))
    jaxpr = optimize(make_jaxpr(fgrad.value_and_grad(f))(np.ones(3)))
    assert names(jaxpr).count("exp") == 1
    assert names(jaxpr).count("sin") == 1


def test_outputs_are_fresh_memory():
    x = np.ones(3)
    same, other, view = jit(lambda x: (x, x, np.reshape(x, (3, 1))))(x)
    for i, a in enumerate((x, same, other, view)):
        for b in (x, same, other, view)[i + 1 :]:
            assert not np.shares_memory(a, b)
    constant = np.ones(3)
    first = jit(lambda x: (constant, x))(x)[0]
    assert not np.shares_memory(first, constant)


@pytest.mark.usefixtures("plan_usual")
def test_source_is_in_the_traceback():
    import linecache

    f = jit(lambda x: np.sin(x) + 1.0)
    f(X[:3])
    code = next(iter(f.programs.values())).function.__code__
    assert "np.sin(x)" in "".join(linecache.getlines(code.co_filename))


def test_names_of_users_do_not_collide():
    array = np.array([1.0, 2.0])

    def pow(np, const0, cast, a):
        return cast ** (np.astype(float) + a) + const0 * array

    args = (np.arange(2), 2.0, 3.0, 1.5)
    assert jit(pow)(*args).tobytes() == pow(*args).tobytes()
    assert jit(lambda x, y: x**y)(2.0, 3.0) == 8.0
    assert jit(operator.pow)(2.0, 3.0) == 8.0


def test_several_outputs_of_one_primitive():
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    fun = lambda a: np.linalg.slogdet(a)[1] * 2.0
    assert jit(fun)(a) == fun(a)
    first = lambda a: np.linalg.slogdet(a)[0] * 2.0
    assert jit(first)(a) == first(a)


# -- what nothing changes ------------------------------------------------------------


def test_passes_return_what_they_do_not_change():
    jaxpr = make_jaxpr(lambda x: np.sum(np.sin(x) * 2.0))(np.ones(3))
    assert all(run(jaxpr) is jaxpr for run in LOWERING)
    found = optimize(jaxpr, LOWERING)
    assert found is not jaxpr  # or what is made of it would keep itself alive
    assert found.eqns == jaxpr.eqns


def test_a_pass_does_not_run_on_its_own_result():
    runs = []
    idle = lambda jaxpr: runs.append("idle") or jaxpr
    fresh = lambda jaxpr: runs.append("fresh") or jaxpr.replace()
    jaxpr = make_jaxpr(lambda x: x * 2.0)(np.ones(3))
    optimize(jaxpr, (idle, idle, fresh, idle, idle, fresh))
    assert runs == ["idle", "fresh", "idle"]


def test_numbers_that_are_equal_and_yet_differ_are_not_shared():
    other_nan = float(np.uint64(0xFFF8000000000001).view(np.float64))
    for pair in ((0.0, -0.0), (1.0, True), (1.0, 1), (np.nan, other_nan)):
        one, two = map(content_key, pair)
        assert one != two
        assert content_key(pair[0]) == one
    f = lambda x: (x * 0.0, x * -0.0)
    assert [np.signbit(z) for z in jit(f)(1.0)] == [False, True]


# -- views -------------------------------------------------------------------------


def test_a_reshape_that_copies_is_not_undone():
    def fun(x):
        return np.sum(np.reshape(np.reshape(x, (-1,)), x.shape), axis=0)

    for seed in range(5):
        x = np.random.default_rng(seed).normal(size=(37, 100)).astype("f4")
        for each in (x, x.T, x[:, ::3], x[::-1]):
            assert jit(fun)(each).tobytes() == fun(each).tobytes()


RESHAPES = [
    ((6,), (2, 3), (3, 2)), ((6, 4), (2, 3, 4), (6, 4)), ((6, 4), (6, 2, 2), (24,)),
    ((6, 4), (2, 3, 4), (2, 12)), ((6, 4), (24,), (6, 4)), ((6, 4), (24,), (3, 8)),
    ((6, 1, 4), (2, 3, 4), (6, 1, 4)), ((6, 1, 4), (2, 3, 4), (6, 4)),
    ((6, 4), (1, 6, 4, 1), (6, 4)), ((1, 4), (4,), (1, 4)), ((0, 4), (4, 0), (0, 4)),
    ((1,), (), (1,)), ((6, 4), (3, 2, 2, 2), (6, 2, 1, 2)),
]  # fmt: skip


@pytest.mark.parametrize("shapes", RESHAPES)
def test_composed_reshapes_have_the_same_strides(shapes):
    first, middle, last = shapes
    base = np.random.default_rng(0).normal(size=[2 * n for n in first])
    inner = base[tuple(slice(n) for n in first)]
    moved = np.ascontiguousarray(inner.T).T
    every_other = base[tuple(slice(None, None, 2) for _ in first)]
    twice = lambda x: x.reshape(middle).reshape(last)
    program = compose_views(make_jaxpr(twice)(inner))
    composed = program.eqns[-1].inputs == program.invars
    for x in (inner, moved, every_other, inner.copy(), inner[::-1]):
        assert not composed or twice(x).strides == x.reshape(last).strides
        assert jit(twice)(x).tobytes() == twice(x).tobytes()


def test_which_reshapes_are_composed():
    def composed(first, middle, last):
        f = lambda x: np.reshape(np.reshape(x, middle), last)
        program = compose_views(make_jaxpr(f)(np.ones(first)))
        return program.eqns[-1].inputs == program.invars

    found = [composed(*shapes) for shapes in RESHAPES]
    yes = {0, 1, 2, 3, 7, 8, 12}
    assert {k for k, each in enumerate(found) if each} == yes


def test_transposes_are_composed():
    f = lambda x: np.transpose(np.transpose(x, (1, 2, 0)), (2, 1, 0))
    program = drop_dead(compose_views(make_jaxpr(f)(np.ones((2, 3, 4)))))
    assert [e.params["axes"] for e in program.eqns] == [(0, 2, 1)]
    undone = make_jaxpr(lambda x: np.transpose(np.transpose(x, (1, 2, 0)), (2, 0, 1)))
    assert not drop_dead(simplify(compose_views(undone(np.ones((2, 3, 4)))))).eqns


PRODUCTS = [
    (lambda x, y: x.T @ y, (5, 4), (5, 3)),
    (lambda x, y: y.T @ x.T, (4, 5), (5, 3)),
    (lambda x, y: x.swapaxes(1, 2) @ y.transpose(2, 1, 0), (7, 5, 4), (3, 5, 7)),
    (lambda x, y: dot_general(x.T, y, contract=((0,), (0,))), (4, 5), (5,)),
    (lambda x, y: fgrad.vmap(np.outer)(x.T, y), (5, 4), (4, 3)),
]


@pytest.mark.parametrize(("fun", "sx", "sy"), PRODUCTS)
def test_products_read_transposed_operands_where_they_stand(fun, sx, sy):
    rng = np.random.default_rng(0)
    program = drop_dead(compose_views(make_jaxpr(fun)(np.ones(sx), np.ones(sy))))
    assert names(program) == ["dot_general"]
    for dtype in ("f4", "f8"):
        x, y = rng.normal(size=sx).astype(dtype), rng.normal(size=sy).astype(dtype)
        for each in (x, np.asfortranarray(x), np.repeat(x, 2, -1)[..., ::2]):
            assert jit(fun)(each, y).tobytes() == fun(each, y).tobytes()


def test_a_transpose_that_orders_the_result_stays():
    f = lambda x, y: dot_general(x.transpose(1, 0), y, contract=((), ()))
    program = compose_views(make_jaxpr(f)(np.ones((2, 3)), np.ones(4)))
    assert names(program) == ["transpose", "dot_general"]
    g = lambda x, y: (x @ y).T  # y.T @ x.T can have other bits
    assert names(compose_views(make_jaxpr(g)(np.ones((2, 3)), np.ones((3, 4))))) == [
        "dot_general",
        "transpose",
    ]
