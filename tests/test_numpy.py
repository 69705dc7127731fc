"""Plain NumPy calls on traced values: NumPy's bits, the loop's batch, true slopes."""

import warnings
from math import pi

import numpy as np
import pytest

import fgrad
import fgrad.numpy as fnp
from fgrad.core import evaluate
from fgrad.transforms.grad import grad
from fgrad.transforms.jvp import jvp
from fgrad.transforms.staging import make_jaxpr
from fgrad.transforms.vjp import vjp
from fgrad.transforms.vmap import vmap

rng = np.random.default_rng(0)
V = rng.normal(size=5)
W = rng.normal(size=5)
P = rng.uniform(0.2, 0.8, size=5)
A = rng.normal(size=(3, 4))
B = rng.normal(size=(3, 4))
C = rng.normal(size=(4, 2))
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
T = rng.normal(size=(2, 3, 4))
S3 = rng.normal(size=(2, 3, 3)) + 3 * np.eye(3)
MASK = A > 0
NAN = np.where(B > 0.5, np.nan, A)
UP = np.sort(rng.normal(size=5))
ODD = (rng.normal(size=(6, 4))[::2]).T
Q = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
K = 1  # stands for an integer argument
L = [1, 0, 2]

CASES = """
sin(V) cos(V) tan(V) exp(V) exp2(V) expm1(V) log(P) log2(P) log10(P) log1p(P) sqrt(P)
cbrt(V) arcsin(P) arccos(P) arctan(V) sinh(V) cosh(V) tanh(V) arcsinh(V) arccosh(P+1)
arctanh(P) deg2rad(V) rad2deg(V) absolute(V) fabs(V) negative(V) positive(V) square(V)
reciprocal(P) conjugate(V) sign(V) floor(V) ceil(V) trunc(V) rint(V) isnan(V) signbit(V)
add(A,B) subtract(A,B) multiply(A,B) divide(A,B) power(P,W) float_power(P,W) mod(V,P)
fmod(V,P) maximum(A,B) minimum(A,B) fmax(A,B) fmin(A,B) hypot(A,B) arctan2(A,B)
logaddexp(A,B) logaddexp2(A,B) copysign(A,B) floor_divide(A,B) heaviside(V,.5) less(A,B)
equal(A,B) logical_and(A,B) logical_not(A) add(A,[1.,2.,3.,4.]) divmod(V,P) modf(V)
frexp(V)
matmul(A,C) matmul(T,C) vecdot(A,B) matvec(A,C[:,0]) vecmat(V[:3],A) add.reduce(A)
multiply.reduce(A,axis=1) maximum.reduce(A) add.accumulate(A)
multiply.accumulate(A,axis=1) multiply.outer(V,W) add.outer(A,V)
minimum.reduce(A,axis=1) round(V,1) around(V) clip(A,-.5,.5) clip(A,min=-.5)
clip(A,None,B) where(MASK,A,B) where(A>B,A,0.) select([A>1,B>0],[A,B],.5)
piecewise(V,[V<0,V>=0],[-1.,2.]) nan_to_num(NAN) nan_to_num(NAN,nan=2.) real(A) imag(A)
angle(A) sinc(V) sinc(A,) isclose(A,B) isposinf(A) isneginf(A) iscomplex(A) isreal(A)
fix(V) sum(A) sum(A,axis=0) sum(A,1,keepdims=True) sum(T,axis=(0,2)) sum(A,initial=2.)
sum(A,where=MASK) sum(A,-1,where=MASK,initial=1.) prod(A) prod(A,0)
prod(A,axis=1,initial=2.) prod(A,where=MASK) max(A) max(A,0) max(A,axis=1,initial=0.)
min(A) min(A,1,keepdims=True) max(A,axis=0,initial=-9.,where=MASK) amax(A) amin(A,0)
mean(A) mean(A,0) mean(A,axis=1,where=MASK|True) mean(A,where=MASK) var(A)
var(A,0,ddof=1) var(A,axis=1,keepdims=True) var(A,where=MASK) var(A,correction=1) std(A)
std(A,0) std(A,1,ddof=1) ptp(A) ptp(A,0) any(A>1) all(A,0) argmax(A) argmax(A,1)
argmin(A,0,keepdims=True) count_nonzero(A) count_nonzero(A,axis=0) cumsum(A) cumsum(A,1)
cumprod(A) cumprod(A,axis=0) cumulative_sum(V) cumulative_prod(A,axis=1)
cumulative_sum(A,axis=0,include_initial=True) average(A) average(A,0)
average(A,1,weights=P[:4]) average(A,weights=np.exp(B)) nansum(NAN) nansum(NAN,0)
nanprod(NAN) nanmax(NAN) nanmin(NAN,1) nanmean(NAN) nanmean(NAN,1) nanvar(NAN)
nanstd(NAN,1) nancumsum(NAN) nancumprod(NAN,0) nanargmax(NAN) nanargmin(NAN,0) median(V)
median(A) median(A,0) median(A,1,keepdims=True) median(T,axis=(0,2)) median(C[:,0])
quantile(V,.3) quantile(A,.7,axis=0) quantile(A,np.array([.1,.5]),axis=1)
percentile(A,30.) quantile(T,.4,axis=(0,1),keepdims=True) quantile(V,.3,method="hazen")
quantile(V,.3,method="lower") quantile(V,.33,method="nearest")
quantile(V,.33,method="midpoint") quantile(V,[.2,.9],method="weibull") cov(A)
cov(A,rowvar=False) cov(V,W) corrcoef(A) cov(A,ddof=0) cov(A,aweights=P[:4])
reshape(A,(2,6)) reshape(A,-1) reshape(A,(4,-1),order="F") ravel(A) ravel(A,"F")
transpose(T) transpose(T,(1,0,2)) permute_dims(A,(1,0)) matrix_transpose(T)
swapaxes(T,0,2) moveaxis(T,0,-1) moveaxis(T,[0,1],[2,0]) rollaxis(T,2) rollaxis(T,0,3)
rollaxis(T,1,-1) expand_dims(A,1) expand_dims(A,(0,2)) squeeze(A[None])
squeeze(A[None],axis=0) broadcast_to(V,(3,5)) broadcast_arrays(A,V[:4]) flip(A)
flip(A,0) fliplr(A) flipud(A) roll(A,2) roll(A,1,axis=0) roll(A,(1,2),axis=(0,1))
rot90(A) rot90(A,2) rot90(A,3) rot90(T,1,(1,2)) repeat(V,2) repeat(A,[1,0,2],axis=0)
tile(A,2) tile(V,(2,2)) resize(A,(2,7)) resize(V,3) atleast_1d(V) atleast_2d(V)
atleast_3d(V) atleast_3d(A) atleast_2d(V,A) split(V,[2,3]) split(A,2,axis=1)
array_split(V,3) vsplit(A,3) hsplit(A,2) dsplit(T,2) unstack(A) unstack(A,axis=1)
concatenate([A,B]) concatenate((A,B),axis=1) concatenate([A,V],axis=None) concat([A,B])
concatenate([V,np.float32([1,2])]) stack([A,B]) stack([A,B],axis=-1) vstack([V,W])
vstack([A,B]) hstack([V,W]) hstack([A,B]) dstack([A,B]) dstack([V,W])
column_stack([V,W]) column_stack([A,A]) block([[A,B],[B,A]]) block([V,W]) append(V,W)
append(A,B,axis=0) append(A,3.) pad(A,1) pad(A,((1,2),(0,1)),constant_values=2.)
pad(V,2,mode="edge") pad(A,1,"reflect") pad(A,(1,2),"symmetric") pad(V,(3,4),"wrap")
pad(V,9,"reflect") pad(V,12,"symmetric")
pad(A,((1,2),(2,1)),constant_values=((1.,2.),(3.,4.))) meshgrid(V,W)
meshgrid(V,W,indexing="ij") meshgrid(V,W,P,sparse=True) take(A,[0,2],axis=0) take(A,5)
take(A,L,axis=1) take(A,[[0,1],[1,2]],axis=1) take(V,[7,-1],mode="clip")
take(V,[7,-1],mode="wrap") take_along_axis(A,np.argsort(B,1),1)
compress([True,False,True],A,axis=0) extract(MASK,A) choose(np.array([0,1,0,1,1]),[V,W])
choose(np.array([0,3,0,1,1]),[V,W],mode="wrap") diagonal(A) diagonal(A,1)
diagonal(T,-1,1,2) trace(A) trace(T,0,1,2) trace(A,-1) diagflat(V,1) diagflat(A) diag(V)
diag(V,-2) diag(A) diag(A,2) tril(A) tril(A,-1) triu(A) triu(T,1) tril(V) delete(V,2)
delete(A,[0,2],axis=1) delete(A,slice(0,2),axis=0) insert(V,2,9.) insert(V,[1,3],W[:2])
insert(A,1,V[:4],axis=0) insert(A,[0,2],5.,axis=1) insert(V,[1,1],[2.,3.])
insert(A,1,B[:,:1].T[0,0],axis=1) sort(V) sort(A) sort(A,0) sort(A,axis=None) argsort(A)
argsort(V,kind="stable") partition(V,2) argpartition(V,2) searchsorted(UP,V)
searchsorted(UP,A,side="right") nonzero(MASK*1.) flatnonzero(V>0) argwhere(V>0)
unique(V) isin(V,W) where(V>0) unique(A,axis=0) unique(V,return_inverse=True) diff(V)
diff(A,axis=0) diff(V,2) diff(A,prepend=0.) diff(A,append=B[:,:2],axis=1) ediff1d(A)
ediff1d(V,to_begin=1.,to_end=[2.,3.]) trapezoid(V) trapezoid(A,dx=.5) trapezoid(V,UP)
trapezoid(A,axis=0) trapezoid(A,x=B,axis=1) unwrap(4*V) gradient(V) gradient(A)
gradient(V,.5) gradient(V,UP) gradient(A,axis=0,edge_order=2)
gradient(V,UP,edge_order=2) gradient(A,2.,UP[:4]) interp(V,UP,W) interp(V/9,UP,W,-1.,2.)
interp(4*V,P,W,period=1.) interp(UP,UP,W) linspace(V[0],W[0],7) linspace(V,W,4)
linspace(V,W,4,endpoint=False,axis=1) linspace(V[0],3,5,retstep=True)
logspace(P[0],1.,5) geomspace(P[0],P[1],5) linspace(V[0],V[1],1) polyval(V,P)
polyval([1.,2.],A) polyder(V) polyder(V,2) polyint(V) polyint(V,2,[1.,2.])
polyadd(V,W[:3]) polysub(V[:2],W) vander(V) vander(V,3) vander(V,4,increasing=True)
dot(A,C) dot(V,W) dot(T,C) vdot(A,B) inner(A,B) inner(V,W) outer(V,W) outer(A,V)
tensordot(T,C,1) tensordot(T,A,((1,2),(0,1))) tensordot(V,W,0) einsum("ij,jk->ik",A,C)
einsum("ij->j",A) einsum("ii",S) einsum(A,[0,1],C,[1,2],[0,2])
einsum("ijk,kl,l->i",T,C,V[:2]) kron(A,C) kron(V,A) kron(P[0],A) cross(A[:,:3],B[:,:3])
cross(V[:3],B[:,:3]) cross(A[:,:3],B[:,:3],axis=0) linalg.norm(V) linalg.norm(A)
linalg.norm(A,axis=0) linalg.norm(V,1) linalg.norm(V,np.inf) linalg.norm(V,-np.inf)
linalg.norm(V,3) linalg.norm(V,0) linalg.norm(A,.5,axis=1) linalg.norm(A,"fro")
linalg.norm(A,1) linalg.norm(A,-1) linalg.norm(A,np.inf) linalg.norm(A,-np.inf)
linalg.norm(T,axis=(0,2)) linalg.norm(A,keepdims=True)
linalg.norm(A,2,axis=1,keepdims=True) linalg.norm(V,-2) linalg.norm(ODD)
linalg.vector_norm(A) linalg.vector_norm(T,axis=(0,2))
linalg.vector_norm(A,axis=1,ord=1,keepdims=True) linalg.matrix_norm(T)
linalg.matrix_norm(A,ord=1) linalg.solve(S,V[:3]) linalg.solve(S,A) linalg.solve(S3,T)
linalg.inv(S) linalg.inv(S3) linalg.det(S) linalg.det(S3) linalg.slogdet(S)
linalg.slogdet(S3) linalg.cholesky(S@S.T) linalg.cholesky(S@S.T,upper=True)
linalg.matrix_power(S,0) linalg.matrix_power(S,1) linalg.matrix_power(S,2)
linalg.matrix_power(S,3) linalg.matrix_power(S,7) linalg.matrix_power(S,-2)
linalg.multi_dot([A,C,C.T]) linalg.multi_dot([V[:3],A,C,C.T]) linalg.multi_dot([A,C])
linalg.multi_dot([V[:3],A,V[:4]]) linalg.matrix_transpose(T) linalg.trace(T[:,:,:3])
linalg.diagonal(T,offset=1) linalg.outer(V,W) linalg.cross(V[:3],W[:3])
linalg.tensordot(T,C,axes=1) linalg.matmul(A,C) linalg.vecdot(A,B)
linalg.tensorinv(S,ind=1) linalg.tensorsolve(S,V[:3]) zeros_like(A) ones_like(A)
empty_like(A)*0 full_like(A,2.) copy(A) astype(A,np.float32) shape(A) ndim(A) size(A)
size(A,0) astype(A,int) array_equal(A,B) allclose(A,A) array_equiv(A,B)
sin(A.astype(np.float32)) mean(A.astype(np.float32)) var(A.astype(np.float32),0)
std(ODD,0) sum(ODD) mean(ODD,1) linalg.norm(A.astype(np.float32))
median(A.astype(np.float32)) average(A.astype(np.float32),0)
linspace(np.float32(1),np.float32(2),5)*V result_type(A,np.float32)
can_cast(np.float32,A.dtype) iscomplexobj(A) isrealobj(A) convolve(V,W[:3])
convolve(V,W,"same") correlate(V,W[:2]) correlate(V,W,"full") polymul(V,W[:3])
add(A,B,dtype=np.float32) sin(A,dtype=np.float32) power(A,2,dtype=float)
sum(A,dtype=np.float32) add.reduce(A,axis=None) add.reduce(A,axis=(0,1),keepdims=True)
multiply.outer(A,Q[0]) logical_and.reduce(A>0) exp(Q) sin(Q) log(Q) sqrt(Q) absolute(Q)
multiply(Q,A) divide(A,Q) square(Q) conjugate(Q) real(Q) imag(Q) angle(Q) sum(Q,0)
mean(Q,1) prod(Q,0) var(Q) std(Q,0) linalg.norm(Q) linalg.norm(Q,1,axis=0)
linalg.norm(Q,axis=1) linalg.norm(Q,"fro") vdot(Q,Q) dot(Q,A.T) matmul(Q,Q.T)
vecdot(Q,A) inner(Q,Q) cumsum(Q) cumprod(Q,1) diff(Q) where(A>0,Q,A) concatenate([Q,A])
stack([A,Q]) nan_to_num(Q) interp(V,UP,Q.ravel()[:5]) linspace(Q[0,0],Q[0,1],4) cov(Q)
average(Q,1,weights=P[:4]) trace(Q) linalg.solve(S+0j,Q) linalg.inv(Q[:,:3])
linalg.det(Q[:,:3]) polyval(Q[0],V) kron(Q,C) outer(Q[0],V) cross(Q[:,:3],A[:,:3])
digitize(V,UP) digitize(V,UP[::-1],right=True) bincount([0,2,2,1,0],weights=V)
nanmedian(NAN) nanmedian(NAN,0) nanmedian(NAN,1,keepdims=True)
apply_over_axes(np.sum,T,[0,2]) diag_indices_from(S) tril_indices_from(A)
triu_indices_from(A,1) lexsort((V,W)) degrees(V) radians(V) greater(A,B)
greater_equal(A,B)
less_equal(A,B) not_equal(A,B) logical_or(A>0,B>0) logical_xor(A>0,B>0) isfinite(NAN)
isinf(NAN) remainder(V,P) ldexp(V,L[0]) nextafter(V,W) spacing(V) invert(A>0)
bitwise_and(A>0,B>0) bitwise_or(A>0,B>0) bitwise_xor(A>0,B>0) linalg.pinv(A)
linalg.pinv(C)
"""

