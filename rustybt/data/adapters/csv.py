"""Files of bars or trades under the contract of all adapters: any names of columns, clocks, delimiters."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal, get_args

import polars as pl

from rustybt.data.adapters import frame
from rustybt.data.adapters.adapter import DataAdapter, Reach
from rustybt.data.adapters.report import Page, Stretch
from rustybt.data.adapters.request import Request
from rustybt.data.resolutions import RESOLUTIONS, TICK, resolution_of
from rustybt.data.sources import FileSource, Reading, Span, Staging
from rustybt.errors import DataParsingError, RequestError, SourceError, SymbolNotFoundError
from warehouse import sqltext
from warehouse.session import Session

Missing = Literal["fail", "skip", "interpolate"]
_PRICES: Final = ("open", "high", "low", "close")
_SHOWN: Final = 3
_MEMORY: Final = "300MB"  # more is spilled
_PAGE_ROWS: Final = 100_000  # trades


@dataclass(frozen=True)
class SchemaMapping:
    """The names that files have for their columns; a usual name, in any case, if None.

    Parameters
    ----------
    date_column
        Of the time.
    open_column, high_column, low_column, close_column, volume_column
        Of numbers.
    symbol_column
        Of the symbol; without such a column the name of a file is its symbol.
    dividend_column, split_column
        Of cash per share on the ex-date and of new shares per old.
    price_column, size_column, side_column, id_column, seq_column
        Of trades: the price, units, buy or sell, what tells a trade from all others, and the order of
        those of one instant, which is that of the file if no column says it.
    """

    date_column: str | None = None
    open_column: str | None = None
    high_column: str | None = None
    low_column: str | None = None
    close_column: str | None = None
    volume_column: str | None = None
    symbol_column: str | None = None
    dividend_column: str | None = None
    split_column: str | None = None
    price_column: str | None = None
    size_column: str | None = None
    side_column: str | None = None
    id_column: str | None = None
    seq_column: str | None = None

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Canonical and given name of each column that has one."""
        named = {name.removesuffix("_column"): told for name, told in asdict(self).items() if told}
        return tuple(("at" if name == "date" else name, told) for name, told in named.items())


@dataclass(frozen=True)
class CSVConfig:
    """Where files of bars or trades are, and how they are written.

    Parameters
    ----------
    file_path
        A ``.csv``, ``.csv.gz`` or ``.parquet``, or a folder of these.
    schema_mapping
        Names of columns.
    delimiter
        One character; comma, semicolon, tab or bar, as the header has it, if None.
    date_format
        A strptime pattern for times that are not ISO, YYYYMMDD or epochs in s, ms, us or ns.
    timezone
        By which clock times without a zone are written. Of days the date counts as it is written.
    missing_data_strategy
        What a bar without a price does. ``fail``: its symbol fails. ``skip``: it is left out, which the
        report tells. ``interpolate``: it has the last price before it.
    encoding
        utf-8 (also if None), utf-16 or latin-1.
    """

    file_path: str | Path
    schema_mapping: SchemaMapping = field(default_factory=SchemaMapping)
    delimiter: str | None = None
    date_format: str | None = None
    timezone: str = "UTC"
    missing_data_strategy: Missing = "fail"
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.missing_data_strategy not in get_args(Missing):
            known = ", ".join(get_args(Missing))
            raise RequestError(
                "missing_data_strategy", self.missing_data_strategy, f"one of {known}"
            )

    @property
    def source(self) -> FileSource:
        """The files as a source of bars."""
        return FileSource(
            Path(self.file_path),
            date_format=self.date_format,
            encoding=self.encoding,
            delimiter=self.delimiter,
            zone=None if self.timezone == "UTC" else self.timezone,
            columns=self.schema_mapping.pairs,
        )


