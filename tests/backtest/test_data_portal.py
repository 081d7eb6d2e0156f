"""`DataPortal` answers at any instant, in any order, what a strategy is told there."""

import asyncio
import math
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_minutes import WEEK, at, every, minutes, run

import warehouse
from rustybt.data import cached_market
from rustybt.data.bundles import get
from rustybt.data.cache import CacheManager
from rustybt.data.data_portal import DataPortal
from rustybt.data.polars.data_portal import PolarsDataPortal
from rustybt.errors import FieldError, LookaheadError, OptionError, ResolutionError, SpanError
from rustybt.runner import run_algorithm
from rustybt.simulation.feed import FIELDS

DAYS = [datetime(2020, 1, 6) + timedelta(it) for it in range(42) if it % 7 < 5]  # noqa: DTZ001
CLOSES = {
    "A": [100.0 + it for it in range(30)],
    "B": [None] * 5 + [50.0 + (it * 7) % 11 if it % 4 else None for it in range(20)],
    "C": [(10.0, 12.0, 9.0, 11.0 + it, 1000 + it) for it in range(30)],
}
ACTIONS = [
    ("A", 4, "split", 0.5, None, None),
    ("A", 9, "dividend", 0.98, "2", None),
    ("C", 9, "split", 0.25, None, None),
    ("B", 12, "dividend", 0.9, "5", None),
    ("B", 20, "split", 2.0, None, None),
]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", "100")
    monkeypatch.setenv("RUSTYBT_CACHE_DIR", str(tmp_path / "cache"))
    return CacheManager()


@pytest.fixture
def root(make_bundle):
    return make_bundle(CLOSES, actions=ACTIONS)


@pytest.fixture
def portal(root):
    with warehouse.open(root) as wh:
        yield DataPortal("small", warehouse=wh)


def told(root, questions, **options):
    """Return what a strategy is told in each bar, by its label."""
    found = {}

    def handle_data(context, data):
        assets = list(context.asset_finder)
        label = data.current_dt if options else data.current_session
        found[label] = questions(data, assets)

    if options:
        run(root, handle_data, **options)
    else:
        start, end = DAYS[3], DAYS[-1]
        run_algorithm(start, end, handle_data=handle_data, root=root, capital_base=1000)
    return found


# ---------------------------------------------------------------- as a strategy is told


@pytest.mark.parametrize("cells", [50_000, 6], ids=["one block", "blocks of two sessions"])
def test_every_field_and_window_is_that_of_a_backtest_whatever_the_order(
    root, portal, cells, monkeypatch
):
    monkeypatch.setattr(cached_market, "_CELLS", cells)

    def questions(data, assets):
        current = data.current(assets, list(FIELDS))
        return current, {it: data.history(assets, it, 4, "1d") for it in FIELDS}

    expected = told(root, questions)
    assets = list(portal.asset_finder)
    labels = list(expected)
    random.Random(5).shuffle(labels)
    for label in labels:
        current, windows = expected[label]
        for field in FIELDS:
            values = portal.get_spot_value(assets, field, label)
            alive = [it.alive(label.date()) for it in assets]
            wanted = [
                value if lives else 0.0 if field == "volume" else math.nan
                for value, lives in zip(current[field], alive, strict=True)
            ]
            np.testing.assert_array_equal(values, wanted)
            window = portal.get_history_window(assets, label, 4, "1d", field)
            assert [it.symbol for it in window.columns] == ["A", "B", "C"]
            np.testing.assert_array_equal(window.to_numpy(), windows[field].to_numpy())
            assert list(window.index) == list(windows[field].index)


def test_weeks_and_months_too(root, portal):
    expected = told(root, lambda data, assets: data.history(assets, "high", 1, "1w"))
    assets = list(portal.asset_finder)
    for label in reversed(expected):
        found = portal.get_history_window(assets, label, 1, "1w", "high")
        np.testing.assert_array_equal(found.to_numpy(), expected[label].to_numpy())


