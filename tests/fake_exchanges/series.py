"""Prices that never end and never change: what the server's vendors have traded.

A price is a function of symbol and minute, so a bar of any length is made without storing one, and the
bars of an hour agree with those of its minutes. Tests ask here for the truth.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import numpy as np

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
STEPS = {
    "1m": MINUTE,
    "3m": 3 * MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "4h": 4 * HOUR,
    "6h": 6 * HOUR,
    "8h": 8 * HOUR,
    "12h": 12 * HOUR,
    "1d": DAY,
    "1w": 7 * DAY,
    "1mo": 30 * DAY,  # about; see `opens`
}
_MONDAY = 4 * DAY  # 1970-01-05
_ONE_TRADE_IN = 20_000  # milliseconds
FUNDED = 8 * HOUR  # between two instants of funding


@dataclass(frozen=True)
class Bar:
    """One bar: the instant it opens, milliseconds in UTC, and exact numbers."""

    at: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int


@dataclass(frozen=True)
class Trade:
    """One trade: a number that grows, an instant in milliseconds, and exact numbers."""

    id: int
    at: int
    price: Decimal
    amount: Decimal


def ms(at: str | datetime) -> int:
    """Return an instant in milliseconds; ISO text without a zone is UTC."""
    given = datetime.fromisoformat(at) if isinstance(at, str) else at
    return int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp() * 1000)


def opens(resolution: str, start: int, end: int) -> list[int]:
    """Return the instants in [start, end) at which bars of a resolution open."""
    if resolution == "1mo":
        first = datetime.fromtimestamp(start / 1000, UTC)
        months = range(first.year * 12 + first.month - 1, 12 * 2100)
        found = []
        for month in months:
            at = ms(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC))
            if at >= end:
                return found
            if at >= start:
                found.append(at)
    step = STEPS[resolution]
    offset = _MONDAY if resolution == "1w" else 0
    return list(range(start + (offset - start) % step, end, step))


def closes(resolution: str, at: int) -> int:
    """Return the instant at which the bar that opens at `at` ends."""
    if resolution == "1mo":
        return opens("1mo", at + DAY, at + 40 * DAY)[0]
    return at + STEPS[resolution]


class Series:
    """The prices of one symbol.

    Parameters
    ----------
    symbol
        Seeds the prices.
    tick, lot
        Least steps of price and volume, as text.
    listed
        First instant with a trade.
    thin
        Whether about one minute of fifty is without a trade, so that its bar is absent.
    level
        About which price it moves; by the symbol if None.
    """

    def __init__(
        self,
        symbol: str,
        *,
        tick: str = "0.01",
        lot: str = "0.00001",
        listed: str = "2017-08-17T04:00",
        thin: bool = False,
        level: float | None = None,
    ) -> None:
        self.symbol, self.thin = symbol, thin
        self.tick, self.lot = Decimal(tick), Decimal(lot)
        self.listed = ms(listed)
        self._seed = np.uint64(zlib.crc32(symbol.encode()))
        self._level = level or float(20 + int(self._seed) % 5_000)
        self._revised: dict[int, int] = {}

    def revise(self, at: str | int, ticks: int = 7) -> None:
        """Let the vendor correct its past: the prices of one minute move by so many ticks."""
        self._revised[(at if isinstance(at, int) else ms(at)) // MINUTE] = ticks

    def bars(self, resolution: str, start: int, end: int) -> list[Bar]:
        """Return the bars that open in [start, end); minutes without a trade make none."""
        at = opens(resolution, max(start, self._first(resolution)), end)
        if not at:
            return []
        edges = np.array([*at, closes(resolution, at[-1])], dtype=np.int64) // MINUTE
        return list(self._made(at, edges))

    def between(self, edges: list[int]) -> list[Bar]:
        """Return the bars from each edge, a whole minute, to the next, where there was a trade."""
        kept = [it for it in edges if it >= self.listed // MINUTE * MINUTE]
        return list(self._made(kept[:-1], np.array(kept, dtype=np.int64) // MINUTE)) if kept else []

    def page(self, resolution: str, start: int, end: int, limit: int) -> list[Bar]:
        """Return the oldest bars that open in [start, end), at most `limit`."""
        found: list[Bar] = []
        reach = (limit + 10) * STEPS[resolution]
        start = max(start, self._first(resolution))
        while start < end and len(found) < limit:
            found += self.bars(resolution, start, min(end, start + reach))
            start += reach
        return found[:limit]

    def last(self, resolution: str, end: int, limit: int) -> list[Bar]:
        """Return the newest bars that open before `end`, at most `limit`, oldest first."""
        reach = (limit + limit // 20 + 10) * STEPS[resolution] * 2
        return self.bars(resolution, end - reach, end)[-limit:]

    def trades(self, start: int, end: int) -> list[Trade]:
        """Return the trades in [start, end): one each twenty seconds."""
        first = -(-max(start, self.listed) // _ONE_TRADE_IN)
        ids = np.arange(first, -(-end // _ONE_TRADE_IN), dtype=np.int64)
        if not len(ids):
            return []
        price = self._ticks(ids * _ONE_TRADE_IN // MINUTE)
        amount = 1 + self._noise(ids) % np.uint64(5_000)
        return [
            Trade(int(i), int(i) * _ONE_TRADE_IN, int(p) * self.tick, int(a) * self.lot)
            for i, p, a in zip(ids, price, amount, strict=True)
        ]

    def funding(self, start: int, end: int) -> list[tuple[int, str]]:
        """Return the instants in [start, end) at which funding is exchanged, and its rates."""
        first = -(-max(start, self.listed) // FUNDED) * FUNDED
        return [
            (at, f"{(at // FUNDED % 41 - 20) / 100_000:.8f}") for at in range(first, end, FUNDED)
        ]

    def _first(self, resolution: str) -> int:
        """Return when the bar opens that holds the first trade."""
        near = opens(resolution, self.listed - STEPS[resolution] - DAY, self.listed + 40 * DAY)
        return next(at for at in near if closes(resolution, at) > self.listed)

    def _made(self, at: list[int], edges: np.ndarray) -> Iterator[Bar]:
        minutes = np.arange(edges[0], edges[-1] + 1, dtype=np.int64)
        price = self._ticks(minutes)
        volume = (self._noise(minutes * 3) % np.uint64(90_000)).astype(np.int64) + 1
        if self.thin:
            volume[self._noise(minutes * 5) % np.uint64(50) == 0] = 0
        for opened, (a, b) in zip(at, pairwise(edges - edges[0]), strict=True):
            inside = price[a : b + 1]
            total = int(volume[a:b].sum())
            if total:
                yield Bar(
                    opened,
                    int(inside[0]) * self.tick,
                    int(inside.max()) * self.tick,
                    int(inside.min()) * self.tick,
                    int(inside[-1]) * self.tick,
                    total * self.lot,
                    1 + total % 1_000,
                )

    def _ticks(self, minutes: np.ndarray) -> np.ndarray:
        phase = float(int(self._seed) % 1_000)
        swing = np.sin(minutes / 52_000 + phase) * 0.2 + np.sin(minutes / 900 + phase) * 0.02
        noise = (self._noise(minutes) % np.uint64(2_001)).astype(np.float64) / 1_000 - 1
        ticks = np.rint(self._level * (1 + swing + noise * 0.002) / float(self.tick))
        ticks = np.maximum(ticks.astype(np.int64), 1)
        for minute, moved in self._revised.items():
            ticks[minutes == minute] += moved
        return ticks

    def _noise(self, minutes: np.ndarray) -> np.ndarray:
        """Mix whole numbers as splitmix64 does."""
        with np.errstate(over="ignore"):
            z = minutes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + self._seed
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            return z ^ (z >> np.uint64(31))
