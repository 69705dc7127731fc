"""Every rule of every primitive, on every sample: one table, all the laws.

A primitive in ``fgrad/ops`` or ``fgrad/control`` without a sample in
``tests/samples``, or with a rule missing, fails here. Primitives that call functions
(jit, scan, while, cond) have programs for samples: ``control_programs.py``. What
``nothing`` makes is no array; only programs with ragged stacks meet it.
"""

import importlib
import pkgutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import fgrad.control
import fgrad.ops
from fgrad.compiler.jit import jit
from fgrad.compiler.runtime import compiled
from fgrad.control.stacks import nothing
from fgrad.core import Primitive, aval_of, is_inexact
from fgrad.ops import basic
from fgrad.ops import elementwise as ew
from fgrad.test_util.differences import paired, random_like, wide
from fgrad.transforms.jvp import jvp
from fgrad.transforms.staging import stage
from fgrad.transforms.vjp import vjp
from fgrad.transforms.vmap import vmap

from .numerics import (
    assert_close,
    assert_same_bits,
    difference,
    leaves,
)
from .samples import Sample, all_samples


def all_primitives():
    """Return the primitives of fgrad.ops and fgrad.control by name of their place."""
    found = {}
    for package in (fgrad.ops, fgrad.control):
        for module in pkgutil.iter_modules(package.__path__):
            names = vars(importlib.import_module(f"{package.__name__}.{module.name}"))
            for name, value in names.items():
                if isinstance(value, Primitive) and value not in found.values():
                    found[f"{module.name}.{name}"] = value
    return found


SAMPLES = all_samples()
SMOOTH = [s for s in SAMPLES if not s.prim.flat and s.orders]
PRIMITIVES = all_primitives()

over_samples = pytest.mark.parametrize("sample", SAMPLES, ids=str)
over_smooth = pytest.mark.parametrize("sample", SMOOTH, ids=str)


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


class Bound:
    """A sample as a function of those of its arguments that have derivatives."""

    def __init__(self, sample: Sample):
        self.prim, self.params, self.args = sample.prim, sample.params, sample.args
        self.places = [
            i
            for i, (x, rule) in enumerate(zip(self.args, sample.prim.vjp or ()))
            if rule is not None and is_inexact(x)
        ]
        self.xs = [self.args[i] for i in self.places]
        self.single = any(
            aval_of(x).dtype in (np.float32, np.complex64)
            for x in (*self.args, *leaves(self(*self.xs)))
        )

    def __call__(self, *xs):
        full = list(self.args)
        for place, x in zip(self.places, xs, strict=True):
            full[place] = x
        return self.prim(*full, **self.params)

    def wide(self, *xs):
        """Compute in double precision, for finite differences."""
        full = [wide(x) for x in self.args]
        for place, x in zip(self.places, xs, strict=True):
            full[place] = x
        return self.prim(*full, **self.wide_params)

    @property
    def wide_params(self):
        double = lambda v: np.result_type(v, np.float64) if is_inexact_dtype(v) else v
        return {k: double(v) for k, v in self.params.items()}

    def tangents(self, seed=0):
        return [random_like(x, seed + i) for i, x in enumerate(self.xs)]

    def cotangents(self, seed=7):
        outs = leaves(self(*self.xs))
        assert all(map(is_inexact, outs)) or self.prim.multi
        return [random_like(z, seed + i) if is_inexact(z) else None
                for i, z in enumerate(outs)]  # fmt: skip

    def pullback(self, *xs):
        """Return the cotangents of the arguments for a fixed one of the output."""
        cts = self.full_cotangents()
        return vjp(self, *xs)[1](cts if self.prim.multi else cts[0])

    def full_cotangents(self):
        """Return the cotangents, and zeros for outputs that have none."""
        pairs = zip(self.cotangents(), leaves(self(*self.xs)))
        return [np.zeros(np.shape(z)) if ct is None else ct for ct, z in pairs]


def is_inexact_dtype(value):
    return isinstance(value, np.dtype) and value.kind in "fc"


def floats(zs, *others):
    """Keep only the entries whose output is float or complex."""
    keep = [is_inexact(z) for z in zs]
    return [[v for v, k in zip(vs, keep, strict=True) if k] for vs in (zs, *others)]


# -- every primitive is complete -----------------------------------------------------


@pytest.mark.parametrize("place", PRIMITIVES)
def test_primitive_has_a_sample(place):
    prim = PRIMITIVES[place]
    plain = prim.body is None and prim.forward is None and not prim.effect
    if plain and prim is not nothing:
        assert any(s.prim is prim for s in SAMPLES), f"no sample of {place}"


