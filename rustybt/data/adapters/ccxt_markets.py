"""Finds a market of ccxt by any of its names, and says what is known of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

_TYPES: Final = {"spot": "crypto", "swap": "perpetual", "future": "future", "option": "option"}
_DECIMAL_PLACES: Final = 2  # how ccxt tells precision: as a count of decimals, else as a step


def market_of(exchange: Any, symbol: str) -> str | None:
    """Return the symbol that ccxt has for any name of a market; None if there is no such market.

    ``BTC/USDT``, ``BTC-USDT`` and the name at the exchange, ``BTCUSDT``, in any case; of several markets
    of one name the spot market.
    """
    wanted = symbol.upper()
    by_symbol: dict[str, str] = {name.upper(): name for name in exchange.markets}
    for name in (wanted, wanted.replace("-", "/"), wanted.replace("_", "/")):
        if name in by_symbol:
            return by_symbol[name]
    for given in (symbol, wanted):
        markets = exchange.markets_by_id.get(given)
        if markets:
            first = min(markets, key=lambda it: it["type"] != "spot")
            return str(first["symbol"])
    joined = {name.replace("/", ""): name for name in by_symbol if ":" not in name}
    found = joined.get(wanted)  # as `BTCUSD` for XBTUSD of kraken
    return by_symbol[found] if found else None


def asset_of(exchange: Any, symbol: str) -> Mapping[str, Any]:
    """Return what is known of a market, in the columns of `rustybt.data.adapters.ASSETS`."""
    market = exchange.market(symbol)
    kind = _TYPES.get(market["type"])
    expiry = market.get("expiry")
    return {
        "symbol": symbol,
        "asset_type": kind,
        "name": str(market["id"]),
        "currency": market["quote"],
        "tick_size": _step(exchange, market["precision"].get("price")),
        "lot_size": _step(exchange, market["precision"].get("amount")),
        "multiplier": _number(market.get("contractSize")) if market.get("linear") else None,
        "root_symbol": market["base"] if kind == "future" else None,
        "underlying": f"{market['base']}/{market['quote']}" if kind == "option" else None,
        "expiry": None
        if expiry is None
        else datetime.fromtimestamp(int(expiry) / 1000, UTC).date(),
        "strike": _number(market.get("strike")),
        "option_right": market.get("optionType"),
    }


def _step(exchange: Any, told: Any) -> float | None:
    if told is None:
        return None
    return 10.0 ** -int(told) if exchange.precisionMode == _DECIMAL_PLACES else float(told)


def _number(told: Any) -> float | None:
    return None if told is None else float(told)
