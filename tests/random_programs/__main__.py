"""Print the program of a seed and check it: python -m tests.random_programs SEED."""

from __future__ import annotations

import argparse
import traceback

from . import random_program
from .checks import check, check_plain
from .reducing import smallest

parser = argparse.ArgumentParser(prog="python -m tests.random_programs")
parser.add_argument("seeds", type=int, nargs="+", help="a seed, or a first and a last")
parser.add_argument("--large", action="store_true", help="large arrays only")
parser.add_argument("--control", action="store_true", default=None)
parser.add_argument("--wrapped", action="store_true", default=None)
options = parser.parse_args()


def both(program):
    """Check a program by all properties; return whether it ran."""
    return check(program) and (not program.is_plain or check_plain(program))


def checked(seed):
    """Check one program; print the smallest that is wrong in the same way."""
    program = random_program(seed, options.large, options.control, options.wrapped)
    if len(options.seeds) == 1:
        print(program)
    try:
        return both(program)
    except Exception as error:
        program = smallest(program, both, error)
        print(f"# seed {seed}{program}")
    try:
        both(program)
    except Exception:
        traceback.print_exc(limit=-1)
    return None


first, last = options.seeds[0], options.seeds[-1]
outcomes = [checked(seed) for seed in range(first, last + 1)]
print(f"{outcomes.count(True)} right, {outcomes.count(False)} raise as without jit, "
      f"{outcomes.count(None)} wrong")  # fmt: skip