@pytest.mark.parametrize("place", PRIMITIVES)
def test_primitive_has_all_rules(place):
    prim = PRIMITIVES[place]
    assert callable(prim.impl)
    assert callable(prim.abstract)
    assert callable(prim.batch)
    assert isinstance(prim.emit, str) or callable(prim.emit)
    if not prim.flat and prim.forward is None:
        assert prim.vjp is not None
        assert any(rule is not None for rule in prim.vjp)
        assert callable(prim.jvp)


# -- values --------------------------------------------------------------------------


@over_samples
def test_abstract_is_the_aval_of_impl(sample):
    z = sample.prim(*sample.args, **sample.params)
    expected = sample.prim.abstract(*map(aval_of, sample.args), **sample.params)
    if not sample.prim.multi:
        z, expected = [z], [expected]
    assert list(map(aval_of, z)) == list(expected)


@over_samples
def test_emitted_code_is_impl_bit_for_bit(sample):
    fun = lambda *xs: leaves(sample.prim(*xs, **sample.params))
    jaxpr = stage(fun, list(map(aval_of, sample.args)), "sample")
    results = compiled(jaxpr, "sample").function(*sample.args)
    for actual, expected in zip(results, fun(*sample.args), strict=True):
        assert_same_bits(actual, expected)


@over_samples
def test_arguments_are_not_changed(sample):
    before = [np.array(x, copy=True, order="K") for x in sample.args]
    sample.prim(*sample.args, **sample.params)
    f = Bound(sample)
    if not sample.prim.flat and sample.orders and f.xs:
        f.pullback(*f.xs)
        jvp(f, tuple(f.xs), tuple(f.tangents()))
    for x, old in zip(sample.args, before, strict=True):
        assert np.asarray(x).tobytes() == old.tobytes()


# -- derivatives ---------------------------------------------------------------------


@over_smooth
def test_jvp_is_the_finite_difference(sample):
    f = Bound(sample)
    ts = f.tangents()
    if not f.xs:
        pytest.skip("no argument has a derivative")
    z, t_out = jvp(f, tuple(f.xs), tuple(ts))
    zs, t_outs = floats(leaves(z), leaves(t_out))
    for one, t in zip(zs, t_outs, strict=True):
        assert aval_of(t).dtype == aval_of(one).dtype
        assert np.shape(t) == np.shape(one)
    if sample.smooth:
        expected = difference(f.wide, f.xs, ts)
        for t, e in zip(t_outs, [e for e in expected if e is not None], strict=True):
            assert_close(t, e, f.single)


@over_smooth
def test_one_tangent_at_a_time_adds_up(sample):
    f = Bound(sample)
    if len(f.xs) < 2:
        pytest.skip("there is one argument at most")
    ts = f.tangents()
    total = 0.0
    for i, t in enumerate(ts):
        alone = lambda x, i=i: f(*f.xs[:i], x, *f.xs[i + 1 :])
        z, t_out = jvp(alone, (f.xs[i],), (t,))
        total = total + np.concatenate(
            [np.ravel(wide(one)) for one in floats(leaves(z), leaves(t_out))[1]]
        )
    z, t_out = jvp(f, tuple(f.xs), tuple(ts))
    together = [np.ravel(one) for one in floats(leaves(z), leaves(t_out))[1]]
    assert_close(total, np.concatenate(together), f.single)


@over_smooth
def test_vjp_is_the_transpose_of_jvp(sample):
    f = Bound(sample)
    if not f.xs:
        pytest.skip("no argument has a derivative")
    ts = f.tangents()
    pulled = f.pullback(*f.xs)
    for ct, x in zip(pulled, f.xs, strict=True):
        assert aval_of(ct).dtype == aval_of(x).dtype
        assert np.shape(ct) == np.shape(x)
    z, t_out = jvp(f, tuple(f.xs), tuple(ts))
    _, t_outs, cts = floats(leaves(z), leaves(t_out), f.cotangents())
    forward, backward = paired(cts, t_outs), paired(pulled, ts)
    size = 1 + sum(np.sum(np.abs(wide(c) * wide(t))) for c, t in zip(pulled, ts))
    assert abs(forward - backward) <= (1e-4 if f.single else 1e-11) * size


