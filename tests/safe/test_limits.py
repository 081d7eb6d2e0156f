"""S4: what never ends or never fits is ended, by time, memory, rows or bytes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import warehouse
from warehouse.errors import SafeLimitError
from warehouse.safe.limits import MIB, Limits
from warehouse.safe.process import ask

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def bombs(stored):
    done = subprocess.run(
        [sys.executable, HERE / "explode.py", stored], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_bombs_end_in_time(bombs):
    assert len(bombs) >= 12
    assert not [it for it in bombs if it["seconds"] > 3 + 2]


@pytest.mark.slow
def test_bombs_stay_in_memory(bombs):
    assert bombs[-1]["peak"] <= 1.2 * 512 * MIB


@pytest.mark.slow
def test_bombs_give_errors(bombs):
    assert not [it for it in bombs if it["outcome"] == "done"]


@pytest.fixture(scope="module")
def file_bombs(stored, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bombs")
    made = subprocess.run(
        [sys.executable, HERE / "file_bombs.py", folder], capture_output=True, text=True, check=True
    )
    done = subprocess.run(
        [sys.executable, HERE / "explode_files.py", stored, folder],
        input=made.stdout,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_files_that_explode_are_refused_unread(file_bombs):
    assert len(file_bombs) >= 6
    assert all(it["size"] <= 10_000_000 for it in file_bombs)
    assert all("is not allowed" in it["guarded"]["outcome"] for it in file_bombs)


@pytest.mark.slow
def test_files_that_explode_end_in_time_where_they_are_read(file_bombs):
    assert not [it for it in file_bombs if it["bare"]["seconds"] > 3 + 2]
    assert not [it for it in file_bombs if it["guarded"]["seconds"] > 3 + 2]
    assert all(it["bare"]["outcome"].startswith("SafeLimitError") for it in file_bombs)


@pytest.mark.slow
def test_files_that_explode_stay_in_memory(file_bombs):
    assert file_bombs[-1]["peak"] <= 1.2 * 512 * MIB


def test_more_rows_than_allowed_are_none(stored):
    with (
        warehouse.open(stored, safe=True, limits=Limits(max_rows=10)) as wh,
        pytest.raises(SafeLimitError, match="more than 10 rows"),
    ):
        wh.sql("FROM range(11)")


def test_more_bytes_than_allowed_are_none(stored):
    with (
        warehouse.open(stored, safe=True, limits=Limits(max_bytes=100_000)) as wh,
        pytest.raises(SafeLimitError, match="more than 100,000 bytes"),
    ):
        wh.sql("FROM range(100000)")


def test_what_the_engine_cannot_interrupt_is_killed(monkeypatch, tmp_path):
    (tmp_path / "asleep.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SafeLimitError, match="longer than 1 s"):
        ask({}, Limits(seconds=1), readable=[], module="asleep")


def test_process_that_dies_is_a_limit(monkeypatch, tmp_path):
    (tmp_path / "dying.py").write_text("import os\nos.abort()\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SafeLimitError, match="ended with code -6"):
        ask({}, Limits(), readable=[], module="dying")


@pytest.mark.parametrize(
    "limits", [{"memory": MIB}, {"seconds": 0}, {"max_rows": 0}, {"threads": 0}, {"max_bytes": -1}]
)
def test_limit_that_cannot_be_kept_is_refused(limits):
    with pytest.raises(SafeLimitError, match="expected at least"):
        Limits(**limits)
