"""OKX: spot and swap market data, the newest candle first, inside a window alone."""

from decimal import Decimal
from typing import Any

from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.series import closes
from tests.fake_exchanges.world import World

_UNITS = {"m": "m", "H": "h", "Dutc": "d", "Wutc": "w", "Mutc": "mo", "Hutc": "h"}
_USUAL, _MOST = 100, 300
_MOST_RATES = 100
_CONTRACT = Decimal("0.01")  # coins in one
_CURRENT = 1_440  # bars that /candles has; older ones are in /history-candles


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a path of OKX."""
    serve = _SERVES.get(ask.path)
    if serve is None:
        return None
    return Answer.of({"code": "0", "msg": "", "data": serve(world, ask)})


def _instruments(world: World, ask: Ask) -> list[dict[str, Any]]:
    kind = ask.query["instType"]
    if kind not in ("SPOT", "SWAP"):
        return []
    return [_market(world, base, quote, kind) for base, quote in world.pairs() if quote == "USDT"]


def _market(world: World, base: str, quote: str, kind: str) -> dict[str, Any]:
    series = world.coins[base + quote]
    told = {
        "instType": kind,
        "instId": f"{base}-{quote}",
        "state": "live",
        "lever": "10",
        "tickSz": str(series.tick),
        "lotSz": str(series.lot),
        "minSz": str(series.lot),
        "listTime": str(series.listed),
    }
    if kind == "SPOT":
        return {**told, "baseCcy": base, "quoteCcy": quote, "settleCcy": "", "uly": ""}
    contract = {
        "uly": f"{base}-{quote}",
        "settleCcy": quote,
        "ctType": "linear",
        "ctVal": str(_CONTRACT),
    }
    return {**told, **contract, "instId": f"{base}-{quote}-SWAP", "baseCcy": "", "quoteCcy": ""}


def _candles(world: World, ask: Ask) -> list[list[str]]:
    bar = ask.query.get("bar", "1m")
    unit = bar.lstrip("0123456789")
    resolution = bar.removesuffix(unit) + _UNITS[unit]
    base, quote = ask.query["instId"].split("-")[:2]
    series = world.coins[base + quote]
    after = ask.number("before", 0) + 1  # `before` and `after` are of the page, so newer and older
    until = min(ask.number("after", ask.now + 1), ask.now + 1)
    limit = min(ask.number("limit", _USUAL), _MOST)
    if ask.path.endswith("/candles"):
        current = series.last(resolution, ask.now + 1, _CURRENT)
        after = max(after, current[0].at) if current else until
    bars = series.bars(resolution, after, until)[-limit:]
    is_swap = ask.query["instId"].endswith("-SWAP")
    return [
        [
            str(it.at),
            *(str(x) for x in (it.open, it.high, it.low, it.close)),
            str(it.volume / _CONTRACT if is_swap else it.volume),
            str(it.volume if is_swap else it.volume * it.close),
            str(it.volume * it.close),
            "1" if closes(resolution, it.at) <= ask.now else "0",
        ]
        for it in reversed(bars)
    ]


def _funding(world: World, ask: Ask) -> list[dict[str, Any]]:
    base, quote = ask.query["instId"].split("-")[:2]
    until = min(ask.number("after", ask.now + 1), ask.now + 1)
    limit = min(ask.number("limit", _MOST_RATES), _MOST_RATES)
    told = world.coins[base + quote].funding(ask.number("before", 0) + 1, until)[-limit:]
    return [
        {
            "instType": "SWAP",
            "instId": ask.query["instId"],
            "fundingRate": rate,
            "realizedRate": rate,
            "fundingTime": str(at),
        }
        for at, rate in reversed(told)
    ]


def _time(world: World, ask: Ask) -> list[dict[str, str]]:
    return [{"ts": str(ask.now)}]


_SERVES = {
    "/api/v5/public/instruments": _instruments,
    "/api/v5/public/funding-rate-history": _funding,
    "/api/v5/public/time": _time,
    "/api/v5/market/candles": _candles,
    "/api/v5/market/history-candles": _candles,
}
