"""Bars that a calendar lets expect and no answer has are told, though their absence is no fault."""

import asyncio
from datetime import datetime, timedelta

import pytest

from rustybt.data.adapters import Request
from rustybt.data.adapters.quiet import Quiet
from tests.adapters.test_alpaca import alpaca
from tests.fake_exchanges import faults

at = datetime.fromisoformat
MINUTES = timedelta(minutes=5)


def opening(count, day="2024-02-01"):
    """Return when the first bars of a session in New York begin."""
    return [at(f"{day}T14:30") + i * MINUTES for i in range(count)]


def test_bars_of_a_session_are_expected_and_no_others():
    quiet = Quiet.of("XNYS", Request.of("A", "2024-02-01", "2024-02-02", "5m"))
    there = opening(78)
    del there[3:5], there[60]
    assert quiet.passed([at("2024-02-01T09:00"), *there]) == (
        (at("2024-02-01T14:45"), at("2024-02-01T14:55")),
        (at("2024-02-01T19:40"), at("2024-02-01T19:45")),
    )
    assert quiet.rest(at("2024-02-03")) == ((at("2024-02-02T14:30"), at("2024-02-02T21:00")),)
    assert quiet.rest(at("2024-02-03")) == ()


def test_a_page_that_ends_within_a_session_lacks_nothing_behind_its_end():
    quiet = Quiet.of("XNYS", Request.of("A", "2024-02-01", "2024-02-01", "5m"))
    assert quiet.passed(opening(10)) == ()
    assert quiet.passed(opening(78)[12:]) == ((at("2024-02-01T15:20"), at("2024-02-01T15:30")),)
    assert quiet.rest(at("2024-02-02")) == ()


def test_days_are_sessions():
    quiet = Quiet.of(
        "XNYS", Request.of("A", "2024-03-25", "2024-04-02", "1d")
    )  # Good Friday is none
    there = [at(f"2024-03-{day}") for day in (25, 26)]
    assert quiet.passed(there) == ()
    assert quiet.rest(at("2024-04-03")) == ((at("2024-03-27"), at("2024-04-03")),)


@pytest.mark.parametrize("resolution", ["1h", "4h", "1w", "1mo", "tick"])
def test_of_other_lengths_nothing_is_expected(resolution):
    quiet = Quiet.of("XNYS", Request.of("A", "2024-02-01", "2024-02-02", resolution))
    assert quiet.rest(at("2024-02-03")) == ()


def test_of_years_that_no_calendar_knows_nothing_is_expected():
    quiet = Quiet.of("XSHG", Request.of("A", "1980-01-01", "1980-02-01", "1d"))
    assert quiet.rest(at("1980-02-02")) == ()


def test_what_a_vendor_leaves_out_is_told(exchanges):
    asked = ("SPY", "2024-01-24", "2024-02-09", "5m")
    assert asyncio.run(alpaca(exchanges).fetch_all(*asked)).report.symbols[0].gaps == ()
    exchanges.fail("/v2/stocks/bars", faults.Reshaped(lambda rows: rows[:100] + rows[110:]))
    fetched = asyncio.run(alpaca(exchanges).fetch_all(*asked))
    begin = at("2024-01-25T16:20")
    assert fetched.complete
    assert fetched.report.symbols[0].gaps == ((begin, begin + 10 * MINUTES),)
    assert (
        "no bar in 1 stretches: 2024-01-25 16:20:00 to 2024-01-25 17:10:00" in fetched.report.text
    )
