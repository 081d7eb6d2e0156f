"""The daily returns of the asset that a strategy is compared with."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from math import isfinite, prod

import numpy as np

from rustybt.assets import Asset
from rustybt.errors import OptionError, ResolutionError
from rustybt.simulation.market import Market
from warehouse import sqltext


def returns_of(asset: Asset, market: Market, labels: Sequence[date]) -> Mapping[date, float]:
    """Return the returns of an asset from close to close, by session.

    A session without a bar keeps the close before it. In the asset's own first session the return
    is from open to close.

    Raises
    ------
    OptionError
        The asset is not listed in all of the sessions, or has no daily bar in or before them.
    ResolutionError
        The bundle has no daily bars.
    """
    if "1d" not in market.resolutions:
        raise ResolutionError(market.bundle, "1d", market.resolutions)
    first, last = labels[0], labels[-1]
    if asset.first_session > first or asset.last_session < last:
        expected = f"an asset listed from {first} to {last}"
        listed = f"{asset!r} of {asset.first_session} to {asset.last_session}"
        raise OptionError("benchmark", listed, expected)
    query = sqltext.render("backtest/benchmark", bundle=market.bundle)
    span = {"sid": asset.sid, "first": first, "last": last}
    bars = market.warehouse.sql(query, span).rows()
    if not bars:
        raise OptionError("benchmark", repr(asset), f"an asset with daily bars up to {last}")
    actions = market.actions(market.number(last) + 1).values()
    ratios = [(it.session, it.ratio) for it in chain(*actions) if it.sid == asset.sid and it.ratio]

    def adjusted(day: date, price: Decimal) -> float:
        later = prod(ratio for session, ratio in ratios if session > day and isfinite(ratio))
        value = _rounded(float(price), market.price_decimals) * later
        return _rounded(value, market.price_decimals)

    closes = {day: adjusted(day, close) for day, _, close in bars}
    day, opened, close = bars[0]
    price = closes[day] if day < first else adjusted(day, opened or close)
    returns = {}
    for label in labels:
        before, price = price, closes.get(label, price)
        returns[label] = price / before - 1.0
    return returns


def _rounded(price: float, decimals: int | None) -> float:
    """Return a price as the feed of the run rounds it, half to even."""
    return price if decimals is None else float(np.rint(price * 10.0**decimals) * 10.0**-decimals)