# what the table cannot do to the last bit, because NumPy goes another way inside
NOT_TO_THE_LAST_BIT = ("einsum", "convolve", "correlate", "polymul",
                       "linalg.cholesky(S@S.T,upper", "linalg.pinv")  # fmt: skip
# integer or piecewise constant in ways that a difference quotient does not see
KINKED = ("copysign", "mod", "remainder", "nextafter", "spacing", "linalg.norm(V,0)")
# the shape of the result depends on the values
BY_VALUE = ("extract", "nonzero", "flatnonzero", "argwhere", "unique", "where(V>0)")


RECENT = np.lib.NumpyVersion(np.__version__) >= "2.3.0"
# functions, arguments and bits that NumPy 2.0 does not have
NEWER = ("matvec", "vecmat", "cumulative_", "unstack", "clip(A,min", "count_nonzero",
         "power(A,2,dtype")  # fmt: skip


def split_cases():
    names, depth, word = [], 0, ""
    for char in CASES:
        depth += (char in "([") - (char in ")]")
        if char.isspace() and depth == 0:
            names += [word] if word else []
            word = ""
        else:
            word += char
    return [n for n in names if RECENT or not n.startswith(NEWER)]


NAMES = ("Q", "V", "W", "P", "A", "B", "C", "S", "T", "S3", "NAN", "UP", "ODD")


