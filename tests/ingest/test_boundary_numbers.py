"""Decimals at the edges, from the text of a source to SQL, polars and the files: exact or rejected."""

from decimal import Decimal

import polars as pl
import pytest

import warehouse
from rustybt.data.bundles.ingest import ingest
from rustybt.data.sources import FileSource

H = "date,symbol,open,high,low,close,volume\n"
EXACT = [
    "0",
    "0.00000001",
    "0.000000001",
    "0.000000000000000001",
    "1.1",
    "0.1",
    "0.30000000000000004",
    "123456789.12345678",
    "9999999999.99999999",
    "9999999999.999999999",
    "10000000000",
    "10000000000.00000001",
    "99999999999999999999",
    "99999999999999999999.999999999999999999",
    "10000000000000",
    "10000000000000.5",
    "10000000000000.000000000000000001",
    "12345678901234.12345678",
    "4503599627370497.5",
    "9007199254740993",
    "1e13",
    "1.5e13",
    "1e-8",
    "1e-18",
    "5e-1",
    "-0.00000001",
    "-9999999999.99999999",
    "1e19",
    "0.12345678",
    "0.123456789",
]
REJECTED = [
    "0.0000000000000000001",
    "1e-19",
    "100000000000000000000",
    "1e20",
    "1.0000000000000000001",
    "1e300",
    "-1e20",
    "0.1234567890123456789",
]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Every text as a close and as a volume, each in a year and so in a file of its own, as read back."""
    root = tmp_path_factory.mktemp("boundary")
    texts = dict(enumerate(EXACT, start=1980))
    bars = [
        f"{year}-01-02,A,,,,{text},{text}\n{year}-01-03,A,,,,1,1\n" for year, text in texts.items()
    ]
    (root / "bars.csv").write_text(H + "".join(bars))
    ingest(FileSource(root / "bars.csv"), "t", root=root)
    query = "SELECT session, close, volume FROM t.bars_1d WHERE day(session) = 2 ORDER BY session"
    with warehouse.open(root) as wh:
        files = wh.sql(
            "SELECT path FROM meta.data_files WHERE dataset = 'bars_1d' ORDER BY ALL"
        ).rows()
        sql, frame = wh.sql(query).rows(), wh.sql(query).pl()
    read = [pl.read_parquet(path).sort("session").row(0, named=True) for (path,) in files]
    by_session = {row["session"]: row for row in read}
    return {
        text: {
            column: (row[number], frame[column][at], by_session[row[0]][column])
            for number, column in enumerate(("close", "volume"), start=1)
        }
        for at, (row, text) in enumerate(zip(sql, EXACT, strict=True))
    }


@pytest.mark.parametrize("text", EXACT)
@pytest.mark.parametrize("column", ["close", "volume"])
def test_a_number_comes_back_exactly(found, text, column):
    by_sql, by_polars, in_the_file = found[text][column]
    assert by_sql == by_polars == in_the_file == Decimal(text)


@pytest.mark.parametrize("text", REJECTED)
def test_a_number_that_cannot_be_exact_is_rejected(take, text):
    report = take(f"{H}2024-01-02,A,,,,{text},1\n2024-01-03,A,,,,1,1\n")
    assert (report.added, report.rejected) == (1, 1)
    assert text in report.rejects[0].reason


def test_a_wide_value_leaves_narrow_ones_of_other_years_as_they_are(take, ask):
    take(f"{H}2023-01-03,A,1,1,1,1.12345678,1\n2024-01-02,A,1,1,1,1,10000000000000.5\n")
    assert ask("SELECT close, volume FROM t.bars_1d ORDER BY session") == [
        (Decimal("1.12345678"), 1),
        (1, Decimal("10000000000000.5")),
    ]
