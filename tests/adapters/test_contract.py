"""The contract of adapters: one frame of complete symbols, or an error that says what is missing."""

import asyncio
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from rustybt.data.adapters import ACTIONS, ASSETS, BARS, frame
from rustybt.errors import (
    DataParsingError,
    FetchError,
    NetworkError,
    QuotaExceededError,
    RateLimitError,
    RefusedError,
    SymbolNotFoundError,
    UnsupportedResolutionError,
)
from tests.adapters.ladder import Ladder

at = datetime.fromisoformat
SPAN = ("2024-01-01", "2024-01-12")


def fetch(adapter, symbols, *span, **call):
    return asyncio.run(adapter.fetch(symbols, *(span or SPAN), **call))


def fetch_all(adapter, symbols, *span, **call):
    return asyncio.run(adapter.fetch_all(symbols, *(span or SPAN), **call))


def test_one_frame_by_symbol_and_time():
    bars = fetch(Ladder({"A": None, "B": None}), ["b", "A"])
    assert bars.columns == list(BARS)
    assert bars.height == 24
    assert bars.equals(bars.sort("symbol", "timestamp"))
    assert bars["close"].dtype == pl.Decimal(18, 8)
    assert bars["timestamp"].dtype == pl.Datetime("us")
    assert bars.filter(pl.col("symbol") == "B")["close"].to_list() == list(range(12))
    assert set(bars["dividend"]) == {Decimal(0)}
    assert set(bars["split"]) == {Decimal(1)}


def test_positions_and_names_mean_the_same():
    adapter = Ladder({"A": None})
    named = adapter.fetch_sync("A", start="2024-01-01", end="2024-01-02", timeframe="hourly")
    assert named.equals(fetch(adapter, "A", "2024-01-01", "2024-01-02", "1h"))
    assert named.height == 48


def test_fetch_sync_answers_inside_a_running_loop_too():
    adapter = Ladder({"A": None})

    async def cell():
        return adapter.fetch_sync("A", *SPAN)

    before = threading.active_count()
    assert asyncio.run(cell()).equals(adapter.fetch_sync("A", *SPAN))
    assert threading.active_count() == before


def test_fetch_sync_raises_what_fetch_raises():
    adapter = Ladder({"A": (1, NetworkError("ladder", "it is down"))})

    async def cell():
        adapter.fetch_sync("A", *SPAN)

    with pytest.raises(FetchError, match="it is down"):
        asyncio.run(cell())


ENDINGS = [
    (None, 12, "complete", ()),
    ((2, NetworkError("ladder", "it is down")), 5, "partial", ("2024-01-06",)),
    ((1, NetworkError("ladder", "it is down")), 0, "failed", ("2024-01-01",)),
    ((1, RefusedError("ladder", "no")), 0, "failed", ("2024-01-01",)),
    ((2, RateLimitError("ladder", "slower", 5.0)), 5, "rate limited", ("2024-01-06",)),
    ((1, QuotaExceededError("ladder", "no more today")), 0, "rate limited", ("2024-01-01",)),
    ((1, SymbolNotFoundError("ladder", "A", ["AB"])), 0, "not found", ("2024-01-01",)),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "rows", "ending", "missing"), ENDINGS)
def test_each_symbol_says_how_it_ended(fault, rows, ending, missing):
    fetched = fetch_all(Ladder({"A": fault, "B": None}), ["A", "B"])
    a, b = fetched.report.symbols
    assert (a.ending, a.rows) == (ending, rows)
    assert a.missing == tuple((at(it), at("2024-01-13")) for it in missing)
    assert (b.ending, b.rows) == ("complete", 12)
    assert fetched.complete is (fault is None)
    assert fetched.bars.height == rows + 12


def test_an_incomplete_fetch_raises_and_carries_what_came():
    faults = {"A": (2, NetworkError("ladder", "it is down")), "B": None}
    with pytest.raises(FetchError) as raised:
        fetch(Ladder(faults), ["A", "B"])
    assert raised.value.bars.height == 17
    assert [it.ending for it in raised.value.report.symbols] == ["partial", "complete"]
    assert "1 of 2 symbols are not complete" in str(raised.value)
    assert "A: partial, 5 rows; missing: 2024-01-06 00:00:00 to 2024-01-13" in str(raised.value)


def test_a_page_may_say_what_the_source_lacks():
    gap = (at("2024-01-03"), at("2024-01-04"))
    (report,) = fetch_all(Ladder({"A": None}, lacking=(gap,)), "A").report.symbols
    assert report.ending == "partial"
    assert gap in report.missing
    assert report.reason == "it lost them"


