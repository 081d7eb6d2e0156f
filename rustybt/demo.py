"""The pieces of ``rustybt demo``: where its prices lie, its pipeline and its strategy."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from typing_extensions import override

from rustybt.algorithm import TradingAlgorithm
from rustybt.errors import MissingExtraError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import RSI, SimpleMovingAverage

BUNDLE = "stocks"
ADJUSTED = "Adj Close"  # column of the sample from which splits and dividends are derived
START, END = "2005-01-03", "2013-02-28"
CAPITAL = 50_000_000.0

QUERY = """\
SELECT
    symbol,
    count(*) AS bars,
    min(session) AS first_session,
    max(session) AS last_session,
    max(close) AS highest_close,
    round(last("close" ORDER BY session) / first("close" ORDER BY session) - 1, 4) AS total_return
FROM stocks.bars_1d_adjusted
GROUP BY symbol
ORDER BY symbol"""


def sample_prices() -> Path:
    """Return a file of real daily prices of AAPL, FB, GOOG, IBM and MSFT, 2000 to 2013.

    Raises
    ------
    MissingExtraError
        The package that holds them is not installed.
    """
    try:
        package = files("bokeh_sampledata")
    except ModuleNotFoundError:
        raise MissingExtraError("bokeh_sampledata", "demo") from None
    return Path(str(package / "_data" / "stocks.csv.gz"))


def make_pipeline() -> Pipeline:
    """Return a 20-session moving average and a relative strength index."""
    pipe = Pipeline()
    pipe.add(
        SimpleMovingAverage(inputs=[EquityPricing.close], window_length=20),
        name="sma_20",
    )
    pipe.add(
        RSI(window_length=14),
        name="rsi",
    )
    return pipe


class MovingAverage(TradingAlgorithm):
    """Buys 100 shares of Apple on every session that closes above its 20-session mean."""

    @override
    def initialize(self, context: Any) -> None:
        self.asset = self.symbol("AAPL")

    @override
    def handle_data(self, context: Any, data: Any) -> None:
        current_price = data.current(self.asset, "close")
        prices = data.history(self.asset, fields="close", bar_count=20, frequency="1d")
        if current_price > prices.mean():
            self.order(self.asset, 100)
