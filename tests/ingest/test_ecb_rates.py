"""The rates of the European Central Bank, as they are published."""

from datetime import date

import polars as pl
import pytest

import warehouse
from rustybt.data.bundles import add_table, ingest_files
from rustybt.data.fx import ecb_rates
from rustybt.errors import BundleTableError

ECB = """Date,USD,EEK,GBP,
2011-01-03,1.3348,N/A,0.86150,
2010-12-31,1.3362,15.6466,0.86075,
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "ecb.csv"
        path.write_text(text)
        return path

    return write


def test_a_row_a_day_and_currency(file):
    rows = pl.DataFrame(ecb_rates(file(ECB)))
    assert rows.rows() == [
        (date(2010, 12, 31), "EUR", "EEK", 15.6466),
        (date(2010, 12, 31), "EUR", "GBP", 0.86075),
        (date(2011, 1, 3), "EUR", "GBP", 0.8615),
        (date(2010, 12, 31), "EUR", "USD", 1.3362),
        (date(2011, 1, 3), "EUR", "USD", 1.3348),
    ]


def test_the_file_of_one_day_has_blanks(file):
    rows = pl.DataFrame(ecb_rates(file("Date, USD, GBP, \n2011-01-03, 1.3348, 0.86150, \n")))
    assert rows["rate"].to_list() == [0.8615, 1.3348]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "expected a CSV file"),
        ("day,USD\n2011-01-03,1\n", "found day"),
        ("Date,dollar\n2011-01-03,1\n", "found dollar"),
        ("Date,USD\n2011-01-03,-1\n", "USD '-1' on '2011-01-03'"),
        ("Date,USD\n2011-01-03,abc\n", "USD 'abc'"),
        ("Date,USD\n03/01/2011,1.3\n", "on '03/01/2011'"),
    ],
)
def test_another_file_is_refused(file, text, found):
    with pytest.raises(BundleTableError, match="expected") as caught:
        ecb_rates(file(text))
    assert found in str(caught.value)


def test_stored_and_stored_again(file, tmp_path):
    bars = tmp_path / "A.csv"
    bars.write_text("date,open,high,low,close,volume\n2011-01-03,1,1,1,1,1\n")
    ingest_files(bars, "eq", calendar="XNYS", root=tmp_path / "root")
    path = file(ECB)
    versions = [
        add_table("eq", "fx_rates", ecb_rates(path), root=tmp_path / "root").version
        for _ in range(2)
    ]
    assert versions == [2, 2]
    with warehouse.open(tmp_path / "root") as wh:
        assert wh.sql("SELECT count(*), max(date) FROM eq.fx_rates").rows() == [
            (5, date(2011, 1, 3))
        ]


@pytest.mark.reference
def test_the_whole_history(reference):
    rows = pl.DataFrame(ecb_rates(reference / "data/fx/ecb_reference_rates.csv"))
    assert rows["quote"].n_unique() == 41
    ended = rows.filter(pl.col("quote") == "SIT")["date"].max()
    assert ended == date(2006, 12, 29)
    assert (
        rows.filter((pl.col("quote") == "USD") & (pl.col("date") == date(1999, 1, 4)))[
            "rate"
        ].item()
        == 1.1789
    )