def read(case, module=np):
    """Return a case as a function of the arrays that it names, and these arrays."""
    code = compile(case if "." in case.split("(")[0] and case[0].isupper()
                   else f"np.{case}", case, "eval")  # fmt: skip
    used = [n for n in NAMES if n in code.co_names]
    scope = {"MASK": MASK, "K": K, "L": L, "pi": pi, "np": module, "int": int}

    def function(*arrays):
        return eval(code, {**scope, **dict(zip(used, arrays, strict=True))})

    return function, [globals()[n] for n in used]


def leaves(z):
    return [x for y in z for x in leaves(y)] if isinstance(z, tuple | list) else [z]


def same_bits(x, y):
    x, y = np.asarray(x), np.asarray(y)
    assert x.shape == y.shape
    assert x.dtype == y.dtype
    np.testing.assert_array_equal(x, y)


def close(x, y, tol=1e-12):
    x, y = np.asarray(x), np.asarray(y)
    assert x.shape == y.shape
    assert x.dtype == y.dtype
    tol = 1e-5 if x.dtype == np.float32 else tol
    np.testing.assert_allclose(x, y, tol, tol)


def compare(case):
    return close if case.startswith(NOT_TO_THE_LAST_BIT) else same_bits


def inexact(z):
    return [np.asarray(x) for x in leaves(z) if np.asarray(x).dtype.kind in "fc"]


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


