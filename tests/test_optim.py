"""Optimisers and schedules: optax's numbers, any transformation, kind errors."""

import math
import subprocess
import sys

import numpy as np
import pytest

import fgrad
from fgrad import optim, tree

from .messages import raised, table

STEPS = 6


def parameters(dtype=np.float64):
    return {
        "layer": [np.array([[1.0, -2.0], [0.5, 3.0]], dtype), np.zeros(2, dtype)],
        "scale": np.asarray(0.7, dtype)[()],
    }


def gradients(step, dtype=np.float64):
    """Return gradients that change sign, vary in size, and contain a zero."""
    rng = np.random.default_rng(step)
    draw = lambda p: np.asarray(rng.normal(size=np.shape(p)) * 10.0**step, dtype)[()]
    drawn = tree.map(draw, parameters())
    drawn["layer"][1] = np.zeros(2, dtype)
    return drawn


def run(optimiser, params, update=None, steps=STEPS, dtype=np.float64):
    """Return the parameters after some steps, with gradients given beforehand."""
    state = optimiser.init(params)
    update = update or optimiser.update
    for step in range(steps):
        updates, state = update(gradients(step, dtype), state, params)
        params = optim.apply_updates(params, updates)
    return params


def assert_trees_close(actual, expected, rtol=1e-12):
    tree.map(
        lambda a, e: np.testing.assert_allclose(a, e, rtol=rtol, atol=rtol),
        actual,
        tree.map(np.asarray, expected),
    )


# What to make with fgrad.optim and with optax alike, from either module.
OPTIMISERS = {
    "sgd": lambda o: o.sgd(0.1),
    "sgd, momentum": lambda o: o.sgd(0.1, momentum=0.9),
    "sgd, nesterov": lambda o: o.sgd(0.1, momentum=0.9, nesterov=True),
    "sgd, schedule": lambda o: o.sgd(o.exponential_decay(0.1, 2, 0.5), 0.5),
    "adam": lambda o: o.adam(0.1),
    "adam, options": lambda o: o.adam(0.1, b1=0.5, b2=0.7, eps=0.01, eps_root=0.02),
    "adam, nesterov": lambda o: o.adam(0.1, nesterov=True),
    "adam, mu_dtype": lambda o: o.adam(0.1, mu_dtype="float32"),
    "adamw": lambda o: o.adamw(0.1, weight_decay=0.3),
    "adamw, mask": lambda o: o.adamw(
        0.1, weight_decay=0.3, mask={"layer": [True, False], "scale": False}
    ),
    "adamw, mask by function": lambda o: o.adamw(
        0.1, weight_decay=0.3, mask=lambda p: tree.map(lambda x: np.ndim(x) > 1, p)
    ),
    "rmsprop": lambda o: o.rmsprop(0.1),
    "rmsprop, eps outside": lambda o: o.rmsprop(0.1, eps=0.01, eps_in_sqrt=False),
    "rmsprop, initial scale": lambda o: o.rmsprop(0.1, initial_scale=2.0),
    "rmsprop, momentum": lambda o: o.rmsprop(0.1, momentum=0.9, nesterov=True),
    "rmsprop, corrected": lambda o: o.rmsprop(0.1, bias_correction=True),
    "rmsprop, centered": lambda o: o.rmsprop(0.1, centered=True),
    "rmsprop, centered, corrected": lambda o: o.rmsprop(
        0.1, centered=True, bias_correction=True, eps=0.1
    ),
    "clip": lambda o: o.chain(o.clip(0.5), o.sgd(0.1)),
    "clip by global norm": lambda o: o.chain(o.clip_by_global_norm(20.0), o.sgd(0.1)),
    "chain": lambda o: o.chain(
        o.identity(),
        o.add_decayed_weights(0.1),
        o.trace(0.5),
        o.scale(2.0),
        o.scale_by_learning_rate(0.1, flip_sign=False),
        o.scale_by_schedule(lambda count: -1.0 / (1 + count)),
    ),
}

