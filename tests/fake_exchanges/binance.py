"""Binance: spot, USD-M and COIN-M market data."""

from typing import Any

from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.series import FUNDED, HOUR, Bar, Series, closes
from tests.fake_exchanges.world import World

INTERVALS = {
    "1m": "1m", "3m": "3m", "5m": "5m", "15m": "15m", "30m": "30m", "1h": "1h", "2h": "2h",
    "4h": "4h", "6h": "6h", "8h": "8h", "12h": "12h", "1d": "1d", "1w": "1w", "1M": "1mo",
}  # fmt: skip
_PREFIXES = {"/api/v3/": "spot", "/fapi/v1/": "linear", "/dapi/v1/": "inverse"}
_MOST = {"spot": 1000, "linear": 1500, "inverse": 1500}
_COINBASE = "/api/v3/brokerage"


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a path of Binance."""
    if ask.path.startswith(_COINBASE):
        return None
    for prefix, kind in _PREFIXES.items():
        serve = _SERVES.get(ask.path.removeprefix(prefix)) if ask.path.startswith(prefix) else None
        if serve is not None:
            return serve(world, ask, kind)
    return None


def _refused(code: int, message: str) -> Answer:
    return Answer.of({"code": code, "msg": message}, 400)


def _ping(world: World, ask: Ask, kind: str) -> Answer:
    return Answer.of({})


def _time(world: World, ask: Ask, kind: str) -> Answer:
    return Answer.of({"serverTime": ask.now})


def _exchange_info(world: World, ask: Ask, kind: str) -> Answer:
    recorded = world.recording("binance/exchangeInfo.json") if kind == "spot" else None
    if recorded:
        return Answer.of(recorded["body"] | {"serverTime": ask.now})
    symbols = []
    if kind != "inverse":
        symbols = [_market(world.coins[b + q], b, q, kind) for b, q in world.pairs() if q == "USDT"]
    return Answer.of(
        {"timezone": "UTC", "serverTime": ask.now, "rateLimits": [], "symbols": symbols}
    )


def _market(series: Series, base: str, quote: str, kind: str) -> dict[str, Any]:
    tick, lot = str(series.tick), str(series.lot)
    found: dict[str, Any] = {
        "symbol": series.symbol,
        "status": "TRADING",
        "baseAsset": base,
        "quoteAsset": quote,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "9000", "stepSize": lot},
            {"filterType": "MIN_NOTIONAL", "minNotional": "10.00000000", "notional": "5"},
        ],
    }  # fmt: skip
    if kind == "spot":
        return found | {"isSpotTradingAllowed": True, "permissions": ["SPOT"]}
    return found | {
        "pair": series.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": series.listed,
        "marginAsset": quote,
        "pricePrecision": 2,
        "quantityPrecision": 3,
    }


def _klines(world: World, ask: Ask, kind: str) -> Answer:
    resolution = INTERVALS.get(ask.query.get("interval", ""))
    if resolution is None:
        return _refused(-1120, "Invalid interval.")
    series = world.coins.get(ask.query.get("symbol", ""))
    if series is None:
        return _refused(-1121, "Invalid symbol.")
    limit = min(ask.number("limit", 500), _MOST[kind])
    end = min(ask.number("endTime", ask.now) + 1, ask.now)
    recorded = _recorded(world, series.symbol, resolution) if kind == "spot" else None
    if recorded is not None:
        start = ask.number("startTime", 0)
        rows = [row for row in recorded if start <= row[0] < end]
        return Answer.of(rows[:limit] if "startTime" in ask.query else rows[-limit:])
    if "startTime" in ask.query:
        bars = series.page(resolution, ask.number("startTime", 0), end, limit)
    else:
        bars = series.last(resolution, end, limit)
    return Answer.of([_row(bar, resolution) for bar in bars])


def _recorded(world: World, symbol: str, resolution: str) -> list[list[Any]] | None:
    found = world.recording(f"binance/klines_{symbol}_{resolution}.json")
    return None if found is None else found["body"]


def _row(bar: Bar, resolution: str) -> list[Any]:
    numbers = [f"{it:.8f}" for it in (bar.open, bar.high, bar.low, bar.close, bar.volume)]
    turnover, half = bar.close * bar.volume, bar.volume / 2
    return [
        bar.at, *numbers, closes(resolution, bar.at) - 1,
        f"{turnover:.8f}", bar.trades, f"{half:.8f}", f"{turnover / 2:.8f}", "0",
    ]  # fmt: skip


def _agg_trades(world: World, ask: Ask, kind: str) -> Answer:
    series = world.coins.get(ask.query.get("symbol", ""))
    if series is None:
        return _refused(-1121, "Invalid symbol.")
    limit = min(ask.number("limit", 500), 1000)
    start = ask.number("startTime", max(0, ask.now - HOUR))
    end = min(ask.number("endTime", ask.now - 1) + 1, ask.now)
    if "startTime" in ask.query and "endTime" in ask.query and end - start > HOUR + 1:
        return _refused(-1127, "More than 1 hour between startTime and endTime.")
    if "fromId" in ask.query:
        first = max(ask.number("fromId", 0), -(-series.listed // 20_000))
        start, end = first * 20_000, min(ask.now, (first + limit) * 20_000)
    trades = series.trades(start, end)
    trades = trades[:limit] if {"startTime", "fromId"} & set(ask.query) else trades[-limit:]
    return Answer.of(
        [
            {
                "a": it.id, "p": f"{it.price:.8f}", "q": f"{it.amount:.8f}",
                "f": it.id, "l": it.id, "T": it.at, "m": it.id % 2 == 0, "M": True,
            }
            for it in trades
        ]
    )  # fmt: skip


def _funding_rate(world: World, ask: Ask, kind: str) -> Answer:
    series = world.coins.get(ask.query.get("symbol", ""))
    if series is None or kind == "spot":
        return _refused(-1121, "Invalid symbol.")
    limit = min(ask.number("limit", 100), 1000)
    end = min(ask.number("endTime", ask.now) + 1, ask.now)
    start = ask.number("startTime", end - limit * FUNDED)
    return Answer.of(
        [
            {
                "symbol": series.symbol,
                "fundingTime": at + 3,  # the real ones carry some milliseconds
                "fundingRate": rate,
                "markPrice": "",
            }
            for at, rate in series.funding(start, end)[:limit]
        ]
    )


_SERVES = {
    "ping": _ping,
    "time": _time,
    "exchangeInfo": _exchange_info,
    "klines": _klines,
    "aggTrades": _agg_trades,
    "fundingRate": _funding_rate,
}
