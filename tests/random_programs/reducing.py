"""A smaller program that still fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace


def smallest(program, property, error):
    """Return the smallest program that lacks a property with a like error."""
    kind = type(error), type(error.__cause__)

    def fails(program):
        try:
            property(program)
        except Exception as other:
            return (type(other), type(other.__cause__)) == kind
        return False

    return reduced(program, fails)


def reduced(program, fails):
    """Return a program with fewer lines and outputs for which ``fails`` holds."""
    smaller = next(filter(fails, candidates(program)), None)
    return program if smaller is None else reduced(smaller, fails)


def candidates(program) -> Iterator:
    """Yield smaller programs, those that leave out most first."""
    outs, lines = program.outs, program.lines
    if len(outs) > 1:
        yield from (alive(replace(program, outs=(out,))) for out in outs)
    for i in reversed(range(len(lines) - 1)):
        yield alive(replace(program, outs=(named(lines[i]),), lines=lines[: i + 1]))
    if len(outs) > 1:
        for i in range(len(outs)):
            yield alive(replace(program, outs=outs[:i] + outs[i + 1 :]))
    for i in range(len(program.constants)):
        rest = program.constants[:i] + program.constants[i + 1 :]
        yield replace(program, constants=rest)
    for i in range(len(lines)):
        for other in {*map(named, lines[:i]), *program.parameters}:
            yield renamed(program, i, other)


def named(line):
    """Return what a line gives a name to."""
    return re.findall(r"^(\w+) = ", line, re.M)[-1]


def renamed(program, i, other):
    """Leave out a line: what reads it reads another value."""
    word = re.compile(rf"\b{named(program.lines[i])}\b")
    lines = program.lines[:i] + tuple(
        word.sub(other, line) for line in program.lines[i + 1 :]
    )
    outs = tuple(word.sub(other, out) for out in program.outs)
    return alive(replace(program, lines=lines, outs=outs))


def alive(program):
    """Return the program without the lines that no output needs."""
    kept, used = [], " ".join(program.outs)
    for line in reversed(program.lines):
        if re.search(rf"\b{named(line)}\b", used):
            kept.insert(0, line)
            used += line
    return replace(program, lines=tuple(kept))
