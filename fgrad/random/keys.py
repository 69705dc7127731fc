"""Keys: what random numbers are a function of.

A key is a 64-bit number, so an array of keys is an array of dtype uint64: it is
indexed, stacked, mapped and carried like any other. The words of a key, an array of
dtype uint32 whose last axis has length 2, are understood everywhere too.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np

from ..core import Tracer, aval_of, dtype_of, is_array, ndim_of, shape_of
from ..ops.basic import astype
from ..ops.threefry import random_p, threefry_p
from ..transforms.arguments import shown
from .arguments import checked_shape
from .reuse import made, used

Key: TypeAlias = Any
IMPL = "threefry2x32"
_KEY, _WORD = np.dtype(np.uint64), np.dtype(np.uint32)


# -- making keys -------------------------------------------------------------------


def key(seed: Any, *, impl: Any = None, dtype: Any = None) -> Key:
    """Return the key of a seed, an integer.

    The same seed gives the same key, and the same key the same numbers. A key is of
    dtype uint64 and shape ``()``. ``impl`` can only be ``"threefry2x32"``.

    Raises:
        TypeError: if the seed is not one integer.
        OverflowError: if it does not fit into 64 bits.

    >>> key(0)
    np.uint64(0)
    """
    _check_impl("key", impl)
    if dtype is not None and dtype != _KEY:
        raise ValueError(f"key: keys have dtype uint64, not {dtype}")
    return made(_seeded(seed, "key"))


def PRNGKey(seed: Any, *, impl: Any = None) -> Any:
    """Return the words of the key of a seed: an array of dtype uint32 and shape (2,).

    This is the older way to make a key; see `key`.

    >>> PRNGKey(7)
    array([0, 7], dtype=uint32)
    """
    _check_impl("PRNGKey", impl)
    return _words(made(_seeded(seed, "PRNGKey")))


def _seeded(seed: Any, name: str) -> Key:
    if not is_array(seed) or dtype_of(seed).kind not in "iub":
        raise TypeError(
            f"{name}: a seed must be an integer, got {shown(seed)}: write "
            f"{name}(0), or {name}(int(x))"
        )
    if shape_of(seed):
        raise TypeError(
            f"{name} takes one seed, got an array of shape {shape_of(seed)}: write "
            f"vmap({name})(seeds), or split({name}(0), n) for n keys"
        )
    if isinstance(seed, int):
        if not -(2**63) <= seed < 2**64:
            raise OverflowError(f"{name}: the seed {seed} does not fit into 64 bits")
        return np.uint64(seed % 2**64)
    if dtype_of(seed).itemsize < 8:  # a small negative seed is one word, as in JAX
        seed = astype(seed, _WORD)
    if aval_of(seed).weak:  # a traced Python number may be negative
        seed = astype(seed, np.dtype(np.int64))
    return astype(seed, _KEY)


def _check_impl(name: str, impl: Any) -> None:
    if impl not in (None, IMPL, "fry", _KEY):
        raise ValueError(
            f"{name}: impl={impl!r} is not offered. fgrad has one generator, "
            f'"{IMPL}", which is JAX\'s default: leave impl away'
        )


# -- words -------------------------------------------------------------------------


def _words(keys: Key) -> Any:
    """Return keys as pairs of 32-bit words along a new last axis."""
    high = astype(keys >> np.uint64(32), _WORD)
    low = astype(keys & np.uint64(0xFFFFFFFF), _WORD)
    return np.stack([high, low], axis=-1)


def _packed(words: Any) -> Key:
    high, low = astype(words[..., 0], _KEY), astype(words[..., 1], _KEY)
    return (high << np.uint64(32)) | low


def _is_words(x: Any) -> bool:
    return bool(dtype_of(x) == _WORD and shape_of(x) and shape_of(x)[-1] == 2)


def key_data(keys: Key) -> Any:
    """Return the words of keys: dtype uint32, with a last axis of length 2.

    >>> key_data(key(2**32 + 5))
    array([1, 5], dtype=uint32)
    """
    return _words(as_keys(keys, "key_data"))


def wrap_key_data(key_bits_array: Any, *, impl: Any = None, dtype: Any = None) -> Key:
    """Return the keys that consist of some words, the inverse of `key_data`.

    >>> wrap_key_data(np.array([1, 5], np.uint32)) == key(2**32 + 5)
    np.True_
    """
    _check_impl("wrap_key_data", impl if dtype is None else dtype)
    if not is_array(key_bits_array) or not _is_words(key_bits_array):
        raise TypeError(
            "wrap_key_data: the words of keys are of dtype uint32, with a last axis "
            f"of length 2, got {shown(key_bits_array)}"
        )
    return made(_packed(key_bits_array))


def key_impl(keys: Key) -> str:
    """Return the name of the generator that keys are for, ``"threefry2x32"``.

    >>> key_impl(key(0))
    'threefry2x32'
    """
    as_keys(keys, "key_impl")
    return IMPL


def key_dtype(impl_spec: Any = None) -> np.dtype:
    """Return the dtype of keys, uint64.

    >>> key_dtype()
    dtype('uint64')
    """
    _check_impl("key_dtype", impl_spec)
    return _KEY


def clone(key: Key) -> Key:
    """Return a key that may be used once more, under ``debug_key_reuse`` as well.

    >>> clone(np.uint64(3))
    np.uint64(3)
    """
    made(as_keys(key, "clone"))
    return key


# -- what takes keys ---------------------------------------------------------------


def as_keys(keys: Any, name: str) -> Key:
    """Return keys or words as an array of keys; raise if they are none."""
    if is_array(keys) and not isinstance(keys, bool | int | float | complex):
        if dtype_of(keys) == _KEY:
            return keys
        if _is_words(keys):
            return _packed(keys)
    hint = "make one with fgrad.random.key(0)"
    if is_array(keys) and dtype_of(keys).kind in "iu" and not shape_of(keys):
        if not isinstance(keys, Tracer):
            hint = f"write fgrad.random.key({keys})"
    raise TypeError(f"{name} needs a key, got {shown(keys)}: {hint}")


def one_key(key: Any, name: str) -> Key:
    """Return a key; raise if there are several, or none."""
    keys = as_keys(key, name)
    if ndim_of(keys):
        raise ValueError(
            f"{name} takes one key, got keys of shape {shape_of(keys)}: write "
            f"vmap(lambda key: {name}(key, ...))(keys), or keys[0]"
        )
    return keys


def consumed(key: Any, name: str) -> Key:
    """Return a key that is used up now: ``debug_key_reuse`` lets that happen once."""
    return used(one_key(key, name), name)


def split(key: Key, num: int | Sequence[int] = 2) -> Any:
    """Return ``num`` new keys, whose numbers are independent of one another.

    The key itself is used up: use the new ones. ``num`` may be a shape. Words of a
    key split into words.

    >>> first, second = split(np.uint64(0))
    >>> split(np.uint64(0), (2, 3)).shape
    (2, 3)
    """
    shape = checked_shape(num, "split", "num")
    keys = subkeys(consumed(key, "split"), shape)
    return keys if dtype_of(key) == _KEY else _words(keys)


def subkeys(key: Key, shape: tuple[int, ...]) -> Key:
    """Split a key that was checked."""
    keys = random_p(key, shape=shape, dtype=_KEY)
    return made(keys) if prod(shape) else keys


def fold_in(key: Key, data: Any) -> Any:
    """Return the key that a key and an integer give, such as the number of a step.

    ``data`` is below 2**32. The key is not used up: fold other integers into it.

    >>> fold_in(np.uint64(0), 1)
    np.uint64(3989946895414531357)
    """
    keys = one_key(key, "fold_in")
    if not is_array(data) or dtype_of(data).kind not in "iub" or shape_of(data):
        raise TypeError(
            f"fold_in: data must be one integer, got {shown(data)}: write int(x), or "
            "vmap(lambda i: fold_in(key, i))(integers)"
        )
    if isinstance(data, int):
        if not 0 <= data < 2**32:
            raise OverflowError(f"fold_in: data must be in [0, 2**32), got {data}")
        count: Any = np.uint64(data)
    else:
        count = astype(astype(data, _WORD), _KEY)
    out = made(threefry_p(keys, count))
    return out if dtype_of(key) == _KEY else _words(out)


__all__ = [
    "PRNGKey",
    "as_keys",
    "clone",
    "consumed",
    "fold_in",
    "key",
    "key_data",
    "key_dtype",
    "key_impl",
    "one_key",
    "split",
    "subkeys",
    "wrap_key_data",
]