SCHEDULES = {
    "constant": lambda o: o.constant_schedule(0.3),
    "linear": lambda o: o.linear_schedule(1.0, 0.1, 7),
    "linear, begin": lambda o: o.linear_schedule(0.1, 1.0, 4, transition_begin=3),
    "exponential": lambda o: o.exponential_decay(1.0, 3, 0.5),
    "exponential, begin": lambda o: o.exponential_decay(1.0, 3, 0.5, 4),
    "exponential, staircase": lambda o: o.exponential_decay(1.0, 3, 0.5, 2, True),
    "exponential, end": lambda o: o.exponential_decay(1.0, 3, 0.5, end_value=0.3),
    "exponential, growth": lambda o: o.exponential_decay(1.0, 3, 2.0, end_value=5.0),
    "cosine": lambda o: o.cosine_decay_schedule(2.0, 9),
    "cosine, options": lambda o: o.cosine_decay_schedule(2.0, 9, 0.1, 2.0),
    "warmup": lambda o: o.warmup_cosine_decay_schedule(0.1, 1.0, 4, 10, 0.2, 1.5),
    "warmup, peak 0": lambda o: o.warmup_cosine_decay_schedule(1.0, 0.0, 4, 10, 0.2),
    "warmup of no steps": lambda o: o.warmup_cosine_decay_schedule(0.1, 1.0, 0, 10),
    "piecewise": lambda o: o.piecewise_constant_schedule(1.0, {8: 0.1, 3: 0.5}),
    "piecewise, none": lambda o: o.piecewise_constant_schedule(0.4),
    "join": lambda o: o.join_schedules(
        [o.linear_schedule(0, 1, 3), o.constant_schedule(4.0),
         o.exponential_decay(1.0, 2, 0.5)], [3, 8]
    ),
}  # fmt: skip


# -- the numbers -----------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMISERS)
def test_optimiser_has_the_numbers_of_optax(name):
    optax = pytest.importorskip("optax")
    import jax

    make = OPTIMISERS[name]
    ours = run(make(optim), parameters())
    with jax.enable_x64(True):
        theirs = run(make(optax), tree.map(jax.numpy.asarray, parameters()))
    # optax counts steps in int32, so that schedules are float32.
    single = "mu_dtype" in name or "schedule" in name
    assert_trees_close(ours, theirs, 1e-6 if single else 1e-11)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_has_the_numbers_of_optax(name):
    optax = pytest.importorskip("optax")
    import jax

    ours, theirs = SCHEDULES[name](optim), SCHEDULES[name](optax)
    with jax.enable_x64(True):
        for count in range(14):
            np.testing.assert_allclose(
                ours(count), theirs(count), rtol=1e-13, atol=1e-16
            )


def test_adam_by_hand():
    w, m, v = 2.0, 0.0, 0.0
    optimiser = optim.adam(0.1, b1=0.8, b2=0.9, eps=1e-3)
    params, state = {"w": np.array([w])}, optimiser.init({"w": np.array([w])})
    for step in range(1, 5):
        updates, state = optimiser.update({"w": 2 * params["w"]}, state)
        params = optim.apply_updates(params, updates)
        m, v = 0.8 * m + 0.2 * 2 * w, 0.9 * v + 0.1 * (2 * w) ** 2
        m_hat, v_hat = m / (1 - 0.8**step), v / (1 - 0.9**step)
        w -= 0.1 * m_hat / (math.sqrt(v_hat) + 1e-3)
        np.testing.assert_allclose(params["w"], [w], rtol=1e-14)
    assert state[0].count == 4


def test_momentum_is_sgd_with_momentum():
    assert_trees_close(
        run(optim.momentum(0.1, 0.8, nesterov=True), parameters()),
        run(optim.sgd(0.1, 0.8, nesterov=True), parameters()),
        rtol=0,
    )


