"""Table macros of a bundle: what was known at a day."""

import random
from datetime import date, timedelta

import pytest

import warehouse
from rustybt.data.bundles import ingest_files
from warehouse.errors import DamageError, SafeSqlError

LINES = (
    "date,symbol,open,high,low,close,volume,dividend,split\n"
    "2024-03-05,A,10,12,8,10,100,,\n"
    "2024-03-06,A,9,9,9,9,100,1,\n"
    "2024-03-07,A,4,4,4,4,100,,2\n"
    "2024-03-08,A,2,2,2,2,100,,2\n"
)


@pytest.fixture
def taken(tmp_path):
    """Ingest text into the bundle ``m``; return the warehouse."""

    def taken(text):
        (tmp_path / "a.csv").write_text(text)
        ingest_files(tmp_path / "a.csv", "m", calendar="XNYS", root=tmp_path / "root")
        return warehouse.open(tmp_path / "root")

    return taken


@pytest.mark.parametrize(
    ("day", "closes", "volumes"),
    [
        ("2024-03-04", [], []),
        ("2024-03-05", [10.0], [100.0]),
        ("2024-03-06", [9.0, 9.0], [100.0, 100.0]),
        ("2024-03-07", [4.5, 4.5, 4.0], [200.0, 200.0, 100.0]),
        ("2024-03-08", [2.25, 2.25, 2.0, 2.0], [400.0, 400.0, 200.0, 100.0]),
        ("2030-01-01", [2.25, 2.25, 2.0, 2.0], [400.0, 400.0, 200.0, 100.0]),
    ],
)
def test_a_day_knows_the_bars_and_actions_up_to_it(taken, day, closes, volumes):
    with taken(LINES) as wh:
        found = wh.sql("FROM m.bars_1d_as_of(?) ORDER BY session", [day]).rows()
        assert [row[6] for row in found] == closes
        assert [row[7] for row in found] == volumes


def test_every_day_of_many_actions_beside_a_plain_computation(taken):
    rng, days = random.Random(11), [date(2024, 1, 1) + timedelta(it) for it in range(120)]
    rows = [
        (
            symbol,
            day,
            round(rng.uniform(20, 90), 2),
            rng.choice(["", "", "0.5"]),
            rng.choice(["", "", "", "2", "0.25"]),
        )
        for symbol in ("A", "B")
        for day in days
        if day.weekday() < 5 and rng.random() < 0.8
    ]
    text = "date,symbol,open,high,low,close,volume,dividend,split\n" + "".join(
        f"{day},{symbol},{close},{close},{close},{close},100,{cash},{split}\n"
        for symbol, day, close, cash, split in rows
    )
    with taken(text) as wh:
        actions = wh.sql("SELECT symbol, session, ratio FROM m.adjustments WHERE ratio IS NOT NULL")
        known = actions.rows()
        for day in days[::17]:
            expected = {}
            for symbol, at, close, *_ in rows:
                ratio = 1.0
                for of, session, it in known:
                    ratio *= it if of == symbol and at < session <= day else 1.0
                if at <= day:
                    expected[symbol, at] = pytest.approx(close * ratio)
            query = "SELECT symbol, session, close FROM m.bars_1d_as_of($day)"
            found = wh.sql(query, {"day": day}).rows()
            assert {(symbol, at): close for symbol, at, close in found} == expected


def test_the_last_day_is_the_view(taken):
    with taken(LINES) as wh:
        last = "SELECT max(session) FROM m.bars_1d"
        assert (
            wh.sql(f"FROM m.bars_1d_as_of(({last})) ORDER BY ALL").rows()
            == wh.sql("FROM m.bars_1d_adjusted ORDER BY ALL").rows()
        )


def test_it_is_described_goes_with_its_bundle_and_stands_in_the_catalog(taken, tmp_path):
    import duckdb

    with taken(LINES) as wh:
        query = "SELECT comment FROM duckdb_functions() WHERE function_name = 'bars_1d_as_of'"
        assert "as known that day" in wh.sql(query).rows()[0][0]
        built = wh.build_catalog(tmp_path / "catalog.duckdb")
        taken(LINES.replace(",2,2,2,2,", ",3,3,3,3,")).close()
        manifests = sorted((tmp_path / "root/bundles/m").rglob("*.json"))
        manifests[-1].chmod(0o644)
        manifests[-1].write_bytes(b"{")
        wh.refresh()
        with pytest.raises(DamageError):
            wh.sql("FROM m.bars_1d_as_of('2024-03-08')")
        assert wh.sql(query).rows() == []
    with duckdb.connect(str(built.path), read_only=True) as catalog:
        found = catalog.execute("SELECT close FROM m.bars_1d_as_of('2024-03-06')").fetchall()
        assert found == [(9.0,), (9.0,)]


def test_safe_mode_has_views_alone(taken, tmp_path):
    taken(LINES).close()
    with (
        warehouse.open(tmp_path / "root", safe=True) as safe,
        pytest.raises(SafeSqlError, match="bars_1d_as_of"),
    ):
        safe.sql("FROM m.bars_1d_as_of('2024-03-06')")
