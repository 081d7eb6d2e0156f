"""Stored runs as they are read back: the list of all, and the result frame of one."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

import warehouse as warehouses
from rustybt.assets import Asset, AssetFinder
from rustybt.errors import UnknownRunError
from rustybt.finance.holdings import Snapshot
from rustybt.metrics.daily import frame_of
from rustybt.metrics.rows import PositionRows
from rustybt.metrics.tables import RECORDED, unbound
from rustybt.records.record import ASSETS
from warehouse import sqltext
from warehouse.errors import DamageError

if TYPE_CHECKING:
    import pandas as pd

Root = str | os.PathLike[str] | None
_ORDER: Final = (
    *("id", "dt", "created", "sid", "amount", "filled", "commission", "limit", "stop"),
    *("limit_reached", "stop_reached", "status"),
)
_UNITS: Final = ("amount", "filled")


class Verified(NamedTuple):
    """Ids of the runs that were read, and each damage as an error that was not raised."""

    runs: tuple[str, ...]
    damages: tuple[DamageError, ...]


def frame(*, root: Root = None) -> "pd.DataFrame":
    """Return the stored runs, newest first: the columns of ``backtests.runs`` but the source.

    Parameters
    ----------
    root
        Folder of the warehouse, as for `warehouse.open`.
    """
    with warehouses.open(root) as wh:
        return wh.sql(sqltext.load("queries/runs")).df()


def show(run: str, *, root: Root = None) -> dict[str, Any]:
    """Return all that is told of a run: the columns of ``backtests.runs`` by name, JSON as values.

    Raises
    ------
    UnknownRunError
        No run has the name or id; the nearest is named.
    """
    with warehouses.open(root) as wh:
        return facts(wh, find(wh, run))


def load(run: str, *, root: Root = None, assets: AssetFinder | None = None) -> "pd.DataFrame":
    """Return the result frame of a stored run, as `rustybt.run_algorithm` returned it.

    Parameters
    ----------
    run
        Name or id.
    root
        Folder of the warehouse, as for `warehouse.open`.
    assets
        Whose assets stand in the frame; since assets are compared by identity, those of another
        result for comparisons with it. New ones if None.

    Returns
    -------
    DataFrame
        Recorded values that JSON has no form for, such as tuples or Timestamps, are as
        `rustybt.metrics.tables.tables_of` has them. The frame of a run that failed ends with the
        last session that ended.

    Raises
    ------
    UnknownRunError
        No run has the name or id; the nearest is named.
    DamageError
        A file of it is not as it was written.
    """
    with warehouses.open(root) as wh:
        return read(wh, find(wh, run), assets)


def delete(*runs: str, root: Root = None) -> list[str]:
    """Remove stored runs and return their ids.

    Raises
    ------
    UnknownRunError
        No run has one of the names or ids; nothing was removed.
    """
    with warehouses.open(root) as wh:
        found = list(dict.fromkeys(find(wh, it) for it in runs))
        for run in found:
            wh.remove_run(run)
    return found


def verify(*runs: str, root: Root = None) -> Verified:
    """Read every byte of stored runs, of all if none is named, and return what is damaged.

    Raises
    ------
    UnknownRunError
        No run has one of the names or ids.
    """
    with warehouses.open(root) as wh:
        found = list(dict.fromkeys(find(wh, it) for it in runs)) if runs else wh.runs()
        return Verified(tuple(found), tuple(wh.run_damages(found)))


def find(wh: warehouses.Warehouse, run: str) -> str:
    """Return the id of a run that is given by its name or id."""
    known = wh.runs()
    if run in known:
        return run
    named = dict(wh.sql(sqltext.load("queries/run_names")).rows())
    if run not in named:
        raise UnknownRunError(run, [*named, *known])
    found: str = named[run]
    return found


def facts(wh: warehouses.Warehouse, run: str) -> dict[str, Any]:
    """Return the one row of a run's table ``runs``, JSON as values."""
    row: dict[str, Any] = wh.run(run, "runs").to_pylist()[0]
    told = {name: json.loads(row[name]) for name in ("parameters", "settings", "versions")}
    hidden = ("files", ASSETS)
    return {"run": run, **{name: it for name, it in row.items() if name not in hidden}, **told}


