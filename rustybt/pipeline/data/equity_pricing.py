"""The daily bars of a bundle, as pipelines see them."""

from typing import Final

import numpy as np

from rustybt.markets import CURRENCIES
from rustybt.pipeline.data.column import BoundColumn
from rustybt.pipeline.data.dataset import Fields
from rustybt.pipeline.domain import CRYPTO, GENERIC, US_EQUITIES
from rustybt.pipeline.vocabulary.relation import Currencies


class EquityPricing(metaclass=Fields):
    """Daily bars of ``bars_1d``, adjusted as known before the open of each session.

    Notes
    -----
    Prices are in the currency of trade, adjusted for splits and dividends, NULL where an asset did
    not trade. Volume is in shares, adjusted for splits, 0 where an asset did not trade. The session
    of a row sees bars up to the session before. The currency is that of the exchange, or what stands
    behind the slash or dash of a pair such as ``BTC/USD``.
    """

    domain = GENERIC

    open: Final = BoundColumn(dataset="EquityPricing", name="open", price=1, currency_aware=True)
    high: Final = BoundColumn(dataset="EquityPricing", name="high", price=1, currency_aware=True)
    low: Final = BoundColumn(dataset="EquityPricing", name="low", price=1, currency_aware=True)
    close: Final = BoundColumn(dataset="EquityPricing", name="close", price=1, currency_aware=True)
    volume: Final = BoundColumn(dataset="EquityPricing", name="volume", shares=1)
    currency: Final = BoundColumn(
        dataset="EquityPricing",
        name="currency",
        dtype=np.dtype(object),
        relation=Currencies(CURRENCIES),
    )


USEquityPricing = EquityPricing.specialize(US_EQUITIES)
CryptoPricing = EquityPricing.specialize(CRYPTO)