all_cases = pytest.mark.parametrize("case", split_cases())


def traced_value(function, arrays):
    """Return what a function gives under a reverse-mode trace, as plain values."""
    kept = []

    def watched(*xs):
        kept.append(function(*xs))
        return [x for x in leaves(kept[0]) if is_float(x)]

    outs = iter(vjp(watched, *arrays)[0])
    return [next(outs) if is_float(x) else x
            for x in leaves(kept[0])]  # fmt: skip


@all_cases
def test_traced_call_has_numpys_bits(case):
    function, arrays = read(case)
    expected = leaves(function(*arrays))
    for x, y in zip(traced_value(function, arrays), expected, strict=True):
        compare(case)(x, y)


@all_cases
def test_fgrad_numpy_without_tracers_is_numpy(case):
    function, arrays = read(case)
    public, _ = read(case, fnp)
    for x, y in zip(leaves(public(*arrays)), leaves(function(*arrays)), strict=True):
        same_bits(x, y)


@all_cases
def test_slope_along_a_direction(case):
    function, arrays = read(case)
    smooth = lambda *xs: inexact(function(*xs))
    if case.startswith((*KINKED, *BY_VALUE)) or not smooth(*arrays):
        pytest.skip("no slope to measure")
    local = np.random.default_rng(1)
    ts = [normal(local, x) for x in arrays]
    traced = lambda *xs: [x for x in leaves(function(*xs)) if is_float(x)]
    _, slopes = jvp(traced, tuple(arrays), tuple(ts))
    outs, pullback = vjp(traced, *arrays)
    eps = 1e-6
    if "float32" in case:
        pytest.skip("too coarse for a difference quotient")
    ahead, behind = (smooth(*(x + s * eps * t for x, t in zip(arrays, ts, strict=True)))
                     for s in (1, -1))  # fmt: skip
    for slope, p, q in zip(slopes, ahead, behind, strict=True):
        np.testing.assert_allclose(slope, (p - q) / (2 * eps), 2e-5, 2e-6)
    cts = [normal(local, z) for z in outs]
    pulled = pullback(cts)
    left = sum(np.nansum(ct * s).real for ct, s in zip(cts, slopes, strict=True))
    right = sum(np.nansum(np.where(np.isnan(x), 0, c * t)).real
                for x, c, t in zip(arrays, pulled, ts, strict=True))  # fmt: skip
    if "NAN" not in case:
        np.testing.assert_allclose(left, right, 1e-8, 1e-10)


