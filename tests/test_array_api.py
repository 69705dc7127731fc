"""The array API standard: `x.__array_namespace__()`, function by function."""

import re

import numpy as np
import pytest

import fgrad.numpy as fnp
from fgrad import grad, jit, jvp, vmap
from fgrad.core import Tracer
from fgrad.errors import ConcretizationTypeError

X = np.array([[0.5, -1.25, 2.0], [0.75, 3.0, -0.5]])
P = np.array([0.3, 0.6, 0.9])
S = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.0]])
I = np.array([[3, 1, 2], [5, 7, 4]])
B = np.array([[True, False, True], [False, True, True]])
Z = X + 1j * X[::-1]

# Calls on the floats X, P, S; I, B, Z are plain. ``xp`` is the namespace.
CALLS = {
    "constants": "xp.e*X xp.pi*X xp.inf+X X[xp.newaxis,...]",
    "creation": """
        xp.arange(4) xp.arange(1.,2.,.25) xp.asarray(X) xp.asarray([1.,2.])
        xp.asarray(3,dtype=xp.float32) xp.asarray(X,copy=True,device="cpu")
        xp.zeros_like(xp.empty_like(X)) xp.eye(3) xp.eye(2,3,k=1) xp.full((2,),.5)
        xp.full_like(X,2) xp.linspace(0.,1.,5) xp.linspace(0,1,4,endpoint=False)
        xp.meshgrid(P,P)[1] xp.ones((2,3),dtype=xp.float32) xp.ones_like(X)
        xp.tril(X) xp.triu(X,k=1) xp.zeros(3) xp.zeros_like(X,dtype=xp.int64)
        xp.empty((2,0)) xp.zeros(2,device="cpu")""",
    "data types": """
        xp.astype(X,xp.float32) xp.astype(X,xp.int64) xp.astype(X,xp.float64,copy=False)
        xp.broadcast_arrays(X,P)[1] xp.broadcast_to(P,(2,3))""",
    "elementwise": """
        xp.abs(X) xp.acos(P) xp.acosh(P+1) xp.add(X,P) xp.asin(P) xp.asinh(X) xp.atan(X)
        xp.atan2(X,P) xp.atanh(P) xp.bitwise_and(I,1) xp.bitwise_invert(I)
        xp.bitwise_left_shift(I,1) xp.bitwise_or(I,8) xp.bitwise_right_shift(I,1)
        xp.bitwise_xor(I,3) xp.ceil(X) xp.clip(X,-1,1) xp.clip(X,min=0.)
        xp.clip(X,max=P)
        xp.conj(Z*X) xp.copysign(X,P) xp.cos(X) xp.cosh(X) xp.divide(X,P) xp.equal(X,P)
        xp.exp(X) xp.expm1(X) xp.floor(X) xp.floor_divide(X,P) xp.greater(X,P)
        xp.greater_equal(X,P) xp.hypot(X,P) xp.imag(Z*X) xp.isfinite(X) xp.isinf(X)
        xp.isnan(X) xp.less(X,P) xp.less_equal(X,P) xp.log(P) xp.log1p(P) xp.log2(P)
        xp.log10(P) xp.logaddexp(X,P) xp.logical_and(B,X>0) xp.logical_not(X>0)
        xp.logical_or(B,X>0) xp.logical_xor(B,X>0) xp.maximum(X,P) xp.minimum(X,0.)
        xp.multiply(X,P) xp.negative(X) xp.nextafter(X,P) xp.not_equal(X,P)
        xp.positive(X) xp.pow(P,X) xp.real(Z*X) xp.reciprocal(P) xp.remainder(X,P)
        xp.round(X) xp.sign(X) xp.signbit(X) xp.sin(X) xp.sinh(X)
        xp.square(X) xp.sqrt(P)
        xp.subtract(X,P) xp.tan(X) xp.tanh(X) xp.trunc(X)""",
    "indexing": """
        xp.take(X,xp.asarray([1,0]),axis=1) xp.take_along_axis(X,I%2,axis=0) X[0]
        X[:,::-1]
        X[...,0] X[I%2,0] X[B]""",
    "linear algebra": """
        xp.matmul(X,S) xp.matrix_transpose(X) xp.tensordot(X,S,axes=1) xp.vecdot(X,P)
        xp.linalg.cholesky(S) xp.linalg.cross(P,S) xp.linalg.det(S)
        xp.linalg.diagonal(S)
        xp.linalg.inv(S) xp.linalg.matmul(X,S) xp.linalg.matrix_norm(S)
        xp.linalg.matrix_power(S,3) xp.linalg.matrix_transpose(X) xp.linalg.outer(P,P)
        xp.linalg.slogdet(S)[1] xp.linalg.solve(S,P) xp.linalg.trace(S)
        xp.linalg.vecdot(X,P) xp.linalg.vector_norm(X,axis=1) xp.linalg.eigh(S)[0]
        xp.linalg.eigvalsh(S) xp.linalg.svdvals(S) xp.linalg.qr(S)[1] xp.linalg.pinv(S)
        xp.linalg.tensordot(X,S,axes=1) xp.linalg.matrix_rank(S)
        xp.linalg.eig(S*(1+0j))[0] xp.linalg.eigvals(S*(1+0j)) xp.linalg.svd(X)[1]
        xp.linalg.svd(X,full_matrices=False)[0] xp.linalg.qr(X,mode="complete")[0]
        xp.linalg.vector_norm(X,ord=3) xp.linalg.matrix_norm(X,ord="nuc")
        xp.linalg.cholesky(S,upper=True) xp.linalg.pinv(S,rtol=1e-9)""",
    "manipulation": """
        xp.concat([X,X],axis=1) xp.concat([X,X],axis=None) xp.expand_dims(X,axis=1)
        xp.flip(X) xp.flip(X,axis=0) xp.moveaxis(X,0,1) xp.permute_dims(X,(1,0))
        xp.repeat(X,2,axis=1) xp.reshape(X,(3,2)) xp.reshape(X,(6,),copy=True)
        xp.roll(X,1,axis=1) xp.squeeze(X[None],axis=0) xp.stack([X,X],axis=-1)
        xp.tile(X,(2,1)) xp.unstack(X)[1] xp.broadcast_to(X,(2,2,3))""",
    "searching": """
        xp.argmax(X,axis=1) xp.argmin(X) xp.count_nonzero(X,axis=0) xp.count_nonzero(X)
        xp.nonzero(B)[0] xp.searchsorted(P,X) xp.searchsorted(P,X,side="right")
        xp.where(B,X,0.) xp.isin(I,[1,2])""",
    "sets": """
        xp.unique_all(I)[0] xp.unique_counts(I).counts xp.unique_inverse(I)[1]
        xp.unique_values(I)""",
    "sorting": """
        xp.argsort(X) xp.argsort(X,axis=0,descending=True) xp.sort(X)
        xp.sort(X,axis=0,descending=True) xp.sort(X,stable=False)
        xp.argsort(I%2,descending=True,stable=True)""",
    "statistics": """
        xp.cumulative_prod(X,axis=1) xp.cumulative_sum(X,axis=0,include_initial=True)
        xp.max(X,axis=1,keepdims=True) xp.mean(X) xp.min(X) xp.prod(X,axis=0) xp.std(X)
        xp.std(X,axis=0,correction=1) xp.sum(X,axis=1) xp.sum(X,dtype=xp.float32)
        xp.var(X,correction=1.,keepdims=True) xp.diff(X,axis=1) xp.diff(X,n=2)""",
    "utilities": "xp.all(X>0) xp.any(X>0,axis=1) xp.all(B,axis=0,keepdims=True)",
    "fft": """
        xp.fft.fftfreq(4) xp.fft.rfftfreq(5,d=.5,dtype=xp.float32)
        xp.fft.fftfreq(4,device="cpu") xp.fft.fft(Z*X) xp.fft.rfft(X)
        xp.fft.fftshift(X) xp.fft.ifftshift(X) xp.fft.ifft(Z*X,axis=0) xp.fft.fftn(Z*X)
        xp.fft.ifftn(Z*X,axes=(0,1)) xp.fft.irfft(Z*X,n=4) xp.fft.rfftn(X,norm="ortho")
        xp.fft.irfftn(Z*X) xp.fft.hfft(Z*X) xp.fft.ihfft(X) xp.fft.fft(X,n=5)""",
    "operators": """
        X+P X-1 2.*X X/P X//P X%P P**2 X@S -X +X abs(X) ~I I&1 I|2 I^3 I<<1 I>>1
        X<P X<=P
        X>P X>=P X==P X!=P X.mT X.T X.shape X.ndim X.size X.device
        X.to_device("cpu")""",
}  # fmt: skip
EVERY = [(kind, text) for kind, calls in CALLS.items() for text in calls.split()]
every_call = pytest.mark.parametrize("text", [t for _, t in EVERY], ids=str)


