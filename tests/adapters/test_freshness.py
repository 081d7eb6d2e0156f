"""How long what was fetched holds."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from rustybt.data.calendars import exchange_calendar
from rustybt.data.sources.freshness import (
    AlwaysStaleFreshnessPolicy,
    HybridFreshnessPolicy,
    MarketCloseFreshnessPolicy,
    NeverStaleFreshnessPolicy,
    TTLFreshnessPolicy,
    policy_of,
)
from rustybt.errors import OptionError

at = datetime.fromisoformat
CLOSE, HYBRID = MarketCloseFreshnessPolicy(), HybridFreshnessPolicy(1800)


@pytest.mark.parametrize(
    ("policy", "calendar", "fetched", "until"),
    [
        # New York: a day in winter closes at 21:00 UTC, one in summer at 20:00, Christmas Eve at 18:00.
        (CLOSE, "XNYS", "2024-01-03T15:00", "2024-01-03T21:00"),
        (CLOSE, "XNYS", "2024-01-03T21:00", "2024-01-04T21:00"),
        (CLOSE, "XNYS", "2024-01-05T23:00", "2024-01-08T21:00"),
        (CLOSE, "NYSE", "2024-07-05T03:00", "2024-07-05T20:00"),
        (CLOSE, "XNYS", "2024-12-24T12:00", "2024-12-24T18:00"),
        (CLOSE, "XNYS", "2024-12-31T22:00", "2025-01-02T21:00"),
        (CLOSE, "XTKS", "2024-01-04T03:00", "2024-01-04T06:00"),
        (CLOSE, "24/7", "2024-01-06T15:00", "2024-01-07T00:00"),
        (CLOSE, None, "2024-01-06T15:00", "2024-01-07T00:00"),
        (HYBRID, "XNYS", "2024-01-03T15:00", "2024-01-03T15:30"),
        (HYBRID, "XNYS", "2024-01-03T21:00", "2024-01-04T14:30"),
        (HYBRID, "XNYS", "2024-01-05T23:00", "2024-01-08T14:30"),
        (HYBRID, "XNYS", "2024-01-08T14:29", "2024-01-08T14:30"),
        (HYBRID, "24/7", "2024-01-06T15:00", "2024-01-06T15:30"),
        (TTLFreshnessPolicy(90), "XNYS", "2024-01-06T15:00", "2024-01-06T15:01:30"),
        (TTLFreshnessPolicy(), "XNYS", "2024-01-06T15:00", "2024-01-06T16:00"),
        (AlwaysStaleFreshnessPolicy(), "XNYS", "2024-01-06T15:00", "2024-01-06T15:00"),
        (NeverStaleFreshnessPolicy(), "XNYS", "2024-01-06T15:00", "9999-12-31T23:59:59.999999"),
    ],
)  # fmt: skip
def test_it_holds_up_to_an_instant_and_not_at_it(policy, calendar, fetched, until):
    assert policy.get_next_refresh_time(at(fetched), "1h", calendar) == at(until)
    before = at(until) - timedelta(microseconds=1)
    assert policy.is_fresh(at(fetched), "hourly", calendar, now=before)
    assert not policy.is_fresh(at(fetched), "1h", calendar, now=at(until))


def test_every_form_of_an_instant_and_of_a_calendar():
    seconds = at("2024-01-03T15:00+00:00").timestamp()
    for told in (
        at("2024-01-03T10:00-05:00"),
        {"fetch_timestamp": int(seconds)},
        SimpleNamespace(fetch_timestamp=seconds),
    ):
        assert CLOSE.get_next_refresh_time(told, "1d", "XNYS") == at("2024-01-03T21:00")
    found = CLOSE.get_next_refresh_time(at("2024-01-03T15:00"), "1d", exchange_calendar("XNYS"))
    assert found == at("2024-01-03T21:00")


def test_the_present_counts_where_no_other_instant_is_told():
    now = datetime.now(UTC)
    assert TTLFreshnessPolicy(600).is_fresh(now, "1d")
    assert not TTLFreshnessPolicy(600).is_fresh(now - timedelta(seconds=601), "1d")


@pytest.mark.parametrize("told", [None, {}, {"fetch_timestamp": None}, SimpleNamespace()])
def test_what_was_never_fetched_is_refused(told):
    with pytest.raises(OptionError, match="fetch_timestamp"):
        NeverStaleFreshnessPolicy().is_fresh(told, "1d")


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_a_time_that_cannot_be_is_refused(seconds):
    with pytest.raises(OptionError, match="ttl_seconds"):
        TTLFreshnessPolicy(seconds)
    with pytest.raises(OptionError, match="ttl_seconds"):
        HybridFreshnessPolicy(seconds)


@pytest.mark.parametrize(
    "policy", [CLOSE, HYBRID, TTLFreshnessPolicy(5), NeverStaleFreshnessPolicy()]
)
def test_its_parameters_make_it_again(policy):
    assert policy_of(policy.parameters) == policy
