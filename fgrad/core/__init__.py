"""The core: avals, jaxprs, primitives, traces and tracers. It knows no primitive."""

from .array import Array
from .aval import (
    Aval,
    aval_of,
    broadcast_shapes,
    dtype_of,
    is_array,
    is_inexact,
    ndim_of,
    not_numeric,
    promoted,
    scalar_type,
    shape_of,
)
from .checking import check_jaxpr
from .jaxpr import Eqn, Jaxpr, Var, atom_aval, evaluate, has_effects, substitute
from .primitive import STAGING, Primitive
from .source import user_source, where
from .trace import Entry, KnownTrace, StagedTrace, Trace, require
from .traceback import short_errors, trimmed
from .tracer import DISPATCH, UFUNC_METHODS, Tracer, install, known_value, untraceable

__all__ = [
    "DISPATCH",
    "STAGING",
    "UFUNC_METHODS",
    "Array",
    "Aval",
    "Entry",
    "Eqn",
    "Jaxpr",
    "KnownTrace",
    "Primitive",
    "StagedTrace",
    "Trace",
    "Tracer",
    "Var",
    "atom_aval",
    "aval_of",
    "broadcast_shapes",
    "check_jaxpr",
    "dtype_of",
    "evaluate",
    "has_effects",
    "install",
    "is_array",
    "is_inexact",
    "known_value",
    "ndim_of",
    "not_numeric",
    "promoted",
    "require",
    "scalar_type",
    "shape_of",
    "short_errors",
    "substitute",
    "trimmed",
    "untraceable",
    "user_source",
    "where",
]