def expected(text):
    """Return what NumPy gives, with the standard's options written in NumPy's way."""
    if "descending" in text:
        axis = 0 if "axis=0" in text else -1
        x = X if "X" in text.split(",")[0] else I % 2
        order = np.argsort(-x, axis=axis, stable=True)
        return order if "argsort" in text else np.take_along_axis(x, order, axis)
    text = text.replace(',device="cpu"', "")
    text = text.replace("freq(5,d=.5,dtype=xp.float32)", "freq(5,d=.5).astype('f4')")
    names = {"X": X, "P": P, "S": S, "I": I, "B": B, "Z": Z, "xp": np}
    return eval(text, names)


def call(text, x, p, s):
    names = {"X": x, "P": p, "S": s, "I": I, "B": B, "Z": Z}
    xp = x.__array_namespace__() if type(x) is Tracer else fnp
    return eval(text, {**names, "xp": xp})


def in_jit(f):
    return jit(f)(X, P, S)


def in_vmap(f):
    z = vmap(f)(X[None], P[None], S[None])
    return z[0] if isinstance(z, np.ndarray) else z


def in_jvp(f):
    return jvp(f, (X, P, S), (0 * X, 0 * P, 0 * S))[0]


WRAPS = {"jit": in_jit, "vmap": in_vmap, "jvp": in_jvp}


