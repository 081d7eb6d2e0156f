"""Adapters of ccxt that are pointed at the loopback, and the truth that they shall answer."""

import asyncio

import polars as pl

from rustybt.data.adapters import CCXTAdapter, frame
from rustybt.data.adapters.net.retry import Patience
from tests.fake_exchanges import urls
from tests.fake_exchanges.series import ms

QUICK = Patience(attempts=4, seconds=20.0, first=0.02, longest=0.05)
KLINES = "/api/v3/klines"


def adapter(server, exchange_id="binance", **options):
    """Return an adapter that asks the server, far faster than the exchange would let it."""
    config = {"urls": urls(exchange_id, server.http_url)}
    return CCXTAdapter(
        exchange_id, config=config, **{"rate_limit": 2000, "patience": QUICK, **options}
    )


def fetch(server, symbols, *span, **options):
    return asyncio.run(adapter(server, **options).fetch(symbols, *span))


def fetch_all(server, symbols, *span, **options):
    return asyncio.run(adapter(server, **options).fetch_all(symbols, *span))


def truth(server, symbol, start, until, resolution):
    """Return what the server has of [start, until), as `fetch` answers it."""
    series = server.world.coins[symbol.partition(":")[0].replace("/", "")]
    bars = series.bars(resolution, ms(start), min(ms(until), server.world.now))
    numbers = {name: [getattr(it, name) for it in bars] for name in frame.PRICES}
    return frame.joined("truth", [frame.bars(symbol, [it.at for it in bars], numbers)])


def same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Whether two frames have the same rows; nothing of their numbers is rounded."""
    return one.cast({pl.Decimal: pl.Decimal(38, 18)}).equals(
        other.cast({pl.Decimal: pl.Decimal(38, 18)})
    )
