"""The methods over sessions: shift, and mean and zscore with a window."""

import numpy as np
import polars as pl
import pytest

from rustybt.errors import TermParameterError, WindowInputError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import Returns, RollingZScore, SimpleMovingAverage

DAY = Returns(window_length=2)
PRICE = EquityPricing.close.latest


@pytest.fixture(scope="module")
def rows(small):
    columns = {
        "day": DAY,
        "shift": DAY.shift(2),
        "liquid": DAY.shift(2, mask=EquityPricing.volume.latest > 1200),
        "volume": EquityPricing.volume.latest,
        "zscore": DAY.zscore(window_length=4),
    }
    pipe = Pipeline(columns)
    found = pipe.run("2024-01-03", "2024-02-01", bundle="small", warehouse=small).pl()
    return found.filter(pl.col("symbol") == "F").sort("session")


def test_shift_is_the_value_of_an_earlier_session(rows):
    assert rows["shift"].to_list() == rows["day"].shift(2).to_list()


def test_shift_is_null_outside_its_mask(rows):
    expected = rows.select(pl.when(pl.col("volume") > 1200).then(pl.col("day").shift(2)))
    assert rows["liquid"].to_list() == expected.to_series().to_list()


def test_zscore_with_a_window_compares_an_asset_with_itself(rows):
    day = rows["day"]
    expected = (day - day.rolling_mean(4)) / day.rolling_std(4, ddof=0)
    np.testing.assert_allclose(rows["zscore"], expected, rtol=1e-9)


def test_methods_with_a_window_are_the_factors_of_it():
    assert DAY.mean(window_length=5) == SimpleMovingAverage(inputs=[DAY], window_length=5)
    assert DAY.zscore(window_length=7) == RollingZScore(inputs=[DAY], timeperiod=7)


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_shift_goes_back_by_whole_sessions(n):
    with pytest.raises(TermParameterError, match="shift"):
        DAY.shift(n)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PRICE.shift(1),
        lambda: PRICE.mean(window_length=3),
        lambda: PRICE.zscore(window_length=3),
    ],
)
def test_price_is_not_looked_back_on(make):
    with pytest.raises(WindowInputError):
        make()


def test_window_and_groups_exclude_each_other():
    labels = DAY.quantiles(2)
    with pytest.raises(TermParameterError, match="groupby"):
        DAY.zscore(groupby=labels, window_length=3)
