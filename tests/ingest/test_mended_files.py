"""The ingest that wrote a file mends it, also one of what follows from its rows."""

from pathlib import Path

import pytest

import warehouse
from warehouse.errors import DamageError

FIRST = """date,symbol,open,high,low,close,volume,dividend
2024-01-02,B,1,2,1,2,10,0
2024-01-03,B,1,,1,2,10,0.5
"""
MORE = FIRST + "2024-01-02,A,1,2,1,2,10,0\n"
DERIVED = ["adjustments", "assets", "flags", "sessions"]
CONTENT = "SELECT dataset, sha256 FROM meta.data_files ORDER BY ALL"


def harm(root: Path, dataset: str) -> None:
    with warehouse.open(root) as wh:
        query = "SELECT path FROM meta.data_files WHERE dataset = $dataset"
        ((path,),) = wh.sql(query, {"dataset": dataset}).rows()
    content = bytearray(Path(path).read_bytes())
    content[len(content) // 2] ^= 1
    Path(path).chmod(0o644)
    Path(path).write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("dataset", DERIVED)
def test_the_same_ingest_again_mends_it(dataset, take, ask, root):
    take(FIRST)
    take(MORE)  # the symbol that comes later has the higher sid, whatever its name
    before = ask(CONTENT)
    harm(root, dataset)
    assert take(MORE).new
    assert ask(CONTENT) == before
    with warehouse.open(root) as wh:
        assert wh.verify("t", 3).sound
    assert ask("SELECT sid, symbol FROM t.assets ORDER BY sid") == [(1, "B"), (2, "A")]


def test_all_of_them_at_once_are_mended(take, ask, root):
    take(FIRST)
    before = ask(CONTENT)
    for dataset in DERIVED:
        harm(root, dataset)
    assert take(FIRST).new
    assert ask(CONTENT) == before


@pytest.mark.parametrize("dataset", ["adjustments", "flags"])
def test_an_ingest_of_other_rows_loses_nothing_in_silence(dataset, take, ask, root):
    take(FIRST)
    harm(root, dataset)
    with pytest.raises(DamageError, match=dataset):
        take(FIRST.splitlines()[0] + "\n2024-01-04,B,1,2,1,2,10,0\n")
    assert ask("SELECT max(snapshot) FROM meta.snapshots") == [(1,)]


def test_an_ingest_of_other_rows_finds_the_sids_in_the_bars(take, ask, root):
    take(FIRST)
    harm(root, "assets")
    take(FIRST.splitlines()[0] + "\n2024-01-04,A,1,2,1,2,10,0\n")
    found = "SELECT sid, symbol, last_session::VARCHAR FROM t.assets ORDER BY sid"
    assert ask(found) == [(1, "B", "2024-01-03"), (2, "A", "2024-01-04")]
