"""Alpha Vantage: everything by one path, with status 200 whatever happens."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.series import DAY, Bar
from tests.fake_exchanges.stocks import FIRST, NEW_YORK, Stock, at_midnight
from tests.fake_exchanges.world import World

KEY = "alphavantage-key"  # the one that it takes
_COMPACT = 100  # rows without outputsize=full


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer the path of Alpha Vantage."""
    if ask.path != "/query" or "function" not in ask.query:
        return None
    if ask.query.get("apikey") != KEY:
        return Answer.of({"Error Message": "the parameter apikey is invalid or missing."})
    pair = _pair(world, ask)
    if pair is not None:
        return pair
    serve = _SERVES.get(ask.query["function"])
    stock = world.stocks.get(ask.query.get("symbol", ""))
    if serve is None or stock is None:
        words = f"Invalid API call. Please retry or visit the documentation for {ask.query['function']}."
        return Answer.of({"Error Message": words})
    return Answer.of(serve(world, ask, stock))


def _pair(world: World, ask: Ask) -> Answer | None:
    """Answer days of a currency or a coin."""
    forex = ask.query["function"] == "FX_DAILY"
    if not forex and ask.query["function"] != "DIGITAL_CURRENCY_DAILY":
        return None
    names = ("from_symbol", "to_symbol") if forex else ("symbol", "market")
    base, quote = (ask.query.get(it, "") for it in names)
    found = world.coins.get(base + quote)
    if found is None:
        return Answer.of({"Error Message": "Invalid API call. Please retry."})
    bars = found.page("1d", 0, ask.now - DAY + 1, 100_000)
    rows = {str(datetime.fromtimestamp(it.at / 1000, UTC).date()): it for it in bars}
    kinds = ("From Symbol", "To Symbol") if forex else ("Digital Currency Code", "Market Code")
    head = {f"2. {kinds[0]}": base, f"3. {kinds[1]}": quote, "6. Time Zone": "UTC"}
    name = "Time Series FX (Daily)" if forex else "Time Series (Digital Currency Daily)"
    told = {day: _texts(rows[day]) for day in sorted(rows, reverse=True)}
    if forex:
        told = {
            day: {k: v for k, v in row.items() if "volume" not in k} for day, row in told.items()
        }
    return Answer.of({"Meta Data": head, name: told})


def _daily(world: World, ask: Ask, stock: Stock) -> dict[str, Any]:
    days = stock.daily(FIRST, world.today)
    rows = {str(day): bar for day, bar in days if at_midnight(day) + 86_400_000 <= ask.now}
    return _series(ask, "Time Series (Daily)", rows)


def _intraday(world: World, ask: Ask, stock: Stock) -> dict[str, Any]:
    month = datetime.fromisoformat(f"{ask.query['month']}-01").replace(tzinfo=NEW_YORK)
    start = int(month.timestamp() * 1000)
    end = int((month + timedelta(days=32)).replace(day=1).timestamp() * 1000)
    interval = ask.query["interval"]
    resolution = "1h" if interval == "60min" else interval.replace("min", "m")
    rows = {
        datetime.fromtimestamp(it.at / 1000, NEW_YORK).strftime("%Y-%m-%d %H:%M:%S"): it
        for it in stock.intraday(resolution, start, min(end, ask.now))
    }
    return _series(ask, f"Time Series ({interval})", rows)


def _series(ask: Ask, name: str, rows: dict[str, Bar]) -> dict[str, Any]:
    """Return rows newest first, as texts."""
    newest = sorted(rows, reverse=True)
    if ask.query.get("outputsize", "compact") == "compact":
        newest = newest[:_COMPACT]
    told = {at: _texts(rows[at]) for at in newest}
    head = {
        "1. Information": name,
        "2. Symbol": ask.query["symbol"],
        "3. Last Refreshed": newest[0] if newest else "",
        "4. Output Size": "Full size" if ask.query.get("outputsize") == "full" else "Compact",
        "5. Time Zone": "US/Eastern",
    }
    return {"Meta Data": head, name: told}


def _texts(bar: Bar) -> dict[str, str]:
    return {
        "1. open": f"{bar.open:.4f}",
        "2. high": f"{bar.high:.4f}",
        "3. low": f"{bar.low:.4f}",
        "4. close": f"{bar.close:.4f}",
        "5. volume": str(bar.volume),
    }


def _splits(world: World, ask: Ask, stock: Stock) -> dict[str, Any]:
    rows = [
        {"effective_date": str(day), "split_factor": f"{new / old:.4f}"}
        for day, (new, old) in sorted(stock.splits.items(), reverse=True)
        if day <= world.today
    ]
    return {"symbol": stock.symbol, "data": rows}


def _dividends(world: World, ask: Ask, stock: Stock) -> dict[str, Any]:
    rows = [
        {
            "ex_dividend_date": str(day),
            "declaration_date": "None",
            "record_date": str(day),
            "payment_date": str(day + timedelta(days=6)),
            "amount": str(cash),
        }
        for day, cash in sorted(stock.dividends.items(), reverse=True)
        if day <= world.today
    ]
    return {"symbol": stock.symbol, "data": rows}


_SERVES = {
    "TIME_SERIES_DAILY": _daily,
    "TIME_SERIES_INTRADAY": _intraday,
    "SPLITS": _splits,
    "DIVIDENDS": _dividends,
}
