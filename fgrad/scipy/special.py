"""SciPy's special functions, on arrays and on traced values alike.

    >>> import numpy as np, fgrad
    >>> from fgrad.scipy import special
    >>> fgrad.grad(lambda a: special.gammainc(a, 2.0))(1.5).round(6)
    np.float64(-0.277434)

Every name of ``scipy.special`` is here. SciPy's ufuncs are themselves: on traced values
they find fgrad's rules, as they do when they are called as ``scipy.special.gammainc``.
What SciPy writes in Python has definitions here, which take traced values; their last
bits may differ from SciPy's. What has neither raises on traced values.
"""

from __future__ import annotations

from typing import Any

from .. import numpy as _fnp
from ..ops.scipy_ufuncs import scipy_special as _scipy_special
from .exponential_sums import log_softmax as log_softmax
from .exponential_sums import logsumexp as logsumexp
from .exponential_sums import softmax as softmax
from .special_functions import bessel_jn as bessel_jn
from .special_functions import comb as comb
from .special_functions import diric as diric
from .special_functions import factorial as factorial
from .special_functions import lambertw as lambertw
from .special_functions import multigammaln as multigammaln
from .special_functions import perm as perm
from .special_functions import polygamma as polygamma
from .special_functions import softplus as softplus
from .special_functions import sph_harm_y as sph_harm_y
from .special_functions import spherical_in as spherical_in
from .special_functions import spherical_jn as spherical_jn
from .special_functions import spherical_kn as spherical_kn
from .special_functions import spherical_yn as spherical_yn
from .special_functions import zeta as zeta

sinc = _fnp.sinc


def __getattr__(name: str) -> Any:
    """Return SciPy's object of that name; ufuncs take traced values by themselves."""
    value = getattr(_scipy_special, name)
    if not name.startswith("_"):
        globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*dir(_scipy_special), "bessel_jn"})
