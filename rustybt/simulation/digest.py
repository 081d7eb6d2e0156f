"""A checksum of a result, the same wherever and whenever the run is repeated."""

import hashlib
import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from rustybt.assets import Asset

if TYPE_CHECKING:
    import pandas as pd


def digest(perf: "pd.DataFrame") -> str:
    """Return the SHA-256 of a result frame's values, in hexadecimal.

    Every value is written as text: floats as the shortest text that reads back as them, instants
    in UTC, assets by sid and symbol, a missing value as ``null``; columns in the order of the
    frame. Nothing of the time, the machine or the folder of the run goes in.
    """
    sums = hashlib.sha256()
    sums.update("\x1f".join(map(str, perf.columns)).encode())
    columns = [perf[name].tolist() for name in perf.columns]
    for label, *values in zip(perf.index.tolist(), *columns, strict=True):
        sums.update("\x1e".join(map(_text, (label, *values))).encode())
        sums.update(b"\n")
    return sums.hexdigest()


def _text(value: Any) -> str:
    match value:
        case bool() | str() | int():
            return str(value)
        case float():
            return "null" if math.isnan(value) else repr(float(value))
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case Asset():
            return f"{value.sid} {value.symbol}"
        case dict():
            return _joined(f"{key}={_text(item)}" for key, item in value.items())
        case list() | tuple():
            return _joined(map(_text, value))
    return "null" if value is None else str(value)


def _instant(value: datetime) -> str:
    if value != value:  # noqa: PLR0124 - pandas' NaT
        return "null"
    return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat()


def _joined(items: Iterable[str]) -> str:
    return "[" + ",".join(items) + "]"
