"""Stocks, funds, indices, currencies and coins of Yahoo, by yfinance."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import polars as pl

from rustybt.data.adapters import frame
from rustybt.data.adapters.adapter import DataAdapter, Reach
from rustybt.data.adapters.net.limiter import Limiter, Rate, rates_of
from rustybt.data.adapters.net.negative import Unknown
from rustybt.data.adapters.net.retry import Patience, patiently
from rustybt.data.adapters.quiet import Quiet
from rustybt.data.adapters.report import Page, Stretch
from rustybt.data.adapters.request import Request
from rustybt.data.adapters.subunits import whole
from rustybt.data.adapters.yahoo_bars import DAY, Told
from rustybt.data.adapters.yahoo_chart import SOURCE, Chart, ask
from rustybt.errors import RequestError, SymbolNotFoundError

_BACK: Final = {
    "1m": timedelta(days=30),
    "5m": timedelta(days=60),
    "15m": timedelta(days=60),
    "30m": timedelta(days=60),
    "1h": timedelta(days=730),
}
_AT_ONCE: Final = {"1m": timedelta(days=7)}  # of one answer
_KINDS: Final = {
    "EQUITY": "equity",
    "ETF": "etf",
    "MUTUALFUND": "etf",
    "CRYPTOCURRENCY": "crypto",
    "CURRENCY": "forex",
    "FUTURE": "future",
    "OPTION": "option",
}
_LISTED: Final = (("America/New_York", "EQUITY"), ("America/New_York", "ETF"))  # trade by XNYS
_COST: Final = (
    2.0  # requests of one call: the time zone of a symbol that is new, or a crumb, and the chart
)
_SHARE_CLASS: Final = re.compile(r"([A-Z]+)\.([AB])")  # no exchange of Yahoo has this ending


@dataclass(frozen=True)
class YFinanceAdapter(DataAdapter):
    """Yahoo as a source; needs no key.

    Parameters
    ----------
    request_delay
        Seconds between two requests of all processes of this user; more than 0.
    fetch_dividends, fetch_splits
        Whether they are told in the answer. Prices are as traded in any case.
    rate_limit
        Requests a second, in the place of `request_delay`.
    timeout
        Seconds for one answer.
    patience
        How long an answer is tried for.

    Notes
    -----
    Days go back to the listing, bars of 1h 729 days, of 5m to 30m 59 days and of 1m 29 days. A day is
    left out until half an hour after its close, and a bar of minutes until it is over.

    A price is the decimal of the fewest digits that Yahoo's number, of single precision and divided by
    all later splits, may stand for; see `rustybt.data.adapters.unadjusted`.

    Symbols are Yahoo's: ``^GSPC``, ``EURUSD=X``, ``BTC-USD``, ``OCDO.L``; ``BRK.B`` is taken for
    ``BRK-B``. What Yahoo tells in pence (GBp), South African cents (ZAc) or agorot (ILA), prices and
    dividends, is told in pounds, rand and shekels.
    """

    request_delay: float = 1.0
    fetch_dividends: bool = True
    fetch_splits: bool = True
    rate_limit: float | None = None
    timeout: float = 10.0
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        """Take what `parameters` gave."""
        if not self.request_delay > 0:
            raise RequestError("request_delay", self.request_delay, "seconds, more than 0")
        if isinstance(self.patience, Mapping):
            object.__setattr__(self, "patience", Patience(**self.patience))

    concurrency = 1  # yfinance has one session a process

    @property
    def name(self) -> str:
        """``yahoo``."""
        return SOURCE

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The fields."""
        return asdict(self)

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        """Days, and the last of shorter bars: a day less than Yahoo's limit, which moves."""
        return {name: Reach(back - DAY) for name, back in _BACK.items()} | {"1d": Reach()}

    @property
    def limiter(self) -> Limiter:
        """That of Yahoo."""
        rates = rates_of("yfinance", self.rate_limit, (Rate(1 / self.request_delay),))
        return Limiter(SOURCE, rates)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_Yahoo"]:
        """Return a connection; yfinance opens what it needs at the first request."""
        yield _Yahoo(self, self.limiter, Unknown(SOURCE))


