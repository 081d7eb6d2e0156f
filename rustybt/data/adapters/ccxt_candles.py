"""Pages through the candles of an exchange, and takes no page on trust.

An exchange may answer less than it has: an empty page, one without its begin, one with a hole. What
would leave a gap is asked for in another way before it is believed.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import gcd
from typing import Any, Final, NamedTuple

from rustybt.data.adapters.ccxt_client import Exchange, answered
from rustybt.data.adapters.frame import instant, milliseconds
from rustybt.data.resolutions import MONTH, end_of, step_of
from rustybt.errors import DataParsingError

MONTHLY: Final = "1M"  # in ccxt
_OPEN_ENDED: Final = ("binance", "binanceus", "binanceusdm", "binancecoinm", "kraken")
_WITHOUT_UNTIL: Final = ("kraken",)
_USUAL_PAGE: Final = 100
_HOUR: Final = 3_600_000
_MONDAY: Final = (
    4 * 24 * _HOUR
)  # the first one since 1970: weeks begin there, and so do days and hours
_TELLING: Final = 20  # rows all on a coarser grid are bars of that, and no chance
_BACKWARDS: Final = 3
_ANSWERS: Final = 3


class Row(NamedTuple):
    """A candle: the instant it begins, in milliseconds, and numbers as the exchange wrote them."""

    at: int
    open: str
    high: str
    low: str
    close: str
    volume: str | None


@dataclass
class Candles:
    """The candles of a market.

    Parameters
    ----------
    exchange
        With its markets loaded.
    symbol
        As ccxt writes it.
    resolution
        A bar of it is a timeframe of the exchange.
    """

    exchange: Exchange
    symbol: str
    resolution: str

    def __post_init__(self) -> None:
        name = self.exchange.ccxt.id
        self._open_ended = name in _OPEN_ENDED  # an empty page says that there is nothing after
        self._until = name not in _WITHOUT_UNTIL
        self._most = _page_of(self.exchange.ccxt, self.symbol)
        self.step = step_of(self.resolution) // timedelta(milliseconds=1)
        self._since_counts = False
        self._seen = False

    async def pages(self, start: int, end: int) -> AsyncIterator[tuple[list[Row], int]]:
        """Yield the candles that begin in [start, end), and before when all are told by now.

        Raises
        ------
        DataAdapterError
            The rest cannot be had.
        """
        while start < end:
            since = start

            async def page(since: int = since) -> tuple[list[Row], int]:
                return await self._page(since, end)

            rows, start = await self.exchange.ask(self.symbol, page)
            if start <= since:
                raise self._malformed("expected later bars with each page, found none")
            yield rows, start

    def after(self, at: int) -> int:
        """Return when the candle that begins at `at` is over, in milliseconds."""
        if self.resolution != MONTH:
            return at + self.step
        return milliseconds(end_of(instant(at), MONTH))

    def gaps(self, since: int, rows: Sequence[Row], until: int) -> list[tuple[int, int]]:
        """Return the stretches of [since, until) without a candle, all in milliseconds."""
        begins = [since, *(self.after(it.at) for it in rows)]
        ends = [*(it.at for it in rows), until]
        return [(a, b) for a, b in zip(begins, ends, strict=True) if b - a >= self.step]

    def running(self, now: int) -> int:
        """Return when the candle began that is not over, all in milliseconds."""
        if self.resolution == MONTH:
            return milliseconds(
                instant(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            )
        return now - (now - _MONDAY) % self.step

    async def _page(self, since: int, end: int) -> tuple[list[Row], int]:
        until = end if self._open_ended else min(end, since + self._most * self.step)
        rows = await self._ask(since, until) or await self._nothing(since, until)
        if not rows:
            return [], until
        self._seen = True
        rows = await self._without_gaps(await self._from_begin(rows, since))
        self._judge(rows)
        return rows, self.after(rows[-1].at)

    async def _nothing(self, since: int, until: int) -> list[Row]:
        """Return the rows that an exchange has after all, where it said that there are none."""
        if not self._open_ended:
            return await self._ask(since, until)
        rows = await self._ask(since, None)
        if not rows:
            newest = await self._ask(None, None)
            if newest[-1].at >= since if newest else self._seen:
                told = f"one of {instant(newest[-1].at)}" if newest else "had some before"
                raise self._malformed(f"it has no bars from {instant(since)} on, but {told}")
        return [row for row in rows if row.at < until]

    async def _from_begin(self, rows: list[Row], since: int) -> list[Row]:
        """Return rows that begin where they should; whatever comes before them is asked for."""
        for _ in range(_BACKWARDS):
            if rows[0].at - since < self.step:
                return rows
            before = await self._ask(since, rows[0].at)
            if not before:
                await self._check_since(rows)
                return rows
            rows = before
        raise self._malformed("it does not heed from when bars are wanted")

    async def _check_since(self, rows: Sequence[Row]) -> None:
        """Refuse an exchange that answers the same whatever the begin."""
        if self._since_counts or len(rows) < 2:
            return
        await self._ask(rows[0].at, None)
        first = answered()
        await self._ask(rows[-1].at, None)
        if answered() == first:
            raise self._malformed("it does not heed from when bars are wanted")
        self._since_counts = True

    async def _without_gaps(self, rows: list[Row]) -> list[Row]:
        """Return rows with those that other answers have in stretches without one.

        A minute without a trade has no bar, so a stretch is believed when an answer adds nothing to it.
        """
        for _ in range(_ANSWERS):
            gaps = self.gaps(rows[0].at, rows, self.after(rows[-1].at))
            if not gaps:
                return rows
            both = self._merged([*rows, *await self._ask(gaps[0][0], gaps[-1][1])])
            if len(both) == len(rows):
                return rows
            rows = both
        raise self._malformed(f"{_ANSWERS} answers with other bars each")

    async def _ask(self, since: int | None, until: int | None) -> list[Row]:
        """Return the rows of one request, by time and each once."""
        timeframe = MONTHLY if self.resolution == MONTH else self.resolution
        params = {} if until is None or not self._until else {"until": until - 1}
        exchange = self.exchange.ccxt
        told = await self.exchange.whole(
            exchange.fetch_ohlcv(self.symbol, timeframe, since, self._most, params)
        )
        self._require_own(answered())
        rows = self._merged([self._row(it) for it in told])
        return [
            row
            for row in rows
            if (since is None or row.at >= since) and (until is None or row.at < until)
        ]

    def _require_own(self, document: Any) -> None:
        """Refuse an answer that names another market; few name any."""
        result = document.get("result") if isinstance(document, dict) else None
        named = result.get("symbol") if isinstance(result, dict) else None
        own = self.exchange.ccxt.market(self.symbol)["id"]
        if named not in (None, own):
            raise self._malformed(f"expected candles of {own}, found those of {named}")

    def _row(self, told: Sequence[Any]) -> Row:
        if len(told) != len(Row._fields) or any(it is None for it in told[:5]):
            raise self._malformed(f"expected a time, four prices and a volume, found {told}")
        return Row(*told)

    def _merged(self, rows: list[Row]) -> list[Row]:
        found: dict[int, Row] = {}
        for row in rows:
            if found.setdefault(row.at, row) != row:
                raise self._malformed(f"it gave two different bars of {instant(row.at)}")
        return [found[at] for at in sorted(found)]

    def _judge(self, rows: Sequence[Row]) -> None:
        """Refuse bars of another length than was asked for."""
        steps = [other.at - one.at for one, other in pairwise(rows)]
        common = gcd(*steps)
        coarse = len(rows) >= _TELLING and common > self.step
        if self.resolution != MONTH and steps and (common % self.step or coarse):
            found = timedelta(milliseconds=common)
            raise self._malformed(f"expected bars of {self.resolution}, found some every {found}")

    def _malformed(self, found: str) -> DataParsingError:
        return DataParsingError(self.exchange.source, f"{self.symbol}: {found}")


def _page_of(exchange: Any, symbol: str) -> int:
    """Return how many candles the exchange answers at once, as ccxt knows it."""
    market = exchange.market(symbol)
    features = exchange.features or {}
    told = features.get(market["type"]) or {}
    if "fetchOHLCV" not in told:  # of derivatives it is told by the kind of margin
        told = told.get("linear" if market.get("linear") else "inverse") or {}
    return int((told.get("fetchOHLCV") or {}).get("limit") or _USUAL_PAGE)
