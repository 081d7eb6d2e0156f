"""Stored runs of backtests: a folder each, of one Parquet file a table, that appears whole.

Beside the bundles, because a run is no state of one: it is never changed, only removed, and names the
snapshot that it was run on. All that is said of it stands in its table ``runs``, of one row.
"""

import json
import re
import shutil
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse import layout
from warehouse.errors import DamageError, RunNameError
from warehouse.schema import Column
from warehouse.snapshots import disk

SCHEMA: Final = "backtests"
_RUN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,62}")
_FOLDER: Final = "run="  # as DuckDB takes a column from the name of a folder
_LONG: Final = 24 * 3600  # seconds that no write takes

ID: Final = Column("run", "VARCHAR", "Id of the run; ids sort by the time of the start")
_SESSION = Column("session", "DATE", "Trading session")
_SID = Column("sid", "INTEGER", "Number of the asset in the bundle of the run")
_SYMBOL = Column("symbol", "VARCHAR", "Symbol of the asset")


class Table(NamedTuple):
    """A table of every run; the views add the id of the run in front.

    `derived` has the columns that only the views have, each with the one of the file that it is cast
    from.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    derived: Mapping[str, str] = MappingProxyType({})

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns of the file."""
        return tuple(it for it in self.columns if it.name not in self.derived)


def _money(*names: str) -> tuple[Column, ...]:
    told = "Trade currency; zipline's column of the name"
    return tuple(Column(it, "DOUBLE", told) for it in names)


def _ratios(*names: str) -> tuple[Column, ...]:
    told = "Ratio, 0.01 is one percent; NULL where not defined; zipline's column of the name"
    return tuple(Column(it, "DOUBLE", told) for it in names)


