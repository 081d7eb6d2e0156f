"""``warehouse.open(path, safe=True)``: a warehouse for SQL of others."""

import shutil
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import warehouse
from warehouse.errors import DamageError, QueryError, SafeSqlError


@pytest.mark.parametrize(
    "query",
    [
        "SELECT symbol, sum(close) AS s FROM sp.bars_1d GROUP BY ALL ORDER BY ALL",
        "SELECT * FROM sp.bars_1d_adjusted ORDER BY ALL",
        "SELECT * FROM sp.flags",
        "SELECT * FROM meta.bundles",
        "SELECT snapshot, sha256 FROM meta.snapshots",
        "SELECT session, close FROM sp.bars_1d WHERE session >= '2020-02-20' AND sid = 2 ORDER BY 1",
        "FROM sp.assets a ASOF JOIN sp.bars_1d b ON a.sid = b.sid AND a.last_session > b.session",
    ],
)
def test_rows_are_those_of_an_open_warehouse(query, safe, stored):
    with warehouse.open(stored) as wh:
        assert sorted(safe.sql(query).rows(), key=repr) == sorted(wh.sql(query).rows(), key=repr)


def test_parameters_are_bound(safe):
    given = [date(2020, 1, 2), Decimal("1.50"), None, "it's", 2.5, [1, 2]]
    query = "SELECT " + ", ".join(f"? AS p{number}" for number in range(len(given)))
    assert safe.sql(query, given).rows() == [tuple(given)]


def test_named_parameters_are_bound(safe):
    moment = datetime.fromisoformat("2020-01-02T03:04:05")
    assert safe.sql("SELECT $at AS a", {"at": moment}).rows() == [(moment,)]


def test_other_parameters_are_refused(safe):
    with pytest.raises(SafeSqlError, match="a parameter of type object"):
        safe.sql("SELECT ?", [object()])


def test_refusal_says_what(safe):
    with pytest.raises(SafeSqlError, match="the function read_text is not allowed"):
        safe.sql("FROM read_text('/etc/passwd')")


def test_error_of_the_engine_is_a_query_error(safe):
    with pytest.raises(QueryError, match="symbo"):
        safe.sql("SELECT symbo FROM sp.assets")


def test_error_while_rows_come_is_a_query_error(safe):
    with pytest.raises(QueryError, match="Conversion"):
        safe.sql("SELECT CAST(symbol AS INTEGER) FROM sp.assets")


def test_every_layer_is_there(safe):
    safe.sql("SELECT 1")
    assert safe.missing == ()


def test_snapshot_stays(stored, tmp_path):
    root = shutil.copytree(stored, tmp_path / "root")
    with warehouse.open(root, safe=True) as safe:
        with warehouse.open(root) as wh, wh.begin("sp") as txn:
            txn.replace("assets", wh.sql("FROM sp.assets WHERE sid = 0").arrow())
            txn.commit()
        assert safe.sql("SELECT count(*) FROM sp.assets").rows() == [(3,)]
    assert safe.bundles() == ["sp"]


def test_damaged_file_is_named(stored, tmp_path):
    root = shutil.copytree(stored, tmp_path / "root")
    query = "SELECT path FROM meta.data_files WHERE dataset = 'bars_1d'"
    with warehouse.open(root) as wh:
        path = Path(wh.sql(query).rows()[0][0])
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with (
        warehouse.open(root, safe=True) as safe,
        pytest.raises(DamageError, match=path.name),
    ):
        safe.sql("SELECT sum(close) FROM sp.bars_1d")
