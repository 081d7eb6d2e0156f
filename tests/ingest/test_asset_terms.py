"""The terms of assets, rates of currencies and of funding: tables beside the bars of a bundle."""

from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import warehouse
from rustybt.assets import AssetFinder
from rustybt.data.bundles import Request, add_table
from rustybt.errors import BundleTableError
from warehouse.errors import SchemaError, UnknownBundleError

HEADER = "date,symbol,open,high,low,close,volume\n"
BARS = HEADER + "2024-01-02,ESH4,1,1,1,1,5\n2024-01-03,SPY,2,2,2,2,5\n"
TERMS = "SELECT symbol, asset_type, multiplier, expiry, initial_margin FROM t.assets ORDER BY sid"
FUTURE = {
    "symbol": ["ESH4"],
    "asset_type": ["future"],
    "multiplier": [50],
    "root_symbol": ["ES"],
    "expiry": [date(2024, 3, 15)],
    "initial_margin": [12_000.0],
}
UNTOLD = ("SPY", "equity", None, None, None)
TOLD = ("ESH4", "future", 50.0, date(2024, 3, 15), 12_000.0)


def test_an_ingest_stores_the_terms_it_is_given(take, ask):
    take(BARS, request=Request(assets=pa.table(FUTURE)))
    assert ask(TERMS) == [TOLD, UNTOLD]


def test_terms_of_symbols_that_an_ingest_does_not_read_are_left_out(take, ask):
    take(
        BARS,
        request=Request(assets=pa.table({"symbol": ["SPY", "NQH4"], "currency": ["USD", "USD"]})),
    )
    assert ask("SELECT symbol, currency FROM t.assets") == [("ESH4", None), ("SPY", "USD")]


def test_terms_outlive_later_ingests(take, ask):
    take(BARS, request=Request(assets=pa.table(FUTURE)))
    take(HEADER + "2024-01-04,ESH4,1,1,1,1,5\n")
    assert ask(TERMS) == [TOLD, UNTOLD]
    assert ask("SELECT last_session FROM t.assets WHERE sid = 1") == [(date(2024, 1, 4),)]


def test_terms_can_be_told_later_and_null_leaves_what_is_stored(take, ask, root):
    take(BARS, request=Request(assets=pa.table(FUTURE)))
    told = pa.table(
        {"symbol": ["ESH4", "SPY"], "multiplier": [None, 3.0], "name": ["E-mini", None]}
    )
    assert add_table("t", "assets", told, root=root).version == 2
    assert ask(TERMS) == [TOLD, ("SPY", "equity", 3.0, None, None)]
    assert add_table("t", "assets", told, root=root).version == 2, "nothing is new"
    assert ask(TERMS, snapshot=1) == [TOLD, UNTOLD]


def test_a_finder_gives_the_terms(take, root):
    take(BARS, request=Request(assets=pa.table(FUTURE)))
    with warehouse.open(root) as wh:
        finder = AssetFinder(wh, "t")
        future, share = finder.lookup_symbol("ESH4"), finder.lookup_symbol("SPY")
    assert (future.multiplier, future.price_multiplier, future.root_symbol) == (50.0, 50.0, "ES")
    assert future.expiration_date == future.expiry == date(2024, 3, 15)
    assert (share.multiplier, share.expiry, share.currency) == (1.0, None, "USD")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rates_come_from_small_files(take, ask, write, root, form):
    take(BARS)
    rates = write(
        "date,base,quote,rate\n2024-01-02,EUR,USD,1.1\n2024-01-03,EUR,USD,1.2\n", "fx.csv"
    )
    funding = write("ts,symbol,rate\n2024-01-02 08:00:00,SPY,0.0001\n", "funding.csv")
    if form == "parquet":
        from pyarrow import csv

        for path in (rates, funding):
            pq.write_table(csv.read_csv(path), path.with_suffix(".parquet"))
        rates, funding = (it.with_suffix(".parquet") for it in (rates, funding))
    add_table("t", "fx_rates", rates, root=root)
    add_table("t", "funding_1h", str(funding), root=root)
    assert ask("SELECT date, rate FROM t.fx_rates") == [
        (date(2024, 1, 2), 1.1),
        (date(2024, 1, 3), 1.2),
    ]
    assert ask("SELECT ts, sid, symbol, rate FROM t.funding_1h") == [
        (datetime.fromisoformat("2024-01-02T08:00:00"), 2, "SPY", 0.0001)
    ]


def test_a_rate_told_again_takes_the_place_of_the_stored_one(take, ask, root):
    take(BARS)
    for rate in (1.1, 1.3):
        row = {"date": [date(2024, 1, 2)], "base": ["EUR"], "quote": ["USD"], "rate": [rate]}
        add_table("t", "fx_rates", pa.table(row), root=root)
    assert ask("SELECT rate FROM t.fx_rates") == [(1.3,)]


@pytest.mark.parametrize(
    ("dataset", "columns", "problem"),
    [
        (
            "bars_1d",
            {"symbol": ["SPY"]},
            "expected one of adjustments, assets, former_symbols, funding_1h, fx_rates",
        ),
        ("assets", {"multiplier": [2.0]}, "expected the columns symbol and any of asset_type"),
        ("assets", {"symbol": ["SPY"], "colour": ["red"]}, "found symbol, colour"),
        ("assets", {"symbol": ["SPX"]}, "expected symbols of the bundle; found SPX"),
        ("assets", {"symbol": ["SPY"], "asset_type": ["share"]}, "SPY: asset_type share"),
        ("assets", {"symbol": ["SPY"], "multiplier": [-1.0]}, "SPY: multiplier -1.0"),
        ("assets", {"symbol": ["SPY"], "borrow_rate": [float("nan")]}, "SPY: borrow_rate nan"),
        ("assets", {"symbol": ["SPY"], "asset_type": ["option"]}, "an option without underlying"),
        ("funding_1h", {"symbol": ["SPY"], "rate": [0.1]}, "expected the columns ts, symbol, rate"),
    ],
)
def test_a_table_that_cannot_be_stored_is_refused_whole(take, ask, root, dataset, columns, problem):
    take(BARS)
    with pytest.raises(BundleTableError, match=problem):
        add_table("t", dataset, pa.table(columns), root=root)
    assert ask("SELECT count(*) FROM meta.snapshots") == [(1,)]


def test_wrong_terms_refuse_an_ingest(take, root):
    with pytest.raises(BundleTableError, match="SPY: lot_size 0"):
        take(BARS, request=Request(assets=pa.table({"symbol": ["SPY"], "lot_size": [0.0]})))
    with warehouse.open(root) as wh:
        assert wh.bundles() == []


def test_a_symbol_told_twice_is_refused(take, root):
    take(BARS)
    with pytest.raises(SchemaError, match="sid 2"):
        add_table("t", "assets", pa.table({"symbol": ["SPY"] * 2, "name": ["a", "b"]}), root=root)


def test_a_bundle_that_is_not_there_is_refused(root):
    with pytest.raises(UnknownBundleError):
        add_table("t", "fx_rates", pa.table({"date": []}), root=root)
