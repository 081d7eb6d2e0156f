"""Rows that are rejected, flagged or said twice: all are counted, none is lost."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from rustybt.errors import DuplicateRowsError, NothingReadError, UnknownCalendarError
from warehouse.errors import BundleNameError, SchemaError

HEADER = "date,symbol,open,high,low,close,volume\n"
GOOD = "2024-01-02,A,1,2,1,2,10\n"


def test_a_reject_is_kept_with_file_line_reason_and_text(take, ask):
    take(HEADER + GOOD + "2024-01-03,A,1,2,1,abc,10\n")
    ((file, line, reason, raw),) = ask("SELECT file, line, reason, raw FROM t.rejects")
    assert (file.endswith("bars.csv"), line) == (True, 3)
    assert (reason, raw) == ("close: expected a number, found 'abc'", "2024-01-03,A,1,2,1,abc,10")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2024-13-03,A,1,2,1,2,10", "time: expected ISO"),
        ("2024-01-03,,1,2,1,2,10", "symbol: expected one"),
        ("2024-01-03,  ,1,2,1,2,10", "symbol: expected one"),
        ("2024-01-03,A,1,2,1,2", "missing columns"),
        ("2024-01-03,A,1,2,1,2,10,11", "too many columns"),
        ("2024-01-03,A,1,2,1,inf,10", "finite"),
        ('2024-01-03,"A,1,2,1,2,10', "unterminated quote"),
        ('2024-01-03,"A"B,1,2,1,2,10', "unterminated quote"),
        (",,,,,,", "symbol: expected one"),
        ("Total", "missing columns"),
        ('2024-01-03,A,1,2,1,2,"1,000"', "thousands"),
    ],
)
def test_a_row_that_cannot_be_typed_or_keyed_is_rejected(take, row, reason):
    report = take(HEADER + GOOD + row + "\n")
    assert (report.added, report.rejected) == (1, 1)
    assert reason in report.rejects[0].reason


def test_lines_are_those_of_the_file_whatever_stands_before(take):
    text = (
        HEADER
        + "\n"
        + '2024-01-02,"A\nB",1,2,1,2,10\n'
        + "2024-01-03,A,x,2,1,2,10\n"
        + "2024-01-04,A\n"
    )
    assert [it.line for it in take(text).rejects] == [5, 6]


def test_bytes_that_are_no_text_are_rejected(take, write):
    path = write(HEADER)
    many = b"".join(b"2024-01-02,S%05d,1,2,1,2,10\n" % i for i in range(4000))
    path.write_bytes(HEADER.encode() + many + b"2024-01-03,\xff\xfe,1,2,1,2,10\n" + GOOD.encode())
    report = take(path)
    assert (report.added, report.rejected) == (4001, 1)


def test_all_rows_rejected_is_an_error_that_shows_one(take):
    with pytest.raises(NothingReadError, match=r"its only row was rejected.*abc"):
        take(HEADER + "2024-01-03,A,1,2,1,abc,10\n")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("2024-01-02,A,,2,1,2,10", "missing_price"),
        ("2024-01-02,A,NaN,2,1,2,10", "missing_price"),
        ("2024-01-02,A,1,0.5,1,1,10", "high_not_highest"),
        ("2024-01-02,A,1,2,1.5,2,10", "low_not_lowest"),
        ("2024-01-02,A,0,2,0,2,10", "price_not_positive"),
        ("2024-01-02,A,1,2,1,2,", "volume_missing"),
        ("2024-01-02,A,1,2,1,2,-1", "volume_negative"),
        ("2024-01-06,A,1,2,1,2,10", "not_a_session"),
    ],
)
def test_a_doubtful_row_is_stored_and_flagged(take, ask, row, kind):
    report = take(HEADER + row + "\n")
    assert (report.added, report.flagged) == (1, 1)
    assert kind in {found for (found,) in ask("SELECT kind FROM t.flags")}


def test_a_missing_price_is_null_and_the_others_stay(take, ask):
    take(HEADER + "2024-01-02,A,,2,1,2,10\n")
    assert ask("SELECT open, high FROM t.bars_1d") == [(None, Decimal(2))]


def test_a_weekend_is_a_session_of_24_7(take):
    assert take(HEADER + "2024-01-06,A,1,2,1,2,10\n", calendar="24/7").flagged == 0


def test_flags_go_when_the_row_is_corrected(take, ask):
    take(HEADER + "2024-01-02,A,,2,1,2,10\n2024-01-03,A,,2,1,2,10\n")
    take(HEADER + GOOD)
    assert ask("SELECT session FROM t.flags") == [(date(2024, 1, 3),)]


def test_the_same_row_twice_is_kept_once(take, ask):
    report = take(HEADER + GOOD + GOOD + "2024-01-02,A,1.0,2,1,2,10\n")
    assert (report.added, report.duplicates) == (1, 2)
    assert ask("SELECT count(*) FROM t.bars_1d") == [(1,)]


def test_two_values_of_one_key_are_an_error_that_shows_both(take, root):
    with pytest.raises(DuplicateRowsError) as caught:
        take(HEADER + GOOD + "2024-01-02,A,1,2,1,1.5,10\n")
    assert "close 1.5" in str(caught.value)
    assert "close 2.0" in str(caught.value)
    assert not list(root.glob("**/*.parquet"))


def test_minutes_read_as_sessions_are_refused_with_the_option_that_takes_them(take):
    bars = "2024-01-02 14:30,A,1,2,1,2,10\n2024-01-02 14:31,A,1,2,1,1.5,10\n"
    with pytest.raises(DuplicateRowsError, match=r"--resolution 1m, or resolution=\"1m\""):
        take(HEADER + bars)
    assert take(HEADER + bars, resolution="1m").added == 2


def test_minutes_that_contradict_are_not_told_of_the_option(take):
    bars = "2024-01-02 14:30,A,1,2,1,2,10\n2024-01-02 14:30,A,1,2,1,1.5,10\n"
    with pytest.raises(DuplicateRowsError) as caught:
        take(HEADER + bars, resolution="1m")
    assert "--resolution" not in str(caught.value)


def test_a_reject_names_its_file_wherever_the_ingest_ran(take, ask, write, monkeypatch):
    path = write(HEADER + GOOD + "2024-01-03,A,1,2,1,abc,10\n")
    monkeypatch.chdir(path.parent)
    take(Path(path.name))
    assert ask("SELECT file FROM t.rejects") == [(str(path),)]


def test_a_failed_ingest_leaves_the_stored_bundle(take, ask):
    take(HEADER + GOOD)
    with pytest.raises(NothingReadError):
        take(HEADER + "2024-01-03,A,1,2,1,abc,10\n")
    assert ask("SELECT snapshot, rows FROM meta.bundles") == [(1, 1)]


@pytest.mark.parametrize("name", ["../x", 'a"b', "", "Foo", "main", "a b", "x" * 64, "_a"])
def test_a_name_that_cannot_be_a_bundle_is_refused(name, write, root):
    from rustybt.data.bundles import ingest_files

    with pytest.raises(BundleNameError):
        ingest_files(write(HEADER + GOOD), name, root=root)


def test_an_unknown_calendar_names_the_nearest(take):
    with pytest.raises(UnknownCalendarError, match="'XNYS'"):
        take(HEADER + GOOD, calendar="XNYX")


def test_a_bundle_keeps_its_calendar(take):
    take(HEADER + GOOD)
    with pytest.raises(SchemaError, match="XNYS"):
        take(HEADER + GOOD, calendar="24/7")


ODD_SYMBOLS = [
    *["/", "^", ":", "*", "?", "\\", "%", "é", "Å", "中", "😀", "=", "+", "@", "#", "~", "'", "&", ";", "!", "$", "(", ")", "[", "]", "{", "}", "<", ">", "|", "`"],
    *("BTC/USDT", "BRK.B", "../x", "..", ".", "7203", "007", "123", "2024-01-02", "inf", "1e5", "true"),
    *("con", "NUL", "AAPL.", "a", "A", "a b", "x=y", "*.parquet", "__HIVE_DEFAULT_PARTITION__"),
    *("NULL", "nan", "N/A", "-", "é", "x" * 300, "DROP TABLE t; --", "tab\there", "line\nbreak", "e\u0301", '"', 'quo"te', "com,ma"),
]  # fmt: skip


def test_odd_symbols_come_back_as_they_were(take, ask):
    assert len(set(ODD_SYMBOLS)) >= 63
    quoted = [symbol.replace('"', '""') for symbol in dict.fromkeys(ODD_SYMBOLS)]
    take(HEADER + "".join(f'2024-01-02,"{symbol}",1,2,1,2,10\n' for symbol in quoted))
    assert {symbol for (symbol,) in ask("SELECT symbol FROM t.bars_1d")} == set(ODD_SYMBOLS)


def test_sids_follow_the_order_of_symbols_and_stay(take, ask):
    take(HEADER + "2024-01-02,B,1,2,1,2,10\n2024-01-02,D,1,2,1,2,10\n")
    take(HEADER + "2024-01-03,C,1,2,1,2,10\n2024-01-03,B,1,2,1,2,10\n2024-01-03,A,1,2,1,2,10\n")
    assert ask("SELECT sid, symbol FROM t.assets ORDER BY sid") == [
        (1, "B"),
        (2, "D"),
        (3, "A"),
        (4, "C"),
    ]


def test_assets_know_their_span(take, ask):
    take(HEADER + "2024-01-03,A,1,2,1,2,10\n")
    take(HEADER + "2024-01-02,A,1,2,1,2,10\n")
    spans = ask("SELECT exchange, asset_type, first_session, last_session FROM t.assets")
    assert spans == [("XNYS", "equity", date(2024, 1, 2), date(2024, 1, 3))]


def test_sessions_reach_to_the_end_of_the_next_year(take, ask):
    take(HEADER + GOOD)
    assert ask("SELECT min(session), max(session) FROM t.sessions") == [
        (date(2024, 1, 2), date(2025, 12, 31))
    ]