def test_complex_parameters_are_two_real_ones():
    z, pair = np.array([1.0 + 2.0j]), (np.array([1.0]), np.array([2.0]))
    grad = np.array([3.0 - 4.0j])
    for make in (optim.adam, optim.rmsprop):
        optimiser = make(0.1)
        updates, state = optimiser.update(grad, optimiser.init(z))
        assert updates.dtype == np.complex128
        assert state[0].nu.dtype == np.float64
        # The magnitude of the complex gradient, 5, is what both are divided by.
        expected = optimiser.update(np.array([5.0]), optimiser.init(pair[0]))[0]
        np.testing.assert_allclose(updates, expected * (3 - 4j) / 5, rtol=1e-6)


# -- properties ------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMISERS)
def test_float32_stays_float32(name):
    params, optimiser = parameters(np.float32), OPTIMISERS[name](optim)
    for leaf in tree.leaves(run(optimiser, params, dtype=np.float32)):
        assert leaf.dtype == np.float32
    before = optimiser.init(params)
    after = optimiser.update(gradients(0, np.float32), before, params)[1]
    assert tree.structure(after) == tree.structure(before)
    for old, new in zip(tree.leaves(before), tree.leaves(after), strict=True):
        assert np.asarray(old).dtype == np.asarray(new).dtype


@pytest.mark.parametrize("number", [np.float64(0.1), np.asarray(0.1)])
def test_wide_hyperparameters_do_not_widen_float32(number):
    optimiser = optim.chain(
        optim.clip(number),
        optim.clip_by_global_norm(number),
        optim.add_decayed_weights(number),
        optim.adam(number, number, number, number, number),
        optim.trace(number),
    )
    for leaf in tree.leaves(run(optimiser, parameters(np.float32), dtype=np.float32)):
        assert leaf.dtype == np.float32


@pytest.mark.parametrize("name", OPTIMISERS)
def test_nothing_is_written_in_place(name):
    params, optimiser = parameters(), OPTIMISERS[name](optim)
    state, grads = optimiser.init(params), gradients(1)
    for leaf in tree.leaves((params, state, grads)):
        if isinstance(leaf, np.ndarray):
            leaf.flags.writeable = False
    updates, _ = optimiser.update(grads, state, params)
    optim.apply_updates(params, updates)
    assert_trees_close(params, parameters(), rtol=0)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_jit_changes_no_bit(name):
    optimiser = OPTIMISERS[name](optim)
    plain = run(optimiser, parameters())
    compiled = run(optimiser, parameters(), update=fgrad.jit(optimiser.update))
    tree.map(np.testing.assert_array_equal, compiled, plain)


def test_jit_compiles_a_training_step_once():
    optimiser, traced = optim.adam(optim.exponential_decay(0.1, 10, 0.5)), []

    @fgrad.jit
    def step(params, state):
        traced.append(1)
        loss = lambda p: np.sum((p["w"] - 3.0) ** 2)
        updates, state = optimiser.update(fgrad.grad(loss)(params), state, params)
        return optim.apply_updates(params, updates), state

    params = {"w": np.zeros(2)}
    state = optimiser.init(params)
    for _ in range(5):
        params, state = step(params, state)
    assert len(traced) == 1
    assert state[0].count == state[1].count == 5


def quadratic(w):
    return np.sum(np.array([1.0, 3.0]) * (w - 1.0) ** 2)


def trained(learning_rate, make=optim.sgd, steps=4):
    """Return the loss after some steps, as a function of the learning rate."""
    optimiser, w = make(learning_rate), np.array([3.0, -2.0])
    state = optimiser.init(w)
    for _ in range(steps):
        updates, state = optimiser.update(fgrad.grad(quadratic)(w), state, w)
        w = optim.apply_updates(w, updates)
    return quadratic(w)


