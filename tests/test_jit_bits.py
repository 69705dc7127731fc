"""jit never changes your numbers: random programs, bit for bit.

``FGRAD_EXAMPLES=20000`` runs that many of each kind in place of some hundreds, and
``FGRAD_FRESH=1`` other ones each time.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from .random_programs import programs
from .random_programs.checks import check, check_plain
from .random_programs.reducing import smallest


def examples(count):
    """Run a property on some programs, which are the same ones each time."""
    return settings(
        max_examples=int(os.environ.get("FGRAD_EXAMPLES", count)),
        derandomize="FGRAD_FRESH" not in os.environ,
        deadline=None,
        phases=[Phase.generate],  # `smallest` is faster than Hypothesis's shrinking
        database=None,
        suppress_health_check=list(HealthCheck),
    )


KINDS = {
    "plain": {"control": False, "wrapped": False},
    "large": {"large": True, "control": False, "wrapped": False},
    "control": {"control": True, "wrapped": False},
    "wrapped": {"control": False, "wrapped": True},
    "large, wrapped": {"large": True, "control": False, "wrapped": True},
    "control, wrapped": {"control": True, "wrapped": True},
}


def count(kind):
    """Return how many programs of a kind are run, two thousand in all."""
    return 100 if "large" in kind else 300


def run(property, count, **options):
    """Check a property of random programs; show the smallest that lacks it."""

    @examples(count)
    @given(programs(**options))
    def every(program):
        try:
            property(program)
        except Exception as error:
            raise AssertionError(f"{smallest(program, property, error)}") from error

    every()


@pytest.mark.parametrize("kind", KINDS)
def test_jit_changes_nothing(kind):
    run(check, count(kind), **KINDS[kind])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "wrapped" not in kind])
def test_jit_is_plain_numpy(kind):
    run(check_plain, count(kind), **KINDS[kind])