def read(wh: warehouses.Warehouse, run: str, assets: AssetFinder | None = None) -> "pd.DataFrame":
    """Return the result frame of the run of an id."""
    row = wh.run(run, "runs").to_pylist()[0]
    finder = assets.retrieve_asset if assets is not None else _assets(json.loads(row[ASSETS]))
    daily = wh.run(run, "daily")
    days = daily.column("session").to_numpy()
    lists = {
        "orders": _split(wh.run(run, "orders"), days, lambda it: _orders(it, finder)),
        "transactions": _split(wh.run(run, "fills"), days, lambda it: _fills(it, finder)),
        "positions": _split(wh.run(run, "positions"), days, lambda it: _positions(it, finder)),
    }
    bare = json.loads(row["settings"]).get("metrics_set") == "none"
    perf = frame_of(_columns(daily), {} if bare else lists)
    perf.attrs["run"] = run
    return perf


def _columns(daily: pa.Table) -> dict[str, list[Any]]:
    columns = {name: daily.column(name).to_pylist() for name in daily.column_names}
    for name in ("period_open", "period_close"):
        columns[name] = [it.replace(tzinfo=UTC) for it in columns[name]]
    rows = [json.loads(it) if it else {} for it in columns.pop(RECORDED)]
    names = dict.fromkeys(name for row in rows for name in row)
    columns.pop("session")
    return {**columns, **{name: [unbound(row.get(name)) for row in rows] for name in names}}


def _split(table: pa.Table, days: Any, make: Callable[[pa.Table], Any]) -> list[Any]:
    """Return what is made of the rows of each day."""
    ends = np.searchsorted(table.column("session").to_numpy(), days, side="right")
    return [make(table.slice(begin, end - begin)) for begin, end in pairwise([0, *ends.tolist()])]


def _orders(rows: pa.Table, finder: Callable[[int], Asset]) -> list[dict[str, Any]]:
    found = []
    for row in rows.to_pylist():
        asset = finder(row["sid"])
        own = {name: row[name] for name in _ORDER}
        units = {name: _units(row[name], asset) for name in _UNITS}
        times = {name: row[name].replace(tzinfo=UTC) for name in ("dt", "created")}
        further = json.loads(row["further"]) if row["further"] else {}
        found.append({**own, **times, "sid": asset, **units, **further})
    return found


def _fills(rows: pa.Table, finder: Callable[[int], Asset]) -> list[dict[str, Any]]:
    names = ("sid", "amount", "price", "dt", "order_id", "commission")
    found = []
    for row in rows.to_pylist():
        asset = finder(row["sid"])
        told = {"sid": asset, "amount": _units(row["amount"], asset)}
        told["dt"] = row["dt"].replace(tzinfo=UTC)
        reason = {"reason": row["reason"]} if row.get("reason") else {}
        found.append({**{name: told.get(name, row[name]) for name in names}, **reason})
    return found


def _positions(rows: pa.Table, finder: Callable[[int], Asset]) -> PositionRows:
    assets = [finder(it) for it in rows.column("sid").to_pylist()]
    numbers = ("amount", "cost_basis", "last_sale_price")
    return PositionRows(Snapshot(assets, *(rows.column(name).to_numpy() for name in numbers)))


def _units(amount: float, asset: Asset) -> float:
    return amount if asset.fractional else int(amount)


def _assets(told: list[list[Any]]) -> Callable[[int], Asset]:
    found = {
        sid: Asset(sid, symbol, exchange, kind, date.fromisoformat(first), date.fromisoformat(last))
        for sid, symbol, exchange, kind, first, last in told
    }
    return found.__getitem__