MAKERS = {
    "sgd": optim.sgd,
    "momentum": optim.momentum,
    "adam": optim.adam,
    "adamw": lambda rate: optim.adamw(rate, weight_decay=0.1),
    "rmsprop": optim.rmsprop,
    "clipped": lambda rate: optim.chain(optim.clip_by_global_norm(1), optim.adam(rate)),
    "scheduled": lambda rate: optim.sgd(optim.cosine_decay_schedule(rate, 6)),
}


@pytest.mark.parametrize("name", MAKERS)
def test_gradient_through_the_optimiser(name):
    train = lambda rate: trained(rate, MAKERS[name])
    numeric = (train(0.05 + 1e-6) - train(0.05 - 1e-6)) / 2e-6
    for transform in (
        fgrad.grad(train),
        fgrad.jit(fgrad.grad(train)),
        fgrad.jacfwd(train),
    ):
        np.testing.assert_allclose(transform(0.05), numeric, rtol=1e-6)


@pytest.mark.parametrize("name", MAKERS)
def test_vmap_over_learning_rates(name):
    rates = np.array([0.01, 0.05, 0.1])
    train = lambda rate: trained(rate, MAKERS[name])
    expected = [train(rate) for rate in rates]
    np.testing.assert_allclose(fgrad.vmap(train)(rates), expected, rtol=1e-12)
    np.testing.assert_allclose(
        fgrad.jit(fgrad.vmap(train))(rates), expected, rtol=1e-12
    )


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_of_a_traced_count(name):
    schedule = SCHEDULES[name](optim)
    counts = np.arange(14)
    expected = [schedule(int(count)) for count in counts]
    mapped = fgrad.vmap(lambda count: schedule(count) + 0.0 * count)(counts)
    np.testing.assert_allclose(mapped, expected, rtol=1e-14)
    one = fgrad.jit(schedule)(np.int64(5))
    np.testing.assert_array_equal(one, expected[5])


def test_gradient_of_a_clipped_zero_is_finite():
    clipping = optim.clip_by_global_norm(1.0)
    clipped = lambda g: np.sum(clipping.update(g, clipping.init(g))[0])
    np.testing.assert_array_equal(fgrad.grad(clipped)(np.zeros(3)), np.ones(3))


@pytest.mark.parametrize("eps_root, slope", [(0.0, 1e8), (1e-4, 100.0)])
def test_derivative_of_adam_where_the_gradient_is_zero(eps_root, slope):
    adam = optim.scale_by_adam(eps_root=eps_root)
    first = lambda g: adam.update(g, adam.init(g))[0]
    with np.errstate(invalid="ignore"):  # the root's derivative at 0 is infinite
        np.testing.assert_allclose(fgrad.grad(first)(0.0), slope, rtol=1e-5)


def test_global_norm():
    assert optim.global_norm({"a": 3.0, "b": [np.array([[0.0, 4.0]]), None]}) == 5.0
    assert optim.global_norm({}) == 0.0
    assert optim.global_norm([np.ones(4, np.float32)]).dtype == np.float32


def test_optim_is_imported_on_first_use():
    program = (
        "import sys, fgrad; assert 'fgrad.optim' not in sys.modules;"
        "assert 'optim' in dir(fgrad); fgrad.optim.adam(0.1); from fgrad import optim"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="no attribute 'optimism'"):
        fgrad.optimism  # noqa: B018


# -- mistakes --------------------------------------------------------------------------

W = {"w": np.ones(3)}
ADAM = optim.adam(0.1)
STATE = ADAM.init(W)
DECAY = optim.add_decayed_weights(0.1)

