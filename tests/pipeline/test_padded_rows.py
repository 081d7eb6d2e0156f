"""The rows of a spine that NumPy makes are those of the statement, to the bit."""

import datetime as dt

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_bundles import ACTIONS, commit, small_bars

from rustybt.assets import AssetFinder
from rustybt.pipeline import Pipeline
from rustybt.pipeline.compiler.compile import Reach
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.padded import padded_rows
from rustybt.pipeline.compiler.run import sessions_of
from rustybt.pipeline.compiler.spine import PAD, _query, read_span
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import SimpleMovingAverage

COLUMNS = {it: getattr(EquityPricing, it).latest for it in ("close", "high", "volume")}
SPANS = {  # labels: read from, last
    "all": (None, None),
    "tail": (dt.date(2024, 1, 19), None),
    "begin": (None, dt.date(2024, 1, 10)),
    "middle": (dt.date(2024, 1, 9), dt.date(2024, 1, 22)),
    "after the actions": (dt.date(2024, 1, 12), dt.date(2024, 1, 30)),
    "one label": (dt.date(2024, 1, 30), dt.date(2024, 1, 31)),
    "before all bars": (None, dt.date(2024, 1, 2)),
}


def both(warehouse, bundle, read_from, last):
    plan = Pipeline(COLUMNS).plan()
    rows = LivingRows(sessions_of(bundle, warehouse), AssetFinder(warehouse, bundle))
    reach = Reach(None, last, read_from)
    first, _ = read_span(reach, rows.sessions)
    told = warehouse.arrow(_query(plan, reach, bundle, first if first > 1 else -PAD))
    made = padded_rows(plan.fields, reach, rows, bundle=bundle, warehouse=warehouse)
    return made, told


def same(made, told):
    assert made.schema == told.schema
    assert_frame_equal(pl.from_arrow(made), pl.from_arrow(told), check_exact=True)


@pytest.mark.parametrize("span", SPANS)
def test_rows_of_a_bundle_with_gaps_and_actions(small, span):
    same(*both(small, "small", *SPANS[span]))


@pytest.mark.reference
@pytest.mark.parametrize(
    "span",
    [(None, None), (dt.date(2003, 2, 14), None), (dt.date(2000, 6, 20), dt.date(2005, 3, 1))],
)
def test_rows_of_many_years(equities, span):
    same(*both(equities, "equities", *span))


def test_actions_of_one_session_multiply_in_their_order(tmp_path):
    more = [
        {**ACTIONS[0], "kind": "dividend", "ratio": 0.9700000000000001, "amount": 1.0},
        {
            **ACTIONS[0],
            "session": dt.date(2024, 1, 13),
            "ratio": 1 / 3,
        },  # no session: the next counts
        {**ACTIONS[0], "session": dt.date(2024, 1, 17), "kind": "dividend", "ratio": 0.1},
        {**ACTIONS[0], "session": dt.date(2031, 1, 2)},
    ]
    with commit(tmp_path, small_bars(), [*ACTIONS, *more]) as warehouse:
        for span in SPANS.values():
            same(*both(warehouse, "small", *span))


@pytest.mark.parametrize(
    ("symbol", "day"),
    [
        ("A", dt.date(2024, 1, 2)),
        ("A", dt.date(2023, 12, 30)),
        ("C", dt.date(2024, 1, 10)),
        ("C", dt.date(2024, 1, 6)),
    ],
    ids=["first of all", "before all", "first of the asset", "before its first"],
)
def test_action_without_a_bar_before_it_changes_nothing(tmp_path, symbol, day):
    means = {n: SimpleMovingAverage(inputs=[EquityPricing.close], window_length=n) for n in (3, 9)}
    pipe = Pipeline({f"mean_{n}": it for n, it in means.items()} | COLUMNS)
    extra = {**ACTIONS[0], "symbol": symbol, "session": day, "ratio": 0.25}

    def told(folder, actions):
        with commit(tmp_path / folder, small_bars(), actions) as warehouse:
            for span in ("all", "middle"):
                same(*both(warehouse, "small", *SPANS[span]))
            found = pipe.run("2024-01-03", "2024-02-01", bundle="small", warehouse=warehouse)
            return found.pl(), warehouse.sql(pipe.to_sql(end="2024-02-01", bundle="small")).pl()

    expected, _ = told("plain", ACTIONS)
    for got in told("more", [*ACTIONS, extra]):
        assert_frame_equal(got, expected, rel_tol=1e-12)


def test_bars_before_the_first_session_of_an_asset_count(tmp_path):
    with commit(tmp_path, small_bars(), ACTIONS) as warehouse:
        late = warehouse.sql(
            "SELECT * REPLACE (CASE symbol WHEN 'E' THEN DATE '2024-01-16' ELSE first_session END"
            " AS first_session) FROM small.assets ORDER BY sid"
        ).arrow()
        with warehouse.begin("small", calendar="XNYS") as txn:
            txn.replace("assets", late)
            txn.commit()
        warehouse.refresh()
        for span in SPANS.values():
            same(*both(warehouse, "small", *span))


def test_some_assets_are_those_of_all(small):
    plan = Pipeline(COLUMNS).plan()
    rows = LivingRows(sessions_of("small", small), AssetFinder(small, "small"))
    where = {"bundle": "small", "warehouse": small}
    whole = pl.from_arrow(padded_rows(plan.fields, Reach(), rows, **where))
    some = pl.from_arrow(padded_rows(plan.fields, Reach(), rows, sids=(1, 3), **where))
    assert_frame_equal(some, whole.filter(pl.col("sid").is_between(1, 3)))
