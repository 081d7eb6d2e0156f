"""All vendors of the server; each answers its own paths, and None to others."""

from collections.abc import Callable

from tests.fake_exchanges import (
    alpaca,
    alphavantage,
    binance,
    bybit,
    coinbase,
    kraken,
    okx,
    polygon,
    yahoo,
)
from tests.fake_exchanges.answer import Answer, Ask
from tests.fake_exchanges.world import World

VENDORS: tuple[Callable[[World, Ask], Answer | None], ...] = (
    binance.answer,
    bybit.answer,
    okx.answer,
    kraken.answer,
    coinbase.answer,
    yahoo.answer,
    polygon.answer,
    alpaca.answer,
    alphavantage.answer,
)