@dataclass(frozen=True)
class _Yahoo:
    """A `Connection` to Yahoo."""

    adapter: YFinanceAdapter
    limiter: Limiter
    unknown: Unknown

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SymbolNotFoundError]:
        """Return how Yahoo writes them; whether it has them shows when it is asked."""
        return await asyncio.to_thread(lambda: {it: self._name(it) for it in symbols})

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield the bars of a symbol: days at once, minutes in the spans that Yahoo allows."""
        first = datetime.combine(request.start.date(), time())
        today = datetime.combine(datetime.now(UTC).date(), time())
        # Up to today, wherever it ends, for the splits after it; east of UTC it is tomorrow already.
        told = Told(symbol, await self._chart(symbol, "1d", first, today + 2 * DAY))
        kinds = {"split": self.adapter.fetch_splits, "dividend": self.adapter.fetch_dividends}
        actions = frame.actions(symbol, [it for it in told.actions(request) if kinds[it[1]]])
        if request.resolution == "1d":
            rows = told.bars(told.daily, request)
            page = _page(rows, request, actions, tuple(told.missing_days(request)))
            yield replace(page, gaps=_quiet_days(told.daily.meta, rows, request))
            return
        for part in _parts(request):
            start, until = part.start.replace(tzinfo=UTC), part.until.replace(tzinfo=UTC)
            chart = await self._chart(symbol, request.resolution, start, until)
            missing = tuple(told.missing_minutes(chart, part))
            yield _page(told.bars(chart, part), part, actions, missing)

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        """Return what the head of a chart tells: the kind of asset, its name and its currency."""
        today = datetime.combine(datetime.now(UTC).date(), time())
        rows = []
        for symbol in symbols:
            with suppress(SymbolNotFoundError):
                meta = (await self._chart(symbol, "1d", today - 7 * DAY, today)).meta
                currency = whole(meta["currency"])
                told = {"symbol": symbol, "name": meta["longName"], "currency": currency}
                rows.append({**told, "asset_type": _KINDS.get(str(meta["instrumentType"]))})
        return frame.assets(rows)

    def _name(self, symbol: str) -> str | SymbolNotFoundError:
        name = _SHARE_CLASS.sub(r"\1-\2", symbol.upper())
        return SymbolNotFoundError(SOURCE, symbol) if self.unknown.has(name) else name

    async def _chart(self, symbol: str, interval: str, start: datetime, until: datetime) -> Chart:
        timeout = self.adapter.timeout

        async def asked() -> Chart:
            await self.limiter.slot(_COST)
            return await asyncio.to_thread(ask, symbol, interval, start, until, timeout=timeout)

        try:
            return await patiently(asked, self.limiter, self.adapter.patience)
        except SymbolNotFoundError:
            await asyncio.to_thread(self.unknown.remember, symbol)
            raise


def _quiet_days(
    meta: Mapping[str, Any], rows: pl.DataFrame, request: Request
) -> tuple[Stretch, ...]:
    """Return the sessions without a row, of what trades in New York; of others no calendar is known."""
    listed = meta["exchangeTimezoneName"], meta["instrumentType"]
    if listed not in _LISTED or rows.is_empty():
        return ()
    quiet = Quiet.of(YFinanceAdapter.calendar, request)
    return quiet.passed(rows["timestamp"].to_list()) + quiet.rest(request.until)


def _page(
    rows: pl.DataFrame, span: Request, actions: pl.DataFrame, missing: tuple[Stretch, ...]
) -> Page:
    reason = "it tells no prices of days on which the symbol was listed" if missing else ""
    return Page(rows, span.until, actions, missing, reason)


def _parts(request: Request) -> Iterator[Request]:
    """Cut a request into spans that Yahoo answers at once."""
    step = _AT_ONCE.get(request.resolution, request.until - request.start)
    start = request.start
    while start < request.until:
        until = min(start + step, request.until)
        yield request.between(start, until)
        start = until
