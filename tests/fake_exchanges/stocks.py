"""Stocks: what was traded session by session, and what splits and dividends there were."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from rustybt.data.calendars import sessions
from tests.fake_exchanges.series import MINUTE, Bar, Series, ms, opens

NEW_YORK = ZoneInfo("America/New_York")
FIRST = date(2015, 1, 2)


@dataclass(frozen=True)
class Session:
    """A day of the exchange, with its hours in milliseconds."""

    day: date
    opened: int
    closed: int


@cache
def calendar() -> tuple[Session, ...]:
    """Return the sessions of New York."""
    rows = sessions("XNYS", FIRST, date(2026, 12, 31)).to_pylist()
    return tuple(
        Session(it["session"], ms(it["open_at"]), ms(it["close_at"]))
        for it in rows
        if it["session"] >= FIRST
    )


@dataclass(frozen=True)
class Stock:
    """A stock as it was traded.

    Parameters
    ----------
    series
        Prices of all its life in the units of its first shares.
    splits
        By day: new and old shares.
    dividends
        By day: cash a share of that day.
    name
        Of the company.
    kind
        ``EQUITY`` or ``ETF``.
    currency
        Of its prices and dividends, as Yahoo writes it.
    """

    series: Series
    splits: dict[date, tuple[int, int]] = field(default_factory=dict)
    dividends: dict[date, Decimal] = field(default_factory=dict)
    name: str = "A company"
    kind: str = "EQUITY"
    currency: str = "USD"

    @property
    def symbol(self) -> str:
        """Its name at the exchange."""
        return self.series.symbol

    def after(self, day: date, until: date) -> Decimal:
        """Return new shares for one of a day, by the splits after it, up to and with `until`."""
        factor = Decimal(1)
        for at, (new, old) in self.splits.items():
            if day < at <= until:
                factor = factor * new / old
        return factor

    def daily(self, first: date, last: date) -> list[tuple[date, Bar]]:
        """Return what was traded each session of [first, last]."""
        days = [it for it in calendar() if first <= it.day <= last]
        return [
            (it.day, bar) for it in days for bar in self._between([it.opened, it.closed], it.day)
        ]

    def intraday(self, resolution: str, start: int, end: int) -> list[Bar]:
        """Return what was traded in bars that open in [start, end), inside the hours of sessions."""
        found: list[Bar] = []
        for it in calendar():
            if it.closed <= start or it.opened >= end:
                continue
            step = opens(resolution, 0, 10 * 24 * 60 * MINUTE)[1]
            bars = self._between([*range(it.opened, it.closed, step), it.closed], it.day)
            found += [bar for bar in bars if start <= bar.at < end]
        return found

    def _between(self, edges: list[int], day: date) -> list[Bar]:
        factor = self.after(FIRST - timedelta(1), day)
        tick = self.series.tick
        return [
            Bar(
                it.at,
                *(_price(price, factor, tick) for price in (it.open, it.high, it.low, it.close)),
                (it.volume * factor).quantize(Decimal(1)),
                it.trades,
            )
            for it in self.series.between(edges)
        ]


def _price(price: Decimal, factor: Decimal, tick: Decimal) -> Decimal:
    return max((price / factor).quantize(tick), tick)


def _stock(symbol: str, level: float, **others: object) -> Stock:
    series = Series(symbol, lot="1", listed="2015-01-02T09:30", level=level)
    return Stock(series, **others)  # type: ignore[arg-type]


def _quarterly(amount: str, *days: str) -> dict[date, Decimal]:
    return {date.fromisoformat(it): Decimal(amount) for it in days}


STOCKS = {
    it.symbol: it
    for it in (
        _stock(
            "AAPL",
            500.0,
            name="Apple Inc.",
            splits={date(2020, 8, 31): (4, 1)},
            dividends=_quarterly("0.82", "2020-02-07", "2020-05-08", "2020-08-07")
            | _quarterly("0.205", "2020-11-06", "2021-02-05")
            | _quarterly("0.24", "2024-02-09")
            | _quarterly("0.25", "2024-05-10"),
        ),
        _stock("MSFT", 210.0, name="Microsoft Corporation", dividends=_quarterly("0.56", "2021-02-17", "2021-05-19")),
        _stock("NVDA", 760.0, name="NVIDIA Corporation", splits={date(2021, 7, 20): (4, 1), date(2024, 6, 10): (10, 1)}),
        _stock("GE", 12.0, name="General Electric", splits={date(2021, 8, 2): (1, 8)}),
        _stock("SPY", 380.0, name="SPDR S&P 500 ETF Trust", kind="ETF"),
        _stock("BRK.B", 280.0, name="Berkshire Hathaway Inc."),
    )
}  # fmt: skip


def stock(symbol: str) -> Stock:
    """Return a stock of this name without actions."""
    return _stock(symbol, 50.0)


def at_midnight(day: date) -> int:
    """Return midnight of a day in New York, in milliseconds."""
    return ms(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC))


def days_of(stock: Stock, start: int, end: int) -> list[tuple[date, Bar]]:
    """Return the sessions whose day begins in New York in [start, end)."""
    first, last = (datetime.fromtimestamp(it / 1000, NEW_YORK).date() for it in (start, end))
    rows = stock.daily(first, last)
    return [(day, bar) for day, bar in rows if start <= at_midnight(day) < end]


def weeks_or_months(days: list[tuple[date, Bar]], resolution: str) -> list[Bar]:
    """Return sessions as weeks, which begin on a Sunday, or months, at midnight in New York."""
    groups: dict[date, list[Bar]] = {}
    for day, bar in days:
        sunday = day - timedelta(days=(day.weekday() + 1) % 7)
        groups.setdefault(sunday if resolution == "1w" else day.replace(day=1), []).append(bar)
    return [
        Bar(
            at_midnight(begin),
            group[0].open,
            max(it.high for it in group),
            min(it.low for it in group),
            group[-1].close,
            sum((it.volume for it in group), Decimal(0)),
            sum(it.trades for it in group),
        )
        for begin, group in groups.items()
    ]
