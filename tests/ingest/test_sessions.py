"""The sessions that come with the package are those that exchange_calendars computes."""

import subprocess
import sys
from datetime import date
from importlib.metadata import version

import pyarrow.parquet as pq
import pytest

from rustybt.data.calendars import computed, require_calendar, sessions, shipped
from rustybt.errors import UnknownCalendarError

HELD = shipped.held()
SECOND_NAMES = computed.aliases()
FIRST_NAMES = sorted(set(computed.names()) - set(SECOND_NAMES))


def test_the_table_is_of_the_installed_version():
    assert shipped.made_with() == version("exchange_calendars"), "make sessions"
    assert shipped.names() == computed.names()


@pytest.mark.parametrize("calendar", ["XNYS", "24/7", "XLON"])
def test_a_span_of_the_table_is_that_of_the_library(calendar):
    found = shipped.sessions(calendar, 1995, 2027)
    assert found is not None
    assert found.equals(computed.between(calendar, 1995, 2027))


@pytest.mark.slow
@pytest.mark.parametrize("calendar", FIRST_NAMES)
def test_every_calendar_is_that_of_the_library(calendar):
    if calendar == "XKRX":  # the last opening of its year is another in a span that goes on
        assert calendar not in HELD
        return
    if calendar not in HELD:
        with pytest.raises(UnknownCalendarError):
            computed.between(calendar, 2015, 2016)
        return
    first, last = HELD[calendar]
    found = shipped.sessions(calendar, first, last)
    assert found is not None
    assert found.equals(computed.between(calendar, first, last))
    middle = (first + last) // 2
    part = shipped.sessions(calendar, middle, middle + 1)
    assert part is not None
    assert part.equals(computed.between(calendar, middle, middle + 1))


@pytest.mark.parametrize(("name", "calendar"), [("NYSE", "XNYS"), ("LSE", "XLON")])
def test_a_second_name_gives_the_same_sessions(name, calendar):
    assert SECOND_NAMES[name] == calendar
    days = (name, date(2020, 1, 2), date(2020, 5, 5))
    assert sessions(*days).equals(sessions(calendar, *days[1:]))


@pytest.mark.parametrize(("first", "last"), [(1950, 1951), (2034, 2036)])
def test_years_beyond_the_table_are_computed(first, last):
    assert shipped.sessions("XNYS", first, last) is None
    found = sessions("XNYS", date(first, 3, 3), date(last, 4, 4))["session"].to_pylist()
    assert found[0].year == first
    assert found[-1].year == last + 1


def test_a_calendar_that_ends_with_the_year_of_the_bars_ends_there():
    last = HELD["XBOM"][1]
    found = sessions("XBOM", date(last, 1, 5), date(last, 2, 5))["session"].to_pylist()
    assert {it.year for it in found} == {last}


def test_a_table_of_another_version_is_not_used(tmp_path, monkeypatch):
    table = tmp_path / "sessions.parquet"
    rows = pq.read_table(shipped.TABLE)
    (key,) = (it for it in rows.schema.metadata if it == b"calendars")
    about = rows.schema.metadata[key].replace(version("exchange_calendars").encode(), b"0.0.0", 1)
    pq.write_table(rows.replace_schema_metadata({key: about}), table)
    monkeypatch.setattr(shipped, "TABLE", table)
    assert shipped.sessions("XNYS", 2020, 2021) is None
    assert shipped.names() == []
    require_calendar("XNYS")
    assert sessions("XNYS", date(2020, 1, 2), date(2020, 1, 3)).num_rows > 500


def test_a_calendar_that_cannot_be_computed_is_one_line():
    missing = [it for it in FIRST_NAMES if it not in HELD and it != "XKRX"]
    for name in missing[:1]:
        with pytest.raises(UnknownCalendarError, match=name):
            sessions(name, date(2020, 1, 2), date(2020, 1, 3))


def test_the_table_is_some_hundred_kilobytes():
    assert shipped.TABLE.stat().st_size < 500_000


JOB = """
import sys
from rustybt.cli import main
main(["ingest", "csv", sys.argv[1], "--bundle", "a", "--root", sys.argv[2]], standalone_mode=False)
heavy = {"pandas", "exchange_calendars", "polars", "rich", "sqlglot", "pyarrow.compute"}
print(sorted(heavy & set(sys.modules)))
"""


def test_an_ingest_of_plain_files_imports_nothing_heavy(tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    row = "date,open,high,low,close,volume\n2019-12-31,1,2,1,2,3\n2020-01-02,1,2,,2,3\n"
    for name in ("A", "B"):
        (files / f"{name}.csv").write_text(row)
    command = [sys.executable, "-c", JOB, files, tmp_path / "root"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "2 stored rows are doubtful" in done.stderr
