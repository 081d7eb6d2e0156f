"""Results that are kept beside a snapshot are sound or gone, and go with it."""

from datetime import date

import pytest

import warehouse
from warehouse.snapshots.shelf import trim

SQL = """
CREATE OR REPLACE TABLE made AS
SELECT
    session::DATE AS session, 0::INTEGER AS sid, 'A' AS symbol,
    ($close + day(session))::DECIMAL(18, 8) AS open, open AS high, open AS low, open AS close,
    1::DECIMAL(18, 8) AS volume
FROM generate_series($first::TIMESTAMP, $last::TIMESTAMP, INTERVAL 1 DAY) d(session)
"""
COLUMNS = {"bars_1d": ("session", "sid", "close"), "adjustments": ("session", "sid")}


def write(root, first, last, close=1):
    with warehouse.open(root) as wh, wh.begin("eq", calendar="24/7") as txn:
        txn.session.execute(SQL, {"first": first, "last": last, "close": close})
        txn.upsert("bars_1d", "made")
        txn.commit()


@pytest.fixture
def wh(tmp_path):
    write(tmp_path, date(2023, 1, 1), date(2024, 3, 1))
    with warehouse.open(tmp_path) as opened:
        yield opened


def put(wh, name, content=b"content"):
    return wh.shelf("eq").put(name, lambda path: path.write_bytes(content))


def test_file_is_found_by_its_name(wh):
    path = put(wh, "one")
    assert wh.shelf("eq").held() == {"one": path}
    assert wh.shelf("eq").is_sound(path)


def test_damaged_file_is_taken_away(wh):
    path = put(wh, "one")
    path.chmod(0o644)
    path.write_bytes(b"other")
    assert not wh.shelf("eq").is_sound(path)
    assert wh.shelf("eq").held() == {}


def test_writer_that_fails_leaves_nothing(wh):
    def fail(path):
        path.write_bytes(b"half")
        raise OSError

    assert wh.shelf("eq").put("one", fail) is None
    assert wh.shelf("eq").held() == {}


def test_file_of_an_older_snapshot_is_taken_over_by_a_link(wh, tmp_path):
    path = put(wh, "one")
    write(tmp_path, date(2024, 3, 2), date(2024, 3, 2))
    wh.refresh()
    new = wh.shelf("eq")
    (old,) = new.others()
    new.take({"two": old.held()["one"]})
    assert new.held()["two"].stat().st_ino == path.stat().st_ino


def test_trim_removes_what_was_used_least_recently(wh, tmp_path):
    import os

    paths = [put(wh, name, name.encode() * 100) for name in "abc"]
    for age, path in enumerate(reversed(paths)):
        os.utime(path, (1000 - age, 1000 - age))
    trim(tmp_path, 250)
    assert list(wh.shelf("eq").held()) == ["b", "c"]


def changes(wh):
    return wh.first_changes("eq", wh.snapshots("eq")[0], COLUMNS)


def test_first_change_is_the_first_new_day(wh, tmp_path):
    write(tmp_path, date(2024, 2, 20), date(2024, 3, 5))
    wh.refresh()
    assert changes(wh) == {"bars_1d": date(2024, 3, 2)}


def test_first_change_is_the_first_corrected_day(wh, tmp_path):
    write(tmp_path, date(2023, 5, 5), date(2023, 5, 7), close=2)
    wh.refresh()
    assert changes(wh) == {"bars_1d": date(2023, 5, 5)}


def test_snapshots_that_hold_the_same_rows_do_not_differ(wh, tmp_path):
    write(tmp_path, date(2023, 5, 5), date(2023, 5, 7), close=2)
    write(tmp_path, date(2023, 5, 5), date(2023, 5, 7), close=1)
    wh.refresh()
    assert changes(wh) == {}
