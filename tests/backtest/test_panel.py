"""The window of bars against a slow reading of the same rules."""

from collections import defaultdict
from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rustybt.assets import Asset
from rustybt.finance.actions import Action
from rustybt.simulation.feed import Block
from rustybt.simulation.panel import FIELDS, Panel

DAY = date(2020, 1, 6)
ASSETS = [Asset(sid, f"A{sid}", "XNYS", "equity", DAY, DAY) for sid in (2, 7)]
ROWS = 14

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
    return np.stack([close, close, close, close, volume])


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


@given(closes, actions, st.integers(1, ROWS), st.integers(0, ROWS), st.integers(1, ROWS))
def test_every_window_is_what_was_known_then(rows, acts, block, keep, ask):
    values = stored(rows)
    by_session = defaultdict(list)
    for number, sid, kind, ratio in sorted(acts, key=lambda it: it[0]):
        by_session[number].append(Action(DAY, sid, kind, ratio, None, None))

    def reload(first, until):
        yield Block(first, values[:, first:until].copy())

    panel = Panel(ASSETS, by_session, reload, keep)
    for first in range(0, ROWS, block):
        panel.load(Block(first, values[:, first : first + block].copy()))
        for at in range(first, min(first + block, ROWS)):
            panel.begin(at)
            panel.reveal()
            count = min(ask, at + 1)
            for field in ("close", "volume"):
                window = panel.window(field, None, count)
                for column in (0, 1):
                    wanted = as_known(values, acts, at, field, column)[-count:]
                    np.testing.assert_array_equal(window[:, column], wanted)


@given(closes, actions, st.integers(1, ROWS))
def test_the_last_price_is_carried_over_actions_and_blocks(rows, acts, block):
    values = stored(rows)
    by_session = defaultdict(list)
    for number, sid, kind, ratio in sorted(acts, key=lambda it: it[0]):
        by_session[number].append(Action(DAY, sid, kind, ratio, None, None))
    panel = Panel(ASSETS, by_session, lambda _first, _until: iter(()), ROWS)
    for first in range(0, ROWS, block):
        panel.load(Block(first, values[:, first : first + block].copy()))
        for at in range(first, min(first + block, ROWS)):
            panel.begin(at)
            panel.reveal()
            for column, asset in enumerate(ASSETS):
                wanted = as_known(values, acts, at, "price", column)
                np.testing.assert_array_equal(
                    panel.window("price", None, at + 1)[:, column], wanted
                )
                np.testing.assert_array_equal(panel.last_price(asset), wanted[-1])


def small_panel():
    values = stored([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    panel = Panel(ASSETS, {}, lambda _first, _until: iter(()), 3)
    panel.load(Block(0, values))
    panel.begin(0)
    panel.reveal()
    panel.begin(1)
    return panel


def test_a_window_does_not_show_the_current_row_before_it_is_revealed():
    assert small_panel().window("close", None, 1).tolist() == [[1.0, 2.0]]


def test_a_window_is_a_copy_in_c_order_without_a_future_behind_it():
    window = small_panel().window("close", small_panel().columns(ASSETS[::-1]), 1)
    assert window.flags["C_CONTIGUOUS"]
    assert window.flags["OWNDATA"]
    assert window.tolist() == [[2.0, 1.0]]
