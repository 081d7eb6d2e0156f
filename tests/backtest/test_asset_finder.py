"""Which asset a symbol means: share classes, companies of one symbol, countries; chains and lifetimes."""

import copy
import pickle
from dataclasses import replace
from datetime import date

import pandas as pd  # noqa: TID253
import pyarrow as pa
import pytest

import warehouse
from rustybt import api
from rustybt.assets import Asset, AssetFinder, Crypto, Equity, Forex, Future, Option, Perpetual
from rustybt.errors import (
    AmbiguousSymbolError,
    NotAnAssetError,
    OptionError,
    UnknownRootError,
    UnknownSidError,
    UnknownSymbolError,
)
from rustybt.runner import run_algorithm

ROWS = (
    # sid, symbol, exchange, type, first and last session, root symbol, expiry
    (0, "BRK.B", "XNYS", "equity", date(2000, 1, 3), date(2020, 12, 31), None, None),
    (1, "BRKB", "XNYS", "equity", date(2005, 1, 3), date(2009, 12, 31), None, None),
    (2, "BF-B", "XNYS", "equity", date(2000, 1, 3), date(2020, 12, 31), None, None),
    (3, "S", "XNYS", "equity", date(1999, 1, 4), date(2013, 7, 10), None, None),
    (4, "S", "XNYS", "equity", date(2017, 6, 30), date(2020, 12, 31), None, None),
    (5, "AI", "XNYS", "equity", date(2010, 1, 4), date(2020, 12, 31), None, None),
    (6, "AI", "XPAR", "equity", date(2008, 1, 2), date(2020, 12, 31), None, None),
    (7, "BTC/USDT", "24/7", "crypto", date(2018, 1, 1), date(2020, 12, 31), None, None),
    (8, "SPY", "NYSE", "etf", date(2000, 1, 3), date(2020, 12, 31), None, None),
    (9, "ESM20", "XNYS", "future", date(2019, 6, 3), date(2020, 6, 18), "ES", date(2020, 6, 19)),
    (10, "ESH20", "XNYS", "future", date(2019, 3, 1), date(2020, 3, 20), "ES", date(2020, 3, 20)),
    (11, "ESZ20", "XNYS", "future", date(2019, 9, 2), date(2020, 12, 18), "ES", date(2020, 12, 18)),
    (12, "ES1!", "XNYS", "future", date(2019, 9, 2), date(2020, 12, 18), "ES", None),
)
SCHEMA = pa.schema(
    [
        ("sid", pa.int32()),
        *[(name, pa.string()) for name in ("symbol", "exchange", "asset_type")],
        *[(name, pa.date32()) for name in ("first_session", "last_session")],
        ("root_symbol", pa.string()),
        ("expiry", pa.date32()),
    ]
)


def listed(folder):
    """Store the assets in the bundle ``small``."""
    rows = [dict(zip(SCHEMA.names, it, strict=True)) for it in ROWS]
    with warehouse.open(folder) as wh, wh.begin("small", calendar="XNYS") as txn:
        txn.replace("assets", pa.Table.from_pylist(rows, schema=SCHEMA))
        txn.commit(lineage={"source": "a test"})
    return folder


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    with warehouse.open(listed(tmp_path_factory.mktemp("assets"))) as wh:
        yield AssetFinder(wh, "small")


# -- share classes -----------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", ["BF-B", "BF.B", "BFB", "BF/B", "BF_B", "BF B", "bf.b"])
def test_a_share_class_is_found_however_it_is_written(finder, symbol):
    assert finder.lookup_symbol(symbol, fuzzy=True).sid == 2
    if symbol != "BF-B":
        with pytest.raises(UnknownSymbolError, match=f"No symbol '{symbol}'"):
            finder.lookup_symbol(symbol)


def test_two_classes_alike_at_one_time_are_both_named(finder):
    with pytest.raises(AmbiguousSymbolError) as raised:
        finder.lookup_symbol("BRK/B", date(2007, 5, 1), fuzzy=True)
    assert str(raised.value) == (
        "The symbol 'BRK/B' means 2 assets of bundle 'small': "
        "'BRK.B' on XNYS from 2000-01-03 to 2020-12-31 (sid 0); "
        "'BRKB' on XNYS from 2005-01-03 to 2009-12-31 (sid 1). "
        "Say which: by a date, a country code, the symbol as it is written there, or the sid."
    )
    assert [it[0] for it in raised.value.found] == [0, 1]


