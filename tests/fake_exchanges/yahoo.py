"""Yahoo: charts, and the cookie and crumb that it wants before it gives any."""

import bisect
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from math import prod
from typing import Any

from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.series import DAY, Bar, opens
from tests.fake_exchanges.stocks import Stock, calendar
from tests.fake_exchanges.world import World

_CHART = "/v8/finance/chart/"
_SUMMARY = "/v10/finance/quoteSummary/"  # asked for where a chart tells no time zone
_INTRADAY = {"1m": "1m", "5m": "5m", "15m": "15m", "30m": "30m", "60m": "1h", "1h": "1h"}
_BACK = {"1m": 30, "5m": 60, "15m": 60, "30m": 60, "1h": 730}  # days
RECORDED = {
    "AAPL": "chart-AAPL-2020-08-31-to-2020-11-07.json",
    "BTC-USD": "chart-BTC-USD-2020-01-01-to-2020-01-03.json",
    "EURUSD=X": "chart-EURUSD=X-2020-01-01-to-2020-01-03.json",
    "GC=F": "chart-GC=F-2020-01-01-to-2020-01-03.json",
    "OCDO.L": "chart-OCDO.L-2020-01-01-to-2020-01-03.json",
    "WSKT.JK": "chart-WSKT.JK-2020-01-01-to-2020-01-03.json",
    "MSFT": "historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json",
    "NVDA": "historical-via-chart-NVDA-split-2021-02-01-to-2022-01-31.csv.json",
    "TSLA": "historical-via-chart-dividends-TSLA-no-dividends.json",
}


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a path of Yahoo."""
    if ask.host == "fc.yahoo.com":
        until = format_datetime(datetime.now(UTC) + timedelta(days=365), usegmt=True)
        cookie = f"A3=d=AQABBA; Expires={until}; Domain=.yahoo.com; Path=/; Secure"
        return Answer(b"", 404, {"Set-Cookie": cookie})
    if ask.path == "/v1/test/getcrumb":
        return Answer(b"a.crumb", 200, {"Content-Type": "text/plain"})
    if ask.path.startswith(_SUMMARY):
        words = f"Quote not found for symbol: {ask.path.removeprefix(_SUMMARY)}"
        error = {"code": "Not Found", "description": words}
        return Answer.of({"quoteSummary": {"result": None, "error": error}}, 404)
    if not ask.path.startswith(_CHART):
        return None
    symbol = ask.path.removeprefix(_CHART)
    start, end = _span(ask)
    recorded = world.recording(f"yahoo/{RECORDED.get(symbol, 'none')}")
    if recorded is not None:
        body = recorded["response"]["bodyJson"]
        _say_later_splits(body, world.stocks.get(symbol))
        return Answer.of(_cut(body, start, end))
    stock = world.stocks.get(symbol.replace("-", "."))
    if stock is None:
        return _refused("Not Found", "No data found, symbol may be delisted", 404)
    interval = ask.query.get("interval", "1d")
    if interval in _INTRADAY:
        return _intraday(world, stock, _INTRADAY[interval], start, end)
    return Answer.of(_chart(world, stock, interval, start, end))


def _span(ask: Ask) -> tuple[int, int]:
    """Return the span of a request in seconds, half open."""
    if "range" in ask.query or "period1" not in ask.query:
        now = ask.now // 1000
        return now - 86_400 * 5, now + 1
    return ask.number("period1", 0), ask.number("period2", 0)


def _refused(code: str, words: str, status: int) -> Answer:
    return Answer.of(
        {"chart": {"result": None, "error": {"code": code, "description": words}}}, status
    )


def _intraday(world: World, stock: Stock, resolution: str, start: int, end: int) -> Answer:
    oldest = world.now // 1000 - _BACK[resolution] * 86_400
    if start < oldest:
        words = f"{resolution} data not available for startTime={start} and endTime={end}."
        return _refused("Unprocessable Entity", words, 422)
    if resolution == "1m" and end - start > 8 * 86_400:
        words = "1m data not available. Only 8 days worth of 1m granularity data are allowed."
        return _refused("Unprocessable Entity", words, 422)
    bars = stock.intraday(resolution, start * 1000, min(end * 1000, world.now))
    rows = [(it.at // 1000, it) for it in bars]
    document = _document(world, stock, rows, resolution, (start, end))
    meta = document["chart"]["result"][0]["meta"]
    meta["tradingPeriods"] = [
        [{"timezone": "EST", "start": it.opened // 1000, "end": it.closed // 1000, "gmtoffset": -18000}]
        for it in calendar()
        if start * 1000 <= it.opened < end * 1000
    ]  # fmt: skip
    return Answer.of(document)


def _chart(world: World, stock: Stock, interval: str, start: int, end: int) -> dict[str, Any]:
    until = min(end * 1000, world.now)
    days = [it for it in calendar() if start * 1000 <= it.opened < until]
    rows: list[tuple[int, Bar]] = []
    if days:
        by_day = dict(stock.daily(days[0].day, days[-1].day))
        rows = [(it.opened // 1000, by_day[it.day]) for it in days if it.day in by_day]
    if interval in ("1wk", "1mo"):
        rows = _periods(rows, "1w" if interval == "1wk" else "1mo")
    return _document(world, stock, rows, interval, (start, end))


def _periods(rows: list[tuple[int, Bar]], resolution: str) -> list[tuple[int, Bar]]:
    """Return sessions as weeks or months, each stamped midnight of its first day in New York."""
    if not rows:
        return []
    begins = opens(resolution, rows[0][0] * 1000 - 40 * DAY, rows[-1][0] * 1000 + DAY)
    groups: dict[int, list[Bar]] = {}
    for at, bar in rows:
        groups.setdefault(begins[bisect.bisect_right(begins, at * 1000) - 1], []).append(bar)
    return [
        (
            at // 1000 + 5 * 3600,
            Bar(
                at,
                group[0].open,
                max(it.high for it in group),
                min(it.low for it in group),
                group[-1].close,
                sum((it.volume for it in group), Decimal(0)),
                sum(it.trades for it in group),
            ),
        )
        for at, group in groups.items()
    ]


def _document(
    world: World, stock: Stock, rows: list[tuple[int, Bar]], granularity: str, span: tuple[int, int]
) -> dict[str, Any]:
    """Return a chart: prices in the shares of today, which is how Yahoo tells them."""
    today = world.today
    columns: dict[str, list[Any]] = {it: [] for it in ("open", "high", "low", "close", "volume")}
    adjusted = []
    paid = _paid(stock, today)
    for at, bar in rows:
        day = _day(at)
        factor = stock.after(day, today)
        for name in ("open", "high", "low", "close"):
            columns[name].append(_float(getattr(bar, name) / factor))
        columns["volume"].append(int(bar.volume * factor))
        later = prod((it for paid_on, it in paid.items() if paid_on > day), start=Decimal(1))
        adjusted.append(_float(bar.close / factor * later))
    result: dict[str, Any] = {
        "meta": _meta(world, stock, granularity),
        "indicators": {"quote": [columns if rows else {}]},
    }
    if rows:
        result["timestamp"] = [at for at, _ in rows]
        if granularity in ("1d", "1wk", "1mo"):
            result["indicators"]["adjclose"] = [{"adjclose": adjusted}]
    events = _events(stock, span, today)
    if events:
        result["events"] = events
    return {"chart": {"result": [result], "error": None}}


def _float(price: Decimal) -> float:
    """Return a price as Yahoo writes it: of single precision, with the digits of a double."""
    import numpy as np

    return float(np.float32(price))


def _day(at: int) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def _paid(stock: Stock, today: date) -> dict[date, Decimal]:
    """Return by day what a dividend makes of the prices before it."""
    found = {}
    for at, cash in stock.dividends.items():
        if at <= today:
            before = [it.day for it in calendar() if it.day < at][-1]
            ((_, bar),) = stock.daily(before, before)
            found[at] = 1 - cash / bar.close
    return found


def _events(stock: Stock, span: tuple[int, int], today: date) -> dict[str, Any]:
    opened = {it.day: it.opened // 1000 for it in calendar()}

    def inside(day: date) -> bool:
        return span[0] <= opened[day] < span[1] and day <= today

    events: dict[str, Any] = {}
    for day, cash in stock.dividends.items():
        if inside(day):
            amount = float(cash / stock.after(day, today))
            told = {"amount": amount, "date": opened[day]}
            events.setdefault("dividends", {})[str(opened[day])] = told
    for day, (new, old) in stock.splits.items():
        if inside(day):
            told = {
                "date": opened[day], "numerator": new, "denominator": old, "splitRatio": f"{new}:{old}",
            }  # fmt: skip
            events.setdefault("splits", {})[str(opened[day])] = told
    return events


def _meta(world: World, stock: Stock, granularity: str) -> dict[str, Any]:
    opened = [it for it in calendar() if it.opened <= world.now]
    current = next((it for it in calendar() if it.closed > world.now), opened[-1])
    period = {"start": current.opened // 1000, "end": current.closed // 1000}
    return {
        "currency": stock.currency,
        "symbol": stock.symbol.replace(".", "-"),
        "exchangeName": "NMS",
        "fullExchangeName": "NasdaqGS",
        "instrumentType": stock.kind,
        "firstTradeDate": stock.series.listed // 1000,
        "regularMarketTime": min(world.now, opened[-1].closed) // 1000,
        "gmtoffset": -18000,
        "timezone": "EST",
        "exchangeTimezoneName": "America/New_York",
        "longName": stock.name,
        "shortName": stock.name,
        "priceHint": 2,
        "currentTradingPeriod": {
            part: {"timezone": "EST", "gmtoffset": -18000, **period}
            for part in ("pre", "regular", "post")
        },
        "dataGranularity": granularity,
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
    }


def _say_later_splits(document: dict[str, Any], stock: Stock | None) -> None:
    """Add to a recorded chart the splits after its last row, which its prices are divided by too."""
    (result,) = document["chart"]["result"]
    if stock is not None and "timestamp" in result:
        until = result["meta"]["regularMarketTime"]
        told = _events(stock, (result["timestamp"][-1] + 1, until), _day(until)).get("splits", {})
        result.setdefault("events", {}).setdefault("splits", {}).update(told)


def _cut(document: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    """Return a recorded chart with the rows and events of [start, end) alone."""
    (result,) = document["chart"]["result"]
    kept = [i for i, at in enumerate(result.get("timestamp", ())) if start <= at < end]
    for group in ("quote", "adjclose"):
        for columns in result["indicators"].get(group, ()):
            for name, values in columns.items():
                columns[name] = [values[i] for i in kept]
    if kept:
        result["timestamp"] = [result["timestamp"][i] for i in kept]
    else:
        result.pop("timestamp", None)
        result["indicators"] = {"quote": [{}]}
    for name, told in list(result.get("events", {}).items()):
        result["events"][name] = {at: it for at, it in told.items() if start <= int(at) < end}
    return document
