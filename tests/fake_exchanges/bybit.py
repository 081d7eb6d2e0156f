"""Bybit: spot and linear market data, the newest candle first."""

from typing import Any

from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.series import STEPS
from tests.fake_exchanges.world import World

_INTERVALS = {
    "1": "1m", "3": "3m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "120": "2h", "240": "4h",
    "360": "6h", "720": "12h", "D": "1d", "W": "1w", "M": "1mo",
}  # fmt: skip
_USUAL, _MOST = 200, 1000
_MOST_RATES = 200


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a path of Bybit."""
    serve = _SERVES.get(ask.path)
    if serve is None:
        return None
    result = serve(world, ask)
    told = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": ask.now}
    return Answer.of(told)


def _instruments(world: World, ask: Ask) -> dict[str, Any]:
    category = ask.query["category"]
    listed = category in ("spot", "linear") and "status" not in ask.query
    rows = [
        _market(world, *pair, category) for pair in world.pairs() if listed and pair[1] == "USDT"
    ]
    return {"category": category, "list": rows, "nextPageCursor": ""}


def _market(world: World, base: str, quote: str, category: str) -> dict[str, Any]:
    series = world.coins[base + quote]
    told: dict[str, Any] = {
        "symbol": base + quote,
        "baseCoin": base,
        "quoteCoin": quote,
        "status": "Trading",
        "priceFilter": {"tickSize": str(series.tick)},
    }
    sizes = {"minOrderQty": str(series.lot), "maxOrderQty": "10000"}
    if category == "spot":
        return {**told, "lotSizeFilter": {**sizes, "basePrecision": str(series.lot)}}
    contract = {
        "contractType": "LinearPerpetual",
        "settleCoin": quote,
        "launchTime": "1584230400000",
    }
    return {**told, **contract, "lotSizeFilter": {**sizes, "qtyStep": str(series.lot)}}


def _kline(world: World, ask: Ask) -> dict[str, Any]:
    resolution = _INTERVALS[ask.query["interval"]]
    limit = min(ask.number("limit", _USUAL), _MOST)
    series = world.coins[ask.query["symbol"]]
    start = ask.number("start", ask.now - limit * STEPS[resolution])
    end = min(ask.number("end", ask.now), ask.now) + 1
    bars = (
        series.page(resolution, start, end, limit)
        if "end" not in ask.query
        else series.bars(resolution, start, end)[-limit:]
    )
    rows = [
        [
            str(it.at),
            *(str(x) for x in (it.open, it.high, it.low, it.close, it.volume)),
            str(it.volume * it.close),
        ]
        for it in reversed(bars)
    ]
    return {"symbol": ask.query["symbol"], "category": ask.query["category"], "list": rows}


def _funding(world: World, ask: Ask) -> dict[str, Any]:
    limit = min(ask.number("limit", _USUAL), _MOST_RATES)
    end = min(ask.number("endTime", ask.now), ask.now) + 1
    told = world.coins[ask.query["symbol"]].funding(ask.number("startTime", 0), end)[-limit:]
    rows = [
        {"symbol": ask.query["symbol"], "fundingRate": rate, "fundingRateTimestamp": str(at)}
        for at, rate in reversed(told)
    ]
    return {"category": ask.query["category"], "list": rows}


def _time(world: World, ask: Ask) -> dict[str, Any]:
    return {"timeSecond": str(ask.now // 1000), "timeNano": f"{ask.now}000000"}


_SERVES = {
    "/v5/market/instruments-info": _instruments,
    "/v5/market/kline": _kline,
    "/v5/market/funding/history": _funding,
    "/v5/market/time": _time,
}
