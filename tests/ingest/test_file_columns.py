"""Which files are read, and where their columns are found."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rustybt.errors import ColumnsError, ColumnTypeError, NothingReadError, SourceFileError

BAR = "2024-01-02,A,1,2,1,2,10\n"
HEADER = "date,symbol,open,high,low,close,volume\n"


def test_a_plain_file_is_stored_exactly(take, ask):
    take(HEADER + "2024-01-02,A,1.10,2.25,1.05,2.2,1000\n")
    row = ask("SELECT session, symbol, open, high, low, close, volume FROM t.bars_1d")
    numbers = tuple(map(Decimal, ("1.10", "2.25", "1.05", "2.2", "1000")))
    assert row == [(date(2024, 1, 2), "A", *numbers)]


@pytest.mark.parametrize(
    "header",
    [
        "Date,Ticker,Open,High,Low,Close,Volume",
        "TIME_STAMP,Name,OPEN,HIGH,LOW,CLOSE,VOL",
        "ts, symbol , open,high,low,close,volume",
        "datetime,symbol,open,high,low,close,volume",
    ],
)
def test_usual_names_are_found(take, header):
    assert take(f"{header}\n{BAR}").added == 1


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters_are_found(take, delimiter):
    assert take((HEADER + BAR).replace(",", delimiter)).added == 1


def test_a_missing_column_is_named_with_what_was_found(take):
    with pytest.raises(ColumnsError, match=r"no column for close\. Found: date, symbol, open"):
        take("date,symbol,open,high,low,volume\n2024-01-02,A,1,2,1,10\n")


def test_two_columns_of_one_name_are_refused(take):
    with pytest.raises(ColumnsError, match="more than one column for close"):
        take("date,symbol,open,high,low,close,Close,volume\n2024-01-02,A,1,2,1,2,2,10\n")


def test_date_and_time_apart_are_refused(take):
    with pytest.raises(ColumnsError, match="two columns"):
        take("date,time,symbol,open,high,low,close,volume\n2024-01-02,10:00,A,1,2,1,2,10\n")


def test_extra_columns_are_said(take):
    report = take("date,symbol,open,high,low,close,volume,vwap,\n2024-01-02,A,1,2,1,2,10,1.5,\n")
    assert any("not stored: vwap" in note for note in report.notes)


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_refused(take, text):
    with pytest.raises(SourceFileError, match="empty"):
        take(text)


def test_a_header_alone_is_refused(take):
    with pytest.raises(NothingReadError, match="no rows"):
        take(HEADER)


def test_a_missing_path_is_refused(take, tmp_path):
    with pytest.raises(SourceFileError, match="no such file"):
        take(tmp_path / "nowhere.csv")


def test_another_kind_of_file_is_refused(take, write):
    with pytest.raises(SourceFileError, match="unknown kind"):
        take(write(HEADER, "bars.xlsx"))


def test_a_folder_without_files_is_refused(take, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceFileError, match="no file"):
        take(tmp_path / "empty")


def test_a_utf8_mark_is_no_part_of_the_first_name(take):
    assert take("\ufeff" + HEADER + BAR).added == 1


def test_utf16_is_refused_with_the_option_to_pass(take, write):
    with pytest.raises(SourceFileError, match="--encoding utf-16"):
        take(write((HEADER + BAR).encode("utf-16")))


def test_latin1_is_refused_unless_said(take, write, ask):
    path = write((HEADER + BAR.replace("A", "Å")).encode("latin-1"))
    with pytest.raises(SourceFileError, match="--encoding"):
        take(path)
    take(path, encoding="latin-1")
    assert ask("SELECT symbol FROM t.assets") == [("Å",)]


def test_binary_is_refused(take, write):
    with pytest.raises(SourceFileError, match="binary"):
        take(write(b"PAR1\0\0\0"))


def test_text_is_no_parquet(take, write):
    with pytest.raises(SourceFileError, match="no Parquet file"):
        take(write(HEADER, "bars.parquet"))


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_other_ends_of_lines_are_read(take, ending):
    assert take((HEADER + BAR).replace("\n", ending)).added == 1


def test_ends_of_lines_of_two_kinds_are_refused(take):
    with pytest.raises(SourceFileError, match="one kind of line end"):
        take(HEADER + BAR + BAR.rstrip() + "\r\n" + BAR)


def test_a_last_line_without_an_end_is_read(take):
    assert take((HEADER + BAR).rstrip()).added == 1


def test_a_broken_gzip_is_refused(take, write):
    path = write(HEADER + BAR, "bars.csv.gz")
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(SourceFileError, match="cannot be read"):
        take(path)


def test_names_of_files_are_no_patterns(take, write, ask):
    for stem in ("A[1]", "A*", "A1"):
        path = write("date,open,high,low,close,volume\n2024-01-02,1,2,1,2,10\n", f"{stem}.csv")
    take(path.parent)
    assert ask("SELECT symbol FROM t.bars_1d ORDER BY 1") == [("A*",), ("A1",), ("A[1]",)]


def test_actions_of_minutes_are_said_not_to_be_stored(take):
    text = "ts,symbol,open,high,low,close,volume,split\n2024-01-02 15:00,A,1,2,1,2,10,2\n"
    report = take(text, resolution="1m")
    assert (report.actions, "not stored" in report.notes[-1]) == (0, True)


def test_gzip_is_read(take):
    assert take(HEADER + BAR, name="bars.csv.gz").added == 1


def test_a_folder_is_one_symbol_a_file(take, write, ask):
    for stem in ("BRK.B", "BTC-USDT", "7203"):
        path = write("date,open,high,low,close,volume\n2024-01-02,1,2,1,2,10\n", f"{stem}.csv")
    take(path.parent)
    assert ask("SELECT symbol FROM t.assets ORDER BY sid") == [("7203",), ("BRK.B",), ("BTC-USDT",)]


def test_a_folder_may_mix_kinds_and_orders(take, write, ask):
    write("date,open,high,low,close,volume\n2024-01-02,1,2,1,2,10\n", "A.csv")
    write("volume;date;open;high;low;close\n10;20240102;1;2;1;2\n", "B.csv.gz")
    path = write(b"", "C.parquet")
    row = {
        "date": [date(2024, 1, 2)],
        "open": [1],
        "high": [2.0],
        "low": [1],
        "close": [2],
        "volume": [10],
    }
    pq.write_table(pa.table(row), path)
    take(path.parent)
    rows = ask("SELECT DISTINCT open, high, low, close, volume FROM t.bars_1d")
    assert rows == [tuple(map(Decimal, (1, 2, 1, 2, 10)))]


def test_a_column_of_symbols_rules_over_the_name_of_the_file(take, ask):
    take(HEADER + BAR, name="OTHER.csv")
    assert ask("SELECT symbol FROM t.assets") == [("A",)]


def test_a_parquet_column_of_another_type_is_refused(take, write):
    path = write(b"", "A.parquet")
    row = {
        "date": [date(2024, 1, 2)],
        "open": [True],
        "high": [2],
        "low": [1],
        "close": [2],
        "volume": [1],
    }
    pq.write_table(pa.table(row), path)
    with pytest.raises(ColumnTypeError, match=r"column open: .* found BOOLEAN"):
        take(path)
