"""Warnings that point to the user's line."""

from __future__ import annotations

import sys
import warnings

from ..core.source import is_internal


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn about something that the user's innermost line caused."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and (
        is_internal[frame.f_code.co_filename]
        or frame.f_code.co_filename.endswith("contextlib.py")
    ):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level + 1)
