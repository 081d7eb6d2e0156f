"""zipline's way to fill a bundle: a function that is given writers, whose rows take the usual way.

What it writes is put aside until it returns, since bars have only sids and the symbols may come after
them; then it is one source, and every rule of an ingest holds for it.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from rustybt.data.bundles.ingest import Progress, Request
from rustybt.data.bundles.ingest import ingest as ingest_source
from rustybt.data.bundles.report import IngestReport
from rustybt.data.calendars import canonical, exchange_calendar
from rustybt.data.sources import Reading, Reject, Staging
from rustybt.data.sources.table import TableSource, outcomes_of
from rustybt.errors import WrongRowsError

IngestFunction = Callable[..., Any]

_PRICES: Final = ("open", "high", "low", "close", "volume")
_ACTIONS: Final = {
    "symbol": pl.String(), "session": pl.Date(), "kind": pl.String(), "ratio": pl.Float64(),
    "amount": pl.Float64(), "pay_date": pl.Date(), "shares": pl.Float64(), "payment_symbol": pl.String(),
}  # fmt: skip
_EQUITY: Final = {"asset_name": "name"}
_FUTURE: Final = {
    "asset_name": "name", "root_symbol": "root_symbol", "multiplier": "multiplier",
    "tick_size": "tick_size", "expiration_date": "expiry",
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """What is registered in zipline's form; see `rustybt.data.bundles.register`."""

    bundle: str
    function: IngestFunction
    calendar: str
    start_session: Any
    end_session: Any
    minutes_per_day: int
    create_writers: bool


@dataclass
class BarWriter:
    """Takes bars by sid; zipline's ``daily_bar_writer`` and ``minute_bar_writer``."""

    folder: Path
    sids: list[int] = field(default_factory=list)

    def write(
        self,
        data: Iterable[tuple[int, Any]],
        assets: Any = None,  # noqa: ARG002 - zipline's
        show_progress: bool = False,  # noqa: ARG002, FBT001, FBT002 - zipline's
        invalid_data_behavior: str = "warn",  # noqa: ARG002 - the policy of the bundle judges rows
    ) -> None:
        """Take frames of pandas by sid, with an index of times and the columns of prices and volume."""
        for sid, frame in data:
            self.write_sid(sid, frame)

    def write_sid(self, sid: int, frame: Any) -> None:
        """Take the frame of one sid."""
        rows = pl.from_pandas(frame[list(_PRICES)].rename_axis("ts").reset_index())
        rows.write_parquet(self.folder / f"{len(self.sids)}.parquet")
        self.sids.append(int(sid))


@dataclass
class AssetWriter:
    """Takes assets; zipline's ``asset_db_writer``."""

    symbols: dict[int, str] = field(default_factory=dict)
    terms: list[dict[str, Any]] = field(default_factory=list)

    def write(
        self,
        equities: Any = None,
        futures: Any = None,
        exchanges: Any = None,  # noqa: ARG002 - a bundle has one calendar
        root_symbols: Any = None,  # noqa: ARG002 - told with each future
        **_: Any,
    ) -> None:
        """Take frames of assets with the index sid and a column ``symbol``, and their terms."""
        self._take(equities, "equity", _EQUITY)
        self._take(futures, "future", _FUTURE)

    def _take(self, frame: Any, kind: str, columns: Mapping[str, str]) -> None:
        for told in [] if frame is None else frame.reset_index(names="sid").to_dict("records"):
            self.symbols[int(told["sid"])] = symbol = str(told["symbol"])
            given = {
                ours: told[theirs] for theirs, ours in columns.items() if _is_there(told, theirs)
            }
            self.terms.append({"symbol": symbol, "asset_type": kind} | given)


@dataclass
class AdjustmentWriter:
    """Takes splits, mergers and dividends; zipline's ``adjustment_writer``."""

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def write(
        self,
        splits: Any = None,
        mergers: Any = None,
        dividends: Any = None,
        stock_dividends: Any = None,
    ) -> None:
        """Take frames of actions as zipline has them.

        ``ratio`` is old shares per new, of `stock_dividends` what is paid for each share. Those in shares
        of the asset itself are stored as the splits that they are, those in shares of another as
        spin-offs that leave the price as it is.
        """
        for kind, frame in (("split", splits), ("merger", mergers)):
            for told in _records(frame):
                action = {"session": told["effective_date"], "kind": kind, "ratio": told["ratio"]}
                self.rows.append((int(told["sid"]), action))
        for told in _records(dividends):
            paid = told["pay_date"] if _is_there(told, "pay_date") else None
            action = {"session": told["ex_date"], "kind": "dividend", "amount": told["amount"]}
            self.rows.append((int(told["sid"]), action | {"pay_date": paid}))
        for told in _records(stock_dividends):
            paid = told["pay_date"] if _is_there(told, "pay_date") else None
            own = int(told["payment_sid"]) == int(told["sid"])
            action = {"session": told["ex_date"], "kind": "stock_dividend" if own else "spinoff"}
            action |= {"shares": told["ratio"], "payment_sid": int(told["payment_sid"])}
            action |= {"pay_date": paid, "ratio": None if own else 1.0}
            self.rows.append((int(told["sid"]), action))

    def table(self, symbols: Mapping[int, str]) -> pl.DataFrame:
        """Return the actions of the assets that are known."""
        rows = [
            {"symbol": symbols[sid], "payment_symbol": symbols.get(it.get("payment_sid", -1))} | it
            for sid, it in self.rows
            if sid in symbols
        ]
        days = [it | {name: _day(it.get(name)) for name in ("session", "pay_date")} for it in rows]
        return pl.DataFrame([{name: it.get(name) for name in _ACTIONS} for it in days], _ACTIONS)


