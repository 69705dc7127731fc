"""The stages of compiling ahead of time, as classes.

``jit(f)`` is a `Wrapped`; its ``trace`` gives a `Traced`, then ``lower`` a `Lowered`,
then ``compile`` a `Compiled`.

>>> import numpy as np
>>> import fgrad
>>> traced = fgrad.jit(np.sin).trace(np.zeros(3))
>>> isinstance(traced, Traced), isinstance(traced.lower().compile(), Compiled)
(True, True)
"""

from .compiler.aot import ArgInfo, Compiled, Lowered, Traced
from .compiler.jit import Jit as Wrapped

__all__ = ["ArgInfo", "Compiled", "Lowered", "Traced", "Wrapped"]