@over_smooth
def test_second_derivatives(sample):
    if sample.orders < 2:
        pytest.skip("there is none")
    f = Bound(sample)
    if not f.xs:
        pytest.skip("no argument has a derivative")
    ts, us = f.tangents(20), f.tangents(30)
    pulled, t_pulled = jvp(f.pullback, tuple(f.xs), tuple(ts))
    for t, ct in zip(t_pulled, pulled, strict=True):
        assert aval_of(t).dtype == aval_of(ct).dtype
    if sample.smooth:
        # The cotangent of the wide function has the values of the narrow one's.
        wide_pull = lambda *xs: vjp(f.wide, *xs)[1](
            [wide(c) for c in f.full_cotangents()]
            if sample.prim.multi
            else wide(f.cotangents()[0])
        )
        expected = difference(wide_pull, f.xs, ts)
        for t, e in zip(t_pulled, expected, strict=True):
            assert_close(t, e, f.single, scale=5.0)
    back = vjp(f.pullback, *f.xs)[1](tuple(us))
    forward, backward = paired(us, t_pulled), paired(back, ts)
    size = 1 + sum(np.sum(np.abs(wide(b) * wide(t))) for b, t in zip(back, ts))
    assert abs(forward - backward) <= (1e-4 if f.single else 1e-10) * size


# -- transformed ---------------------------------------------------------------------


@over_smooth
def test_jit_of_vjp_and_jvp_is_bit_for_bit(sample):
    f = Bound(sample)
    if not f.xs:
        pytest.skip("no argument has a derivative")
    ts = f.tangents()
    for fun, args in [
        (f.pullback, f.xs),
        (lambda *xs: no_float0(jvp(f, xs[: len(ts)], xs[len(ts) :])), [*f.xs, *ts]),
    ]:
        actual, expected = jit(fun)(*args), fun(*args)
        for a, e in zip(flat(actual), flat(expected), strict=True):
            if all(np.asarray(x).flags.forc for x in sample.args):
                assert_same_bits(a, e)
            else:  # what is recorded of a strided operand is a contiguous copy, for
                # which NumPy has other loops, with another last bit
                assert aval_of(a) == aval_of(e)
                np.testing.assert_allclose(a, e, 1e-5 if f.single else 1e-14)


def no_float0(tree):
    kind = lambda x: getattr(x, "dtype", np.dtype(float)).kind
    return [leaf for leaf in flat(tree) if kind(leaf) != "V"]


def flat(tree):
    if isinstance(tree, list | tuple):
        return [leaf for branch in tree for leaf in flat(branch)]
    return [tree]


def other(x):
    """Return another argument a primitive takes as well as it takes ``x``."""
    x = np.asarray(x)
    if x.dtype.kind in "fc":
        return (x * x.dtype.type(1.03125)).astype(x.dtype)
    return np.flip(x)


def batchings(sample):
    """Yield the places to batch: every array alone, and all of them."""
    places = [i for i, x in enumerate(sample.args) if hasattr(x, "dtype")]
    yield from ({i} for i in places)
    if len(places) > 1:
        yield set(places)


@pytest.mark.parametrize("dim", [0, -1], ids=["first", "last"])
@over_samples
def test_batch_is_a_loop(sample, dim):
    f = lambda *xs: leaves(sample.prim(*xs, **sample.params))
    for places in batchings(sample):
        pairs = [[x, other(x)] if i in places else [x, x]
                 for i, x in enumerate(sample.args)]  # fmt: skip
        axes = tuple(dim if i in places else None for i in range(len(pairs)))
        batch = [
            np.stack(pair, dim) if i in places else pair[0]
            for i, pair in enumerate(pairs)
        ]
        actual = vmap(f, in_axes=axes)(*batch)
        loop = [f(*(pair[k] for pair in pairs)) for k in range(2)]
        for a, *each in zip(actual, *loop, strict=True):
            assert a.dtype == aval_of(each[0]).dtype
            assert a.shape == (2, *np.shape(each[0]))
            single = a.dtype in (np.float32, np.complex64)
            tol = 1e-5 if single else 1e-12
            np.testing.assert_allclose(a, np.stack(each), rtol=tol, atol=tol)


@over_smooth
def test_vmap_of_vjp_is_a_loop(sample):
    f = Bound(sample)
    if not f.xs:
        pytest.skip("no argument has a derivative")
    if not all(hasattr(x, "dtype") for x in f.xs):
        pytest.skip("a Python scalar has no axis")
    pairs = [[np.asarray(x), other(x)] for x in f.xs]
    actual = vmap(f.pullback)(*map(np.stack, pairs))
    loop = [f.pullback(*(pair[k] for pair in pairs)) for k in range(2)]
    for a, *each in zip(actual, *loop, strict=True):
        assert a.dtype == np.asarray(each[0]).dtype
        assert_close(a, np.stack(each), f.single)


