"""Shapes that depend on values: known values, `size=` as in JAX, the taught error."""

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp
from fgrad.errors import ConcretizationTypeError, TracerMutationError

X = np.array([3.0, 1.0, 3.0, 2.0, 0.0])
M = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 5.0]])
Y = np.array([3.0, 7.0, 1.0])
NAN = np.array([np.nan, 1.0, np.nan, 1.0])

# calls of values that are the same in JAX: (text, arrays)
SIZED = """
nonzero(X,size=6) nonzero(X,size=2) nonzero(X,size=6,fill_value=-1) nonzero(X,size=0)
nonzero(M,size=7,fill_value=(7,8)) nonzero(M,size=3) nonzero(M,size=7,fill_value=9)
flatnonzero(X,size=6,fill_value=9) flatnonzero(M,size=3) flatnonzero(X[:0],size=2)
argwhere(M,size=7,fill_value=9) argwhere(M,size=2) argwhere(M,size=7,fill_value=(1,2))
where(X>1,size=4) where(X>1,size=4,fill_value=5) extract(X>1,X,size=5,fill_value=7)
extract(X>1,X,size=5) extract(X>1,X,size=2) compress(X>1,X,size=5,fill_value=3)
compress(X[:3]>1,M,axis=0,size=2) compress(X[:3]>1,M,axis=0,size=3,fill_value=4)
compress(X[:1]>1,M,axis=1,size=1) unique(X,size=6) unique(X,size=2)
unique(X,True,True,True,size=6) unique(X,True,True,True,size=2)
unique(X,True,True,True,size=6,fill_value=-1) unique(M,True,True,True,axis=0,size=4)
unique(M,True,True,True,axis=1,size=4,fill_value=9) unique(M,True,True,True,size=7)
unique(NAN,True,True,True,size=4) unique(NAN,True,True,True,size=4,equal_nan=False)
unique(X[:0],size=2,fill_value=3) unique_all(X,size=6) unique_all(M,size=5)
unique_counts(X,size=6,fill_value=9) unique_inverse(X,size=6) unique_values(X,size=6)
unique_values(NAN,size=6,fill_value=9) union1d(X,Y,size=7) union1d(X,Y,size=2)
union1d(X,Y,size=7,fill_value=-1) union1d(M,Y,size=4) intersect1d(X,Y,size=4)
intersect1d(X,Y,size=4,fill_value=-1) intersect1d(X,Y,return_indices=True,size=4)
intersect1d(X,Y,return_indices=True,size=1)
intersect1d(X,X*9,return_indices=True,size=2)
setdiff1d(X,Y,size=4) setdiff1d(X,Y,size=4,fill_value=-1) setdiff1d(X,X,size=2)
setdiff1d(X,Y,assume_unique=True,size=4) setdiff1d(X,Y,size=1) setxor1d(X,Y,size=6)
setxor1d(X,Y,size=6,fill_value=-1) setxor1d(Y,Y,size=3) setxor1d(X,Y,size=1)
setxor1d(X[:4],Y,size=9) setdiff1d(X[:4],Y,size=6) intersect1d(X[:4],Y,size=3)
bincount(X.astype(int),length=3) bincount(X.astype(int),length=7)
bincount(X.astype(int),weights=X,length=3) bincount(X.astype(int)-1,length=3)
bincount(X.astype(int),length=4,minlength=6)
repeat(Y,X[:3].astype(int),total_repeat_length=9)
repeat(Y,X[:3].astype(int),total_repeat_length=3) repeat(Y,2,total_repeat_length=7)
repeat(M,X[:3].astype(int),axis=0,total_repeat_length=8)
repeat(M,X[1:2].astype(int),total_repeat_length=6)
repeat(X,0*X.astype(int),total_repeat_length=2)
"""
CALLS = SIZED.split()
every_call = pytest.mark.parametrize("call", CALLS)
ARRAYS = {"X": X, "M": M, "Y": Y, "NAN": NAN}