def same(got, want, bits=True):
    if isinstance(want, tuple | str | int):
        assert got == want
        return
    got, want = np.asarray(got), np.asarray(want)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    (np.testing.assert_array_equal if bits else np.testing.assert_allclose)(got, want)


@every_call
@pytest.mark.parametrize("wrap", WRAPS)
def test_under_transformations(text, wrap):
    facts = []

    def f(*args):
        z = call(text, *args)
        facts.append(z)
        return z if hasattr(z, "dtype") else 0.0

    if "unique" in text and wrap != "jvp":
        with pytest.raises(ConcretizationTypeError):  # a shape that nobody knows
            WRAPS[wrap](lambda x, p, s: call(text.replace("I)", "X)"), x, p, s))
    got = WRAPS[wrap](f)
    want = expected(text)
    exact = wrap != "vmap" and "pinv" not in text
    same(got if hasattr(want, "dtype") else facts[0], want, bits=exact)


@every_call
def test_on_plain_arrays(text):
    same(call(text, X, P, S), expected(text))


# -- every name of the standard --------------------------------------------------------

NAMES = """
    e inf nan newaxis pi arange asarray empty empty_like eye from_dlpack full full_like
    linspace meshgrid ones ones_like tril triu zeros zeros_like astype can_cast finfo
    iinfo isdtype result_type bool int8 int16 int32 int64 uint8 uint16 uint32 uint64
    float32 float64 complex64 complex128 abs acos acosh add asin asinh atan atan2 atanh
    bitwise_and bitwise_left_shift bitwise_invert bitwise_or bitwise_right_shift
    bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 floor
    floor_divide greater greater_equal hypot imag isfinite isinf isnan less less_equal
    log log1p log2 log10 logaddexp logical_and logical_not logical_or logical_xor
    maximum minimum multiply negative nextafter not_equal positive pow real reciprocal
    remainder round sign signbit sin sinh square sqrt subtract tan tanh trunc
    __array_namespace_info__ take take_along_axis matmul matrix_transpose tensordot
    vecdot broadcast_arrays broadcast_shapes broadcast_to concat expand_dims flip
    moveaxis permute_dims repeat reshape roll squeeze stack tile unstack argmax argmin
    count_nonzero nonzero searchsorted where isin unique_all unique_counts
    unique_inverse unique_values argsort sort cumulative_prod cumulative_sum max mean
    min prod std sum var all any diff
    linalg.cholesky linalg.cross linalg.det linalg.diagonal linalg.eig linalg.eigvals
    linalg.eigh linalg.eigvalsh linalg.inv linalg.matmul linalg.matrix_norm
    linalg.matrix_power linalg.matrix_rank linalg.matrix_transpose linalg.outer
    linalg.pinv linalg.qr linalg.slogdet linalg.solve linalg.svd linalg.svdvals
    linalg.tensordot linalg.trace linalg.vecdot linalg.vector_norm
    fft.fft fft.ifft fft.fftn fft.ifftn fft.rfft fft.irfft fft.rfftn fft.irfftn fft.hfft
    fft.ihfft fft.fftfreq fft.rfftfreq fft.fftshift fft.ifftshift
""".split()
METHODS = """
    __abs__ __add__ __and__ __array_namespace__ __bool__ __complex__ __dlpack__
    __dlpack_device__ __eq__ __float__ __floordiv__ __ge__ __getitem__ __gt__ __index__
    __int__ __invert__ __le__ __lshift__ __lt__ __matmul__ __mod__ __mul__ __ne__
    __neg__ __or__ __pos__ __pow__ __rshift__ __setitem__ __sub__ __truediv__ __xor__
    __radd__ __rsub__ __rmul__ __rtruediv__ __rfloordiv__ __rpow__ __rmod__ __rmatmul__
    __rand__ __ror__ __rxor__ __rlshift__ __rrshift__ __iadd__ __isub__ __imul__
    __itruediv__ __ifloordiv__ __ipow__ __imod__ __imatmul__ __iand__ __ior__ __ixor__
    __ilshift__ __irshift__ to_device dtype device mT ndim shape size T
""".split()


