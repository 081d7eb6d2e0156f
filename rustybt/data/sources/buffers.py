"""Arrow columns made of, and judged by, their buffers.

Apart from what reads files, because each is a small proof by itself. `pa.array` and `to_numpy` import
pandas, which costs more than an ingest of some hundred files; buffers do not.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

DECIMALS: Final = 8
_UNIT = 10**DECIMALS
_WHOLE = 10**10  # an absolute value below it leaves room for the decimals in 18 digits
_ROUNDED = 2.0**50 / _UNIT  # below it the double nearest to a decimal gives that decimal back
_EXACT = pa.decimal64(18, DECIMALS)
_DAY = 86_400_000_000  # microseconds
_MINUTE, _SECOND = len("2024-01-02 14:30"), len("2024-01-02 14:30:00")


def exact(numbers: pa.Array) -> pa.Array | None:
    """Return whole numbers or doubles as decimals of 8 places; None if they are not surely exact.

    A double must be the nearest to a text of at most 8 decimals.
    """
    values = _values(numbers)
    if pa.types.is_integer(numbers.type):
        if ((values >= _WHOLE) | (values <= -_WHOLE)).any():
            return None
        scaled = values * _UNIT
    else:
        if not (np.abs(values) < _ROUNDED).all():
            return None
        scaled = np.rint(values * _UNIT).astype(np.int64)
    present = numbers.buffers()[0] if numbers.null_count else None
    return pa.Array.from_buffers(
        _EXACT, len(numbers), [present, pa.py_buffer(scaled)], numbers.null_count
    )


def instants(texts: pa.Array) -> pa.Array | None:
    """Return times of day, with or without seconds and without a zone; None if one is not so."""
    lengths = np.diff(_offsets(texts))
    length = int(lengths[0])
    if length not in (_MINUTE, _SECOND) or (lengths != length).any():
        return None
    letters = np.frombuffer(_letters(texts), np.uint8).reshape(-1, length)
    if not np.isin(letters[:, len("2024-01-02")], (ord(" "), ord("T"))).all():
        return None
    try:
        return texts.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None


def within(times: pa.Array, first: date | None, until: date | None) -> Any:
    """Return for each day or instant, none of which is missing, whether it is in a span of days."""
    days = _values(times)
    if pa.types.is_timestamp(times.type):
        days = days // _DAY
    inside = np.ones(len(days), bool)
    if first is not None:
        inside &= days >= _number(first)
    if until is not None:
        inside &= days < _number(until)
    return inside


def odd(texts: pa.Array, usual: bytes) -> int:
    """Return how many bytes of some texts are not of the usual ones."""
    return len(_letters(texts).translate(None, usual))


def are_words(texts: pa.Array) -> bool:
    """Whether no text is empty or has a space."""
    return bool((np.diff(_offsets(texts)) > 0).all()) and b" " not in _letters(texts)


def repeated(names: Sequence[str], times: Sequence[int]) -> pa.Array:
    """Return each name as often as is said, by its number in a dictionary."""
    encoded = [it.encode() for it in names]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    letters = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    numbers = np.repeat(np.arange(len(names), dtype=np.int32), times)
    indices = pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)])
    texts = pa.Array.from_buffers(pa.string(), len(names), letters)
    return pa.DictionaryArray.from_arrays(indices, texts)


def kept(rows: pa.Table, which: Any) -> pa.Table:
    """Return the rows for which an array of bool is true."""
    if which.all():
        return rows
    bits = pa.py_buffer(np.packbits(which, bitorder="little"))
    return rows.filter(pa.Array.from_buffers(pa.bool_(), len(which), [None, bits]))


def _values(numbers: pa.Array) -> Any:
    kind = np.float64 if pa.types.is_floating(numbers.type) else f"i{numbers.type.bit_width // 8}"
    return np.frombuffer(numbers.buffers()[1], kind)[numbers.offset :][: len(numbers)]


def _offsets(texts: pa.Array) -> Any:
    return np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]


def _letters(texts: pa.Array) -> bytes:
    begin, end = (int(_offsets(texts)[it]) for it in (0, -1))
    letters = texts.buffers()[2]
    return b"" if letters is None else letters.slice(begin, end - begin).to_pybytes()


def _number(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()
