"""Programs that stand alone: as NumPy source, and as files.

>>> import numpy as np
>>> from fgrad import export, grad
>>> exported = export.export(grad(lambda x: np.sum(np.sin(x))))(np.ones(3))
>>> [line.strip() for line in exported.text.splitlines() if "np.cos" in line]
['return np.cos(x)']
"""

from __future__ import annotations

from .decode import CorruptError
from .exported import Exported, deserialize, export
from .loading import load
from .module import NotExportable

__all__ = ["CorruptError", "Exported", "NotExportable", "deserialize", "export", "load"]
