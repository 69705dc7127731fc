"""What all tests share: the type checker of jaxprs is always on."""

import pytest

from fgrad import clear_caches
from fgrad.compiler import cost_model, passes
from fgrad.core import StagedTrace, check_jaxpr

ALL = cost_model.Model(buffered=1, fused=2, cached=0, block=1, fewest=64)
"""Buffers and blocks for the smallest arrays; for an array of one element, NumPy has
loops of its own, which depend on the axes of the operands."""


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what programs look like now to tests/golden",
    )
    parser.addoption(
        "--plan-all",
        action="store_true",
        help="plan buffers and blocks also for the smallest arrays",
    )


def pytest_configure(config):
    if config.getoption("--plan-all"):
        cost_model.MODEL = ALL


def pytest_collection_modifyitems(config, items):
    if config.getoption("--plan-all"):
        usual = pytest.mark.skip(reason="shows what the usual plans are")
        for item in items:
            if isinstance(item, pytest.DoctestItem):
                item.add_marker(usual)


@pytest.fixture
def plan_usual(monkeypatch):
    """Plan with the usual constants; what a test says of programs holds for them."""
    yield from planned_by(cost_model.Model(), monkeypatch)


@pytest.fixture
def plan_all(monkeypatch):
    """Plan with small blocks wherever possible."""
    yield from planned_by(ALL, monkeypatch)


def planned_by(model, monkeypatch):
    """Make programs by a model, and none that was made by another one."""
    if model == cost_model.MODEL:
        yield
        return
    clear_caches()
    monkeypatch.setattr(cost_model, "MODEL", model)
    yield
    clear_caches()


@pytest.fixture(autouse=True, scope="session")
def type_checker():
    """Check every jaxpr that is staged, and the result of every pass."""
    end = StagedTrace.end
    StagedTrace.end = lambda trace, outs: check_jaxpr(end(trace, outs))
    passes.HOOKS.append(check_jaxpr)
    yield
    passes.HOOKS.remove(check_jaxpr)
    StagedTrace.end = end