def test_minutes_as_a_run_of_minutes_is_told(make_minutes):
    closes = {"A": every(), "B": minutes(7, [5, None, 7, 8])}
    root = make_minutes(WEEK, closes)
    expected = told(
        root,
        lambda data, assets: (
            data.current(assets, "price"),
            data.history(assets, "close", 2, "1d"),
        ),
        start="2020-01-07",
    )
    with warehouse.open(root) as wh:
        portal = DataPortal("minutes", warehouse=wh)
        assets = list(portal.asset_finder)
        for label in reversed(expected):
            current, days = expected[label]
            values = portal.get_spot_value(assets, "price", label, "minute")
            alive = [it.alive(label.date()) for it in assets]
            np.testing.assert_array_equal(values, np.where(alive, current, np.nan))
            found = portal.get_history_window(assets, label, 2, "1d", "close", "minute")
            np.testing.assert_array_equal(found.to_numpy(), days.to_numpy())
            bars = portal.get_history_window(assets, label, 3, "1m", "volume", "minute")
            assert bars.index[-1] == label
        with pytest.raises(SpanError, match="no bar has the label"):
            portal.get_spot_value(assets, "close", at(8, "14:35"), "minute")  # it closed at 14:34


def test_the_cache_answers_the_second_time_and_another_process(root, cache):
    def asked(manager):
        with warehouse.open(root) as wh:
            portal = DataPortal("small", warehouse=wh, cache=manager)
            portal.get_history_window(portal.asset_finder, DAYS[20], 10, "1d", "close")
        return manager.get_stats()

    first = asked(cache)
    assert first["miss_count"] > 0
    again = CacheManager()
    assert asked(again)["miss_count"] == 0
    assert again.get_stats()["disk_hits"] == first["miss_count"]


def test_a_new_snapshot_is_not_answered_from_the_old_blocks(make_bundle, tmp_path):
    where = tmp_path / "one"
    for close in (1.0, 2.0):
        make_bundle({"A": [close] * 5}, root=where)
        with warehouse.open(where) as wh:
            portal = DataPortal("small", warehouse=wh)
            (asset,) = portal.asset_finder
            assert portal.get_spot_value(asset, "close", DAYS[2]) == close


# ---------------------------------------------------------------- the other words


def test_adjustments_between_two_sessions(portal):
    a, b, c = portal.asset_finder
    assert portal.get_adjustments([a, b, c], "close", DAYS[3], DAYS[9]) == [0.5 * 0.98, 1.0, 0.25]
    assert portal.get_adjustments([a, c], "volume", DAYS[3], DAYS[9]) == [2.0, 4.0]
    assert portal.get_adjustments(a, "close", DAYS[4], DAYS[8]) == [1.0]
    assert portal.get_adjusted_value(a, "close", DAYS[3], DAYS[9]) == 103.0 * 0.5 * 0.98
    assert portal.get_adjusted_value(a, "close", DAYS[3], DAYS[9], spot_value=1.0) == 0.5 * 0.98


def test_an_adjusted_value_is_that_of_the_window(portal):
    a = portal.asset_finder.lookup_symbol("A")
    window = portal.get_history_window(a, DAYS[10], 8, "1d", "close")[a]
    for day, value in window.items():
        assert portal.get_adjusted_value(a, "close", day, DAYS[10]) == pytest.approx(
            value, rel=1e-15
        )


def test_splits_of_a_session(portal):
    a, b, c = portal.asset_finder
    assert portal.get_splits([a, b, c], DAYS[4]) == [(a, 0.5)]
    assert portal.get_splits([a, b], DAYS[9]) == []
    assert portal.get_splits([], DAYS[4]) == []


def test_last_traded(portal):
    b = portal.asset_finder.lookup_symbol("B")
    assert portal.get_last_traded_dt(b, DAYS[9]) == DAYS[8]
    assert portal.get_last_traded_dt(b, DAYS[-1]) == DAYS[24]
    assert str(portal.get_last_traded_dt(b, DAYS[2])) == "NaT"
    assert portal.get_spot_value([b], "last_traded", DAYS[9]) == [DAYS[8]]


def test_last_traded_minute(make_minutes):
    root = make_minutes(WEEK, {"A": minutes(7, [5, None, 7])})
    with warehouse.open(root) as wh:
        portal = DataPortal("minutes", warehouse=wh)
        (a,) = portal.asset_finder
        found = portal.get_last_traded_dt(a, at(7, "14:32"), "minute")
    assert found == at(7, "14:31").replace(tzinfo=UTC)


