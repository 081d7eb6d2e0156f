"""Time to open a large warehouse, and to read one symbol's year, against their limits.

Run as ``python tests/bench/reads.py``. Opening is a process of its own each time, imports left out;
the year is read from 505 symbols and 5 years, after a first statement that has read every file for
its SHA-256. The best of several runs counts, wall clock and CPU.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import warehouse
from warehouse.layout import BundleDir
from warehouse.model import BundleName

BUNDLES, FILES = 200, 24
OPEN_LIMIT, YEAR_LIMIT = 0.5, 0.02
RUNS = 7
OPEN = """
import sys, time, warehouse
wall, cpu = time.perf_counter(), time.process_time()
with warehouse.open(sys.argv[1]) as wh:
    print(time.perf_counter() - wall, time.process_time() - cpu, len(wh.bundles()))
"""
BARS = """
CREATE OR REPLACE TABLE made AS
SELECT
    session,
    sid::INTEGER AS sid,
    'S' || sid AS symbol,
    (50 + hash(sid, session) % 10000 / 100)::DECIMAL(18, 8) AS open,
    (160 + hash(sid, session) % 100)::DECIMAL(18, 8) AS high,
    (40 + hash(sid, session) % 10)::DECIMAL(18, 8) AS low,
    (50 + hash(session, sid) % 10000 / 100)::DECIMAL(18, 8) AS close,
    (hash(sid, session) % 1000000)::DECIMAL(18, 8) AS volume
FROM range($sids) s(sid), (
    SELECT day::DATE AS session
    FROM generate_series($first::TIMESTAMP, $last::TIMESTAMP, INTERVAL 1 DAY) d(day)
    WHERE isodow(day) < 6
)
"""
YEAR = "SELECT * FROM big.bars_1d WHERE symbol = 'S250' AND year(session) = 2015 ORDER BY session"


def commit(root: Path, bundle: str, sids: int, first: date, last: date) -> warehouse.Snapshot:
    with warehouse.open(root) as wh, wh.begin(bundle, calendar="XNYS") as txn:
        txn.session.execute(BARS, {"sids": sids, "first": first, "last": last})
        txn.upsert("bars_1d", "made")
        return txn.commit()


def many(root: Path) -> None:
    """Commit one bundle of `FILES` years and give it `BUNDLES` names."""
    head = commit(root, "b000", 2, date(2000, 1, 3), date(2000 + FILES - 1, 12, 31))
    assert len(list(head.files())) == FILES
    data = BundleDir(root, BundleName("b000")).data
    for number in range(1, BUNDLES):
        place = BundleDir(root, BundleName(f"b{number:03}"))
        for folder in (place.log, place.leases, place.data / head.txn):
            folder.mkdir(parents=True)
        for path in (data / head.txn).glob("*.parquet"):
            os.link(path, place.data / head.txn / path.name)
        place.manifest(1).write_bytes(replace(head, bundle=place.bundle).seal()[1])


def opening(root: Path) -> tuple[float, float]:
    command = [sys.executable, "-c", OPEN, str(root)]
    said = [
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(RUNS)
    ]
    assert all(int(bundles) == BUNDLES for _, _, bundles in said)
    return min(float(it[0]) for it in said), min(float(it[1]) for it in said)


def year(root: Path) -> tuple[float, float]:
    commit(root, "big", 505, date(2013, 1, 1), date(2017, 12, 31))
    walls, cpus = [], []
    with warehouse.open(root) as wh:
        wh.sql(YEAR)
        time.sleep(0.2)  # a file that was just written is read again, for its SHA-256
        wh.sql(YEAR)
        for _ in range(5 * RUNS):
            wall, cpu = time.perf_counter(), time.process_time()
            rows = wh.sql(YEAR).arrow()
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    assert rows.num_rows == 261
    return min(walls), min(cpus)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        many(Path(folder))
        report(f"open {BUNDLES} bundles of {FILES} files", *opening(Path(folder)), OPEN_LIMIT)
    with tempfile.TemporaryDirectory() as folder:
        report("one symbol's year", *year(Path(folder)), YEAR_LIMIT)


def report(what: str, wall: float, cpu: float, limit: float) -> None:
    print(
        f"{what:<32} {wall * 1000:7.1f} ms wall  {cpu * 1000:7.1f} ms CPU  "
        f"limit {limit * 1000:.0f} ms  ratio {wall / limit:.2f}"
    )


if __name__ == "__main__":
    main()
