"""Attention, and products of scaled blocks.

Letters of axes: B batch, T queries, S keys, N heads of the queries, K heads of the
keys, G = N / K queries' heads for each of these, H elements of a head.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import dtype_of, shape_of, short_errors
from ..numpy.arrays import arraylike
from ..ops.basic import astype, reshape
from ..ops.dot_general import dot_general
from ..ops.elementwise import stop_gradient_p
from .normalisation import logsumexp, softmax

_OUT = -0.7 * float(np.finfo(np.float32).max)  # a logit that no weight is left of


@short_errors
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    *,
    scale: float | None = None,
    is_causal: bool = False,
    query_seq_lengths: Any = None,
    key_value_seq_lengths: Any = None,
    local_window_size: int | tuple[int, int] | None = None,
    implementation: str | None = None,
    return_residual: bool = False,
) -> Any:
    """Return means of the values, weighted by how well keys fit each query.

    The weights are ``softmax(scale * query @ key + bias)`` over the keys.

    Args:
        query: ``(B, T, N, H)``, or without the batch.
        key: ``(B, S, K, H)``; with fewer heads than the query, each serves several.
        value: of the shape of ``key``.
        bias: is added to the logits; broadcasts to ``(B, N, T, S)``.
        mask: booleans, which keys count; broadcasts to ``(B, N, T, S)``.
        scale: a factor; ``1 / sqrt(H)`` by default.
        is_causal: let a query see keys up to its own place only.
        query_seq_lengths: ``(B,)``, how many queries count; the others give 0.
        key_value_seq_lengths: ``(B,)``, how many keys count.
        local_window_size: how many keys before and after its place a query sees.
        implementation: None or ``"xla"``; there is one.
        return_residual: also return the `logsumexp` of the logits, ``(B, T, N)``,
            without derivative.

    Returns:
        An array like the query. Weights are computed in float32 at least.

    Raises:
        ValueError: if shapes do not fit, or another implementation is asked for.

    >>> q, k, v = (
    ...     np.ones((3, 1, 2)),
    ...     np.ones((3, 1, 2)),
    ...     np.arange(6.0).reshape(3, 1, 2),
    ... )
    >>> dot_product_attention(q, k, v, is_causal=True)[:, 0]
    array([[0., 1.],
           [1., 2.],
           [2., 3.]])
    """
    if implementation not in (None, "xla"):
        raise ValueError(
            "dot_product_attention: implementation must be None or 'xla', got "
            f"{implementation!r}: NumPy has no other"
        )
    shape = shape_of(arraylike(query))
    q, k, v = map(_four, (query, key, value))
    _check(shape_of(q), shape_of(k), shape_of(v))
    (b, t, n, h), (_, s, heads, _) = shape_of(q), shape_of(k)
    logits = _logits(q, k, bias, scale)
    counts = _visible(
        t, s, is_causal, local_window_size, query_seq_lengths, key_value_seq_lengths
    )
    if mask is not None:
        counts.append(_grouped(mask, heads, n))
    for count in counts:
        logits = np.where(count, logits, _OUT)
    weights = astype(softmax(logits), dtype_of(k))
    # (B, K, G, T, H)
    z = dot_general(weights, v, contract=((4,), (1,)), batch=((0, 1), (0, 2)))
    z = reshape(np.transpose(z, (0, 3, 1, 2, 4)), shape=(b, t, n, h))
    if query_seq_lengths is not None:
        inside = np.arange(t) < arraylike(query_seq_lengths)[:, None]
        z = np.where(inside[:, :, None, None], z, 0)
    z = reshape(z, shape=shape)
    if not return_residual:
        return z
    residual = np.transpose(logsumexp(logits, axis=-1), (0, 3, 1, 2))
    residual = reshape(astype(residual, dtype_of(k)), shape=shape[:-1])
    return z, stop_gradient_p(residual)


def _logits(q: Any, k: Any, bias: Any, scale: float | None) -> Any:
    """Return how well keys fit queries, (B, K, G, T, S)."""
    (b, t, n, h), heads = shape_of(q), shape_of(k)[2]
    wide = np.result_type(dtype_of(q), np.float32)
    logits = dot_general(
        astype(reshape(q, shape=(b, t, heads, n // heads, h)), wide), astype(k, wide),
        contract=((4,), (3,)), batch=((0, 2), (0, 2)),
    )  # fmt: skip
    logits = np.transpose(logits, (0, 1, 3, 2, 4))
    logits = logits * (1.0 / float(np.sqrt(h)) if scale is None else scale)
    return logits if bias is None else astype(logits + _grouped(bias, heads, n), wide)


def _four(x: Any) -> Any:
    """Return an array with axes of length 1 in front, four in all."""
    x = arraylike(x)
    shape = shape_of(x)
    if len(shape) > 4:
        raise ValueError(
            f"dot_product_attention: an array of shape {shape} has more than four axes"
        )
    return x if len(shape) == 4 else reshape(x, shape=(1,) * (4 - len(shape)) + shape)


def _check(q: tuple[int, ...], k: tuple[int, ...], v: tuple[int, ...]) -> None:
    if v != k or (q[0], q[3]) != (k[0], k[3]) or not k[2] or q[2] % k[2]:
        raise ValueError(
            "dot_product_attention: query (B, T, N, H), and key and value (B, S, K, H) "
            f"with N a multiple of K are needed, got {q}, {k} and {v}"
        )


def _grouped(x: Any, heads: int, n: int) -> Any:
    """Return what broadcasts to (B, N, T, S) so that it broadcasts to logits."""
    x = _four(x)
    b, have, t, s = shape_of(x)
    if have not in (1, n):
        raise ValueError(
            f"dot_product_attention: bias and mask must have 1 or {n} heads, got "
            f"shape {shape_of(x)}"
        )
    grouped = (1, 1) if have == 1 else (heads, n // heads)
    return reshape(x, shape=(b, *grouped, t, s))


def _visible(
    t: int, s: int, is_causal: bool, window: Any, q_lengths: Any, k_lengths: Any
) -> list[Any]:
    """Return masks, which broadcast to (B, K, G, T, S), of the keys that count."""
    rows, columns = np.arange(t)[:, None], np.arange(s)
    masks: list[Any] = []
    if is_causal:
        masks.append(rows >= columns)
    if window is not None:
        left, right = window if isinstance(window, tuple | list) else (window, window)
        masks.append((rows <= columns + left) & (rows >= columns - right))
    for lengths, places in ((q_lengths, rows), (k_lengths, columns)):
        if lengths is not None:
            masks.append(places < arraylike(lengths)[:, None, None, None, None])
    return masks


@short_errors
def scaled_matmul(
    lhs: Any,
    rhs: Any,
    lhs_scales: Any,
    rhs_scales: Any,
    preferred_element_type: Any = np.float32,
) -> Any:
    """Multiply stacks of matrices that are stored as blocks with a scale for each.

    Args:
        lhs: ``(B, M, K)``.
        rhs: ``(B, N, K)``.
        lhs_scales: ``(B, M, K / block)``.
        rhs_scales: ``(B, N, K / block)``.
        preferred_element_type: the dtype of the sums and the result ``(B, M, N)``.

    Raises:
        ValueError: if shapes do not fit.

    >>> a, b = np.array([[[1, 2, 3]]]), np.array([[[4, 5, 6]]])
    >>> half = np.full((1, 1, 1), 0.5)
    >>> scaled_matmul(a, b, half, half)
    array([[[8.]]], dtype=float32)
    """
    dtype = np.dtype(preferred_element_type)
    arrays = [arraylike(x) for x in (lhs, rhs, lhs_scales, rhs_scales)]
    shapes = [shape_of(x) for x in arrays]
    a, b, sa, sb = shapes
    fit = {3} == {*map(len, shapes)} and a[::2] == b[::2] and sa[::2] == sb[::2]
    if not fit or sa[:2] != a[:2] or sb[:2] != b[:2] or a[2] % max(sa[2], 1):
        raise ValueError(
            "scaled_matmul: lhs (B, M, K), rhs (B, N, K), and scales (B, M, K / block) "
            f"and (B, N, K / block) are needed, got {a}, {b}, {sa} and {sb}"
        )
    x, y, x_scales, y_scales = (astype(z, dtype) for z in arrays)
    block = a[2] // max(sa[2], 1)
    x = x * np.repeat(x_scales, block, -1)
    y = y * np.repeat(y_scales, block, -1)
    return dot_general(x, y, contract=((2,), (2,)), batch=((0,), (0,)))
