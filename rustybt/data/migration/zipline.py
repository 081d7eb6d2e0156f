"""Bars, adjustments and assets of zipline as an origin."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pyarrow as pa

from rustybt.data.migration.folder import BundleFolder
from rustybt.data.migration.names import Names
from rustybt.data.migration.verify import FIELDS, Checked, check_actions, check_bars, check_symbols
from rustybt.data.readers.legacy.client import (
    BLOCK_ROWS,
    BarKind,
    Found,
    LegacyBars,
    Wanted,
    following_bars,
    read_tables,
    wanted_bars,
)
from rustybt.data.resolutions import Resolution
from rustybt.data.sources import Outcome, Reading, Reject, Span, Staging
from rustybt.data.sources.times import TYPED
from rustybt.errors import LegacyFileError
from warehouse import Transaction, sqltext
from warehouse.errors import QueryError
from warehouse.session import Session

_ASSETS: Final = ("equities", "symbols", "futures", "version")
_ADJUSTMENTS: Final = ("splits", "mergers", "dividends", "payouts", "stock_payouts")
_VERSIONS: Final = range(7, 10)  # of the layout of assets
_MACROS: Final = ("ingest/exact_binary_at", "ingest/exact_binary")


@dataclass(frozen=True)
class LegacySource:
    """Bars of a file of zipline as a source.

    Parameters
    ----------
    path, kind
        Of the file or folder.
    first
        What was read of it already.
    names
        Symbols of its sids.
    """

    path: Path
    kind: BarKind
    first: LegacyBars
    names: Names

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def parameters(self) -> None:
        """None: a migration is not repeated by itself."""
        return

    def symbols(self) -> list[str]:
        """Return those of all sids, sorted."""
        return sorted(self.names.symbols.values())

    def stage(self, staging: Staging) -> Reading:
        """Add the rows of the staging's span to it, block by block."""
        self.names.load(staging.session)
        rejects: list[Reject] = []
        for block in following_bars(self.kind, self.path, self.first):
            staging.session.load("legacy_bars", block.bars)
            named = sqltext.render("migration/named", into="fetched", bars="legacy_bars")
            staging.session.execute(named)
            incoming = sqltext.render(
                "ingest/incoming_table",
                file=self.name,
                table="fetched",
                columns=[
                    *(("symbol", "symbol"), ("at", "session" if staging.daily else "ts")),
                    *((it, it) for it in FIELDS),
                ],
            )
            rejects += (Reject.of(it) for it in staging.add(incoming, TYPED, files=[self.name]))
        rows = staging.gather() + len(rejects)
        outcomes = (Outcome(it, "complete", taken) for it, (taken, _) in staging.counts().items())
        return Reading(rows, tuple(rejects), outcomes=tuple(outcomes))


