"""Trades from files: columns, order, duplicates, and what comes again."""

from decimal import Decimal

import pyarrow as pa
import pytest

import warehouse
from rustybt.data.bundles import Request, ingest, ingest_files
from rustybt.data.readers.stored import WarehouseBarReader
from rustybt.data.sources import FileSource, TableSource
from rustybt.errors import ColumnsError, DuplicateRowsError, NothingReadError, RequestError

HEAD = "time,symbol,price,size,side,id\n"
ROWS = """\
2024-03-01T10:00:00.000001,A,1.5,2,buy,x9
2024-03-01T10:00:00.000001,A,1.25,3,SELL,x10
2024-03-01T10:00:00.000001,A,1.5,2,b,x11
2024-03-02T09:00:00,B,7,0.00000001,,y1
2024-03-02T09:00:01,B,1e3,1,n/a,
"""
ALL = (
    "SELECT ts::VARCHAR, session::VARCHAR, symbol, price::VARCHAR, size::VARCHAR, side, id, seq "
    "FROM t.trades ORDER BY symbol, ts, seq"
)


@pytest.fixture
def told(take):
    """Ingest text as trades around the clock; returns the report."""

    def told(text, name="trades.csv"):
        return take(text, name=name, calendar="24/7", resolution="tick")

    return told


def test_trades_of_a_file(told, ask):
    report = told(HEAD + ROWS)
    assert (report.added, report.rejected, report.symbols) == (5, 0, 2)
    assert ask(ALL) == [
        ("2024-03-01 10:00:00.000001", "2024-03-01", "A", "1.50000000", "2.00000000", "buy", "x9", 0),
        ("2024-03-01 10:00:00.000001", "2024-03-01", "A", "1.25000000", "3.00000000", "sell", "x10", 1),
        ("2024-03-01 10:00:00.000001", "2024-03-01", "A", "1.50000000", "2.00000000", "buy", "x11", 2),
        ("2024-03-02 09:00:00", "2024-03-02", "B", "7.00000000", "0.00000001", None, "y1", 0),
        ("2024-03-02 09:00:01", "2024-03-02", "B", "1000.00000000", "1.00000000", None, None, 0),
    ]  # fmt: skip
    assert ask("SELECT symbol, first_session::VARCHAR FROM t.assets ORDER BY ALL") == [
        ("A", "2024-03-01"),
        ("B", "2024-03-02"),
    ]
    assert ask("SELECT rows, first_session::VARCHAR FROM meta.bundles") == [(5, "2024-03-01")]


def test_the_same_file_again_is_nothing_new(told):
    told(HEAD + ROWS)
    again = told(HEAD + ROWS)
    assert not again.new
    assert again.same == 5


def test_a_trade_told_twice_is_one_by_its_id(told, ask):
    report = told(HEAD + ROWS + ROWS.splitlines()[1] + "\n")
    assert (report.added, report.duplicates) == (5, 1)


def test_one_id_with_two_prices_is_refused(told):
    changed = ROWS.splitlines()[1].replace("1.25", "1.26")
    with pytest.raises(DuplicateRowsError, match=r"id x10, price 1\.25"):
        told(HEAD + ROWS + changed + "\n")


def test_trades_without_an_id_are_all_there_and_come_again_as_they_were(told, ask):
    text = "ts,price,qty\n" + "2024-03-01 10:00:00,5,1\n" * 3
    assert told(text, "C.csv").added == 3
    assert not told(text, "C.csv").new
    assert ask("SELECT list(seq ORDER BY seq) FROM t.trades") == [([0, 1, 2],)]


def test_a_later_file_that_goes_on_within_an_instant_loses_no_trade(told, ask):
    first, second, third = ROWS.splitlines()[:3]
    told(HEAD + first + "\n" + second + "\n")
    report = told(HEAD + second + "\n" + third + "\n")
    assert (report.added, report.same) == (1, 1)
    assert ask("SELECT list(id ORDER BY seq) FROM t.trades") == [(["x9", "x10", "x11"],)]


def test_a_price_that_was_revised_replaces_the_stored_one(told, ask):
    told(HEAD + ROWS)
    report = told(HEAD + ROWS.replace("1.25", "1.26"))
    assert (report.added, report.changed, report.same) == (0, 1, 4)
    assert ask("SELECT price::VARCHAR FROM t.trades WHERE id = 'x10'") == [("1.26000000",)]


