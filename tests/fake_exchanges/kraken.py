"""Kraken: the newest 720 candles, whatever is asked for."""

from typing import Any

from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.series import STEPS
from tests.fake_exchanges.world import World

_NAMES = {"BTC": "XBT", "DOGE": "XDG"}
_NEWEST = 720
_MINUTES = {str(step // 60_000): name for name, step in STEPS.items() if name != "1mo"}


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a path of Kraken."""
    serve = _SERVES.get(ask.path)
    return None if serve is None else Answer.of({"error": [], "result": serve(world, ask)})


def _pairs(world: World) -> dict[str, tuple[str, str]]:
    found = {}
    for base, quote in world.pairs():
        if quote != "USDT":
            found[_NAMES.get(base, base) + quote] = (base, quote)
    return found


def _assets(world: World, ask: Ask) -> dict[str, Any]:
    names = {_NAMES.get(it, it) for it in world.bases} | {"USD", "EUR"}
    return {
        it: {"aclass": "currency", "altname": it, "decimals": 10, "display_decimals": 5}
        for it in sorted(names)
    }


def _asset_pairs(world: World, ask: Ask) -> dict[str, Any]:
    told = {}
    for name, (base, quote) in _pairs(world).items():
        series = world.coins[base + quote]
        code = _NAMES.get(base, base)
        told[name] = {
            "altname": name,
            "wsname": f"{code}/{quote}",
            "aclass_base": "currency",
            "base": code,
            "aclass_quote": "currency",
            "quote": quote,
            "pair_decimals": -int(series.tick.as_tuple().exponent),
            "lot_decimals": 8,
            "lot_multiplier": 1,
            "leverage_buy": [],
            "leverage_sell": [],
            "fees": [[0, 0.26]],
            "fees_maker": [[0, 0.16]],
            "ordermin": str(series.lot),
            "tick_size": str(series.tick),
            "status": "online",
        }
    return told


def _ohlc(world: World, ask: Ask) -> dict[str, Any]:
    base, quote = _pairs(world)[ask.query["pair"]]
    resolution = _MINUTES[ask.query.get("interval", "1")]
    newest = world.coins[base + quote].last(resolution, ask.now + 1, _NEWEST)
    since = ask.number("since", 0) * 1000
    rows = [
        [
            it.at // 1000,
            *(str(x) for x in (it.open, it.high, it.low, it.close, it.close, it.volume)),
            it.trades,
        ]
        for it in newest
        if it.at > since
    ]
    last = newest[-2].at // 1000 if len(newest) > 1 else 0
    return {ask.query["pair"]: rows, "last": last}


def _time(world: World, ask: Ask) -> dict[str, Any]:
    return {"unixtime": ask.now // 1000, "rfc1123": ""}


_SERVES = {
    "/0/public/Assets": _assets,
    "/0/public/AssetPairs": _asset_pairs,
    "/0/public/OHLC": _ohlc,
    "/0/public/Time": _time,
}
