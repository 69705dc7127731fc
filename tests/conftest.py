"""What all tests share: the type checker of jaxprs is always on."""

import pytest

from fgrad.compiler import cost_model, passes
from fgrad.core import StagedTrace, check_jaxpr


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
        cost_model.MODEL = cost_model.Model(
            buffered=1, fused=1, cached=0, block=1, fewest=64
        )


@pytest.fixture(autouse=True, scope="session")
def type_checker():
    """Check every jaxpr that is staged, and the result of every pass."""
    end = StagedTrace.end
    StagedTrace.end = lambda trace, outs: check_jaxpr(end(trace, outs))
    passes.HOOKS.append(check_jaxpr)
    yield
    passes.HOOKS.remove(check_jaxpr)
    StagedTrace.end = end