def normal(local, x):
    z = local.normal(size=np.shape(x))
    return z + 1j * local.normal(size=z.shape) if x.dtype.kind == "c" else z


def is_float(x):
    return getattr(x, "dtype", np.dtype(int)).kind in "fc"


def is_array(x):
    return isinstance(x, bool) or (hasattr(x, "dtype") and hasattr(x, "shape"))


def batches(arrays):
    local = np.random.default_rng(2)
    return [np.stack([x, x * local.uniform(0.9, 1.1), x]) for x in arrays]


@all_cases
def test_vmap_is_a_loop(case):
    if case.startswith(BY_VALUE):
        pytest.skip("its shape depends on values")
    function, arrays = read(case)
    only = lambda *xs: [x for x in leaves(function(*xs)) if is_array(x)]
    stacked = batches(arrays)
    rows = [only(*(x[i] for x in stacked)) for i in range(3)]
    if not rows[0]:
        pytest.skip("the result is no array")
    for x, *ys in zip(vmap(only)(*stacked), *rows, strict=True):
        close(x, np.stack(ys), 1e-9)


@all_cases
def test_staged_call_has_numpys_bits(case):
    if case.startswith((*BY_VALUE, "compress")):
        pytest.skip("its shape depends on values")
    function, arrays = read(case)
    only = lambda *xs: [x for x in leaves(function(*xs)) if is_array(x)]
    expected = only(*arrays)
    outs = evaluate(make_jaxpr(only)(*arrays), arrays)
    for x, z, y in zip(outs, fgrad.jit(only)(*arrays), expected, strict=True):
        compare(case)(x, y)
        compare(case)(z, y)


