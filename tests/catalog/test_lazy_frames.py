"""A dataset as a LazyFrame has the rows, columns and types of its view, and reads what is asked."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import warehouse
from rustybt.data.bundles import ingest_files, load
from warehouse.errors import DamageError, SchemaError, UnknownBundleError


@pytest.fixture
def root(tmp_path):
    days = [f"{year}-01-0{day}" for year in (2023, 2024) for day in (3, 4, 5)]
    rows = [
        f"{day},{symbol},{price},{price},{price},{price},{volume}"
        for number, day in enumerate(days)
        for symbol, price, volume in (("A", 10 + number, 5), ("B", f"0.{number + 1:012d}", 10**9))
    ]
    (tmp_path / "bars.csv").write_text(
        "date,symbol,open,high,low,close,volume\n" + "\n".join(rows) + "\n2024-01-08,A,1,1,1,,\n"
    )
    ingest_files(tmp_path / "bars.csv", "eq", calendar="XNYS", root=tmp_path / "root")
    return tmp_path / "root"


@pytest.mark.parametrize("name", ["bars_1d", "assets", "sessions", "adjustments", "flags"])
def test_rows_are_those_of_the_view(root, name):
    with warehouse.open(root) as wh:
        view = wh.sql(f"FROM eq.{name} ORDER BY ALL").pl()
        frame = wh.scan("eq", name).collect()
    assert frame.columns == view.columns
    assert_frame_equal(frame, view, check_row_order=False)


def test_only_what_is_asked_is_read(root):
    bundle = load("eq", root=root)
    asked = bundle.scan().filter(pl.col("symbol") == "A").select("session", "close")
    assert "PROJECT 3/" in asked.explain()
    assert asked.collect().height == 7


def test_what_there_is_not(root):
    with warehouse.open(root) as wh:
        with pytest.raises(SchemaError, match="bars_1d_adjusted"):
            wh.scan("eq", "bars_1d_adjusted")
        with pytest.raises(UnknownBundleError):
            wh.scan("nowhere")
        assert wh.scan("eq", "bars_1m").collect().is_empty()


def test_a_damaged_file_is_refused(root):
    with warehouse.open(root) as wh:
        (path, *_) = wh.sql("SELECT path FROM meta.data_files WHERE dataset = 'bars_1d'").rows()[0]
    file = next(it for it in root.rglob("*.parquet") if str(it).endswith(path))
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1])
    with warehouse.open(root) as wh, pytest.raises(DamageError):
        wh.scan("eq")


def test_a_result_is_lazy_and_in_batches_where_asked(root):
    with warehouse.open(root) as wh:
        found = wh.sql("FROM eq.bars_1d ORDER BY ALL")
    assert_frame_equal(found.pl(lazy=True).collect(), found.pl())
    assert [it.num_rows for it in found.batches(5)] == [5, 5, 3]
