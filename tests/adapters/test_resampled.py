"""Longer bars out of shorter ones: counted from the opening, and never across the end of a session."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

import polars as pl
import pytest

from rustybt.data.adapters import AdapterRegistry, Reach, ResampledAdapter
from rustybt.errors import FetchError, UnsupportedResolutionError
from tests.adapters.ccxt_client import adapter, same, truth
from tests.adapters.ladder import Ladder
from tests.fake_exchanges import faults

at = datetime.fromisoformat
QUARTERS = 4 * 24  # of a day


@dataclass(frozen=True)
class Quarters(Ladder):
    """Bars of 15 minutes round the clock; the close is the number of the quarter since 2024."""

    @property
    def resolutions(self):
        return {"15m": Reach()}


def number(instant):
    return (at(instant) - at("2024-01-01")) // (at("2024-01-01T00:15") - at("2024-01-01"))


@pytest.mark.parametrize(("resolution", "base"), [("4h", "2h"), ("1w", "1d"), ("1mo", "1d")])
def test_coins_round_the_clock(exchanges, resolution, base):
    source = adapter(exchanges, "coinbase")
    assert resolution not in source.resolutions
    resampled = ResampledAdapter(source)
    assert resampled.base_of(resolution) == base
    bars = resampled.fetch_sync("BTC/USD", "2023-10-01", "2024-02-04", resolution)
    assert same(bars, truth(exchanges, "BTC/USD", "2023-10-01", "2024-02-05", resolution))


def test_what_the_source_has_is_passed_on(exchanges):
    bars = ResampledAdapter(adapter(exchanges)).fetch_sync(
        "BTC/USDT", "2024-01-01", "2024-01-02", "1h"
    )
    assert same(bars, truth(exchanges, "BTC/USDT", "2024-01-01", "2024-01-03", "1h"))


def test_the_bar_that_is_not_over_is_left_out(exchanges):
    bars = ResampledAdapter(adapter(exchanges, "coinbase")).fetch_sync(
        "BTC/USD", "2024-02-29", "2024-03-31", "4h"
    )
    assert bars["timestamp"][-1] == at("2024-03-01T08:00")


def test_a_source_that_fails_leaves_no_half_bar(exchanges):
    exchanges.fail("candles", faults.Status(500), at=2, times=None)
    with pytest.raises(FetchError) as raised:
        ResampledAdapter(adapter(exchanges, "coinbase")).fetch_sync(
            "BTC/USD", "2024-01-01", "2024-02-28", "4h"
        )
    (report,) = raised.value.report.symbols
    expected = truth(exchanges, "BTC/USD", "2024-01-01", "2024-02-29", "4h")
    assert same(raised.value.bars, expected.filter(pl.col("timestamp") < report.missing[0][0]))
    assert report.ending == "partial"
    assert report.rows > 0


def test_days_are_sessions():
    days = ResampledAdapter(Quarters({"A": None})).fetch_sync("A", "2024-07-01", "2024-07-05", "1d")
    # New York opens at 13:30 UTC in summer; on the third of July it closed at 17:00, and the next day all day.
    assert days["timestamp"].to_list() == [at(f"2024-07-0{it}") for it in (1, 2, 3, 5)]
    assert days["open"].to_list() == [number(f"2024-07-0{it}T13:30") for it in (1, 2, 3, 5)]
    closes = ("2024-07-01T19:45", "2024-07-02T19:45", "2024-07-03T16:45", "2024-07-05T19:45")
    assert days["close"].to_list() == [number(it) for it in closes]
    first, last = number("2024-07-03T13:30"), number("2024-07-03T16:45")
    assert days["volume"][2] == Decimal(sum(range(first, last + 1)))
    assert (days["high"][2], days["low"][2]) == (last, first)


def test_hours_are_counted_from_the_opening():
    hours = ResampledAdapter(Quarters({"A": None})).fetch_sync(
        "A", "2024-07-03", "2024-07-03", "1h"
    )
    begins = ["13:30", "14:30", "15:30", "16:30"]
    assert hours["timestamp"].to_list() == [at(f"2024-07-03T{it}") for it in begins]
    assert hours["close"].to_list()[-1] == number("2024-07-03T16:45")


def test_hours_that_would_cross_an_opening_are_no_base():
    resampled = ResampledAdapter(Ladder({"A": None}))
    assert resampled.base_of("4h") is None
    assert resampled.base_of("1mo") == "1d"
    with pytest.raises(UnsupportedResolutionError):
        resampled.fetch_sync("A", "2024-01-01", "2024-01-02", "4h")


@pytest.mark.parametrize("digits", [28, 100])  # of the decimals of whoever calls
def test_a_month_has_the_actions_of_its_days(digits):
    told = (
        (at("2024-01-10").date(), "split", "4", None),
        (at("2024-02-06").date(), "dividend", "1", None),
    )
    with localcontext(prec=digits):
        months = ResampledAdapter(Ladder({"A": None}, told)).fetch_sync(
            "A", "2024-01-01", "2024-02-29", "1mo"
        )
    assert months.select("split", "dividend").rows() == [(4, 0), (1, 1)]


def test_it_is_made_again_of_its_parameters(exchanges):
    source = ResampledAdapter(adapter(exchanges, "coinbase"))
    stored = json.loads(json.dumps(source.parameters))
    again = AdapterRegistry.rebuilt(AdapterRegistry.name_of(source), stored)
    assert again.parameters == source.parameters
    assert again.resolutions == source.resolutions
    assert again.calendar == "24/7"