class CSVAdapter(DataAdapter):
    """Files of bars or trades as a source; they are read once for each connection.

    Parameters
    ----------
    config
        Where they are and how they are written.
    file_path, csv_dir
        A file or a folder, in the place of `config`.
    options
        Other fields of `CSVConfig`; `schema_mapping` may be a mapping.

    Raises
    ------
    RequestError
        None or several of `config`, `file_path` and `csv_dir` are given.

    Notes
    -----
    Files have bars of one length, or trades (`tick`), which `fetch` is told; none is resampled. A row
    that is rejected makes its symbol partial, and the report says where it stands.
    """

    def __init__(
        self,
        config: CSVConfig | None = None,
        *,
        file_path: str | Path | None = None,
        csv_dir: str | Path | None = None,
        **options: Any,
    ) -> None:
        given = [it for it in (config, file_path, csv_dir) if it is not None]
        if len(given) != 1:
            raise RequestError("config", given, "one of config, file_path and csv_dir")
        if isinstance(options.get("schema_mapping"), Mapping):
            options["schema_mapping"] = SchemaMapping(**options["schema_mapping"])
        (where,) = given
        self.config = (
            replace(where, **options)
            if isinstance(where, CSVConfig)
            else CSVConfig(where, **options)
        )

    @property
    def name(self) -> str:
        """The path."""
        return self.config.source.name

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The fields of the configuration, the path being absolute."""
        return asdict(self.config) | {"file_path": str(Path(self.config.file_path).absolute())}

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        """All: what files hold shows when they are read."""
        return {name: Reach() for name in RESOLUTIONS}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_Files"]:
        """Return a connection that keeps what it read in a folder of its own until it ends."""
        with TemporaryDirectory(prefix="rustybt-csv-") as folder:
            files = _Files(self.config, Path(folder))
            try:
                yield files
            finally:
                files.close()


class _Files:
    """A `Connection` to files."""

    def __init__(self, config: CSVConfig, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._wanted: tuple[str, ...] = ()
        self._read: dict[str, tuple[Session, Reading]] = {}
        self._reading = asyncio.Lock()

    def close(self) -> None:
        for session, _ in self._read.values():
            session.close()

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SymbolNotFoundError]:
        """Return them as they are, or that no file has this name where it is the symbol."""
        self._wanted = tuple(symbols)
        known = await asyncio.to_thread(self._config.source.symbols)
        if known is None or self._is_only(symbols):
            return {it: it for it in symbols}
        name = self._config.source.name
        return {it: it if it in known else SymbolNotFoundError(name, it, known) for it in symbols}

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield the bars of a symbol at once, trades page by page."""
        async with self._reading:
            try:
                session, reading = await asyncio.to_thread(self._staged, request.resolution)
            except SourceError as error:
                raise DataParsingError(self._config.source.name, str(error)) from error
        told = self._outcome(symbol, reading)
        bounds = {"symbol": told, "start": request.start, "until": request.until}
        if request.resolution == TICK:
            for page in _tick_pages(symbol, session, bounds, reading):
                yield page
            return
        rows = session.arrow(sqltext.load("ingest/gathered_rows"), bounds)
        yield self._page(symbol, _frame(rows), request, reading)

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:  # noqa: ARG002 - the protocol's
        """Return no row: files of bars tell nothing of their assets."""
        return frame.assets([])

    def _is_only(self, symbols: Sequence[str]) -> bool:
        """Whether one file without a column of symbols is asked for one symbol, whatever its name."""
        source = self._config.source
        return len(symbols) == 1 and source.path.is_file() and source.symbols() is not None

    def _staged(self, resolution: str) -> tuple[Session, Reading]:
        if resolution not in self._read:
            folder = self._folder / resolution
            folder.mkdir()
            session = Session(memory_limit=_MEMORY, spill_dir=folder / "spill")
            wanted = None if self._is_only(self._wanted) else self._wanted
            staging = Staging(session, folder, Span(wanted, resolution=resolution_of(resolution)))
            reading = self._config.source.stage(staging)
            if resolution == TICK and reading.rows > len(reading.rejects):
                _require_one_of_each(self._config.source.name, staging)
            self._read[resolution] = session, reading
        return self._read[resolution]

    def _outcome(self, symbol: str, reading: Reading) -> str:
        """Return the symbol as the rows write it, of which there may be none."""
        if self._is_only(self._wanted):
            found = [it.symbol for it in reading.outcomes]
        else:
            found = [it.symbol for it in reading.outcomes if it.ending != "not found"]
            found = [it for it in found if it == symbol]
        if found:
            return found[0]
        name = self._config.source.name
        if reading.rejects:  # one of them may be of it
            raise DataParsingError(name, "; ".join(_reasons(reading)))
        raise SymbolNotFoundError(name, symbol)

    def _page(self, symbol: str, rows: pl.DataFrame, span: Request, reading: Reading) -> Page:
        """Return rows as a page, by the strategy for missing prices."""
        name, strategy = self._config.source.name, self._config.missing_data_strategy
        reasons = _reasons(reading)
        lacking = rows.filter(pl.any_horizontal(pl.col(*_PRICES).is_null()))["at"].to_list()
        if lacking and strategy == "fail":
            raise DataParsingError(name, f"{symbol} has a bar without a price at {lacking[0]}")
        if lacking and strategy == "skip":
            rows = rows.drop_nulls(_PRICES)
            reasons.append(f"{len(lacking)} bars without a price, the first at {lacking[0]}")
        if lacking and strategy == "interpolate":
            rows = rows.with_columns(pl.col("close").forward_fill()).with_columns(
                pl.col(*_PRICES[:3]).fill_null(pl.col("close"))
            )
        numbers = {it: rows[it].to_list() for it in frame.PRICES}
        return Page(
            frame.bars(symbol, rows["at"].to_list(), numbers),
            span.until,
            frame.actions(symbol, _actions(rows)),
            ((span.start, span.until),) if reasons else (),
            "; ".join(reasons),
        )


