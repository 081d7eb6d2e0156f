"""Bars that are made and stored: what the views show, kept up by making again only what has changed."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from click.testing import CliRunner

import warehouse
from rustybt.cli.bundle.resample import resample as command
from rustybt.data.bundles import ingest_files, load, resample
from rustybt.errors import BundleTableError, RequestError
from tests.catalog.test_trade_bars import DAYS, NARROW, WIDE, hours_of, made, stored
from warehouse.errors import UnknownBundleError

KINDS = [
    (("dollar", "1234.50"), "dollar_bars_1234_5", "dollar_bars(1234.5)"),
    (("volume", 0.5), "volume_bars_0_5", "volume_bars(0.5)"),
    (("tick", 7), "tick_bars_7", "tick_bars(7)"),
    (("time", 30), "time_bars_30", "time_bars(30)"),
    (("5m",), "resampled_5m", "bars_5m"),
    (("daily",), "resampled_1d", "bars_1d"),
    (("1w",), "resampled_1w", "bars_1w"),
]
OPENED, CLOSED = hours_of("XNYS")[DAYS[-1]]


def same(root, dataset, view):
    """Whether a stored dataset holds what its view shows, number by number."""
    with warehouse.open(root) as wh:
        shown, held = (wh.sql(f"FROM m.{it}").pl() for it in (view, dataset))
    assert set(shown.columns) == set(held.columns)
    order = [it for it in ("sid", "session", "ts", "number") if it in held.columns]
    shown = shown.select(held.columns).cast(held.schema)
    return held.height > 0 and held.sort(order).equals(shown.sort(order))


def add(root, rows, calendar="XNYS"):
    stored(root, rows, calendar).close()


@pytest.mark.parametrize(
    ("exact", "kinds"),
    [(WIDE, KINDS[:2]), pytest.param(NARROW, KINDS, marks=pytest.mark.slow)],
    ids=["wide", "narrow"],
)
def test_what_is_stored_is_what_the_view_shows(tmp_path, exact, kinds):
    stored(tmp_path, made(hours_of("XNYS"), 5), "XNYS", exact).close()
    for call, dataset, view in kinds:
        report = resample("m", *call, root=tmp_path)
        assert (report.dataset, report.new) == (dataset, True)
        assert report.first in DAYS
        assert same(tmp_path, dataset, view), dataset
        with warehouse.open(tmp_path) as wh:
            assert wh.snapshot("m").lineage["resampled"] == {
                "dataset": dataset, "of": view, "snapshot": report.snapshot - 1,
            }  # fmt: skip
        again = resample("m", *call, root=tmp_path)
        assert (again.new, again.made, again.snapshot) == (False, 0, report.snapshot)
    with warehouse.open(tmp_path) as wh:
        assert wh.verify("m").sound
    with load("m", root=tmp_path) as bundle:
        assert isinstance(bundle.scan("dollar_bars_1234_5"), pl.LazyFrame)


@pytest.mark.parametrize(("call", "dataset", "view"), KINDS[1::4])
def test_only_what_has_changed_is_made_again(tmp_path, call, dataset, view):
    hours = hours_of("XNYS")
    rows = made(hours, 6)
    add(tmp_path, [it for it in rows if it[1] != DAYS[-1]])
    before = resample("m", *call, root=tmp_path)
    # A day that follows, and a great trade that moves the edges of all bars of a day before it.
    at = hours[DAYS[2]][0]
    great = ("A", DAYS[2], at, -1, Decimal("50.5"), Decimal("333.3"))
    add(tmp_path, [*[it for it in rows if it[1] == DAYS[-1]], great])
    assert not same(tmp_path, dataset, view)
    after = resample("m", *call, root=tmp_path)
    assert after.new
    monthly = dataset != "resampled_1d"
    assert after.first == date(2024, 7 if monthly else 1, 1)
    assert same(tmp_path, dataset, view)
    with warehouse.open(tmp_path) as wh, wh.at(snapshot={"m": before.snapshot}) as old:
        held = [it.snapshot("m").datasets[dataset] for it in (old, wh)]
    if monthly:
        assert held[0]["2024-03"] == held[1]["2024-03"]
        assert held[0]["2024-07"] != held[1]["2024-07"]


def test_bars_that_a_correction_takes_away_are_gone(tmp_path):
    sizes = [(10, "19"), (11, "2"), (12, "4")]  # bars 0, 1 and 2 of ten units
    rows = [
        ("A", DAYS[-1], OPENED + timedelta(minutes=minute), 0, Decimal(1), Decimal(size))
        for minute, size in sizes
    ]
    add(tmp_path, rows)
    resample("m", "volume", 10, root=tmp_path)
    with warehouse.open(tmp_path) as wh:
        query = "SELECT list(number ORDER BY number) FROM m.volume_bars_10"
        assert wh.sql(query).rows() == [([0, 1, 2],)]
    add(tmp_path, [("A", DAYS[-1], OPENED, 0, Decimal(1), Decimal(5))])
    resample("m", "volume", 10, root=tmp_path)
    with warehouse.open(tmp_path) as wh:
        assert wh.sql(query).rows() == [([0, 2],)]
    assert same(tmp_path, "volume_bars_10", "volume_bars(10)")


def test_a_bar_that_may_change_is_marked_until_it_is_over(tmp_path):
    rows = [
        ("A", DAYS[-1], OPENED + timedelta(minutes=it), 0, Decimal(5 + it), Decimal(1))
        for it in range(4)
    ]
    calls = {"tick_bars_3": ("tick", 3), "time_bars_120": ("time", 120), "resampled_5m": ("5m",)}
    add(tmp_path, rows)
    for dataset, call in calls.items():
        resample("m", *call, root=tmp_path)
        with warehouse.open(tmp_path) as wh:
            assert wh.sql(f"SELECT complete FROM m.{dataset} ORDER BY ts").rows()[-1] == (False,)
    # Another asset alone trades later: the time of the bars is over, their count is not full.
    later = OPENED + timedelta(minutes=30)
    add(tmp_path, [("B", DAYS[-1], later, 0, Decimal(5), Decimal(1))])
    for (dataset, call), whole in zip(calls.items(), (False, True, True), strict=True):
        assert resample("m", *call, root=tmp_path).new
        with warehouse.open(tmp_path) as wh:
            query = f"SELECT complete FROM m.{dataset} WHERE symbol = 'A' ORDER BY ts"
            assert wh.sql(query).rows()[-1] == (whole,)


def test_an_older_state_that_was_made_the_newest_is_made_up_to_date(tmp_path):
    rows = made(hours_of("XNYS"), 7)
    add(tmp_path, [it for it in rows if it[1] != DAYS[-1]])
    first = resample("m", "tick", 5, root=tmp_path)
    add(tmp_path, rows)
    resample("m", "tick", 5, root=tmp_path)
    with warehouse.open(tmp_path) as wh:
        wh.restore("m", first.snapshot)
    add(tmp_path, rows)
    assert not same(tmp_path, "tick_bars_5", "tick_bars(5)")
    resample("m", "tick", 5, root=tmp_path)
    assert same(tmp_path, "tick_bars_5", "tick_bars(5)")


def test_a_damaged_file_is_made_again(tmp_path):
    add(tmp_path, made(hours_of("XNYS"), 8))
    report = resample("m", "tick", 5, root=tmp_path)
    with warehouse.open(tmp_path) as wh:
        file = wh.snapshot("m").datasets[report.dataset]["2024-07"]
    path = tmp_path / "bundles/m/data" / file.path
    path.chmod(0o644)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    add(tmp_path, [("A", DAYS[-1], CLOSED - timedelta(seconds=1), 9, Decimal(5), Decimal(1))])
    resample("m", "tick", 5, root=tmp_path)
    assert same(tmp_path, "tick_bars_5", "tick_bars(5)")


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (("tick",), RequestError, "size"),
        (("dollar", "much"), RequestError, "size"),
        (("volume", 0), RequestError, "size"),
        (("volume", float("nan")), RequestError, "size"),
        (("5m", 3), RequestError, "size"),
        (("trades",), RequestError, "tick, volume"),
        (("7m",), RequestError, "7m"),
        (("1m",), BundleTableError, "bars_1m from its source"),
        (("tick", 5), BundleTableError, "with trades"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path, call, error, text):
    file = tmp_path / "bars.csv"
    file.write_text("date,symbol,open,high,low,close,volume\n2024-03-08T10:00:00,A,1,1,1,1,1\n")
    root = tmp_path / "root"
    ingest_files(file, "t", calendar="24/7", resolution="1m", root=root)
    with pytest.raises(error, match=text):
        resample("t", *call, root=root)
    with warehouse.open(root) as wh:
        assert wh.snapshot("t").version == 1
    with pytest.raises(UnknownBundleError):
        resample("none", *call, root=root) if error is BundleTableError else resample(
            "none", "5m", root=root
        )


def test_the_command(tmp_path):
    add(tmp_path, [("A", DAYS[-1], OPENED, 0, Decimal(5), Decimal(1))])
    for said in ("", "m.dollar_bars_1000 is as it was."):
        arguments = ["m", "dollar", "1e3", "--root", str(tmp_path), "--format", "csv"]
        done = CliRunner().invoke(command, arguments)
        assert done.exit_code == 0, done.output
        assert said in done.stderr
        (row,) = csv.DictReader(io.StringIO(done.stdout))
        assert (row["dataset"], row["made"]) == ("dollar_bars_1000", "0" if said else "1")
