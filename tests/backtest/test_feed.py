"""From Arrow batches to dense blocks of floats."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.simulation.feed import STORED, Feed, floats

stored = st.decimals(-(10**9), 10**9, places=8)
wide = st.decimals(-(10**9), 10**9, places=18)
DAYS = np.arange("2020-01-06", "2020-01-26", dtype="datetime64[D]")


def column(values, kind=None):
    return pa.array(values, kind or pa.decimal128(18, 8))


@given(st.lists(st.none() | stored, max_size=20))
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
    feed = Feed(DAYS, np.array([3, 5]), **options)
    blocks = list(feed.blocks(batches, first, until))
    assert [it.first for it in blocks[1:]] == [it.until for it in blocks[:-1]]
    return np.concatenate([it.values[STORED.index("close")] for it in blocks])


ROWS = [(1, 3, 10.5), (1, 5, 20.5), (2, 3, 11.5), (4, 5, 24.5)]
WANTED = [[np.nan] * 2, [10.5, 20.5], [11.5, np.nan], [np.nan] * 2, [np.nan, 24.5], [np.nan] * 2]


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_the_cut_into_batches_does_not_matter(cut):
    batches = [batch(ROWS[:cut]), *([batch(ROWS[cut:])] if ROWS[cut:] else [])]
    np.testing.assert_array_equal(closes(batches, 0, 6), WANTED)


def test_sessions_without_any_bar_are_there():
    np.testing.assert_array_equal(closes([], 2, 4), np.full((2, 2), np.nan))


@pytest.mark.parametrize(
    ("close", "read"),
    [(74.3305, 74.33), (22.9, 22.900000000000002), (10.0015, 10.002), (0.0004, np.nan)],
)
def test_prices_are_rounded_half_to_even_and_zero_is_missing(close, read):
    found = closes([batch([(0, 3, close)])], 0, 1, price_decimals=3)
    np.testing.assert_array_equal(found[0, 0], read)
