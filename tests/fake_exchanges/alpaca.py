"""Alpaca: bars, trades, corporate actions and assets."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.paging import cut
from tests.fake_exchanges.series import Bar, ms
from tests.fake_exchanges.stocks import Stock, at_midnight, days_of, weeks_or_months
from tests.fake_exchanges.world import World

KEY, SECRET = "alpaca-key", "alpaca-secret"  # those that it takes
_ASSET = "/v2/assets/"
_UNITS = {"Min": "m", "Hour": "h", "Day": "d", "Week": "w", "Month": "mo"}
_RECENT = 15 * 60_000  # what the free plan must not ask of all exchanges


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a path of Alpaca."""
    serve = _asset if ask.path.startswith(_ASSET) else _SERVES.get(ask.path)
    if serve is None:
        return None
    given = {name.lower(): value for name, value in ask.headers.items()}
    if (given.get("apca-api-key-id"), given.get("apca-api-secret-key")) != (KEY, SECRET):
        return Answer.of({"message": "forbidden."}, 403)
    return serve(world, ask)


def _bars(world: World, ask: Ask) -> Answer:
    start, end = _instant(ask.query["start"]), _instant(ask.query["end"]) + 1
    if ask.query.get("feed") == "sip" and end > ask.now - _RECENT:
        return Answer.of({"message": "subscription does not permit querying recent SIP data"}, 403)
    rows = [
        (symbol, _row(bar))
        for symbol, stock in _stocks(world, ask)
        for bar in _made(stock, _resolution(ask.query["timeframe"]), start, min(end, ask.now))
    ]
    return _paged(ask, rows, "bars")


def _made(stock: Stock, resolution: str, start: int, end: int) -> list[Bar]:
    if resolution[-1] in "hm":
        return stock.intraday(resolution, start, end)
    days = days_of(stock, start, end)
    if resolution != "1d":
        return weeks_or_months(days, resolution)
    return [Bar(at_midnight(day), *list(vars(bar).values())[1:]) for day, bar in days]


def _row(bar: Bar) -> dict[str, Any]:
    return {
        "t": _text(bar.at),
        "o": float(bar.open),
        "h": float(bar.high),
        "l": float(bar.low),
        "c": float(bar.close),
        "v": int(bar.volume),
        "n": bar.trades,
        "vw": float(bar.close),
    }


def _trades(world: World, ask: Ask) -> Answer:
    start, end = _instant(ask.query["start"]), _instant(ask.query["end"]) + 1
    rows = [
        (
            symbol,
            {"t": _text(it.at), "x": "V", "p": float(it.price), "s": int(it.amount), "i": it.id},
        )
        for symbol, stock in _stocks(world, ask)
        for it in stock.series.trades(start, min(end, ask.now))
    ]
    return _paged(ask, rows, "trades")


def _paged(ask: Ask, rows: list[tuple[str, dict[str, Any]]], name: str) -> Answer:
    page, more = cut(ask, rows, "page_token")
    told: dict[str, list[Any]] = {}
    for symbol, row in page:
        told.setdefault(symbol, []).append(row)
    return Answer.of({name: told, "next_page_token": more})


def _actions(world: World, ask: Ask) -> Answer:
    rows: list[tuple[str, dict[str, Any]]] = []
    for symbol, stock in _stocks(world, ask):
        for day, (new, old) in stock.splits.items():
            kind = "forward_splits" if new > old else "reverse_splits"
            told = {"symbol": symbol, "new_rate": new, "old_rate": old, "ex_date": str(day)}
            rows += [(kind, told)] if _inside(ask, day, world) else []
        for day, cash in stock.dividends.items():
            told = {
                "symbol": symbol,
                "rate": float(cash),
                "special": False,
                "foreign": False,
                "ex_date": str(day),
                "payable_date": str(day + timedelta(days=6)),
            }
            rows += [("cash_dividends", told)] if _inside(ask, day, world) else []
    return _paged(ask, rows, "corporate_actions")


def _asset(world: World, ask: Ask) -> Answer:
    symbol = ask.path.removeprefix(_ASSET)
    stock = world.stocks.get(symbol)
    if stock is None:
        return Answer.of({"code": 40410000, "message": f"asset not found for {symbol}"}, 404)
    told = {"class": "us_equity", "symbol": symbol, "name": stock.name, "exchange": "NASDAQ"}
    return Answer.of({**told, "status": "active", "tradable": True, "min_order_size": "1"})


def _stocks(world: World, ask: Ask) -> list[tuple[str, Stock]]:
    asked = sorted(ask.query["symbols"].split(","))
    return [(it, world.stocks[it]) for it in asked if it in world.stocks]


def _inside(ask: Ask, day: date, world: World) -> bool:
    return ask.query["start"] <= str(day) <= ask.query["end"] and day <= world.today


def _resolution(timeframe: str) -> str:
    unit = timeframe.lstrip("0123456789")
    return timeframe.removesuffix(unit) + _UNITS[unit]


def _instant(text: str) -> int:
    return ms(text.replace("Z", "+00:00"))


def _text(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat().replace("+00:00", "Z")


_SERVES = {
    "/v2/stocks/bars": _bars,
    "/v2/stocks/trades": _trades,
    "/v1/corporate-actions": _actions,
}
