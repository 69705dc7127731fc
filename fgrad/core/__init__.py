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
from .constants import keep_constants
from .debugging import check_cotangents, check_program, checked_entries
from .jaxpr import (
    Eqn,
    Jaxpr,
    Var,
    atom_aval,
    evaluate,
    has_effects,
    jaxprs_in,
    substitute,
    variables,
)
from .leaks import checked_for_leaks
from .memory import INSIDE
from .primitive import REPEATED, STAGING, Primitive
from .scopes import ensure_compile_time_eval, named_call, named_scope
from .source import user_source, where
from .trace import Entry, KnownTrace, StagedTrace, Trace, require
from .traceback import short_errors, trimmed
from .tracer import (
    CREATE,
    DISPATCH,
    LATER,
    UFUNC_METHODS,
    VIEWS,
    Tracer,
    apart,
    definition,
    install,
    known_value,
    memory_of,
    mutable,
    owned,
    untraceable,
)
from .writing import held, link, settle, write, write_whole

__all__ = [
    "CREATE",
    "DISPATCH",
    "INSIDE",
    "LATER",
    "REPEATED",
    "STAGING",
    "UFUNC_METHODS",
    "VIEWS",
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
    "apart",
    "atom_aval",
    "aval_of",
    "broadcast_shapes",
    "check_cotangents",
    "check_jaxpr",
    "check_program",
    "checked_entries",
    "checked_for_leaks",
    "definition",
    "dtype_of",
    "ensure_compile_time_eval",
    "evaluate",
    "has_effects",
    "held",
    "install",
    "is_array",
    "is_inexact",
    "jaxprs_in",
    "keep_constants",
    "known_value",
    "link",
    "memory_of",
    "mutable",
    "named_call",
    "named_scope",
    "ndim_of",
    "not_numeric",
    "owned",
    "promoted",
    "require",
    "scalar_type",
    "settle",
    "shape_of",
    "short_errors",
    "substitute",
    "trimmed",
    "untraceable",
    "user_source",
    "variables",
    "where",
    "write",
    "write_whole",
]
