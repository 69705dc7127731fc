"""What the tests of error messages share."""

import traceback
from pathlib import Path

import pytest

import fgrad

PACKAGE = str(Path(fgrad.__file__).parent)


def message(error):
    """Return all that a user reads: the text and the notes."""
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


def raised(cls, fun, *parts, frames=1):
    """Check the exact class of an error, what its message says, and its length.

    `frames` is how many frames of fgrad itself the traceback may show.
    """
    with pytest.raises(cls) as info:
        fun()
    error = info.value
    assert type(error) is cls, f"{type(error).__name__}: {error}"
    for part in parts:
        assert part in message(error), f"{part!r} is not in: {message(error)}"
    assert len(message(error)) < 700
    assert len(own_frames(error)) <= frames, own_frames(error)
    return error


def own_frames(error):
    """Return the names of fgrad's functions in a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = (PACKAGE, "<fgrad")
    return [f.name for f in frames if f.filename.startswith(inside)]


def table(cases):
    """Return a decorator that runs a test on every (class, function, *parts)."""
    return pytest.mark.parametrize("case", cases.values(), ids=cases.keys())
