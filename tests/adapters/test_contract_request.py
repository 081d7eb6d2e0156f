"""What is asked of an adapter: every form of a call means one request, or is refused before any request."""

from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd  # noqa: TID253
import pytest

from rustybt.data.adapters import Request
from rustybt.errors import RequestError

at = datetime.fromisoformat
JAN = at("2024-01-01")


@pytest.mark.parametrize(
    "call",
    [
        {"start_date": "2024-01-01", "end_date": "2024-01-31", "resolution": "1h"},
        {"start": date(2024, 1, 1), "end": date(2024, 1, 31), "timeframe": "60min"},
        {"start_date": JAN, "end": pd.Timestamp("2024-01-31"), "frequency": "hourly"},
        {"start": pd.Timestamp("2024-01-01", tz="UTC"), "end_date": "2024-01-31", "timeframe": "1H"},
    ],
)  # fmt: skip
def test_every_form_is_one_request(call):
    assert Request.of(["A", "B"], **call) == Request(("A", "B"), JAN, at("2024-02-01"), "1h")


@pytest.mark.parametrize(
    ("end", "until"),
    [
        ("2024-01-02", at("2024-01-03")),
        ("2024-01-02T10:00", at("2024-01-02T10:00:00.000001")),
        (datetime(2024, 1, 2, 10, tzinfo=timezone(timedelta(hours=2))), at("2024-01-02T08:00:00.000001")),
        (pd.Timestamp("2024-01-02 10:00", tz="America/New_York"), at("2024-01-02T15:00:00.000001")),
    ],
)  # fmt: skip
def test_the_end_is_included(end, until):
    assert Request.of("A", JAN, end, "1m").until == until


def test_days_are_those_that_are_written():
    tokyo = timezone(timedelta(hours=9))
    request = Request.of(
        "A", datetime(2024, 1, 2, tzinfo=tokyo), datetime(2024, 1, 5, 18, tzinfo=UTC)
    )
    assert (request.start, request.until) == (at("2024-01-02"), at("2024-01-06"))
    assert request.resolution == "1d"


def test_symbols_are_asked_once_in_their_order():
    assert Request.of([" B", "A", "B"], JAN, JAN).symbols == ("B", "A")
    assert Request.of("BTC/USDT", JAN, JAN).symbols == ("BTC/USDT",)


@pytest.mark.parametrize(
    ("symbols", "call", "words"),
    [
        ([], {}, "at least one"),
        ([""], {}, "none of them empty"),
        (["A", 5], {}, "none of them empty"),
        ("A", {"end_date": "2023-12-31"}, "no time before"),
        ("A", {"end_date": "31/01/2024"}, "ISO 8601"),
        ("A", {"end_date": None}, "ISO 8601"),
        ("A", {"end_date": pd.NaT}, "ISO 8601"),
        ("A", {"end_date": 20240131}, "ISO 8601"),
        ("A", {"resolution": "7m"}, "one of tick, 1m"),
        ("A", {"start": JAN}, "start_date once"),
        ("A", {"until": JAN}, "one of symbols"),
    ],
)
def test_what_cannot_be_is_refused(symbols, call, words):
    with pytest.raises(RequestError, match=words):
        Request.of(symbols, **{"start_date": JAN, "end_date": JAN, **call})