MISTAKES = {
    "gradients of another tree": (
        ValueError, lambda: ADAM.update({"v": np.ones(3)}, STATE),
        "state.mu must have the structure of grads", "['v']", "['w']", "call init"),
    "gradients of another shape": (
        ValueError, lambda: ADAM.update({"w": np.ones(4)}, STATE),
        "grads['w'] is f64[4]", "state.mu['w'] is f64[3]"),
    "a shape that would broadcast": (
        ValueError, lambda: optim.apply_updates(W, {"w": np.ones((2, 3))}),
        "params['w'] is f64[3]", "updates['w'] is f64[2,3]"),
    "updates of another tree": (
        ValueError, lambda: optim.apply_updates({"w": {"a": 1.0}}, {"w": (1.0,)}),
        "apply_updates: updates", "at ['w']"),
    "integer parameters": (
        TypeError, lambda: ADAM.init({"n": 3}), "params['n'] is int[]", "3.0"),
    "integer gradients": (
        TypeError, lambda: optim.scale(0.1).update({"n": np.ones(2, int)}, ()),
        "grads['n'] is i64[2]", "astype(float)"),
    "a leaf that is no array": (
        TypeError, lambda: optim.apply_updates({"w": "text"}, {"w": 1.0}),
        "apply_updates: params['w']", "'text'", "not a number"),
    "learning rate, str": (
        TypeError, lambda: optim.adam("fast"),
        "learning_rate must be a number or a schedule", "'fast' (str)"),
    "learning rate, None": (
        TypeError, lambda: optim.sgd(None), "learning_rate must be a number or a sch"),
    "learning rate, array": (
        TypeError, lambda: optim.sgd(np.ones(3)), "learning_rate must be one real",
        "f64[3]", "fgrad.vmap over learning_rate"),
    "learning rate, complex": (
        TypeError, lambda: optim.sgd(1j), "one real number", "complex[]"),
    "learning rate, bool": (TypeError, lambda: optim.sgd(True), "must be a number"),
    "step size, str": (TypeError, lambda: optim.scale("0.1"), "scale: step_size must"),
    "decay, str": (TypeError, lambda: optim.sgd(0.1, "0.9"), "trace: decay must be"),
    "b1, None": (TypeError, lambda: optim.adam(0.1, None), "scale_by_adam: b1 must be"),
    "weight decay without params": (
        ValueError, lambda: DECAY.update(W, DECAY.init(W)),
        "add_decayed_weights", "optimiser.update(grads, state, params)"),
    "adamw without params": (
        ValueError, lambda: optim.adamw(0.1).update(W, optim.adamw(0.1).init(W)),
        "update(grads, state, params)"),
    "mask that does not fit": (
        ValueError,
        lambda: optim.add_decayed_weights(0.1, {"v": True}).update(W, (), W),
        "prefix does not fit", "['v']", "['w']"),
    "the optimiser is not called": (
        TypeError, lambda: optim.chain(optim.clip(1.0), optim.adam),
        "chain: argument 1", "call it first"),
    "the state is missing": (
        ValueError, lambda: ADAM.update(W, None), "chain: the state must be a tuple of",
        "got None", "optimiser.init(params)"),
    "the state of another chain": (
        ValueError, lambda: ADAM.update(W, (*STATE, ())), "tuple of 2 states"),
    "schedule, no number": (
        TypeError, lambda: run(optim.sgd(lambda count: "0.1"), parameters()),
        "the value of the schedule must be a number", "'"),
    "steps, zero": (
        ValueError, lambda: optim.linear_schedule(1.0, 0.0, 0),
        "linear_schedule: transition_steps must be positive, got 0"),
    "steps, negative": (
        ValueError, lambda: optim.exponential_decay(1.0, -3, 0.5), "got -3"),
    "cosine without steps": (
        ValueError, lambda: optim.cosine_decay_schedule(1.0, 0), "decay_steps must be"),
    "warm-up longer than all": (
        ValueError, lambda: optim.warmup_cosine_decay_schedule(0.0, 1.0, 100, 50),
        "counts all steps", "50 and 100"),
    "negative scale": (
        ValueError, lambda: optim.piecewise_constant_schedule(1.0, {5: -0.5}),
        "must not be negative", "-0.5"),
    "boundaries": (
        ValueError, lambda: optim.join_schedules([abs, abs], [1, 2]),
        "2 schedules need 1 boundaries", "got 2"),
}  # fmt: skip


@table(MISTAKES)
def test_mistakes(case):
    raised(*case)