RUNS: Final = Table(
    "runs",
    "One row per stored run of a backtest",
    (
        Column(
            "name", "VARCHAR", "As given, else that of the strategy; the newest run of it counts"
        ),
        Column("tags", "VARCHAR[]", "As given"),
        Column("sweep", "VARCHAR", "Sweep that it is part of; NULL for a run of its own"),
        Column("status", "VARCHAR", "finished, failed or interrupted"),
        Column("error", "VARCHAR", "Why it is not finished"),
        Column("started_at", "TIMESTAMP", "UTC"),
        Column("finished_at", "TIMESTAMP", "UTC"),
        Column("bundle", "VARCHAR", "Bundle that it ran on"),
        Column("snapshot", "BIGINT", "Version of the bundle; a vacuum keeps it"),
        Column("snapshot_sha256", "VARCHAR", "Of the manifest of that version, hex"),
        Column("calendar", "VARCHAR", "Exchange calendar of the bundle"),
        Column("first_day", "DATE", "Start as asked for, inclusive"),
        Column("last_day", "DATE", "End as asked for, inclusive"),
        Column("sessions", "BIGINT", "Sessions that were lived"),
        Column("capital", "DOUBLE", "Cash at the start, trade currency"),
        Column("final_value", "DOUBLE", "Portfolio value at the end, trade currency"),
        Column("total_return", "DOUBLE", "Relative to the capital; 0.01 is one percent"),
        Column("sharpe", "DOUBLE", "Yearly; NULL where not defined"),
        Column("max_drawdown", "DOUBLE", "At most 0; -0.1 is ten percent below the peak"),
        Column("orders", "BIGINT", "Orders placed"),
        Column("fills", "BIGINT", "Fills, closings of delisted positions included"),
        Column("digest", "VARCHAR", "SHA-256 of the result, hex; equal runs have equal ones"),
        Column("strategy", "VARCHAR", "Where the strategy comes from"),
        Column("parameters", "VARCHAR", "Parameters of the strategy, JSON"),
        Column("settings", "VARCHAR", "Models and options of the run, JSON"),
        Column("source", "VARCHAR", "Text of the strategy; NULL where there is none"),
        Column("source_sha256", "VARCHAR", "Of that text, hex"),
        Column("rustybt_version", "VARCHAR", "Release of rustybt"),
        Column("rustybt_sha256", "VARCHAR", "Of the program texts of rustybt and warehouse, hex"),
        Column("versions", "VARCHAR", "Python and libraries, JSON"),
    ),
)
DAILY: Final = Table(
    "daily",
    "One row per run and session: the numbers of the result frame",
    (
        _SESSION,
        Column("period_open", "TIMESTAMP", "First minute of the session, UTC"),
        Column("period_close", "TIMESTAMP", "Close of the session, UTC"),
        *_ratios("returns"),
        *_money(
            *("pnl", "capital_used", "starting_exposure", "ending_exposure", "starting_value"),
            *("ending_value", "starting_cash", "ending_cash", "portfolio_value"),
        ),
        Column("longs_count", "BIGINT", "Positions held long"),
        Column("shorts_count", "BIGINT", "Positions held short"),
        *_money("long_value", "short_value", "long_exposure", "short_exposure"),
        *_ratios(
            *("gross_leverage", "net_leverage", "max_leverage", "algorithm_period_return"),
            *("algo_volatility", "benchmark_period_return", "benchmark_volatility"),
            *("excess_return", "treasury_period_return", "alpha", "beta", "sharpe", "sortino"),
            "max_drawdown",
        ),
        Column("trading_days", "BIGINT", "Sessions so far"),
        Column("period_label", "VARCHAR", "Year and month"),
        *_ratios(
            *("calmar_ratio", "var_95", "var_99", "cvar_95", "cvar_99", "win_rate"),
            "profit_factor",
        ),
        Column("recorded", "VARCHAR", "What the strategy recorded, a JSON object by name"),
    ),
)
ORDERS: Final = Table(
    "orders",
    "One row per run, session and order that was placed, filled or cancelled in it, as it then stood",
    (
        _SESSION,
        Column("id", "BIGINT", "Number of the order in its run, from 1"),
        Column("created", "TIMESTAMP", "When it was placed, UTC"),
        Column("dt", "TIMESTAMP", "When it last changed, UTC"),
        _SID,
        _SYMBOL,
        Column("amount", "DOUBLE", "Units, negative to sell"),
        Column("filled", "DOUBLE", "Units filled so far, signed"),
        Column("commission", "DOUBLE", "Paid so far, trade currency"),
        Column("limit", "DOUBLE", "Limit price, trade currency; NULL without"),
        Column("stop", "DOUBLE", "Stop price, trade currency; NULL without or once it was reached"),
        Column("limit_reached", "BOOLEAN", "Whether its limit was reached"),
        Column("stop_reached", "BOOLEAN", "Whether its stop was reached"),
        Column("status", "BIGINT", "0 open, 1 filled, 2 cancelled; others as the order says"),
        Column("further", "VARCHAR", "What else the order says of itself, JSON"),
    ),
)
FILLS: Final = Table(
    "fills",
    "One row per run and fill, in the order of filling",
    (
        _SESSION,
        _SID,
        _SYMBOL,
        Column("amount", "DOUBLE", "Units, negative when sold"),
        Column("price", "DOUBLE", "Trade currency a unit, slippage included"),
        Column("dt", "TIMESTAMP", "When it filled, UTC"),
        Column(
            "order_id",
            "BIGINT",
            "Order that it fills; NULL when a delisting or an expiry closed the position",
        ),
        Column("commission", "DOUBLE", "NULL: zipline books it to the order"),
    ),
)
POSITIONS: Final = Table(
    "positions",
    "One row per run, session and position held at its end",
    (
        _SESSION,
        _SID,
        _SYMBOL,
        Column("amount", "DOUBLE", "Units, negative when short"),
        Column("cost_basis", "DOUBLE", "Average price paid a unit, commissions included"),
        Column("last_sale_price", "DOUBLE", "Last known price, trade currency"),
    ),
)
LEDGER: Final = Table(
    "ledger",
    "One row per run and posting of the double-entry books; the postings of an entry sum to 0",
    (
        Column("entry", "BIGINT", "Number of the entry in its run, from 1"),
        _SESSION,
        Column("kind", "VARCHAR", "capital, fill, commission, split, liquidation …"),
        Column(
            "account", "VARCHAR", "cash, capital, holding, … and the currency if not the account's"
        ),
        Column("value", "DOUBLE", "Trade currency, debits positive; the nearest number"),
        Column("exact_value", "VARCHAR", "The same, with every digit"),
        _SID,
        Column(
            "exact_quantity", "VARCHAR", "Units gained, with every digit; NULL off the holdings"
        ),
    ),
    {"value": "exact_value"},
)
TABLES: Final = (RUNS, DAILY, ORDERS, FILLS, POSITIONS, LEDGER)

_FILES: Final = "files"  # column of the one row of ``runs``: size and SHA-256 of the other files


def checked(run: object) -> str:
    """Return the id of a run, if it can be one.

    Raises
    ------
    RunNameError
        It cannot.
    """
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise RunNameError(
            run, "an id has 1 to 63 letters, digits and hyphens, the first no hyphen"
        )
    return run