def test_every_name_is_there():
    def f(x):
        for space in (x.__array_namespace__(), fnp):
            missing = [name for name in NAMES if not _has(space, name)]
            assert not missing
        assert not [name for name in METHODS if not hasattr(type(x), name)]
        return x.sum()

    grad(f)(X), jit(f)(X), vmap(f)(X[None])


def _has(space, name):
    for part in name.split("."):
        if not hasattr(space, part):
            return False
        space = getattr(space, part)
    return True


def test_every_name_is_called():
    """The calls above are of all functions but those that are tested apart."""
    called = set(re.findall(r"xp\.([\w.]+)", " ".join(text for _, text in EVERY)))
    called |= {name.removesuffix(".counts") for name in called}
    apart = """__array_namespace_info__ bool broadcast_shapes can_cast complex128
        complex64 finfo from_dlpack iinfo int16 int32 int8 isdtype nan result_type
        uint16 uint32 uint64 uint8"""
    assert sorted({*NAMES} - called) == apart.split()


# -- where NumPy departs from the standard ---------------------------------------------

NAN, INF = np.nan, np.inf
EXPM1 = {
    complex(0, 0): complex(0, 0),
    complex(INF, 0): complex(INF, 0),
    complex(-INF, 1): complex(-1, 0),
    complex(-INF, INF): complex(-1, 0),
    complex(INF, INF): complex(INF, NAN),
    complex(-INF, NAN): complex(-1, 0),
    complex(INF, NAN): complex(INF, NAN),
    complex(NAN, 0): complex(NAN, 0),
    complex(NAN, 1): complex(NAN, NAN),
    complex(1, INF): complex(NAN, NAN),
}


@pytest.mark.parametrize("wrap", [jit, lambda f: lambda x: jvp(f, (x,), (0 * x,))[0]])
@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_complex_expm1_at_the_ends(wrap, dtype):
    x, want = (np.array([*column], dtype) for column in (EXPM1.keys(), EXPM1.values()))
    with np.errstate(all="ignore"):
        got = wrap(lambda x: x.__array_namespace__().expm1(x))(x)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got.real, want.real)
    np.testing.assert_array_equal(got.imag, want.imag)


def test_complex_expm1_elsewhere():
    def f(x):
        xp = x.__array_namespace__()
        z = xp.expm1(x + 1j * x[::-1])
        return xp.sum(xp.real(z) * xp.imag(z)), z

    gradient, z = grad(f, has_aux=True)(X)
    np.testing.assert_array_equal(z, np.expm1(X + 1j * X[::-1]))
    plain = lambda x: (lambda z: np.sum(z.real * z.imag))(np.expm1(x + 1j * x[::-1]))
    np.testing.assert_allclose(gradient, grad(plain)(X))


def test_results_in_tuples_are_all_traced():
    def f(x):
        xp = x.__array_namespace__()
        parts = [*xp.unique_all(x), *xp.unique_counts(x), *xp.unique_inverse(x),
                 xp.unique_values(x), *xp.nonzero(x), *xp.meshgrid(x[0], x[1]),
                 *xp.broadcast_arrays(x, x), *xp.linalg.slogdet(x[:, :2])]  # fmt: skip
        assert all(type(part) is Tracer for part in parts)
        assert type(xp.unique_counts(x)).__name__ == "UniqueCountsResult"
        assert type(xp.meshgrid(x[0], x[1])) is tuple
        assert type(xp.broadcast_arrays(x, x)) is tuple
        return xp.sum(x[xp.nonzero(x > 0)])

    np.testing.assert_array_equal(grad(f)(X), X > 0)


def test_nonzero_wants_axes():
    with pytest.raises(ValueError, match="0d"):
        grad(lambda x: x.__array_namespace__().nonzero(x.sum())[0])(X)


def test_dlpack():
    def f(x):
        xp = x.__array_namespace__()
        made = xp.from_dlpack(X)
        np.testing.assert_array_equal(np.from_dlpack(x > 0), X > 0)
        assert x.__dlpack_device__() == X.__dlpack_device__()
        with pytest.raises(TypeError, match="derivative would be lost"):
            np.from_dlpack(x)
        return xp.sum(made * xp.from_dlpack(x) * xp.from_dlpack(x, copy=True))

    np.testing.assert_array_equal(grad(f)(X), 2 * X**2)