@pytest.mark.parametrize(("symbol", "sid"), [("BRK.B", 0), ("BRKB", 1)])
def test_of_two_alike_the_one_written_so_is_meant(finder, symbol, sid):
    assert finder.lookup_symbol(symbol, "2007-05-01", fuzzy=True).sid == sid
    assert finder.lookup_symbol(symbol, fuzzy=True).sid == sid


def test_of_two_alike_a_day_may_leave_one(finder):
    assert finder.lookup_symbol("BRK-B", "2015-01-02", fuzzy=True).sid == 0
    assert finder.lookup_symbol("BRK-B", "2003-01-02", fuzzy=True).sid == 0


def test_one_asset_written_two_ways_is_not_two(tmp_path):
    days = [(date(2001, 1, 2), date(2010, 1, 4)), (date(2005, 1, 3), date(2012, 1, 3))]
    former = {
        "sid": pa.array([2, 2], pa.int32()),
        "symbol": ["BFB", "BF.B"],
        "first_session": [first for first, _ in days],
        "last_session": [last for _, last in days],
    }
    with warehouse.open(listed(tmp_path)) as wh:
        with wh.begin("small") as txn:
            txn.replace("former_symbols", pa.table(former))
            txn.commit(lineage={"source": "a test"})
        wh.refresh()
        assert AssetFinder(wh, "small").lookup_symbol("BF/B", "2007-01-03", fuzzy=True).sid == 2


# -- companies of one symbol, and countries ------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "sid"),
    [
        ("1990-01-02", 3),
        ("2013-07-10", 3),
        ("2015-01-02", 3),
        (date(2017, 6, 29), 3),
        (pd.Timestamp("2017-06-30"), 4),
        ("2030-01-02", 4),
        (None, 4),
    ],
)
def test_a_symbol_that_two_companies_carried_is_that_of_the_day(finder, day, sid):
    assert finder.lookup_symbol("S", day).sid == sid
    assert finder.lookup_symbols(["s", "SPY"], day)[0].sid == sid


@pytest.mark.parametrize("day", [None, "2012-01-03"])
def test_a_symbol_of_two_countries_is_told_apart_by_their_codes(finder, day):
    with pytest.raises(AmbiguousSymbolError, match=r"'AI' on XNYS .*; 'AI' on XPAR"):
        finder.lookup_symbol("AI", day)
    assert finder.lookup_symbol("AI", day, country_code="US").sid == 5
    assert finder.lookup_symbol("AI", day, country_code="FR").sid == 6
    assert finder.lookup_symbol("AI", "2009-01-05").sid == 6, "the other was not listed yet"


def test_a_symbol_of_another_country_is_unknown(finder):
    with pytest.raises(UnknownSymbolError, match="No symbol 'SPY' among the 1 of"):
        finder.lookup_symbol("SPY", country_code="FR")


def test_an_asset_knows_its_country(finder):
    found = {it.symbol: it.country_code for it in finder if it.sid > 5}
    assert found["AI"] == "FR"
    assert found["BTC/USDT"] is None
    assert found["SPY"] == "US"


def test_what_is_no_symbol_and_no_day_is_refused(finder):
    with pytest.raises(OptionError, match="symbol: expected a symbol as text, found 5"):
        finder.lookup_symbol(5)
    with pytest.raises(OptionError, match="as_of_date: expected a day"):
        finder.lookup_symbol("S", "soon")


def test_the_words_of_a_strategy_take_a_country(make_bundle):
    root = listed(make_bundle({"A": [1.0] * 5}))
    found = []

    def handle_data(context, data):
        found.append([api.symbol("AI", country_code="FR"), *api.symbols("AI", country_code="US")])
        with pytest.raises(AmbiguousSymbolError):
            api.symbols("SPY", "AI")

    days = ("2020-01-06", "2020-01-06")
    run_algorithm(*days, lambda _: None, 1000.0, handle_data, root=root, store=False)
    assert [it.sid for it in found[0]] == [6, 5]


# -- whatever names an asset ---------------------------------------------------------------------


def test_anything_that_names_an_asset_is_looked_up(finder):
    spy = finder.retrieve_asset(8)
    assert finder.lookup_generic(spy) == (spy, [])
    assert finder.lookup_generic(8) == (spy, [])
    assert finder.lookup_generic("SPY") == (spy, [])
    assert finder.lookup_generic("S", "2005-01-03")[0].sid == 3
    assert finder.lookup_generic("AI", country_code="FR")[0].sid == 6
    found, missing = finder.lookup_generic(["SPY", 9, "nothing", spy, 99])
    assert [it.sid for it in found] == [8, 9, 8]
    assert missing == ["nothing", 99]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ("nothing", UnknownSymbolError),
        (99, UnknownSidError),
        (0.5, NotAnAssetError),
        ([None], NotAnAssetError),
        (["AI"], AmbiguousSymbolError),
    ],
)
def test_what_names_no_asset_is_refused(finder, asked, error):
    with pytest.raises(error):
        finder.lookup_generic(asked)