def test_sids_and_what_can_be_asked(portal):
    a, b, _ = portal.asset_finder
    assert portal.get_spot_value([b, a], "sid", DAYS[0]) == [1, 0]
    assert portal.contains(a, "close")
    assert not portal.contains(a, "colour")
    assert portal.get_history_window(b, DAYS[9], 2, "1d", "price", ffill=False)[b].isna().any()
    assert portal.get_history_window(b, DAYS[9], 2, "1d", "price")[b].notna().all()


def test_a_bundle_is_taken_for_its_name(root):
    found = DataPortal(get("small", root=root))
    assert found.get_spot_value(next(iter(found.asset_finder)), "close", "2020-01-06") == 100.0


@pytest.mark.parametrize(
    ("field", "dt", "frequency", "error"),
    [
        ("colour", DAYS[3], "daily", FieldError),
        ("close", "2020-01-11", "daily", SpanError),  # a Saturday
        ("close", "2020-03-02", "daily", SpanError),
        ("close", "2019-12-31", "daily", SpanError),
        ("close", DAYS[3], "hourly", OptionError),
        ("close", DAYS[3], "minute", ResolutionError),
    ],
)
def test_what_cannot_be_asked(portal, field, dt, frequency, error):
    (a, *_) = portal.asset_finder
    for asked in (a, [a]):
        with pytest.raises(error):
            portal.get_spot_value(asked, field, dt, frequency)


# ---------------------------------------------------------------- polars


def test_polars_has_the_same_numbers_by_asset(root, portal):
    polars = PolarsDataPortal("small", root=root)
    a, b, c = polars.portal.asset_finder
    values = polars.get_spot_value([c, a, b], "price", DAYS[12])
    assert values.name == "price"
    x, y, z = portal.asset_finder
    assert values.to_list() == portal.get_spot_value([z, x, y], "price", DAYS[12])
    window = polars.get_history_window([c, a], DAYS[12], 3, "1d", "close")
    assert window.columns == ["session", "sid", "symbol", "close"]
    assert window["symbol"].to_list() == ["C", "A"] * 3
    wide = portal.get_history_window([z, x], DAYS[12], 3, "1d", "close")
    np.testing.assert_array_equal(window["close"].to_numpy(), wide.to_numpy().ravel())
    assert polars.get_spot_value(a, "close", DAYS[3]).to_list() == [103.0]
    assert 0 <= polars.cache_hit_rate <= 1


def test_polars_refuses_what_is_known_later(root):
    polars = PolarsDataPortal("small", DAYS[9], root=root)
    a = next(iter(polars.portal.asset_finder))
    assert polars.get_spot_value(a, "close", DAYS[9]).to_list() == [109.0]
    with pytest.raises(LookaheadError, match="2020-01-20 21:00 UTC"):
        polars.get_history_window([a], DAYS[10], 2, "1d", "close")
    polars.set_simulation_time(datetime(2020, 1, 17, 20, 59))  # noqa: DTZ001 - UTC is assumed
    with pytest.raises(LookaheadError):
        polars.get_spot_value(a, "close", DAYS[9])  # it closes at 21:00
    polars.set_simulation_time(datetime(2020, 1, 17, 21))  # noqa: DTZ001 - UTC is assumed
    assert len(polars.get_history_window(a, DAYS[9], 2, "1d", "close")) == 2


def test_polars_in_an_event_loop(root):
    polars = PolarsDataPortal("small", root=root)
    (a, *_) = polars.portal.asset_finder

    async def asked():
        days = DAYS[5:25]
        spots = (polars.async_get_spot_value(a, "close", it) for it in days)
        windows = (polars.async_get_history_window(a, it, 2, "1d", "close") for it in days)
        return await asyncio.gather(*spots), await asyncio.gather(*windows)

    spots, windows = asyncio.run(asked())
    assert [it.item() for it in spots] == [105.0 + it for it in range(20)]
    assert [it["session"][-1] for it in windows] == [it.date() for it in DAYS[5:25]]
    assert isinstance(windows[0], pl.DataFrame)
