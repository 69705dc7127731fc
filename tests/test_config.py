"""`fgrad.config`: values, overrides, messages, threads, and what off means."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import fgrad
from fgrad import config
from fgrad.settings import OPTIONS, Config

from .messages import raised

MANAGERS = [
    fgrad.debug_nans,
    fgrad.debug_infs,
    fgrad.disable_jit,
    fgrad.log_compiles,
    fgrad.explain_cache_misses,
    fgrad.checking_leaks,
    fgrad.enable_checks,
    fgrad.enable_x64,
    fgrad.debug_key_reuse,
]
NAMES = {"checking_leaks": "check_tracer_leaks"}


@pytest.fixture
def restored():
    """Give the process its options back."""
    before = config.values
    yield
    for name, value in before.items():
        config.update(name, value)


@pytest.mark.parametrize("manager", MANAGERS, ids=lambda m: m.__name__)
def test_a_manager_sets_its_option_for_the_block(manager):
    name = NAMES.get(manager.__name__, manager.__name__)
    before = getattr(config, name)
    with manager():
        assert getattr(config, name) is True
        with manager(False):
            assert getattr(config, name) is False
        assert getattr(config, name) is True
    assert getattr(config, name) is before


@pytest.mark.parametrize(
    ("manager", "value"),
    [
        (fgrad.numpy_rank_promotion, "warn"),
        (fgrad.numpy_dtype_promotion, "strict"),
        (fgrad.default_matmul_precision, "highest"),
        (fgrad.default_matmul_precision, None),
    ],
)
def test_a_manager_with_words(manager, value):
    with manager(value):
        assert getattr(config, manager.__name__) == value


def test_a_manager_ends_with_an_exception():
    with pytest.raises(KeyError), fgrad.disable_jit():
        raise KeyError
    assert config.disable_jit is False


def test_one_manager_can_be_entered_twice():
    manager = fgrad.disable_jit()
    with manager, manager:
        assert config.disable_jit
    assert not config.disable_jit


def test_update_and_read(restored):
    config.update("jax_debug_nans", True)
    assert config.debug_nans
    assert config.jax_debug_nans
    config.debug_nans = False
    assert not config.debug_nans


def test_an_override_goes_before_the_value_of_the_process(restored):
    with fgrad.debug_nans(False):
        config.update("debug_nans", True)
        assert not config.debug_nans
    assert config.debug_nans


def test_values_and_repr_show_every_option():
    assert list(config.values) == list(OPTIONS)
    assert config.values == {n: getattr(config, n) for n in OPTIONS}
    for name in OPTIONS:
        assert f"{name} = " in repr(config)
        assert name in dir(config)
        assert name in Config.__annotations__


def test_the_table_of_the_docs_has_every_option():
    page = Path(__file__).parents[1] / "docs" / "debugging.md"
    rows = [r for r in page.read_text().splitlines() if r.startswith("| `")]
    assert len(rows) == len(OPTIONS)
    for row, (name, option) in zip(rows, OPTIONS.items()):
        assert row.startswith(f"| `{name}` | `{option.default!r}` | ")
        assert option.meaning in row


def test_every_option_of_jax_that_we_have_has_the_default_of_jax():
    jax = pytest.importorskip("jax")
    for name, option in OPTIONS.items():
        if name == "num_threads":
            continue  # ours alone
        theirs = jax.config.values[f"jax_{name}"]
        if name not in ("enable_x64", "enable_checks", "debug_key_reuse"):
            assert theirs == option.default, name
        assert hasattr(jax, name) or name == "enable_x64", name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("debug_nan", ["'debug_nan'", "Do you mean debug_nans?", "disable_jit"]),
        ("jax_debug_inf", ["Do you mean debug_infs?"]),
        ("zzz", ["no option 'zzz'. The options are debug_nans, "]),
        ("jax_jax_debug_nans", ["no option"]),
        (3, ["no option 3"]),
    ],
)
def test_an_unknown_option(name, parts):
    raised(AttributeError, lambda: config.update(name, True), *parts)
    if isinstance(name, str):
        raised(AttributeError, lambda: getattr(config, name), *parts)
        raised(AttributeError, lambda: setattr(config, name, 1), *parts, frames=2)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("debug_nans", 1, "debug_nans must be True or False, got 1"),
        ("debug_nans", "yes", "debug_nans must be True or False, got 'yes'"),
        ("debug_nans", None, "debug_nans must be True or False, got None"),
        (
            "numpy_rank_promotion",
            "never",
            "numpy_rank_promotion must be 'allow', 'warn' or 'raise', got 'never'",
        ),
        (
            "numpy_dtype_promotion",
            True,
            "numpy_dtype_promotion must be 'standard' or 'strict', got True",
        ),
        (
            "default_matmul_precision",
            32,
            "default_matmul_precision must be None or a string, got 32",
        ),
    ],
)
def test_a_wrong_value(name, value, message):
    raised(ValueError, lambda: config.update(name, value), message)
    raised(ValueError, lambda: getattr(fgrad, name)(value), message, frames=2)


def test_an_override_in_one_thread_does_not_affect_another():
    inside, checked = threading.Event(), threading.Event()
    seen = {}
    step = fgrad.jit(lambda x: type(x).__name__ == "Tracer" or x)

    def other():
        inside.wait(10)
        seen["other"] = (config.disable_jit, step(2.0))
        with fgrad.disable_jit():
            seen["own"] = step(2.0)
        checked.set()

    thread = threading.Thread(target=other)
    thread.start()
    with fgrad.disable_jit():
        inside.set()
        assert checked.wait(10)
        seen["here"] = (config.disable_jit, step(2.0))
    thread.join()
    assert seen == {"other": (False, True), "own": 2.0, "here": (True, 2.0)}


def test_update_affects_every_thread(restored):
    config.update("disable_jit", True)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(config.disable_jit))
    thread.start()
    thread.join()
    assert seen == [True]


def test_touched_only_changes_with_options_that_act():
    program = """
