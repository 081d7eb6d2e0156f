"""Makes bars and actions as they were traded of the charts of Yahoo, and finds what they lack.

Yahoo divides all prices, volumes and dividends by the splits up to today, whatever it is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.data.adapters import frame, unadjusted
from rustybt.data.adapters.report import Stretch
from rustybt.data.adapters.request import Request
from rustybt.data.adapters.subunits import in_whole
from rustybt.data.adapters.yahoo_chart import Chart
from rustybt.data.resolutions import step_of

DAY: Final = timedelta(days=1)
_SETTLED: Final = timedelta(minutes=30)  # after the close; by then most delayed prices have come
_QUIET: Final = timedelta(days=14)  # no market is closed so long
_PRICES: Final = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Told:
    """What one symbol's days up to today tell, which every other answer is judged and undone by.

    Parameters
    ----------
    symbol
        As Yahoo writes it.
    daily
        Days from the begin of a request up to today.
    """

    symbol: str
    daily: Chart

    @property
    def splits(self) -> Mapping[date, Fraction]:
        """New shares per old by the first day that trades so."""
        told = self.daily.columns["splits"]
        return {self.daily.days[i]: unadjusted.ratio(told[i]) for i in np.flatnonzero(told > 0)}

    @property
    def running(self) -> date | None:
        """The day whose prices are not final yet."""
        period = (self.daily.meta["currentTradingPeriod"] or {}).get("regular") or {}
        if not period or datetime.now(UTC) >= period["end"] + _SETTLED:
            return None
        day: date = period["start"].date()
        return day

    def bars(self, chart: Chart, span: Request) -> pl.DataFrame:
        """Return the bars of a span that are over, as they were traded; those without any price not."""
        priced = np.flatnonzero(_priced(chart)).tolist()
        places = [i for i in priced if self._wanted(chart, i, span)]
        factors = unadjusted.after((chart.days[i] for i in places), self.splits)
        columns: dict[str, Sequence[Any]] = {
            name: self._money(unadjusted.traded(chart.columns[name][places].tolist(), factors))
            for name in _PRICES
        }
        columns["volume"] = unadjusted.shares(chart.columns["volume"][places].tolist(), factors)
        return frame.bars(self.symbol, [chart.begins[i] for i in places], columns)

    def actions(self, span: Request) -> Iterator[tuple[date, str, Any, date | None]]:
        """Yield the splits and dividends of the days of a span, the dividends as they were paid."""
        days, splits = self.daily.days, self.splits
        cash = self.daily.columns["dividends"]
        paid = self._money(unadjusted.traded(cash.tolist(), unadjusted.after(days, splits)))
        for i, day in enumerate(days):
            if span.start.date() <= day and _midnight(day) < span.until:
                if day in splits:
                    yield day, "split", unadjusted.exact(splits[day]), None
                if cash[i] > 0:
                    yield day, "dividend", paid[i], None

    def _money(self, written: Sequence[str | None]) -> list[str | None]:
        return in_whole(written, self.daily.meta["currency"])

    def missing_days(self, span: Request) -> Iterator[Stretch]:
        """Yield the days of a span without prices, and its ends if they are told by no row at all."""
        there = _priced(self.daily)
        traded = [
            _midnight(it) for it, priced in zip(self.daily.days, there, strict=True) if priced
        ]
        first, last = (self.daily.meta[it] for it in ("firstTradeDate", "regularMarketTime"))
        begin = max(span.start, _naive(first)) if first else span.start
        end = min(span.until, _naive(last)) if last else span.until
        inside = [it for it in traded if span.start <= it < span.until]
        if first and (inside[0] if inside else end) - begin > _QUIET:
            yield begin, inside[0] if inside else end
        for day, priced in zip(self.daily.days, there, strict=True):
            if not priced and span.start <= _midnight(day) < span.until and day != self.running:
                yield _midnight(day), _midnight(day) + DAY
        if last and inside and end - inside[-1] > _QUIET:
            yield inside[-1] + DAY, end

    def missing_minutes(self, chart: Chart, span: Request) -> Iterator[Stretch]:
        """Yield the days that were traded and lie in a span whole, of which a chart has no bar."""
        found = {chart.days[i] for i in np.flatnonzero(_priced(chart))}
        for i in np.flatnonzero(_priced(self.daily)):
            day = self.daily.days[i]
            begin = _midnight(day)
            whole = span.start <= begin and begin + DAY <= span.until
            if whole and day not in found and day != self.running:
                yield begin, begin + DAY

    def _wanted(self, chart: Chart, i: int, span: Request) -> bool:
        begin = frame.instant(chart.begins[i])
        if not span.start <= begin < span.until:
            return False
        if span.resolution == "1d":
            return chart.days[i] != self.running
        # Yahoo ends a chart with the last price, at the second when it was traded.
        over = begin + step_of(span.resolution) <= datetime.now(UTC).replace(tzinfo=None)
        return over and begin.second == 0


def _priced(chart: Chart) -> np.ndarray:
    """Return for each row whether it has any price."""
    found: np.ndarray = np.any([np.isfinite(chart.columns[it]) for it in _PRICES], axis=0)
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _naive(moment: datetime) -> datetime:
    """Return a time stamp of pandas as an instant in UTC."""
    return datetime.fromtimestamp(moment.timestamp(), UTC).replace(tzinfo=None)