# -- any shape at all ----------------------------------------------------------------

BINARY = [ew.add, ew.mul, ew.div, ew.hypot, ew.where, ew.logaddexp]
shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3)
dtypes = st.sampled_from([np.float32, np.float64])
strides = st.sampled_from([1, -1, 2])


def strided(shape, dtype, step, low):
    """Return distinct positive numbers in an array whose last axis has a stride."""
    full = (*shape[:-1], shape[-1] * abs(step)) if shape else shape
    x = low + np.arange(np.prod(full), dtype=float).reshape(full) / 7.0
    x = np.asarray(x, dtype)
    return x[..., ::step] if shape else x


def check_everything(fun, args, single):
    ts = [random_like(x, i) for i, x in enumerate(args)]
    z, t_out = jvp(fun, tuple(args), tuple(ts))
    expected = difference(fun, args, ts)
    assert_close(t_out, expected[0], single, scale=10.0)
    ct = random_like(z, 5)
    pull = lambda *xs: vjp(fun, *xs)[1](ct)
    pulled = pull(*args)
    np.testing.assert_allclose(
        paired([ct], [t_out]), paired(pulled, ts), rtol=1e-3 if single else 1e-9,
        atol=1e-3 if single else 1e-9,
    )  # fmt: skip
    assert_same_bits(jit(fun)(*args), fun(*args))
    for actual, e in zip(jit(pull)(*args), pulled, strict=True):
        assert_same_bits(actual, e)


@pytest.mark.parametrize("prim", BINARY, ids=str)
@settings(max_examples=25, deadline=None)
@given(
    shapes=shapes, types=st.tuples(dtypes, dtypes), steps=st.tuples(strides, strides)
)
def test_broadcasting(prim, shapes, types, steps):
    with np.errstate(all="ignore"):
        args = [
            strided(*each, 1.0 + i)
            for i, each in enumerate(zip(shapes.input_shapes, types, steps))
        ]
        fun = (lambda x, y: prim(x < 2.05, x, y)) if prim is ew.where else prim
        check_everything(fun, args, np.float32 in types)


@settings(max_examples=50, deadline=None)
@given(
    shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3),
    dtype=dtypes,
    step=strides,
    keepdims=st.booleans(),
    data=st.data(),
)
def test_sums(shape, dtype, step, keepdims, data):
    ndim = len(shape)
    axes = data.draw(st.sets(st.integers(0, ndim - 1)).map(sorted).map(tuple))
    fun = lambda x: basic.sum_axes(ew.sin(x), axes, keepdims)
    check_everything(fun, [strided(shape, dtype, step, 1.0)], dtype is np.float32)


@settings(max_examples=50, deadline=None)
@given(
    shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3),
    dtype=dtypes,
    step=strides,
    data=st.data(),
)
def test_transposes_and_reshapes(shape, dtype, step, data):
    axes = tuple(data.draw(st.permutations(range(len(shape)))))
    flat_shape = (int(np.prod(shape)),)
    fun = lambda x: basic.reshape(
        ew.exp(basic.transpose(x * 0.1, axes=axes)), shape=flat_shape
    )
    check_everything(fun, [strided(shape, dtype, step, 0.5)], dtype is np.float32)


# -- JAX's convention for complex numbers --------------------------------------------

COMPLEX = {
    "exp": ew.exp,
    "abs": ew.absolute,
    "conj": ew.conj,
    "real": basic.real,
    "imag": basic.imag,
    "square": ew.square,
    "sqrt": ew.sqrt,
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_derivatives_agree_with_jax(name):
    jax = pytest.importorskip("jax")
    z, t = np.array([0.3 + 0.4j, -1.0 - 2.0j]), np.array([1.0 - 2.0j, 0.5j])
    out, pull = vjp(COMPLEX[name], z)
    ct = random_like(out, 3)
    with jax.enable_x64(True):
        theirs = getattr(jax.numpy, name)
        expected = jax.vjp(theirs, z)[1](jax.numpy.asarray(ct))[0]
        expected_t = jax.jvp(theirs, (z,), (t,))[1]
    np.testing.assert_allclose(pull(ct)[0], expected, rtol=1e-14)
    np.testing.assert_allclose(jvp(COMPLEX[name], (z,), (t,))[1], expected_t, 1e-14)