import fgrad
from fgrad import config
assert type(vars(config)["touched"]) is bool and not config.touched
config.update("jax_enable_x64", True)
config.default_matmul_precision = "float32"
with fgrad.num_threads(1):
    pass
assert not config.touched
with fgrad.debug_nans(False):
    assert config.touched
assert config.touched
print("fine")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "fine\n"


def test_traces_are_ordinary_when_no_mode_is_on():
    kinds = []

    def f(x):
        kinds.append(type(x.owner))
        return x * 2.0

    fgrad.grad(f)(1.0)
    with fgrad.debug_nans():
        fgrad.grad(f)(1.0)
    fgrad.grad(f)(1.0)
    assert kinds[0] is kinds[2] is fgrad.core.KnownTrace
    assert issubclass(kinds[1], fgrad.core.KnownTrace)
    assert kinds[1] is not kinds[0]


class TestDisableJit:
    def test_runs_python(self, capsys):
        @fgrad.jit
        def f(x):
            print(type(x).__name__, x)
            return x + 1.0 if x > 0 else x

        with fgrad.disable_jit():
            assert f(2.0) == 3.0
            assert f(3.0) == 4.0
        assert capsys.readouterr().out == "float 2.0\nfloat 3.0\n"

    def test_static_arguments_and_keywords(self):
        f = fgrad.jit(lambda x, n, *, scale: x**n * scale, static_argnums=1)
        compiled = f(3.0, 2, scale=2.0)
        with fgrad.disable_jit():
            assert f(3.0, 2, scale=2.0) == compiled == 18.0

    def test_under_other_transformations(self):
        f = fgrad.jit(lambda x: np.sum(np.sin(x) * x))
        x = np.arange(3.0)
        gradient, batch = fgrad.grad(f)(x), fgrad.vmap(f)(np.ones((2, 3)))
        with fgrad.disable_jit():
            np.testing.assert_allclose(fgrad.grad(f)(x), gradient, rtol=1e-15)
            np.testing.assert_array_equal(fgrad.vmap(f)(np.ones((2, 3))), batch)

    def test_a_cached_program_is_not_used(self):
        calls = []
        f = fgrad.jit(lambda x: calls.append(1) or x)
        f(1.0), f(1.0)
        assert len(calls) == 1
        with fgrad.disable_jit():
            f(1.0), f(1.0)
        assert len(calls) == 3
        f(1.0)
        assert len(calls) == 3

    def test_errors_are_the_users(self):
        f = fgrad.jit(lambda x: x[5])
        with fgrad.disable_jit():
            raised(IndexError, lambda: f(np.ones(3)), "index 5 is out of bounds")


def test_enable_checks_runs_the_type_checker(monkeypatch):
    from fgrad.compiler import passes
    from fgrad.core import trace

    seen = []
    check = fgrad.core.check_jaxpr
    for module, where in ((trace, "staged"), (passes, "pass")):
        note = lambda jaxpr, where=where: (seen.append(where), check(jaxpr))[1]
        monkeypatch.setattr(module, "check_jaxpr", note)
    fgrad.jit(lambda x: x + 1.0)(2.0)
    assert seen == []
    with fgrad.enable_checks():
        fgrad.jit(lambda x: x + 1.0)(2.0)
    ran = {*passes.LOWERING}  # none a second time: nothing changed
    assert seen == ["staged", *["pass"] * len(ran)]


def test_enable_checks_finds_a_wrong_abstract_rule():
    answers = iter(["f8", "f8", "f4", "f4"])
    wrong = fgrad.core.Primitive(
        "wrong",
        impl=np.sin,
        abstract=lambda x: x._replace(dtype=np.dtype(next(answers))),
    )
    with fgrad.enable_checks(), pytest.raises(fgrad.errors.JaxprTypeError):
        for _ in range(2):
            fgrad.make_jaxpr(wrong)(np.ones(3))


def test_ensure_compile_time_eval_is_what_always_happens():
    ran = []

    @fgrad.jit
    def f(x):
        with fgrad.ensure_compile_time_eval():
            ran.append(np.sin(1.0))  # a number while f is traced
            y = np.sin(x)  # stays traced, as in JAX
        return y + ran[-1]

    assert f(2.0) == f(2.0) == np.sin(2.0) + np.sin(1.0)
    assert type(ran[0]) is np.float64
    assert len(ran) == 1

    @fgrad.jit
    def needs(x):
        with fgrad.ensure_compile_time_eval():
            return 1.0 if x > 0 else 2.0

    raised(fgrad.errors.TracerBoolConversionError, lambda: needs(2.0), "in jit(needs)")


def test_ensure_compile_time_eval_as_in_jax():
    jax = pytest.importorskip("jax")

    def program(library, xp):
        def f(x):
            with library.ensure_compile_time_eval():
                n = int(xp.sum(xp.arange(4)))
                y = xp.sin(x)
            return y * n

        return float(library.jit(f)(0.5)), float(library.grad(f)(0.5))

    ours, theirs = program(fgrad, np), program(jax, jax.numpy)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
