"""A result frame as flat Arrow tables: daily numbers, orders, fills, positions; and the books as one.

Their columns are those of the views ``backtests.…``, so that what is stored, summed up in a digest and
asked for in SQL is one thing.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rustybt.assets import Asset
from rustybt.finance.ledger import Booked
from rustybt.finance.order import RECORD
from rustybt.finance.transaction import Transaction
from rustybt.metrics.rows import fills_of, records_of, snapshot_of
from warehouse.backtests import ARROW, DAILY, FILLS, LEDGER, ORDERS, POSITIONS, Table

if TYPE_CHECKING:
    import pandas as pd

RECORDED: Final = "recorded"
LISTS: Final = ("orders", "transactions", "positions")
_UNBOUND: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}  # which JSON has no numbers for
_BOUNDS: Final = {text: number for number, text in _UNBOUND.items()}

Days = NDArray[np.datetime64]


def tables_of(perf: "pd.DataFrame") -> dict[str, pa.Table]:
    """Return a result frame as the tables ``daily``, ``orders``, ``fills`` and ``positions``.

    Columns that the frame does not have are NULL; those that the strategy recorded are a JSON object
    of the row. A recorded value that JSON has no form for is its text.
    """
    days = session_days(perf)
    return {
        DAILY.name: _daily(perf, days),
        ORDERS.name: _orders(_lists(perf, "orders"), days),
        FILLS.name: _fills(_lists(perf, "transactions"), days),
        POSITIONS.name: _positions(_lists(perf, "positions"), days),
    }


def session_days(perf: "pd.DataFrame") -> Days:
    """Return the label of each session of a result frame, datetime64[D].

    It is the day in which the middle of the session lies: a session may open on the day before
    or, round the clock, close on the day after.
    """
    opened, closed = (_instants(perf[it]) for it in ("period_open", "period_close"))
    return (opened + (closed - opened) // 2).astype("M8[D]")


def unbound(value: Any) -> Any:
    """Return a recorded value from its JSON: infinities are text there."""
    return _BOUNDS.get(value, value) if isinstance(value, str) else value


def ledger_table(booked: Sequence[Booked]) -> pa.Table:
    """Return the books as a table, a row a posting, in the order of booking."""
    sessions, named, postings = zip(*booked, strict=True)
    accounts, values, sids, quantities = zip(*chain.from_iterable(postings), strict=True)
    days = pa.array(sessions, pa.date32())
    kinds = pa.array(named, pa.string()).dictionary_encode()
    of = pa.array(np.repeat(np.arange(len(booked)), list(map(len, postings))))
    units = [None if sid is None else str(it) for sid, it in zip(sids, quantities, strict=True)]
    return _table(
        LEDGER,
        {
            "entry": pc.add(of, 1),
            "session": days.take(of),
            "kind": kinds.take(of),
            "account": pa.array(accounts, pa.string()).dictionary_encode(),
            "exact_value": list(map(str, values)),
            "sid": sids,
            "exact_quantity": units,
        },
    )


def _lists(perf: "pd.DataFrame", name: str) -> list[Sequence[Any]]:
    return perf[name].tolist() if name in perf else [()] * len(perf)


def _daily(perf: "pd.DataFrame", days: Days) -> pa.Table:
    found: dict[str, Any] = {"session": days}
    for column in DAILY.columns:
        if column.name in perf:
            values = perf[column.name]
            found[column.name] = (
                _instants(values) if column.type == "TIMESTAMP" else values.tolist()
            )
    own = {column.name for column in DAILY.columns}
    names = [it for it in perf.columns if it not in own and it not in LISTS]
    rows = zip(*(perf[it].tolist() for it in names), strict=True) if names else ()
    found[RECORDED] = [_json(dict(zip(map(str, names), row, strict=True))) for row in rows]
    return _table(DAILY, found, len(perf))


def _orders(listed: Sequence[Sequence[Mapping[str, Any]]], days: Days) -> pa.Table:
    parts = [records_of(it) for it in listed]
    counts = list(map(len, parts))
    columns = _columns((*RECORD, "further"), chain.from_iterable(parts))
    told = {it: _utc(columns[it]) for it in ("created", "dt")}
    further = columns["further"]
    return _table(
        ORDERS,
        {
            **columns,
            **told,
            "session": np.repeat(days, counts),
            **_assets(columns["sid"]),
            "further": list(map(_json, further)) if any(further) else (),
        },
        sum(counts),
    )


def _fills(listed: Sequence[Sequence[Mapping[str, Any]]], days: Days) -> pa.Table:
    parts = [fills_of(it) for it in listed]
    counts = list(map(len, parts))
    columns = _columns(Transaction._fields, chain.from_iterable(parts))
    return _table(
        FILLS,
        {
            **columns,
            "session": np.repeat(days, counts),
            **_assets(columns["asset"]),
            "dt": _utc(columns["dt"]),
            "reason": [it or "" for it in columns["reason"]],
        },
        sum(counts),
    )


def _columns(names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return dict(zip(names, columns, strict=True))


def _positions(listed: Sequence[Sequence[Mapping[str, Any]]], days: Days) -> pa.Table:
    held = [snapshot_of(it) for it in listed]
    counts = [len(it.assets) for it in held]

    def joined(parts: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.concatenate([np.zeros(0), *parts])

    return _table(
        POSITIONS,
        {
            "session": np.repeat(days, counts),
            **_assets(list(chain.from_iterable(it.assets for it in held))),
            "amount": joined(it.amounts for it in held),
            "cost_basis": joined(it.cost_bases for it in held),
            "last_sale_price": joined(it.prices for it in held),
        },
    )


def _assets(assets: Sequence[Asset]) -> dict[str, Any]:
    """Return the columns that name assets; a symbol stands once, however often it is named."""
    known = sorted(set(assets))
    place = {asset: number for number, asset in enumerate(known)}
    codes = np.fromiter(map(place.__getitem__, assets), np.int32, len(assets))
    sids = np.array([it.sid for it in known], dtype=np.int32)
    symbols = pa.array([it.symbol for it in known], pa.string())
    return {
        "sid": sids[codes] if known else sids,
        "symbol": pa.DictionaryArray.from_arrays(pa.array(codes), symbols),
    }


def _table(of: Table, columns: Mapping[str, Any], rows: int | None = None) -> pa.Table:
    made: dict[str, pa.Array] = {}
    for column in of.stored:
        kind, values = ARROW[column.type], columns.get(column.name)
        if values is None or (rows and not len(values)):
            made[column.name] = pa.nulls(rows or 0, kind)
        elif isinstance(values, pa.Array):
            made[column.name] = values
        else:
            made[column.name] = pa.array(values, kind, from_pandas=True)
    return pa.table(made)


def _instants(values: "pd.Series[Any]") -> NDArray[np.datetime64]:
    utc = values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz else values
    found: NDArray[np.datetime64] = utc.to_numpy().astype("M8[us]")
    return found


def _utc(instants: Sequence[datetime]) -> pa.Array:
    """Return instants in UTC; naive ones are so already."""
    return pa.array(instants, pa.timestamp("us", "UTC")).cast(ARROW["TIMESTAMP"])


def _json(row: Mapping[str, Any] | None) -> str | None:
    return json.dumps({key: _plain(it) for key, it in row.items()}) if row else None


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; text where it has no form for it."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            number = float(value)
            return None if math.isnan(number) else _UNBOUND.get(number, number)
        case Mapping():
            return {str(key): _plain(it) for key, it in value.items()}
        case list() | tuple():
            return [_plain(it) for it in value]
        case np.generic():
            return _plain(value.item())
        case date():
            return value.isoformat()
    return str(value)
