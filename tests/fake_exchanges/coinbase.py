"""Coinbase: spot candles inside a window alone, the newest first, none where nothing was traded."""

from typing import Any

from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.world import World

_PRODUCTS = "/api/v3/brokerage/market/products"
_LENGTHS = {
    "ONE_MINUTE": "1m", "FIVE_MINUTE": "5m", "FIFTEEN_MINUTE": "15m", "THIRTY_MINUTE": "30m",
    "ONE_HOUR": "1h", "TWO_HOUR": "2h", "SIX_HOUR": "6h", "ONE_DAY": "1d",
}  # fmt: skip
_MOST = 350


def answer(world: World, ask: Ask) -> Answer | None:
    """Answer a path of Coinbase."""
    if ask.path.startswith(f"{_PRODUCTS}/") and ask.path.endswith("/candles"):
        return _candles(world, ask, ask.path.split("/")[-2])
    serve = _SERVES.get(ask.path)
    return None if serve is None else Answer.of(serve(world, ask))


def _products(world: World, ask: Ask) -> dict[str, Any]:
    if ask.query.get("product_type") == "FUTURE":
        return {"products": [], "num_products": 0}
    rows = [
        {
            "product_id": f"{base}-{quote}",
            "price": "1",
            "base_increment": str(world.coins[base + quote].lot),
            "quote_increment": str(world.coins[base + quote].tick),
            "price_increment": str(world.coins[base + quote].tick),
            "base_min_size": "0.0001",
            "base_max_size": "1000",
            "status": "online",
            "trading_disabled": False,
            "product_type": "SPOT",
            "base_currency_id": base,
            "quote_currency_id": quote,
        }
        for base, quote in world.pairs()
        if quote != "USDT"
    ]
    return {"products": rows, "num_products": len(rows)}


def _candles(world: World, ask: Ask, product: str) -> Answer:
    resolution = _LENGTHS[ask.query["granularity"]]
    start, end = (ask.number(it, 0) * 1000 for it in ("start", "end"))
    bars = world.coins[product.replace("-", "")].bars(resolution, start, min(end, ask.now) + 1)
    if len(bars) > _MOST:
        words = f"number of candles requested should be less than {_MOST}"
        return Answer.of({"error": "INVALID_ARGUMENT", "message": words}, 400)
    rows = [
        {
            "start": str(it.at // 1000),
            "low": str(it.low),
            "high": str(it.high),
            "open": str(it.open),
            "close": str(it.close),
            "volume": str(it.volume),
        }
        for it in reversed(bars)
    ]
    return Answer.of({"candles": rows})


def _fiat(world: World, ask: Ask) -> dict[str, Any]:
    rows = [{"id": it, "name": it, "min_size": "0.01"} for it in ("USD", "EUR")]
    return {"data": rows}


def _crypto(world: World, ask: Ask) -> dict[str, Any]:
    rows = [{"code": it, "name": it, "type": "crypto", "asset_id": it} for it in world.bases]
    return {"data": rows}


def _rates(world: World, ask: Ask) -> dict[str, Any]:
    return {"data": {"currency": "USD", "rates": dict.fromkeys(world.bases, "1")}}


def _time(world: World, ask: Ask) -> dict[str, Any]:
    return {"data": {"epoch": ask.now // 1000, "iso": ""}}


_SERVES = {
    _PRODUCTS: _products,
    "/v2/currencies": _fiat,
    "/v2/currencies/crypto": _crypto,
    "/v2/exchange-rates": _rates,
    "/v2/time": _time,
}
