"""Files as people have them: other zones, mixed epochs, blank lines, upper-case endings."""

import os
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from rustybt.cli import main
from rustybt.errors import ColumnsError, NothingReadError, SourceFileError

HEADER = "date,symbol,open,high,low,close,volume\n"
BAR = "1,2,1,2,10"
DAYS = "SELECT session FROM t.bars_1d ORDER BY ALL"


@pytest.mark.parametrize(
    "time",
    [
        "2024-07-02 00:00:00+01:00",  # London in summer: 23:00 UTC of the day before
        "2024-07-02T00:00:00+09:00",
        "2024-07-02 20:00:00-05:00",
    ],
)
def test_a_daily_row_is_of_the_date_as_written(take, ask, time):
    take(HEADER + f"{time},A,{BAR}\n")
    assert ask(DAYS) == [(date(2024, 7, 2),)]


def test_a_daily_row_of_a_parquet_file_is_of_its_date_there(take, ask, tmp_path):
    path = tmp_path / "bars.parquet"
    midnight = pa.array([datetime(2024, 7, 1, 23)], pa.timestamp("us", tz="Europe/London"))  # noqa: DTZ001 - UTC
    numbers = {name: [1.0] for name in ("open", "high", "low", "close", "volume")}
    pq.write_table(pa.table({"date": midnight, "symbol": ["A"], **numbers}), path)
    take(path)
    assert ask(DAYS) == [(date(2024, 7, 2),)]


@pytest.mark.parametrize("time", ["2024-01-03T00:00:00+99:00", "2024-01-03 (BC)"])
def test_a_zone_or_era_that_is_none_is_rejected(take, time):
    report = take(HEADER + f"2024-01-02,A,{BAR}\n{time},A,{BAR}\n")
    assert (report.added, report.rejected) == (1, 1)


def test_an_epoch_of_a_shorter_unit_is_rejected_and_not_of_1970(take):
    times = ["1704153600000", "1704240000000", "1704326400"]
    report = take(HEADER + "".join(f"{time},A,{BAR}\n" for time in times))
    assert (report.added, [it.line for it in report.rejects]) == (2, [4])


def test_epochs_before_their_magnitude_tells_are_taken(take, ask):
    take(HEADER + f"-86400,A,{BAR}\n0,A,{BAR}\n1704153600,A,{BAR}\n1704240000,A,{BAR}\n")
    assert ask(DAYS)[0] == (date(1969, 12, 31),)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("blank", [1, 3])
def test_blank_lines_before_the_header_are_nothing(take, blank, end):
    lines = ["date,symbol,open,high,low,close,volume", f"2024-01-02,A,{BAR}", "2024-01-03,A", "x"]
    report = take(end * blank + end.join(lines) + end)
    assert (report.added, [it.line for it in report.rejects]) == (1, [blank + 3, blank + 4])


def test_endings_of_files_may_be_of_any_case(take, write, ask):
    text = f"date,open,high,low,close,volume\n2024-01-02,{BAR}\n"
    packed = write(text, "B.csv.gz")
    packed.rename(packed.with_name("B.CSV.GZ"))
    take(write(text, "A.CSV").parent)
    assert ask("SELECT symbol FROM t.assets ORDER BY 1") == [("A",), ("B",)]


@pytest.mark.parametrize(
    "make",
    [Path.mkdir, os.mkfifo, lambda it: it.symlink_to("nowhere"), lambda it: it.symlink_to(it)],
    ids=["folder", "pipe", "link to nothing", "link to itself"],
)
def test_what_is_named_as_a_file_and_is_none_is_not_passed_over(take, write, root, make):
    good = write(HEADER + f"2024-01-02,A,{BAR}\n", "A.csv")
    make(good.with_name("B.csv"))
    with pytest.raises(SourceFileError, match=r"B\.csv.*no file"):
        take(good.parent)
    assert not root.exists()


def test_a_name_that_is_no_text_is_refused_in_text(write, root):
    bad = write(HEADER + f"2024-01-02,A,{BAR}\n", os.fsdecode(b"\xff.csv"))
    command = ["ingest", "csv", str(bad.parent), "--bundle", "t", "--root", str(root)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 1
    assert r"\udcff.csv: its name is no UTF-8 text. Rename it." in done.output


def test_hidden_files_of_a_folder_are_left(take, write):
    write("\0\5\x16\7", "._A.csv")
    assert take(write(HEADER + f"2024-01-02,A,{BAR}\n", "A.csv").parent).read == 1


def test_day_first_says_what_to_do(take):
    with pytest.raises(NothingReadError, match="needs a date format such as %d/%m/%Y"):
        take(HEADER + f"31/01/2024,A,{BAR}\n")


@pytest.mark.parametrize("pattern", ["dd/mm/yyyy", "%Q"])
def test_a_date_format_that_is_none_is_said(take, pattern):
    with pytest.raises(SourceFileError, match=r"the date format .* Expected a strptime pattern"):
        take(HEADER + f"31/01/2024,A,{BAR}\n", date_format=pattern)


def test_a_decimal_comma_says_what_is_expected(take):
    text = (HEADER + "2024-01-02,A,1,2,1,2,10\n").replace(",", ";") + "2024-01-03;A;1,5;2;1;2;10\n"
    assert "expected a point before the decimals, found 1,5" in take(text).rejects[0].reason


def test_a_missing_adjusted_close_is_named_as_it_was_asked_for(take):
    with pytest.raises(ColumnsError, match="Accepted names: Adj Close"):
        take(HEADER + f"2024-01-02,A,{BAR}\n", actions_from="Adj Close")
