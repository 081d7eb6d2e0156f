"""Symbols that assets had before: stored, shown, and found as of a day."""

from datetime import date

import pyarrow as pa
import pytest

import warehouse
from rustybt.assets import AssetFinder
from rustybt.data.bundles import add_table, ingest_files
from rustybt.errors import BundleTableError, UnknownSymbolError

LINES = "date,symbol,open,high,low,close,volume\n" + "".join(
    f"{day},{symbol},1,1,1,1,9\n"
    for symbol, days in {
        "META": ["2022-06-08", "2022-06-09", "2024-01-03"],
        "FB": ["2024-01-02", "2024-01-03"],
        "C": ["2022-06-08", "2024-01-03"],
    }.items()
    for day in days
)
RENAMED = ("META", "FB", date(2022, 6, 8), date(2022, 6, 8))
SHOWN = "SELECT symbol, first_session, last_session FROM t.symbols WHERE sid = (SELECT sid FROM t.assets WHERE symbol = 'META') ORDER BY first_session"


def bundle(folder):
    folder.mkdir()
    (folder / "bars.csv").write_text(LINES)
    ingest_files(folder / "bars.csv", "t", root=folder)


@pytest.fixture
def add(root, copied):
    """Store former symbols in the bundle ``t``."""
    copied(bundle, root)
    names = ("symbol", "former_symbol", "first_session", "last_session")

    def add(*rows):
        told = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
        return add_table("t", "former_symbols", told, root=root)

    return add


@pytest.fixture
def finder(root):
    """Return the finder of the bundle as it is now."""

    def finder():
        with warehouse.open(root) as wh:
            return AssetFinder(wh, "t")

    return finder


def test_an_asset_that_was_never_renamed_has_its_symbol(add, ask):
    assert ask(SHOWN) == [("META", date(2022, 6, 8), date(2024, 1, 3))]


def test_a_symbol_names_who_had_it_that_day(add, ask, finder):
    add(RENAMED)
    assert ask(SHOWN) == [
        ("FB", date(2022, 6, 8), date(2022, 6, 8)),
        ("META", date(2022, 6, 9), date(2024, 1, 3)),
    ]
    found = finder()
    meta, later = found.lookup_symbol("META"), found.lookup_symbol("FB")
    assert (meta.symbol, later.symbol) == ("META", "FB")
    assert found.lookup_symbol("FB", "2022-06-08") is meta
    assert found.lookup_symbol("FB", "2022-06-09") is meta  # the last that had begun
    assert found.lookup_symbol("FB", "2024-01-02") is later
    assert found.lookup_symbol("fb", "2022-06-08") is meta
    assert found.lookup_symbol("F.B", "2022-06-08", fuzzy=True) is meta
    assert found.lookup_symbol("META", "2022-06-08") is meta


def test_a_symbol_that_nobody_has_any_more_is_found(add, finder):
    with pytest.raises(UnknownSymbolError):
        finder().lookup_symbol("OLD")
    add(("C", "OLD", date(2020, 1, 1), date(2021, 1, 1)), ("C", "C", date(2021, 1, 2), date(2021, 6, 1)),
        ("C", "MID", date(2021, 6, 2), date(2022, 1, 1)))  # fmt: skip
    found = finder()
    assert found.lookup_symbol("OLD") is found.lookup_symbol("MID") is found.lookup_symbol("C")


def test_an_asset_told_again_is_replaced_and_others_stay(add, ask):
    add(RENAMED, ("C", "OLD", date(2020, 1, 1), date(2021, 1, 1)))
    before = add(("C", "OLDER", date(2019, 1, 1), date(2021, 1, 1)))
    stored = "SELECT symbol, first_session FROM t.former_symbols ORDER BY first_session"
    assert ask(stored) == [("OLDER", date(2019, 1, 1)), ("FB", date(2022, 6, 8))]
    assert add(("C", "OLDER", date(2019, 1, 1), date(2021, 1, 1))).version == before.version


def test_an_ingest_leaves_them(add, ask, take):
    add(RENAMED)
    take(LINES.replace("2024-01-03", "2024-01-04"))
    assert ask(SHOWN)[0][0] == "FB"


def test_a_strategy_finds_an_asset_by_the_symbol_of_its_time(add, root):
    from rustybt import run_algorithm

    add(RENAMED)

    def initialize(context):
        context.set_symbol_lookup_date("2022-06-08")
        context.found = context.symbol("FB").symbol

    def handle_data(context, data):
        context.record(found=context.found)

    result = run_algorithm(
        "2024-01-02", "2024-01-03", initialize, 1000, handle_data, bundle="t", root=root
    )
    assert set(result["found"]) == {"META"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("META", "", date(2022, 1, 1), date(2022, 1, 2))], "no former_symbol"),
        ([("META", "FB", date(2022, 1, 3), date(2022, 1, 2))], "ends before it begins"),
        ([("META", "FB", date(2022, 1, 3), None)], "without both of its days"),
        (
            [("META", "A", date(2022, 1, 1), date(2022, 1, 9)), ("META", "B", date(2022, 1, 9), date(2022, 2, 1))],
            "two symbols of one asset on one day",
        ),
        ([("Z", "FB", date(2022, 1, 1), date(2022, 1, 2))], "found Z"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_stored(add, ask, rows, words):
    with pytest.raises(BundleTableError, match=words):
        add(*rows)
    assert ask("SELECT count(*) FROM t.former_symbols") == [(0,)]