def test_the_order_that_a_source_tells_counts(told, ask):
    text = "ts,price,size,sequence\n2024-03-01,5,1,30\n2024-03-01,6,1,20\n2024-03-01,7,1,25\n"
    told(text, "C.csv")
    found = ask("SELECT seq, price::INTEGER FROM t.trades ORDER BY seq")
    assert found == [(20, 6), (25, 7), (30, 5)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2024-03-01,A,,1,buy,1", "price: expected a number, found none"),
        ("2024-03-01,A,5,nan,buy,1", "size: expected a number, found none"),
        ("2024-03-01,A,5,1,short,1", "side: expected buy or sell, found 'short'"),
        ("2024-03-01,A,5.1234567890123456789,1,buy,1", "price: expected at most 18 decimals"),
        ("yesterday,A,5,1,buy,1", "time: expected"),
    ],
)
def test_a_row_that_is_no_trade_is_rejected_with_its_line(told, row, reason):
    report = told(HEAD + ROWS + row + "\n2024-03-01,A,5,1,sell,z\n")
    (rejected,) = report.rejects
    assert (rejected.line, report.added) == (7, 6)
    assert reason in rejected.reason


def test_a_number_of_order_that_is_none_is_rejected(told):
    report = told("ts,price,size,seq\n2024-03-01,5,1,-1\n2024-03-01,6,1,2\n", "C.csv")
    assert [it.reason for it in report.rejects] == [
        "seq: expected a whole number from 0 on, found '-1'"
    ]


def test_rows_that_need_care_keep_their_place(told, ask):
    rows = "".join(f"2024-03-01 10:00:00,A,{price},1,buy,\n" for price in ("5", "6e0", "7", "8e0"))
    told(HEAD + rows)
    assert ask("SELECT price::INTEGER FROM t.trades ORDER BY seq") == [(5,), (6,), (7,), (8,)]


def test_files_of_several_workers(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name in "ABCDEF":
        rows = "".join(f"2024-03-01 10:00:0{i},{i + 1},1\n" for i in range(4))
        (folder / f"{name}.csv").write_text("ts,price,size\n" + rows)
    root = tmp_path / "root"
    request = Request(n_workers=2)
    report = ingest(FileSource(folder), "t", request, calendar="24/7", resolution="tick", root=root)
    assert report.added == 24
    with warehouse.open(root) as wh:
        told = wh.sql("SELECT symbol, list(price::INTEGER ORDER BY ts) FROM t.trades GROUP BY ALL")
        assert sorted(told.rows()) == [(name, [1, 2, 3, 4]) for name in "ABCDEF"]


def test_a_table_with_wide_numbers(tmp_path):
    rows = pa.table(
        {
            "ts": pa.array([1709287200000000], pa.timestamp("us")),
            "symbol": ["A"],
            "price": pa.array([Decimal("0.000000000000000001")], pa.decimal128(38, 18)),
            "size": pa.array([2], pa.int64()),
        }
    )
    ingest(TableSource("t", rows), "t", calendar="24/7", resolution="ticks", root=tmp_path)
    with warehouse.open(tmp_path) as wh:
        ((price, kind),) = wh.sql("SELECT price, typeof(price) FROM t.trades").rows()
    assert (price, kind) == (Decimal("0.000000000000000001"), "DECIMAL(38,18)")


def test_trades_of_a_session_and_beside_it(tmp_path):
    path = tmp_path / "A.csv"
    path.write_text(
        "ts,price,size\n2024-03-01 14:29:59.9,1,1\n2024-03-01 21:00:00,2,1\n2024-03-02 01:00:00,3,1\n"
    )
    ingest_files(path, "t", calendar="XNYS", resolution="tick", root=tmp_path / "root")
    with warehouse.open(tmp_path / "root") as wh:
        told = wh.sql("SELECT price::INTEGER, session::VARCHAR FROM t.trades ORDER BY 1").rows()
    assert told == [(1, "2024-03-01"), (2, "2024-03-01"), (3, "2024-03-02")]


def test_a_file_of_bars_is_no_file_of_trades(told):
    with pytest.raises(ColumnsError, match="no column for price"):
        told("date,symbol,open,high,low,close,volume\n2024-03-01,A,1,1,1,1,1\n")


def test_only_rejected_trades_are_no_bundle(told):
    with pytest.raises(NothingReadError):
        told(HEAD + "2024-03-01,A,,1,buy,1\n")


def test_trades_below_zero_are_flagged(told, ask):
    report = told(HEAD + "2024-03-01 10:00,A,-5,1,buy,1\n2024-03-01 10:00,A,5,1,buy,2\n")
    assert report.flagged == 1
    assert ask("SELECT dataset, kind, ts::VARCHAR FROM t.flags") == [
        ("trades", "trade_not_positive", "2024-03-01 10:00:00")
    ]


def test_trades_are_no_bars_of_a_reader(told, root):
    told(HEAD + ROWS)
    with warehouse.open(root) as wh, pytest.raises(RequestError, match="resolution"):
        WarehouseBarReader(wh, "t", "tick")
