"""Assets of a bundle and how they are found."""

from datetime import date

import pytest

import warehouse
from rustybt.assets import AssetFinder
from rustybt.errors import UnknownSidError, UnknownSymbolError
from warehouse.errors import UnknownBundleError


@pytest.fixture
def wh(make_bundle):
    root = make_bundle({"A": [1.0] * 5, "B.X": [2.0] * 5})
    with warehouse.open(root) as opened:
        yield opened


@pytest.fixture
def finder(wh):
    return AssetFinder(wh, "small")


def test_assets_come_in_the_order_of_their_sids(finder):
    assert [(it.sid, it.symbol) for it in finder] == [(0, "A"), (1, "B.X")]


def test_the_same_sid_is_the_same_object(finder):
    assert finder.retrieve_all([1, 1])[0] is finder.retrieve_asset(1)


def test_an_asset_knows_its_listing(finder):
    asset = finder.retrieve_asset(0)
    assert (asset.first_session, asset.last_session) == (date(2020, 1, 6), date(2020, 1, 10))
    assert asset.alive(date(2020, 1, 10))
    assert not asset.alive(date(2020, 1, 13))


def test_assets_sort_by_sid(finder):
    assert [it.sid for it in sorted([finder.retrieve_asset(1), finder.retrieve_asset(0)])] == [0, 1]


def test_an_unknown_sid_is_refused(finder):
    with pytest.raises(UnknownSidError, match="No sid 7 among the 2 of bundle 'small'"):
        finder.retrieve_asset(7)


@pytest.mark.parametrize("sid", ["x", None, 0.5])
def test_a_sid_that_is_no_integer_is_refused(finder, sid):
    with pytest.raises(UnknownSidError, match=f"No sid {sid!r}"):
        finder.retrieve_asset(sid)


def test_an_unknown_symbol_names_the_nearest(finder):
    with pytest.raises(UnknownSymbolError, match=r"Nearest symbol: 'B\.X'"):
        finder.lookup_symbol("BX")


def test_an_unknown_bundle_is_refused(wh):
    with pytest.raises(UnknownBundleError):
        AssetFinder(wh, "large")


@pytest.mark.parametrize(
    ("on", "sid"), [(None, 5), (date(2020, 1, 7), 0), (date(2021, 3, 1), 5), (date(1999, 1, 1), 0)]
)
def test_a_symbol_listed_twice_is_the_spell_begun_by_then(wh, on, sid):
    assets = wh.sql("SELECT * FROM small.assets").rows()
    later = (5, "A", "XNYS", "equity", date(2021, 2, 1), date(2021, 3, 1))
    with wh.begin("small") as txn:
        query = (
            "SELECT * FROM assets UNION ALL BY NAME SELECT $1 AS sid, $2 AS symbol, $3 AS exchange, "
            "$4 AS asset_type, $5 AS first_session, $6 AS last_session"
        )
        txn.replace("assets", txn.session.arrow(query, dict(zip("123456", later, strict=True))))
        txn.commit(lineage={"source": "a test"})
    assert len(assets) == 2
    assert AssetFinder(wh, "small").lookup_symbol("A", on).sid == sid
