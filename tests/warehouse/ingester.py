"""A process that forks others which ingest, so that a test can kill them.

Reads lines of tab-separated words: ``start JOB ARGUMENT…`` answers the process id, ``wait PID`` its
exit code. The jobs write generations: every bar and the asset of generation 7 hold the value 7, so
a mixture of two shows.
"""

import os
import signal
import sys
import traceback
from pathlib import Path

import warehouse
from warehouse import sqltext
from warehouse.errors import ConflictError
from warehouse.snapshots import disk

BARS = """
CREATE OR REPLACE TABLE generation AS
SELECT
    make_date(year::BIGINT, 1, 1) + day::INTEGER AS session,
    sid::INTEGER AS sid,
    'G' AS symbol,
    $value::DECIMAL(18, 8) AS open,
    $value::DECIMAL(18, 8) AS high,
    $value::DECIMAL(18, 8) AS low,
    $value::DECIMAL(18, 8) AS close,
    $value::DECIMAL(18, 8) AS volume
FROM range($first, $until) y(year), range(20) d(day), range(3) s(sid)
"""
ASSET = """
CREATE OR REPLACE TABLE asset AS
SELECT 0 AS sid, $value::VARCHAR AS symbol, 'XNYS' AS exchange, 'equity' AS asset_type,
    DATE '2020-01-01' AS first_session, DATE '2021-01-20' AS last_session
"""
STEPS = ("make_dirs", "sync_file", "sync_dir", "write_file", "put_if_absent")


def write(root: str, value: int, *, first: int = 2020, until: int = 2022, asset: bool = True):
    with warehouse.open(root) as wh, wh.begin("eq", calendar="XNYS") as txn:
        txn.session.execute(BARS, {"value": value, "first": first, "until": until})
        txn.upsert("bars_1d", "generation")
        if asset:
            txn.session.execute(ASSET, {"value": value})
            txn.replace("assets", "asset")
        return txn.commit({"generation": value})


def generations(root: str, said: str, first: str) -> None:
    """Write one generation after the other, saying each when it is committed."""
    with Path(said).open("a") as out:
        value = int(first)
        while True:
            write(root, value)
            print(value, file=out, flush=True)
            value += 1


def generation(root: str, value: str) -> None:
    write(root, int(value))


def until_step(root: str, value: str, step: str) -> None:
    """Write a generation and die right before a numbered step on the disk."""
    left = [int(step)]

    def counted(real):
        def call(*arguments):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return call

    for name in STEPS:
        setattr(disk, name, counted(getattr(disk, name)))
    write(root, int(value))


def race(root: str, said: str, year: str, times: str) -> None:
    """Write one year again and again, trying each value until it is committed."""
    with Path(said).open("a") as out:
        for turn in range(int(times)):
            value = int(f"{os.getpid()}{turn}")
            while True:
                try:
                    span = {"first": int(year), "until": int(year) + 1}
                    version = write(root, value, **span, asset=False).version
                except ConflictError:
                    print("conflict", file=out, flush=True)
                else:
                    print(version, value, file=out, flush=True)
                    break


def hold(root: str, said: str) -> None:
    """Open the warehouse and a transaction, and never end."""
    with warehouse.open(root) as wh, wh.begin("eq", calendar="XNYS"):
        Path(said).touch()
        signal.pause()


def hold_commit_lock(root: str, said: str) -> None:
    from warehouse.layout import BundleDir
    from warehouse.model import BundleName
    from warehouse.snapshots.lease import commit_lock

    lock = commit_lock(BundleDir(Path(root), BundleName("eq")))
    Path(said).touch()
    signal.pause()
    lock.release()


def read_only(root: str) -> None:
    """Read as a user that may not write there."""
    if os.getuid() == 0:
        os.setuid(65534)
    with warehouse.open(root) as wh:
        assert wh.sql("SELECT count(*) FROM eq.bars_1d").rows() == [(2,)]
        assert not os.access(root, os.W_OK)


def without_pandas(root: str) -> None:
    write(root, 1)
    assert "pandas" not in sys.modules


JOBS = (
    generations,
    generation,
    until_step,
    race,
    hold,
    hold_commit_lock,
    read_only,
    without_pandas,
)


def start(job: str, arguments: list[str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        {it.__name__: it for it in JOBS}[job](*arguments)
    except BaseException:  # noqa: BLE001 - a child must not return into the loop of its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> None:
    for path in (sqltext._root() / "writing").glob("*.j2"):
        sqltext._template(f"writing/{path.name.removesuffix('.sql.j2')}")  # the children inherit it
    for name in ("schema", "dataset", "comments", "adjusted", "meta_snapshots"):
        sqltext._template(f"views/{name}")
    for line in sys.stdin:
        word, *rest = line.rstrip("\n").split("\t")
        if word == "start":
            print(start(rest[0], rest[1:]), flush=True)
        else:
            print(os.waitstatus_to_exitcode(os.waitpid(int(rest[0]), 0)[1]), flush=True)


if __name__ == "__main__":
    main()
