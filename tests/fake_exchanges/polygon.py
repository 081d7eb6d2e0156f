"""Massive, which was Polygon: aggregates, trades, splits, dividends and tickers."""

from datetime import date, timedelta
from typing import Any

from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.paging import cut
from tests.fake_exchanges.series import Bar, Series, ms
from tests.fake_exchanges.stocks import Stock, at_midnight, days_of, weeks_or_months
from tests.fake_exchanges.world import World

KEY = "polygon-key"  # the one that it takes
_AGGREGATES = "/v2/aggs/ticker/"
_TRADES = "/v3/trades/"
_TICKER = "/v3/reference/tickers/"
_SPANS = {"minute": "m", "hour": "h", "day": "d", "week": "w", "month": "mo"}
_TYPES = {"EQUITY": "CS", "ETF": "ETF"}


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a path of Polygon."""
    for prefix, serve in _SERVES.items():
        if ask.path.startswith(prefix):
            if not _known(ask):
                return _refused("ERROR", "Unknown API Key", 401)
            return serve(world, ask, ask.path.removeprefix(prefix))
    return None


def _known(ask: Ask) -> bool:
    return KEY in (
        ask.headers.get("Authorization", "").removeprefix("Bearer "),
        ask.query.get("apiKey"),
    )


def _refused(status: str, message: str, code: int) -> Answer:
    return Answer.of({"status": status, "request_id": "a1", "error": message}, code)


def _aggregates(world: World, ask: Ask, rest: str) -> Answer:
    ticker, _, count, span, first, last = rest.split("/")
    start, end = (_instant(it, ticker) for it in (first, last))
    end += 86_400_000 if "-" in last else 1
    resolution = f"{count}{_SPANS[span]}"
    bars = _bars(world, ticker, resolution, start, min(end, ask.now))
    rows = [
        {
            "v": int(it.volume) if it.volume == int(it.volume) else float(it.volume),
            "vw": float(it.close),
            "o": float(it.open),
            "c": float(it.close),
            "h": float(it.high),
            "l": float(it.low),
            "t": it.at,
            "n": it.trades,
        }
        for it in bars
    ]
    page, more = cut(ask, rows)
    body: dict[str, Any] = {
        "ticker": ticker,
        "queryCount": len(page),
        "resultsCount": len(page),
        "adjusted": ask.query.get("adjusted", "true") == "true",
        "status": "OK" if world.fixed else "DELAYED",
        "request_id": "a1",
        "count": len(page),
    }
    if page:
        body["results"] = page
    return _with_next(ask, body, more)


def _with_next(ask: Ask, body: dict[str, Any], more: str | None) -> Answer:
    if more:
        kept = {k: v for k, v in ask.query.items() if k not in ("cursor", "apiKey")}
        query = "&".join(f"{k}={v}" for k, v in {**kept, "cursor": more}.items())
        body["next_url"] = f"{ask.base}{ask.path}?{query}"
    return Answer.of(body)


def _bars(world: World, ticker: str, resolution: str, start: int, end: int) -> list[Bar]:
    series = world.coins.get(ticker.removeprefix("X:").removeprefix("C:"))
    if ":" in ticker:
        return series.bars(resolution, start, end) if series else []
    stock = world.stocks.get(ticker)
    if stock is None:
        return []
    if resolution[-1] in "hm":
        return stock.intraday(resolution, start, end)
    days = days_of(stock, start, end)
    stamped = [(at_midnight(day), bar) for day, bar in days]
    if resolution != "1d":
        return weeks_or_months(days, resolution)
    return [Bar(at, *list(vars(bar).values())[1:]) for at, bar in stamped]


def _trades(world: World, ask: Ask, ticker: str) -> Answer:
    series: Series | None = world.coins.get(ticker.removeprefix("X:"))
    if ticker in world.stocks:
        series = world.stocks[ticker].series
    start, end = (-(-int(ask.query[it]) // 1_000_000) for it in ("timestamp.gte", "timestamp.lt"))
    trades = series.trades(start, min(end, ask.now)) if series else []
    rows = [
        {
            "conditions": [12],
            "exchange": 4,
            "id": str(it.id),
            "participant_timestamp": it.at * 1_000_000 - 5_000,
            "price": float(it.price),
            "sequence_number": it.id,
            "sip_timestamp": it.at * 1_000_000,
            "size": float(it.amount),
        }
        for it in trades
    ]
    page, more = cut(ask, rows)
    return _with_next(ask, {"results": page, "status": "OK", "request_id": "a1"}, more)


def _splits(world: World, ask: Ask, _: str) -> Answer:
    stock = world.stocks.get(ask.query.get("ticker", ""))
    rows = [
        {
            "id": f"S{day}",
            "ticker": ask.query["ticker"],
            "execution_date": str(day),
            "split_from": old,
            "split_to": new,
            "adjustment_type": "forward_split" if new > old else "reverse_split",
        }
        for day, (new, old) in (stock.splits if stock else {}).items()
        if _inside(ask, "execution_date", day, world)
    ]
    page, more = cut(ask, rows)
    return _with_next(ask, {"results": page, "status": "OK", "request_id": "a1"}, more)


def _dividends(world: World, ask: Ask, _: str) -> Answer:
    stock = world.stocks.get(ask.query.get("ticker", ""))
    rows = [
        {
            "id": f"D{day}",
            "ticker": ask.query["ticker"],
            "ex_dividend_date": str(day),
            "pay_date": str(day + timedelta(days=6)),
            "cash_amount": float(cash),
            "currency": "USD",
            "frequency": 4,
        }
        for day, cash in (stock.dividends if stock else {}).items()
        if _inside(ask, "ex_dividend_date", day, world)
    ]
    page, more = cut(ask, rows)
    return _with_next(ask, {"results": page, "status": "OK", "request_id": "a1"}, more)


def _ticker(world: World, ask: Ask, ticker: str) -> Answer:
    stock: Stock | None = world.stocks.get(ticker)
    coin = world.coins.get(ticker.removeprefix("X:")) if ticker.startswith("X:") else None
    if stock is None and coin is None:
        body = {"status": "NOT_FOUND", "request_id": "a1", "message": "Ticker not found."}
        return Answer.of(body, 404)
    told = {"ticker": ticker, "name": stock.name if stock else ticker, "currency_name": "usd"}
    if stock:
        told |= {"market": "stocks", "type": _TYPES[stock.kind], "list_date": "2015-01-02"}
    else:
        told |= {"market": "crypto"}
    return Answer.of({"results": told, "status": "OK", "request_id": "a1"})


def _inside(ask: Ask, name: str, day: date, world: World) -> bool:
    first, last = ask.query.get(f"{name}.gte", ""), ask.query.get(f"{name}.lte", "9999")
    return first <= str(day) <= last and day <= world.today


def _instant(text: str, ticker: str) -> int:
    if "-" in text:  # a day, of coins and currencies in UTC
        return ms(text) if ":" in ticker else at_midnight(date.fromisoformat(text))
    return int(text)


_SERVES = {
    _AGGREGATES: _aggregates,
    _TRADES: _trades,
    _TICKER: _ticker,
    "/stocks/v1/splits": _splits,
    "/stocks/v1/dividends": _dividends,
}
