"""An interrupt that comes after a commit says that the commit stands."""

import subprocess
import sys

import pytest

import warehouse
from rustybt.data.bundles import ingest_files
from warehouse.snapshots import log
from warehouse.writing.transaction import Transaction

ROWS = "date,open,high,low,close,volume\n2024-01-02,1,2,1,2,10\n"

JOB = """
import sys
from rustybt.cli import main
class Gone:
    def write(self, text):
        raise KeyboardInterrupt
    def flush(self):
        pass
sys.stdout = Gone()
main(["ingest", "csv", sys.argv[1], "--bundle", "a", "--root", sys.argv[2]])
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "A.csv"
    path.write_text(ROWS)
    return path


def run(file, root) -> tuple[int, str]:
    command = [sys.executable, "-c", JOB, file, root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.splitlines()[-1]


def test_the_command_says_that_the_snapshot_is_there(file, tmp_path):
    said = "Interrupted. Snapshot 1 of a was committed before."
    assert run(file, tmp_path / "root") == (130, said)
    with warehouse.open(tmp_path / "root") as wh:
        assert wh.sql("SELECT count(*) FROM a.bars_1d").rows() == [(1,)]


def test_the_command_says_nothing_of_a_snapshot_that_it_did_not_make(file, tmp_path):
    ingest_files(file, "a", root=tmp_path / "root")
    assert run(file, tmp_path / "root") == (130, "Interrupted.")


def test_an_interrupt_behind_the_commit_is_noted(file, tmp_path):
    ingest_files(file, "a", root=tmp_path / "root")

    def interrupted(_manifest):
        raise KeyboardInterrupt

    with warehouse.open(tmp_path / "root") as wh:
        place = wh._place("a")
        (rows,) = [wh.sql("SELECT * REPLACE (99 AS sid) FROM a.assets").arrow()]
        with Transaction(place, "XNYS", interrupted) as txn:
            assert txn.replace("assets", rows)
            with pytest.raises(KeyboardInterrupt) as caught:
                txn.commit()
    assert caught.value.__notes__ == ["Snapshot 2 of a was committed before."]
    assert log.versions(place) == [1, 2]


def test_one_row_is_one_row(file, tmp_path):
    file.write_text(ROWS + "2024-01-03,1,,1,2,10\n2024-01-04,1,x,1,2,10\n")
    command = [sys.executable, "-m", "rustybt", "ingest", "csv", file, "--bundle", "a"]
    done = subprocess.run(
        [*command, "--root", tmp_path / "root"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "1 row was rejected; all are kept" in done.stderr
    assert "1 stored row is doubtful" in done.stderr
