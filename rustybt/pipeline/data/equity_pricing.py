"""The daily bars of a bundle, as pipelines see them."""

from typing import Final

from rustybt.pipeline.data.column import BoundColumn, Fields


class EquityPricing(metaclass=Fields):
    """Daily bars of ``bars_1d``, adjusted as known before the open of each session.

    Notes
    -----
    Prices are in the currency of trade, adjusted for splits and dividends, NULL where an asset did
    not trade. Volume is in shares, adjusted for splits, 0 where an asset did not trade. The session
    of a row sees bars up to the session before.
    """

    open: Final = BoundColumn(dataset="EquityPricing", name="open", price=1)
    high: Final = BoundColumn(dataset="EquityPricing", name="high", price=1)
    low: Final = BoundColumn(dataset="EquityPricing", name="low", price=1)
    close: Final = BoundColumn(dataset="EquityPricing", name="close", price=1)
    volume: Final = BoundColumn(dataset="EquityPricing", name="volume", shares=1)


USEquityPricing = EquityPricing
