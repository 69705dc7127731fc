"""Linear systems whose matrix is a function."""

from . import linalg as linalg

__all__ = ["linalg"]