def ids(root: Path) -> list[str]:
    """Return the ids of the stored runs, sorted."""
    try:
        names = [it.name for it in layout.backtests_dir(root).iterdir()]
    except FileNotFoundError:
        return []
    found = (it.removeprefix(_FOLDER) for it in names if it.startswith(_FOLDER))
    return sorted(it for it in found if _RUN.fullmatch(it))


def files_of(root: Path, table: str) -> Path:
    """Return the pattern of the files of one table, of all runs there will be."""
    return layout.backtests_dir(root) / f"{_FOLDER}*" / f"{table}.parquet"


def write(root: Path, run: str, tables: Mapping[str, pa.Table]) -> None:
    """Store a run: readers see all of it or nothing.

    Parameters
    ----------
    root
        Of the warehouse.
    run
        New id.
    tables
        By the names of `TABLES`; ``runs`` of one row, which may have columns beside its own.

    Raises
    ------
    RunNameError
        The id cannot be one, or is taken.
    OSError
        It could not be written; nothing is left.
    """
    folder = layout.backtests_dir(root)
    target, scratch = _home(root, run), folder / f".{run}"
    if target.exists():
        raise RunNameError(run, "there is a run of this id already")
    disk.make_dirs(folder)
    _remove_leftovers(folder)
    disk.make_dirs(scratch)
    try:
        files = {
            it.name: _written(scratch, it.name, tables[it.name]) for it in TABLES if it is not RUNS
        }
        told = pa.array([json.dumps(files)], pa.string())
        _written(scratch, RUNS.name, tables[RUNS.name].append_column(_FILES, told))
        with ThreadPoolExecutor(len(TABLES)) as pool:  # a disk takes several syncs in one go
            list(pool.map(disk.sync_file, scratch.iterdir()))
        disk.sync_dir(scratch)
        disk.rename(scratch, target)
        disk.sync_dir(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def read(root: Path, run: str, table: str) -> pa.Table:
    """Return one table of a run, with all its columns.

    Raises
    ------
    RunNameError
        There is no run of the id.
    DamageError
        The file is not as it was written.
    """
    home = _home(root, run)
    path = home / f"{table}.parquet"
    if not home.is_dir():
        raise RunNameError(run, "there is no run of this id")
    if table == RUNS.name:
        return _read(path)
    told = json.loads(_read(home / f"{RUNS.name}.parquet").column(_FILES)[0].as_py())[table]
    try:
        sound = path.stat().st_size == told["size"] and disk.sha256_of(path) == told["sha256"]
    except FileNotFoundError:
        sound = False
    if not sound:
        raise DamageError(path, "it is not as it was written", restore=_restore(run))
    return _read(path)


def remove(root: Path, run: str) -> None:
    """Remove a run: it is gone for readers at once.

    Raises
    ------
    RunNameError
        There is no run of the id.
    """
    folder = layout.backtests_dir(root)
    gone = folder / f".{run}.removed"
    try:
        disk.rename(_home(root, run), gone)
    except FileNotFoundError:
        raise RunNameError(run, "there is no run of this id") from None
    disk.sync_dir(folder)
    shutil.rmtree(gone, ignore_errors=True)


def snapshots(root: Path, bundle: str) -> frozenset[int]:
    """Return the versions of a bundle that stored runs name; a damaged run names none."""
    found = set()
    for run in ids(root):
        with suppress(DamageError):
            row = _read(_home(root, run) / f"{RUNS.name}.parquet", ["bundle", "snapshot"])
            if row.column("bundle")[0].as_py() == bundle:
                found.add(row.column("snapshot")[0].as_py())
    return frozenset(found)


def _home(root: Path, run: str) -> Path:
    return layout.backtests_dir(root) / f"{_FOLDER}{checked(run)}"


def _written(folder: Path, name: str, table: pa.Table) -> dict[str, object]:
    path = folder / f"{name}.parquet"
    texts = [it.name for it in table.schema if not pa.types.is_primitive(it.type)]
    with disk.naming(path):
        pq.write_table(table, path, compression="zstd", compression_level=1, use_dictionary=texts)
    return {"size": path.stat().st_size, "sha256": disk.sha256_of(path)}


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    try:
        return pq.ParquetFile(path).read(columns=columns)
    except (OSError, pa.ArrowException) as error:
        run = path.parent.name.removeprefix(_FOLDER)
        raise DamageError(path, str(error).splitlines()[0], restore=_restore(run)) from error


def _restore(run: str) -> str:
    return f"Bring it back from a backup, or remove the run: `rustybt runs delete {run}`."


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left unfinished, long ago."""
    for path in folder.glob(".*"):
        with suppress(OSError):  # whose it is may be done with it
            if time.time() - path.stat().st_mtime > _LONG:
                shutil.rmtree(path, ignore_errors=True)
