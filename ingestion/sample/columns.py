"""Columns of vendor-shaped files from arrays of numbers: ids, timestamps, dates, words. No simulation here."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER = np.int64(2**62)
DAY = 86_400
_DIGITS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8)
_SUFFIX = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)


def salesforce_id(prefix: str, numbers: Ints) -> pa.Array:
    """18-character Salesforce ids: key prefix, server `5g`, the number in base 62, and the case checksum.

    A negative number is a null lookup.
    """
    numbers = np.asarray(numbers, dtype=np.int64)
    letters = np.empty((len(numbers), 18), dtype=np.uint8)
    letters[:, :5] = np.frombuffer(f"{prefix}5g".encode(), dtype=np.uint8)
    rest = np.maximum(numbers, 0)
    for position in range(14, 4, -1):
        rest, digit = np.divmod(rest, 62)
        letters[:, position] = _DIGITS[digit]
    capitals = (letters[:, :15] >= ord("A")) & (letters[:, :15] <= ord("Z"))
    weights = 1 << np.arange(5)
    for part in range(3):
        letters[:, 15 + part] = _SUFFIX[(capitals[:, part * 5 : part * 5 + 5] * weights).sum(axis=1)]
    return blank(pa.array(letters.view("S18").ravel().astype("U18"), pa.string()), numbers >= 0)


def blank(values: pa.Array, keep: Bools) -> pa.Array:
    """The values, null where not kept."""
    return pc.if_else(pa.array(keep), values, pa.scalar(None, values.type))


def words(vocabulary: tuple[str, ...] | list[str], index: NDArray[np.integer]) -> pa.Array:
    """One word per index; null for a negative index."""
    return pa.array(list(vocabulary), pa.string()).take(pa.array(index, mask=np.asarray(index) < 0))


def stamp(seconds: Ints) -> pa.Array:
    """Times as the Bulk API writes them; null for NEVER."""
    known = seconds < NEVER
    moments = np.where(known, seconds, 0).astype("datetime64[s]").astype("datetime64[ms]")
    return blank(pa.array(np.datetime_as_string(moments, timezone="UTC"), pa.string()), known)


def day(seconds: Ints) -> pa.Array:
    """Days without time; null for NEVER."""
    known = seconds < NEVER
    moments = np.where(known, seconds, 0).astype("datetime64[s]").astype("datetime64[D]")
    return blank(pa.array(np.datetime_as_string(moments), pa.string()), known)


def constant(value: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), count)


def flag(values: Bools) -> pa.Array:
    return pa.array(np.asarray(values, dtype=bool))


def number_text(numbers: Ints) -> pa.Array:
    return pc.cast(pa.array(numbers), pa.string())


def joined(*parts: pa.Array | str, separator: str = "") -> pa.Array:
    return pc.binary_join_element_wise(*parts, separator)