def test_a_frame_without_rows_has_its_columns():
    joined = frame.joined("ladder", [])
    assert joined.height == 0
    assert joined.columns == list(BARS)


def test_the_same_name_twice_is_fetched_once():
    assert fetch(Ladder({"A": None}), ["A", "a"]).height == 12


def test_a_length_that_it_has_not_is_refused_before_any_request():
    with pytest.raises(UnsupportedResolutionError, match="1h, 1d, 1w of ladder"):
        fetch(Ladder({}), "A", resolution="5m")


def test_what_lies_before_its_reach_is_missing_or_refused():
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    adapter = Ladder({"A": None}, reach=timedelta(days=10))
    with pytest.raises(UnsupportedResolutionError, match="nothing before"):
        fetch(adapter, "A", "2024-01-01", "2024-01-02", "1h")
    span = (now - timedelta(days=12), now)
    (report,) = fetch_all(adapter, "A", *span, "1h").report.symbols
    assert report.ending == "partial"
    ((start, until),) = report.missing
    assert start == span[0]
    assert abs(until - (now - timedelta(days=10))) < timedelta(minutes=1)


def test_actions_stand_in_the_bars_and_in_a_frame():
    told = ((date(2024, 1, 5), "split", "4", None), (date(2024, 1, 6), "dividend", "0.22", None))
    fetched = fetch_all(Ladder({"A": None}, told), "A")
    assert fetched.actions.columns == list(ACTIONS)
    assert fetched.actions.height == 2
    found = fetched.bars.filter((pl.col("dividend") != 0) | (pl.col("split") != 1))
    assert found.select("timestamp", "dividend", "split").rows() == [
        (at("2024-01-05"), Decimal(0), Decimal(4)),
        (at("2024-01-06"), Decimal("0.22"), Decimal(1)),
    ]


def test_a_week_holds_the_actions_of_its_days():
    told = (
        (date(2024, 1, 3), "split", "4", None),
        (date(2024, 1, 4), "dividend", "1", None),
        (date(2024, 1, 5), "dividend", "0.5", None),
    )
    weeks = fetch(Ladder({"A": None}, told), "A", "2024-01-01", "2024-01-14", "1wk")
    assert weeks.select("dividend", "split").rows() == [
        (Decimal("1.5"), Decimal(4)),
        (Decimal(0), Decimal(1)),
    ]


def test_what_is_known_of_assets():
    known = asyncio.run(Ladder({}).assets(["b", "a", "B"]))
    assert known.schema == pl.Schema(ASSETS)
    assert known.select("symbol", "currency", "strike").rows() == [
        ("A", "USD", None),
        ("B", "USD", None),
    ]


# ---------------------------------------------------------------- frames


def page(closes, symbol="A"):
    begins = [at(f"2024-01-{day:02}") for day in range(1, len(closes) + 1)]
    return frame.bars(symbol, begins, dict.fromkeys(frame.PRICES, closes))


@pytest.mark.parametrize(
    "written", ["0.1", "13752.18233851", "1e-8", "1E5", "0.000000000000000001", "12345678901234567890"]
)  # fmt: skip
def test_numbers_are_exact(written):
    assert frame.joined("it", [page([written])])["close"][0] == Decimal(written)


def test_a_column_is_wide_only_where_it_must_be():
    narrow, wide = page(["1.5"]), page(["0.000000001"], "B")
    assert frame.joined("it", [narrow])["close"].dtype == pl.Decimal(18, 8)
    assert frame.joined("it", [narrow, wide])["close"].dtype == pl.Decimal(38, 18)


@pytest.mark.parametrize(
    "written", ["NaN", "inf", "abc", "", "1e-19", "1e30", "0.1234567890123456789"]
)
def test_numbers_that_are_none_are_refused(written):
    with pytest.raises(DataParsingError):
        page([written])


def test_columns_of_unlike_length_are_refused():
    with pytest.raises(DataParsingError, match="expected 2 values"):
        frame.bars("A", [at("2024-01-01"), at("2024-01-02")], {it: [1] for it in frame.PRICES})


def test_a_bar_that_is_told_twice_is_one_and_two_tellings_are_refused():
    assert frame.joined("it", [page(["1", "2"]), page(["1"])]).height == 2
    with pytest.raises(DataParsingError, match="two different bars of A"):
        frame.joined("it", [page(["1", "2"]), page(["3"])])