@dataclass(frozen=True)
class ZiplineOrigin:
    """Bars of zipline with the files of adjustments and assets that stand beside them.

    Parameters
    ----------
    bars
        What to read of bars at first.
    beside
        The SQLite files, of assets and of adjustments; empty where there are only bars.
    """

    bars: Wanted
    kind: BarKind
    beside: tuple[Wanted, ...] = ()
    resolution: Resolution = "1d"

    @cached_property
    def _read(self) -> tuple[LegacyBars, tuple[Found, ...]]:
        bars, *beside = read_tables([self.bars, *self.beside])
        return LegacyBars.of(bars), tuple(beside)

    @cached_property
    def _session(self) -> Session:
        """The tables beside the bars, and `names`."""
        session = Session()
        for macro in _MACROS:
            session.execute(sqltext.load(macro))
        self._load(session, self._read[1])
        return session

    @property
    def calendar(self) -> str | None:
        """That which the bars name."""
        return self._read[0].calendar

    @cached_property
    def _names(self) -> Names:
        sids = list(self._read[0].rows)
        if not self.beside:
            return Names.of_sids(sids)
        with self._refusals():
            return Names.told(self._session, sids)

    @property
    def source(self) -> LegacySource:
        """The bars."""
        return LegacySource(Path(self.bars.path), self.kind, self._read[0], self._names)

    @property
    def terms(self) -> pa.Table | None:
        """What the file of assets says of each."""
        if not self.beside:
            return None
        self._names.load(self._session)
        with self._refusals():
            return self._session.arrow(sqltext.load("migration/terms"))

    @property
    def former_symbols(self) -> pa.Table | None:
        """What the file of assets says of symbols before the last ones."""
        if not self.beside:
            return None
        self._names.load(self._session)
        with self._refusals():
            return self._session.arrow(sqltext.load("migration/former_symbols"))

    def actions(self, span: Span) -> pa.Table | None:
        """Return those of the file of adjustments."""
        if not self.beside or self.resolution != "1d":
            return None
        self._names.load(self._session)
        self._show_actions(self._session, span)
        return self._session.arrow(sqltext.load("migration/told_actions"))

    def check(self, txn: Transaction, span: Span) -> Checked:
        """Compare what a transaction holds with the files, read again; see `Origin`."""
        session = txn.session
        first, *beside = read_tables([self.bars, *self.beside])
        self._names.load(session)
        blocks = self._again(session, LegacyBars.of(first))
        symbols, bars = check_bars(txn, self.bars.path, span, blocks)
        if not self.beside or self.resolution != "1d":
            return Checked(symbols, bars, notes=self._names.notes)
        for macro in _MACROS:
            session.execute(sqltext.load(macro))
        self._load(session, beside)
        self._show_actions(session, span)
        check_symbols(txn, self.bars.path)
        counts, notes = check_actions(txn, self.bars.path)
        return Checked(symbols, bars, counts, (*self._names.notes, *notes, *_beside(session)))

    def _again(self, session: Session, first: LegacyBars) -> Iterator[None]:
        for block in following_bars(self.kind, self.bars.path, first):
            session.load("legacy_bars", block.bars)
            session.execute(
                sqltext.render("migration/named", into="again_bars", bars="legacy_bars")
            )
            yield

    def _load(self, session: Session, beside: Sequence[Found]) -> None:
        for found in beside:
            for name, table in found.tables.items():
                session.load(name, table)
        if beside:
            self._require_version(session)

    def _require_version(self, session: Session) -> None:
        versions = [it for (it,) in session.rows(sqltext.load("migration/versions"))]
        if len(versions) != 1 or versions[0] not in _VERSIONS:
            told = f"{_VERSIONS[0]} to {_VERSIONS[-1]}"
            problem = f"expected a layout of assets of version {told}, found {versions}"
            raise LegacyFileError(self.beside[0].path, problem, "Ingest it with zipline-reloaded.")

    def _show_actions(self, session: Session, span: Span) -> None:
        query = sqltext.render(
            "migration/actions", into="again_actions", first=span.first, until=span.until
        )
        with self._refusals():
            session.execute(sqltext.load("migration/shares_paid"))
            session.execute(query)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Make an error about the files of what DuckDB says of their values."""
        try:
            yield
        except QueryError as error:
            problem = f"expected the tables of zipline ({error})"
            raise LegacyFileError(
                self.beside[0].path, problem, "Nothing was taken of it."
            ) from error


def bars_of(kind: BarKind, path: Path) -> ZiplineOrigin:
    """Return a file or folder of bars alone as an origin; its symbols are its sids."""
    resolution: Resolution = "1m" if kind == "bcolz_minute" else "1d"
    return ZiplineOrigin(wanted_bars(kind, path, None, BLOCK_ROWS), kind, resolution=resolution)


def bundle_of(path: Path) -> list[ZiplineOrigin]:
    """Return the daily bars of a bundle of zipline and, if it has any, its minutes.

    Raises
    ------
    LegacyFileError
        There is no such bundle, or a part of it is missing.
    """
    folder = BundleFolder.at(path)
    beside = (
        Wanted("sqlite", str(folder.assets), _queries(_ASSETS)),
        Wanted("sqlite", str(folder.adjustments), _queries(_ADJUSTMENTS)),
    )
    daily = wanted_bars("bcolz_daily", folder.daily, None, BLOCK_ROWS)
    found = [ZiplineOrigin(daily, "bcolz_daily", beside)]
    if folder.minutes is not None:
        minutes = wanted_bars("bcolz_minute", folder.minutes, None, BLOCK_ROWS)
        found.append(ZiplineOrigin(minutes, "bcolz_minute", beside, "1m"))
    return found


def _queries(names: Sequence[str]) -> dict[str, str]:
    return {it: sqltext.load(f"migration/{it}") for it in names}


def _beside(session: Session) -> Iterator[str]:
    """Yield what the files beside the bars hold that is not stored, or stands there otherwise."""
    ((told, differing),) = session.rows(sqltext.load("migration/ratios"))
    if differing:
        yield (
            f"{differing:,} of {told:,} ratios of dividends differ from those that follow from the bars, "
            "which are stored."
        )
    ((shares,),) = session.rows(sqltext.load("migration/in_shares"))
    if shares:
        yield (
            f"{shares:,} dividends paid in shares are not stored: of no number of shares above 0, or of a "
            "second asset on one day."
        )
    ((unheld, other),) = session.rows(sqltext.load("migration/listings"))
    if unheld:
        yield f"{unheld:,} listed assets have no bars and are left out."
    if other:
        yield (
            f"{other:,} assets are listed for other days than they have bars; an asset is stored with the "
            "sessions of its first and last bar."
        )
    ((exchanges,),) = session.rows(sqltext.load("migration/exchanges"))
    if exchanges:
        yield f"Names of exchanges ({exchanges}) are not stored; the calendar stands for them."