def read(call, module):
    """Return a call as a function of the arrays that it names."""
    code = compile(f"_.{call}", call, "eval")
    names = [n for n in ARRAYS if n in code.co_names]

    def function(*values):
        scope = {"_": module, "int": int, **dict(zip(names, values, strict=True))}
        result = eval(code, scope)
        return tuple(result) if isinstance(result, tuple) else (result,)

    return function, [ARRAYS[n] for n in names]


def same(xs, ys):
    for x, y in zip(xs, ys, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_array_equal(x, y)


@every_call
def test_size_is_that_of_jax(call):
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        jnp = jax.numpy
        f, arrays = read(call, jnp)
        expected = [np.asarray(z) for z in f(*map(jnp.asarray, arrays))]
    found = read(call, fnp)[0](*arrays)
    if "X[:0]" in call:  # JAX returns no indices of nothing, whatever the size
        found, expected = found[:1], expected[:1]
    same(found, expected)


@every_call
def test_size_works_under_jit_and_vmap(call):
    f, arrays = read(call, fnp)
    same(fgrad.jit(f)(*arrays), f(*arrays))
    stacked = [np.stack([x, x[::-1], 2 * x]) for x in arrays]
    rows = [f(*row) for row in zip(*stacked, strict=True)]
    same(fgrad.vmap(f)(*stacked), map(np.stack, zip(*rows, strict=True)))
    outer = fgrad.jit(fgrad.vmap(f, in_axes=(0, *(None,) * (len(arrays) - 1))))
    rows = [f(row, *arrays[1:]) for row in stacked[0]]
    same(outer(stacked[0], *arrays[1:]), map(np.stack, zip(*rows, strict=True)))


@every_call
def test_derivatives_follow_the_values(call):
    """A value that was taken from an element has the tangent of that element."""
    f, arrays = read(call, fnp)
    if any(np.isnan(x).any() for x in arrays):
        pytest.skip("the values are compared to find where they are from")
    marked = [x + 0.0 for x in arrays]
    primals, tangents = fgrad.jvp(f, tuple(arrays), tuple(3.0 * x for x in marked))
    for z, t in zip(primals, tangents, strict=True):
        if np.asarray(z).dtype.kind == "f":
            taken = np.isin(z, np.concatenate([x.ravel() for x in arrays]))
            assert ((t == 3.0 * z) | (t == 0) | ~taken).all()
            assert (t[(t != 0)] == 3.0 * z[(t != 0)]).all()


KNOWN = """
nonzero(X) flatnonzero(M) argwhere(M) where(X>1) extract(X>1,X) compress(X>1,X)
unique(X) unique(X,True,True,True) unique(M,axis=1) unique_all(M) unique_counts(X)
unique_inverse(M) unique_values(X) unique_values(NAN) union1d(X,Y) intersect1d(X,Y)
intersect1d(X,Y,return_indices=True) intersect1d(Y,Y,assume_unique=True) setdiff1d(X,Y)
setdiff1d(X,Y,assume_unique=True) setxor1d(X,Y) setxor1d(NAN,Y) isin(X,Y)
isin(M,Y,invert=True) isin(X,Y[:0]) trim_zeros(X) trim_zeros(X[::-1],"f")
trim_zeros(X,"b") trim_zeros(0*X) bincount(X.astype(int)) bincount(X.astype(int),X)
unique(M.astype(_.float32)) setxor1d(X[:0],Y) union1d(M,Y) intersect1d(X[:0],Y)
"""
known_call = pytest.mark.parametrize("call", KNOWN.split())


@known_call
def test_known_values_are_those_of_numpy(call):
    f, arrays = read(call, fnp)
    expected = read(call, np)[0](*arrays)
    same(fgrad.jvp(f, tuple(arrays), tuple(arrays))[0], expected)
    same(f(*arrays), expected)
    kept = []

    def watched(*xs):
        kept[:] = f(*xs)
        return [z for z in kept if fgrad.numpy.result_type(z).kind == "f"]

    outs = fgrad.vjp(watched, *arrays)[0]
    floats = [z for z in expected if np.asarray(z).dtype.kind == "f"]
    same(outs, floats)


STAGED = [c for c in KNOWN.split() if not c.startswith("isin")]


@pytest.mark.parametrize("call", STAGED)
def test_staged_values_are_not_known(call):
    f, arrays = read(call, fnp)
    name = call.partition("(")[0]
    with pytest.raises(ConcretizationTypeError, match=f"np.{name}") as error:
        fgrad.jit(f)(*arrays)
    if name != "trim_zeros":
        size = "length=" if name == "bincount" else "size="
        assert size in str(error.value)


def test_a_repeat_by_known_counts():
    def f(x, counts):
        return fnp.repeat(x, counts)

    out, _ = fgrad.vjp(f, X, np.arange(5))
    same([out], [np.repeat(X, np.arange(5))])
    with pytest.raises(ConcretizationTypeError, match="total_repeat_length"):
        fgrad.jit(f)(X, np.arange(5))


WRITES = """
put(M,[0,3],[8.,9.]) put(M,[0,1,2],[8.,9.]) put(M,[0,9],[8.,9.],mode="wrap")
put(M,[-1,9],[8.,9.],mode="clip") put(M,[],[]) place(M,M>1.5,[8.,9.])
put_along_axis(M,IT,8.,0) put_along_axis(M,IT,Y[:2],0) put_along_axis(X,IT[0],8.,None)
fill_diagonal(M,7.) fill_diagonal(M,Y) fill_diagonal(M,Y,wrap=True)
"""


@pytest.mark.parametrize("call", WRITES.split())
def test_writing_into_a_copy(call):
    indices = np.array([[0, 2]])
    name, rest = call.split("(", 1)
    target = ARRAYS[rest[0]]

    def ours(x, y):
        scope = {"_": fnp, "M": x, "X": x, "Y": y, "IT": indices}
        return eval(f"_.{call[:-1]},inplace=False)", scope)

    plain = target.copy()
    eval(f"_.{call}", {"_": np, "M": plain, "X": plain, "Y": Y, "IT": indices})
    before = target.copy()
    for f in (ours, fgrad.jit(ours)):
        same([f(target, Y)], [plain])
    same([target], [before])
    rows = np.stack([target, 2 * target])
    same([fgrad.vmap(ours, (0, None))(rows, Y)], [np.stack([ours(x, Y) for x in rows])])
    fgrad.test_util.check_grads(ours, (target, Y), order=1)
    if "[],[]" in call:
        return  # nothing is written
    message = rf"np.{name}.*inplace=False|would change the caller's array"
    with pytest.raises(TracerMutationError, match=message):
        fgrad.vjp(
            lambda x: eval(
                f"_.{call}", {"_": np, "M": x, "X": x, "Y": Y, "IT": indices}
            ),
            target,
        )


def test_searching_does_not_compare_all_with_all():
    edges, values = np.arange(1000.0), np.arange(3000.0) / 3
    jaxpr = fgrad.make_jaxpr(fgrad.vmap(np.searchsorted, (None, 0)))(edges, values)
    avals = [out.aval for eqn in jaxpr.eqns for out in eqn.outs]
    assert max(aval.size for aval in avals) == values.size


def test_a_size_is_a_known_number():
    with pytest.raises(ValueError, match="negative"):
        fnp.nonzero(X, size=-1)
    with pytest.raises(ConcretizationTypeError, match="static"):
        fgrad.jit(lambda n: fnp.nonzero(X, size=n))(2)
    with pytest.raises(ValueError, match="no elements"):
        fnp.unique(X[:0], size=2)
    with pytest.raises(ValueError, match="axes"):
        fnp.nonzero(X, size=2, fill_value=(1, 2))
    with pytest.raises(ValueError, match="where"):
        fnp.where(X > 1, X, Y[0], size=2)
