"""The short form of ``tests/campaigns/damage.py``, and drifts of a file's schema."""

import random
import runpy
from pathlib import Path

import duckdb
import pytest

import warehouse

CAMPAIGN = runpy.run_path(str(Path(__file__).parents[1] / "campaigns" / "damage.py"))

# What another writer could have put in the place of a file, as the columns it changes.
DRIFTS = {
    "a column fewer": "* EXCLUDE (volume)",
    "a column more": "*, 1 AS adjusted",
    "renamed": "* RENAME (close AS last)",
    "other order": "close, * EXCLUDE (close)",
    "prices as double": "* REPLACE (close::DOUBLE AS close)",
    "prices as float": "* REPLACE (close::FLOAT AS close)",
    "prices as text": "* REPLACE (close::VARCHAR AS close)",
    "prices as words": "* REPLACE ('n/a' AS close)",
    "fewer decimals": "* REPLACE (close::DECIMAL(10, 1) AS close)",
    "more decimals": "* REPLACE (close::DECIMAL(38, 18) AS close)",
    "whole volumes": "* REPLACE (volume::BIGINT AS volume)",
    "sessions as timestamps": "* REPLACE (session::TIMESTAMP AS session)",
    "sessions as instants": "* REPLACE (session::TIMESTAMPTZ AS session)",
    "sessions as numbers": "* REPLACE (epoch_ms(session::TIMESTAMP) AS session)",
    "wider sids": "* REPLACE (sid::BIGINT AS sid)",
    "another's rows": "* REPLACE (sid + 20 AS sid)",
    "half a cent": "* REPLACE (close + 0.005 AS close)",
    "symbols as bytes": "* REPLACE (symbol::BLOB AS symbol)",
}


@pytest.mark.parametrize("encoding", CAMPAIGN["ENCODINGS"])
@pytest.mark.parametrize(("kind", "count"), [("flips", 40), ("truncations", 15), ("named", 8)])
def test_no_damage_is_silent(encoding: str, kind: str, count: int) -> None:
    dice = random.Random(encoding)

    def make(sound: bytes, other: bytes):
        more = () if kind == "named" else (count, dice)
        return CAMPAIGN[kind](sound, other, *more)

    found = CAMPAIGN["damage"](encoding, make)
    assert found["refused"] == count
    assert found["silent"] == found["misnamed"] == 0


@pytest.fixture(scope="module")
def drifting(tmp_path_factory):
    """An open warehouse of one bundle, and its three files."""
    root = tmp_path_factory.mktemp("drifting")
    files = CAMPAIGN["build"](root, "zstd")
    with warehouse.open(root) as wh:
        yield wh, files


@pytest.mark.parametrize("which", [0, 1, 2], ids=["first", "middle", "last"])
@pytest.mark.parametrize("columns", DRIFTS.values(), ids=DRIFTS)
def test_a_drifted_file_is_refused(drifting, tmp_path: Path, columns: str, which: int) -> None:
    wh, files = drifting
    sound = files[which].read_bytes()
    drifted = tmp_path / "drifted.parquet"
    duckdb.execute(
        f"COPY (SELECT {columns} FROM read_parquet('{files[which]}')) TO '{drifted}' (FORMAT parquet)"
    )
    files[which].write_bytes(drifted.read_bytes())
    try:
        assert CAMPAIGN["refusal"](wh, files[which]) == "refused"
    finally:
        files[which].write_bytes(sound)