def _require_one_of_each(name: str, staging: Staging) -> None:
    """Refuse trades of one id that differ, and show all others in order."""
    repeated = staging.repeated()
    if repeated.contradictions:
        shown = "; ".join(repeated.examples[:_SHOWN])
        raise DataParsingError(name, f"expected a trade once, found different ones: {shown}")
    staging.show(staging.session)


def _tick_pages(
    symbol: str, session: Session, bounds: Mapping[str, Any], reading: Reading
) -> Iterator[Page]:
    """Yield the trades of a symbol, some at a time; those of the last instant of a page may go on."""
    missing: tuple[Stretch, ...] = ()
    reasons = _reasons(reading)
    if reasons:
        missing = ((bounds["start"], bounds["until"]),)
    with session.stream(sqltext.load("ingest/tick_rows"), bounds, batch_rows=_PAGE_ROWS) as batches:
        for batch in batches:
            rows = _frame(batch)
            told = {name: rows[name].to_list() for name in ("price", "size", "side", "id", "seq")}
            times = rows["at"].to_list()
            yield Page(frame.trades(symbol, times, told), times[-1])
    yield Page(
        frame.trades(symbol, [], {"price": [], "size": []}),
        bounds["until"],
        None,
        missing,
        "; ".join(reasons),
    )


def _actions(rows: pl.DataFrame) -> list[tuple[date, str, Any, None]]:
    """Return the splits and dividends that stand beside bars."""
    return [
        (at.date(), kind, value, None)
        for kind, nothing in (("dividend", 0), ("split", 1))
        for at, value in rows.select("at", kind).drop_nulls().rows()
        if value != nothing
    ]


def _reasons(reading: Reading) -> list[str]:
    """Return the first rejected rows in words, and how many more there are."""
    reasons = [it.text for it in reading.rejects[:_SHOWN]]
    more = len(reading.rejects) - _SHOWN
    return [*reasons, f"and {more} more rejected rows"] if more > 0 else reasons


def _frame(rows: Any) -> pl.DataFrame:
    return pl.DataFrame(rows).with_columns(pl.col("at").cast(pl.Datetime("us")))
