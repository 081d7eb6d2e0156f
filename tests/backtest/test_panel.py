"""The window of bars against a slow reading of the same rules."""

from collections import defaultdict
from datetime import UTC, date, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rustybt.assets import Asset
from rustybt.finance.actions import Action
from rustybt.finance.calendar import Session
from rustybt.simulation.feed import CLOSE, FIELDS, PRICE, VOLUME, empty
from rustybt.simulation.panel import Panel
from rustybt.simulation.timeline import Days

DAY = date(2020, 1, 1)
ASSETS = [Asset(sid, f"A{sid}", "XNYS", "equity", DAY, DAY) for sid in (2, 7)]
ROWS = 14
SESSIONS = [
    Session(
        date(2020, 1, it + 1),
        datetime(2020, 1, it + 1, 14, 30, tzinfo=UTC),
        datetime(2020, 1, it + 1, 21, tzinfo=UTC),
    )
    for it in range(ROWS)
]

closes = st.lists(
    st.lists(st.none() | st.floats(1, 100), min_size=2, max_size=2), min_size=ROWS, max_size=ROWS
)
actions = st.lists(
    st.tuples(
        st.integers(0, ROWS - 1),
        st.sampled_from([2, 7]),
        st.sampled_from(["split", "dividend"]),
        st.sampled_from([0.5, 0.9, 3.0]),
    ),
    max_size=5,
)


def stored(rows):
    close = np.array([[np.nan if it is None else it for it in row] for row in rows])
    volume = np.where(np.isnan(close), 0.0, 1000.0)
    return np.stack([close, close, close, close, volume, np.full_like(close, np.nan)])


def as_known(values, acts, at, field, column):
    """Return one field of one column from the first row to `at`, as known at `at`."""
    close = values[3, :, column]
    found = []
    for row in range(at + 1):
        source = row
        if field == "price":
            while source > 0 and np.isnan(close[source]):
                source -= 1
        number = FIELDS.index("close" if field == "price" else field)
        value = values[number, source, column]
        for number, sid, kind, ratio in sorted(acts, key=lambda it: it[0]):
            if sid == ASSETS[column].sid and source < number <= at:
                if field != "volume":
                    value *= ratio
                elif kind == "split":
                    value /= ratio
        found.append(value)
    return np.array(found)


def panel_of(values, acts, block, keep):
    """Return a panel over stored values that are read so many sessions at a time."""
    by_session = defaultdict(list)
    for number, sid, kind, ratio in sorted(acts, key=lambda it: it[0]):
        by_session[number].append(Action(DAY, sid, kind, ratio, None, None))

    def blocks(first, until, room=lambda: 0):
        for begin in range(first, until, block):
            made = empty(begin, min(begin + block, until), len(ASSETS), room())
            made.values[:] = values[:, begin : made.until]
            yield made

    return Panel(ASSETS, Days(SESSIONS), by_session, blocks, keep)


def lived(panel, first=0):
    """Yield each session in which the panel has seen its bar."""
    panel.start(first, ROWS)
    for at in range(first, ROWS):
        panel.reach(at + 1)
        panel.begin(at)
        panel.seen = at + 1
        yield at


@given(
    closes,
    actions,
    st.integers(1, ROWS),
    st.integers(0, ROWS),
    st.integers(1, ROWS),
    st.integers(0, ROWS - 1),
)
def test_every_window_is_what_was_known_then(rows, acts, block, keep, ask, first):
    values = stored(rows)
    panel = panel_of(values, acts, block, keep)
    for at in lived(panel, first):
        count = min(ask, at + 1)
        for field, name in ((CLOSE, "close"), (VOLUME, "volume"), (PRICE, "price")):
            window = panel.window(field, slice(None), count)
            for column in (0, 1):
                wanted = as_known(values, acts, at, name, column)[-count:]
                np.testing.assert_array_equal(window[:, column], wanted)


@given(closes, actions, st.integers(1, ROWS))
def test_the_last_price_is_carried_over_actions_and_blocks(rows, acts, block):
    values = stored(rows)
    panel = panel_of(values, acts, block, ROWS)
    for at in lived(panel):
        for column, asset in enumerate(ASSETS):
            wanted = as_known(values, acts, at, "price", column)
            found = panel.window(PRICE, slice(column, column + 1), at + 1)
            np.testing.assert_array_equal(found[:, 0], wanted)
            np.testing.assert_array_equal(panel.last_price(asset), wanted[-1])


@given(closes, actions, st.integers(1, ROWS), st.integers(0, ROWS - 1))
def test_a_last_price_is_found_in_bars_older_than_those_held(rows, acts, block, first):
    values = stored(rows)
    panel = panel_of(values, acts, block, 0)
    for at in lived(panel, first):
        for column, asset in enumerate(ASSETS):
            wanted = as_known(values, acts, at, "price", column)
            np.testing.assert_array_equal(panel.last_price(asset), wanted[-1])


def small_panel():
    panel = panel_of(stored([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]] * 5), [], 3, 3)
    panel.start(0, ROWS)
    panel.reach(2)
    panel.begin(1)
    return panel


def test_a_window_does_not_show_the_current_row_before_it_is_seen():
    assert small_panel().window(CLOSE, slice(None), 1).tolist() == [[1.0, 2.0]]


def test_a_window_is_a_copy_in_c_order_without_a_future_behind_it():
    for assets, wanted in ((ASSETS[::-1], [[2.0, 1.0]]), (ASSETS, [[1.0, 2.0]])):
        panel = small_panel()
        window = panel.window(CLOSE, panel.columns(assets), 1)
        assert window.flags["C_CONTIGUOUS"]
        assert window.flags["OWNDATA"]
        assert window.tolist() == wanted


def test_a_row_can_be_changed_without_harm():
    panel = small_panel()
    panel.row(CLOSE, slice(None))[:] = 9.0
    assert panel.row(CLOSE, slice(None)).tolist() == [1.0, 2.0]