@dataclass(frozen=True)
class WrittenSource:
    """The bars that a function wrote, as a source."""

    bundle: str
    writer: BarWriter
    known: Mapping[int, str]

    @property
    def name(self) -> str:
        """Says that it is a function."""
        return f"function of {self.bundle}"

    @property
    def parameters(self) -> None:
        """None: a function is gone with the process."""
        return

    def symbols(self) -> list[str]:
        """Return those of the sids that have bars, sorted.

        Raises
        ------
        WrongRowsError
            A sid has bars and no asset, or two of them have one symbol.
        """
        sids = set(self.writer.sids)
        unknown = sorted(sids - set(self.known))
        if unknown:
            raise WrongRowsError(
                self.name, f"expected an asset of each sid, found bars of {unknown}"
            )
        symbols = sorted(self.known[it] for it in sids)
        twice = {it for it in symbols if symbols.count(it) > 1}
        if twice:
            raise WrongRowsError(self.name, f"expected a symbol once, found two sids of {twice}")
        return symbols

    def stage(self, staging: Staging) -> Reading:
        """Add all rows, sid by sid."""
        self.symbols()
        rejects: list[Reject] = []
        for number, sid in enumerate(self.writer.sids):
            rows = pl.read_parquet(self.writer.folder / f"{number}.parquet")
            if rows.height:
                named = rows.with_columns(pl.lit(self.known[sid]).alias("symbol"))
                refused, _ = TableSource(self.name, named.to_arrow()).add(staging)
                rejects += refused
        count = len(rejects) + (staging.gather() if staging.parts else 0)
        outcomes = tuple(outcomes_of(staging)) if staging.parts else ()
        return Reading(count, tuple(rejects), outcomes=outcomes)


def ingest(
    told: Written,
    environ: Mapping[str, str],
    *,
    root: str | Path | None,
    progress: Progress,
) -> IngestReport:
    """Call a function with writers and take what it wrote: days, then minutes, each a snapshot.

    Raises
    ------
    WrongRowsError
        It wrote no bars, or bars of sids without an asset.
    SourceError
        As `rustybt.data.bundles.ingest.ingest`.
    """
    with tempfile.TemporaryDirectory(prefix="rustybt-written-") as place:
        folders = [Path(place) / name for name in ("daily", "minute", "output")]
        for folder in folders:
            folder.mkdir()
        daily, minute = BarWriter(folders[0]), BarWriter(folders[1])
        assets, adjustments = AssetWriter(), AdjustmentWriter()
        writers = (assets, minute, daily, adjustments)
        progress(f"calling the function of {told.bundle}")
        _call(told, environ, writers if told.create_writers else (None,) * 4, folders[2])
        if not (daily.sids or minute.sids):
            raise WrongRowsError(f"function of {told.bundle}", "expected bars, found none written")
        terms = pl.DataFrame(assets.terms, infer_schema_length=None)
        report = None
        for writer, resolution in ((daily, "1d"), (minute, "1m")):
            if not writer.sids:
                continue
            request = Request(
                assets=terms.to_arrow() if terms.height else None,
                actions=adjustments.table(assets.symbols).to_arrow() if writer is daily else None,
            )
            report = ingest_source(
                WrittenSource(told.bundle, writer, assets.symbols),
                told.bundle,
                request,
                calendar=canonical(told.calendar),
                resolution=resolution,
                root=root,
                progress=progress,
            )
    assert report is not None  # noqa: S101 - one of them has sids
    return report


def _call(
    told: Written, environ: Mapping[str, str], writers: tuple[Any, ...], output: Path
) -> None:
    calendar = exchange_calendar(told.calendar)
    first = calendar.first_session if told.start_session is None else told.start_session
    last = calendar.last_session if told.end_session is None else told.end_session
    cache: dict[str, Any] = {}
    told.function(environ, *writers, calendar, first, last, cache, False, str(output))  # noqa: FBT003


def _records(frame: Any) -> list[dict[str, Any]]:
    return [] if frame is None else frame.to_dict("records")


def _is_there(told: Mapping[str, Any], name: str) -> bool:
    """Whether a value is told; NaN and NaT are none."""
    return told.get(name) is not None and told[name] == told[name]


def _day(told: Any) -> Any:
    return told.date() if hasattr(told, "date") else told
