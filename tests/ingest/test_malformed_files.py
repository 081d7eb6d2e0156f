"""Files as they should not be: every row comes out as a row, a duplicate or a reject, or the file is refused."""

import pytest

import warehouse
from rustybt.errors import SourceError

H = "date,symbol,open,high,low,close,volume\n"
GOOD = "2024-01-02,A,1,2,1,2,10\n"


def row(**cells):
    given = dict(zip(H.strip().split(","), GOOD.strip().split(","), strict=True)) | cells
    return H + GOOD + ",".join(given.values()) + "\n"


def day(text):
    return row(date=text, symbol="B")


def price(text):
    return row(date="2024-01-03", close=text)


# (content, rows stored, rows rejected)
COUNTED = {
    "bom": (b"\xef\xbb\xbf" + (H + GOOD).encode(), 1, 0),
    "crlf": ((H + GOOD).replace("\n", "\r\n"), 1, 0),
    "no last newline": ((H + GOOD).rstrip(), 1, 0),
    "blank last lines": (H + GOOD + "\n\n", 1, 0),
    "blank first line": ("\n" + H + GOOD, 1, 0),
    "semicolons": ((H + GOOD).replace(",", ";"), 1, 0),
    "tabs": ((H + GOOD).replace(",", "\t"), 1, 0),
    "pipes": ((H + GOOD).replace(",", "|"), 1, 0),
    "quoted cells": (H + '"2024-01-02","A","1","2","1","2","10"\n', 1, 0),
    "quoted comma in symbol": (H + '2024-01-02,"A,B",1,2,1,2,10\n', 1, 0),
    "spaces around": (H + " 2024-01-02 , A , 1 , 2 , 1 , 2 , 10 \n", 1, 0),
    "upper case header": (H.upper() + GOOD, 1, 0),
    "spaced header": ("Date, Symbol, Open, High, Low, Close, Volume\n" + GOOD, 1, 0),
    "extra column": (H.strip() + ",note\n" + GOOD.strip() + ",x\n", 1, 0),
    "too few fields": (H + GOOD + "2024-01-03,A,1,2\n", 1, 1),
    "too many fields": (H + GOOD + "2024-01-03,A,1,2,1,2,10,11\n", 1, 1),
    "header again": (H + GOOD + H, 1, 1),
    "comment": (H + "# made by hand\n" + GOOD, 1, 1),
    "text after quote": (H + GOOD + '2024-01-03,"A"x,1,2,1,2,10\n', 1, 1),
    "duplicate": (H + GOOD + GOOD, 1, 0),
    "empty symbol": (row(date="2024-01-03", symbol=""), 1, 1),
    "blank symbol": (row(date="2024-01-03", symbol="  "), 1, 1),
    "long symbol": (row(symbol="x" * 10_000), 2, 0),
    "long text in price": (price("9" * 1_000_000), 1, 1),
    **{
        f"day {it}": (day(it), 1, 1)
        for it in (
            "",
            "31/12/2024",
            "2024-02-30",
            "2024-13-01",
            "tomorrow",
            "20240102",
            "1704153600",
            "2024",
            "2024-01",
            "0001-01-01",
            "9999-12-31",
            "infinity",
            "epoch",
            "NaT",
            "2024-01-02 25:00",
            "45293",
        )
    },
    **{
        f"day {it}": (day(it), 2, 0)
        for it in (
            "2024-1-2",
            "2024/01/02",
            "2024-01-02T00:00:00Z",
            "2024-01-02 00:00:00+01:00",
            "2024-02-29",
        )
    },
    **{
        f"price {it}": (price(it), 1, 1)
        for it in (
            "abc",
            "1 000",
            "'1,000'",
            "1.2.3",
            "--1",
            "0x10",
            "1_0",
            "inf",
            "-inf",
            "1e300",
            "1e-30",
            "$1",
            "1%",
            "\u0661",
            "1.",
            "١٢"[:1],
            "1e",
            "#REF!",
            "True",
        )
        if it != "1."
    },
    **{
        f"price {it!r}": (price(it), 2, 0)
        for it in (
            "",
            "NaN",
            "NA",
            "n/a",
            "null",
            "None",
            "-",
            "#N/A",
            "+1",
            ".5",
            "5.",
            "1e2",
            "-0",
            "007",
            "0",
        )
    },
}
REFUSED = {
    "empty": "",
    "blank": "\n\n\n",
    "only a header": H,
    "no header": GOOD,
    "html": "<!DOCTYPE html><html><body>429</body></html>",
    "json": '{"date": "2024-01-02", "close": 2}',
    "utf-16": (H + GOOD).encode("utf-16"),
    "nul": (H + GOOD).encode() + b"\0\0",
    "latin-1": H.encode() + b"2024-01-02,\xe9,1,2,1,2,10\n",
    "no close": "date,symbol,open,high,low,volume\n2024-01-02,A,1,2,1,10\n",
    "two closes": H.strip() + ",close\n" + GOOD.strip() + ",3\n",
    "date and time apart": "date,time,symbol,open,high,low,close,volume\n2024-01-02,10:00,A,1,2,1,2,10\n",
    "all rejected": H + "x,A,1,2,1,2,10\n",
    "two values of one day": H + GOOD + GOOD.replace(",2,10", ",1,10"),
}


def test_there_are_enough():
    assert len(COUNTED) + len(REFUSED) >= 60


@pytest.mark.slow
@pytest.mark.parametrize("kind", COUNTED)
def test_rows_in_are_rows_out_and_rejects(take, ask, kind):
    content, stored, rejected = COUNTED[kind]
    report = take(content)
    assert (report.added, report.rejected) == (stored, rejected)
    assert ask("SELECT (SELECT count(*) FROM t.bars_1d), (SELECT count(*) FROM t.rejects)") == [
        (stored, rejected)
    ]


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_cannot_be_read_is_refused(take, root, kind):
    with pytest.raises(SourceError):
        take(REFUSED[kind])
    with warehouse.open(root) as wh:
        assert wh.bundles() == []