# -- values at edge points -----------------------------------------------------------

Z = np.zeros(3)
TIE = np.array([1.0, 2.0, 2.0])
EDGES = {
    "abs": (lambda x: np.abs(x).sum(), Z, [0, 0, 0]),
    "norm": (lambda x: np.linalg.norm(x), Z, [0, 0, 0]),
    "norm 3": (lambda x: np.linalg.norm(x, 3), Z, [0, 0, 0]),
    "norm inf": (lambda x: np.linalg.norm(x, np.inf), TIE, [0, 0.5, 0.5]),
    "frobenius": (lambda x: np.linalg.norm(np.outer(x, x)), Z, [0, 0, 0]),
    "norm axis": (lambda x: np.linalg.norm(x[None], axis=1).sum(), Z, [0, 0, 0]),
    "vector_norm": (lambda x: np.linalg.vector_norm(x), Z, [0, 0, 0]),
    "std": (lambda x: np.std(x), Z + 1, [0, 0, 0]),
    "nanstd": (lambda x: np.nanstd(x), Z + 1, [0, 0, 0]),
    "max": (lambda x: np.max(x), TIE, [0, 0.5, 0.5]),
    "maximum": (lambda x: np.maximum(x, 0.0).sum(), Z, [0.5, 0.5, 0.5]),
    "clip": (lambda x: np.clip(x, 0.0, 2.0).sum(), TIE, [1, 0.5, 0.5]),
    "prod": (lambda x: np.prod(x), np.array([0.0, 2.0, 3.0]), [6, 0, 0]),
    "sinc": (lambda x: np.sinc(x).sum(), Z, [0, 0, 0]),
    "logaddexp": (lambda x: np.logaddexp(0, x).sum(), np.array([-800.0, 0, 800.0]),
                  [0, 0.5, 1]),
    "where": (lambda x: np.where(x > 0, np.log(x), 0.0).sum(),
              np.array([-1.0, 1.0, 2.0]), [0, 1, 0.5]),
    "nan_to_num": (lambda x: np.nan_to_num(x).sum(), np.array([np.nan, 1.0, np.inf]),
                   [0, 1, 0]),
    "nanmean": (lambda x: np.nanmean(x), np.array([np.nan, 1.0, 3.0]), [0, 0.5, 0.5]),
    "nansum": (lambda x: np.nansum(x), np.array([np.nan, 1.0, 3.0]), [0, 1, 1]),
    "power 0": (lambda x: np.power(x, 0.0).sum(), Z, [0, 0, 0]),
    "square": (lambda x: (x**2).sum(), Z, [0, 0, 0]),
    "hypot": (lambda x: np.hypot(x, 0.0).sum(), Z, [0, 0, 0]),
    "median": (lambda x: np.median(x), np.array([3.0, 1.0, 2.0]), [0, 0, 1]),
    "unique": (lambda x: np.unique(x).sum(), TIE, [1, 1, 0]),
    "sqrt": (lambda x: np.sqrt(x).sum(), Z, [np.inf] * 3),
    "unused": (lambda x: np.argmax(x) * 1.0, TIE, [0, 0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_gradient_at_an_edge(name):
    function, x, expected = EDGES[name]
    np.testing.assert_array_equal(grad(function)(x), expected)


@pytest.mark.parametrize("case", ["std(A)", "linalg.norm(A)", "mean(A)", "var(A,0)*2",
                                  "median(A)", "average(A)", "logaddexp(A,1.)",
                                  "interp(A,[0.,9.],[1.,2.])"])  # fmt: skip
def test_float32_in_float32_out(case):
    function, _ = read(case)
    x = A.astype(np.float32)
    gradient = grad(lambda a: np.sum(function(a)))(x)
    assert gradient.dtype == np.float32


def test_second_order_through_numpy():
    f = lambda x: np.sum(np.std(np.outer(x, np.sin(x)), axis=0) ** 2)
    hvp = jvp(grad(f), (V,), (W,))[1]
    eps = 1e-6
    step = (grad(f)(V + eps * W) - grad(f)(V - eps * W)) / (2 * eps)
    np.testing.assert_allclose(hvp, step, 1e-5, 1e-6)