def test_an_unknown_sid_may_give_none(finder):
    assert finder.retrieve_asset(99, default_none=True) is None
    assert finder.retrieve_asset(8, default_none=True).symbol == "SPY"


def test_sids_by_kind(finder):
    assert finder.sids == tuple(range(13))
    assert finder.equities_sids == (0, 1, 2, 3, 4, 5, 6, 8)
    assert finder.futures_sids == (9, 10, 11, 12)


# -- chains and lifetimes ------------------------------------------------------------------------


def test_contracts_are_ordered_by_their_expiry(finder):
    contracts = finder.get_ordered_contracts("ES")
    assert [it.symbol for it in contracts] == ["ESH20", "ESM20", "ESZ20"]


def test_an_unknown_root_is_refused(finder):
    with pytest.raises(UnknownRootError, match=r"root symbol 'NQ' and an expiry .* symbols: ES"):
        finder.get_ordered_contracts("NQ")


def test_lifetimes_are_sessions_by_sids(finder):
    days = pd.DatetimeIndex(["2017-06-29", "2017-06-30", "2017-07-03", "2020-03-20", "2020-03-23"])
    found = finder.lifetimes(days)
    assert found.shape == (5, 13)
    assert found.index.equals(days.as_unit("ns"))
    assert found[4].tolist() == [False, True, True, True, True]
    assert found[3].tolist() == [False] * 5
    assert found[10].tolist() == [False, False, False, True, False]
    later = finder.lifetimes([it.date() for it in days], include_start_date=False)
    assert later[4].tolist() == [False, False, True, True, True]


def test_lifetimes_of_countries(finder):
    assert finder.lifetimes(["2012-01-03"], True, ["FR"]).columns.tolist() == [6]
    assert finder.lifetimes(["2012-01-03"], True, ["FR", "US"]).shape == (1, 12)
    assert finder.lifetimes(["2012-01-03"], True, []).shape == (1, 0)
    with pytest.raises(OptionError, match="country_codes"):
        finder.lifetimes(["2012-01-03"], True, "FR")


def test_finders_of_one_snapshot_share_their_assets_and_those_of_another_do_not(tmp_path):
    with warehouse.open(listed(tmp_path)) as wh, warehouse.open(tmp_path) as other:
        first, second = AssetFinder(wh, "small"), AssetFinder(other, "small")
        assert all(it is second.retrieve_asset(it.sid) for it in first)
        with wh.begin("small") as txn:
            rows = [dict(zip(SCHEMA.names, it, strict=True)) for it in ROWS[:-1]]
            txn.replace("assets", pa.Table.from_pylist(rows, schema=SCHEMA))
            txn.commit()
        later = AssetFinder(wh, "small")
        assert len(later) == len(first) - 1
        assert later.retrieve_asset(0) is not first.retrieve_asset(0)


def test_assets_are_of_the_class_of_their_type(finder):
    kinds = {it.symbol: type(it) for it in finder}
    assert kinds["BRK.B"] is kinds["SPY"] is Equity
    assert kinds["BTC/USDT"] is Crypto
    assert kinds["ESM20"] is Future
    assert all(isinstance(it, Asset) for it in finder)
    assert not isinstance(finder.lookup_symbol("ESM20"), Equity)
    day = date(2024, 1, 2)
    for kind, of in (
        ("adr", Equity),
        ("forex", Forex),
        ("perpetual", Perpetual),
        ("option", Option),
    ):
        assert type(Asset(1, "A", "XNYS", kind, day, day)) is of
        assert type(Asset(sid=1, symbol="A", exchange="X", asset_type=kind, first_session=day, last_session=day)) is of  # fmt: skip
    assert type(Asset(1, "A", "XNYS", "bond", day, day)) is Asset
    spy = finder.lookup_symbol("SPY")
    for same in (copy.copy(spy), pickle.loads(pickle.dumps(spy)), replace(spy)):
        assert (type(same), same.symbol, same.end) == (Equity, "SPY", spy.end)
    with pytest.raises(AttributeError):
        spy.symbol = "A"
    with pytest.raises((AttributeError, TypeError)):
        spy.other = 1
