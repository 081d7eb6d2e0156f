"""From Arrow batches to dense blocks of floats."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rustybt.finance.calendar import Session
from rustybt.simulation.feed import CLOSE, STORED, Feed, floats
from rustybt.simulation.timeline import Days

stored = st.decimals(-(10**9), 10**9, places=8)
wide = st.decimals(-(10**9), 10**9, places=18)
DAYS = np.arange("2020-01-06", "2020-01-26", dtype="datetime64[D]")
SESSIONS = [
    Session(
        it.item(),
        datetime(it.item().year, 1, it.item().day, 14, 30, tzinfo=UTC),
        datetime(it.item().year, 1, it.item().day, 21, tzinfo=UTC),
    )
    for it in DAYS
]


def column(values, kind=None):
    return pa.array(values, kind or pa.decimal128(18, 8))


@given(st.lists(st.none() | stored, max_size=20))
@example([Decimal("90071992.54740993")])
@example([Decimal("-90071992.54740993"), None])
def test_a_stored_decimal_is_read_as_the_nearest_double(values):
    wanted = [np.nan if it is None else float(it) for it in values]
    np.testing.assert_array_equal(floats(column(values)), np.array(wanted, dtype=float))


@given(st.lists(st.none() | wide, max_size=20))
def test_so_is_a_wide_decimal(values):
    wanted = [np.nan if it is None else float(it) for it in values]
    found = floats(column(values, pa.decimal128(38, 18)))
    np.testing.assert_array_equal(found, np.array(wanted, dtype=float))


def test_a_slice_is_read_from_its_own_start():
    values = [Decimal(it) for it in range(10)]
    np.testing.assert_array_equal(floats(column(values)[3:6]), [3.0, 4.0, 5.0])


def batch(rows):
    """Return a batch of (day, sid, close)."""
    prices = column([None if it[2] is None else Decimal(str(it[2])) for it in rows])
    return pa.record_batch(
        {
            "session": pa.array([DAYS[it[0]].item() for it in rows], pa.date32()),
            "sid": pa.array([it[1] for it in rows], pa.int32()),
            **dict.fromkeys(STORED, prices),
        }
    )


def closes(batches, first, until, **options):
    feed = Feed(Days(SESSIONS), np.array([3, 5]), **options)
    block = feed.block(batches, first, until)
    assert (block.first, block.until) == (first, until)
    return block.values[CLOSE]


ROWS = [(1, 3, 10.5), (1, 5, 20.5), (2, 3, 11.5), (4, 5, 24.5)]
WANTED = [[np.nan] * 2, [10.5, 20.5], [11.5, np.nan], [np.nan] * 2, [np.nan, 24.5], [np.nan] * 2]


@given(st.permutations(ROWS), st.integers(0, 4))
def test_neither_the_order_of_bars_nor_the_cut_into_batches_matters(rows, cut):
    batches = [batch(it) for it in (rows[:cut], rows[cut:])]
    np.testing.assert_array_equal(closes(batches, 0, 6), WANTED)


def test_bars_of_other_sessions_are_left_out():
    np.testing.assert_array_equal(closes([batch(ROWS)], 2, 4), WANTED[2:4])


def test_bars_on_days_that_are_no_session_are_left_out():
    weekend = batch([(1, 3, 10.5), (0, 5, 20.5)])
    feed = Feed(Days(SESSIONS[1:]), np.array([3, 5]))
    np.testing.assert_array_equal(feed.block([weekend], 0, 2).values[CLOSE, 0], [10.5, np.nan])


def test_sessions_without_any_bar_are_there():
    np.testing.assert_array_equal(closes([], 2, 4), np.full((2, 2), np.nan))


def test_a_slice_of_a_batch_is_read_from_its_own_start():
    np.testing.assert_array_equal(closes([batch(ROWS)[1:]], 1, 2), [[np.nan, 20.5]])


@pytest.mark.parametrize(
    ("close", "read"),
    [(74.3305, 74.33), (22.9, 22.900000000000002), (10.0015, 10.002), (0.0004, np.nan)],
)
def test_prices_are_rounded_half_to_even_and_zero_is_missing(close, read):
    found = closes([batch([(0, 3, close)])], 0, 1, price_decimals=3)
    np.testing.assert_array_equal(found[0, 0], read)
