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
from .debugging import check_cotangents, check_program, checked_entries
from .jaxpr import (
    Eqn,
    Jaxpr,
    Var,
    atom_aval,
    evaluate,
    has_effects,
    substitute,
    variables,
)
from .leaks import checked_for_leaks
from .primitive import REPEATED, STAGING, Primitive
from .scopes import ensure_compile_time_eval, named_call, named_scope
from .source import user_source, where
from .trace import Entry, KnownTrace, StagedTrace, Trace, require
from .traceback import short_errors, trimmed
from .tracer import (
    DISPATCH,
    LATER,
    UFUNC_METHODS,
    Tracer,
    install,
    known_value,
    untraceable,
)

__all__ = [
    "DISPATCH",
    "LATER",
    "REPEATED",
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
    "check_cotangents",
    "check_jaxpr",
    "check_program",
    "checked_entries",
    "checked_for_leaks",
    "dtype_of",
    "ensure_compile_time_eval",
    "evaluate",
    "has_effects",
    "install",
    "is_array",
    "is_inexact",
    "known_value",
    "named_call",
    "named_scope",
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
    "variables",
    "where",
]
