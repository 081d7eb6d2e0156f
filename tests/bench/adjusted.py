"""Prints what adjusted closes cost as a view and as known at a day: 12 stocks, some 20 years.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/adjusted.py``; the rows are fetched as Arrow.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import warehouse
from rustybt.data.bundles import ingest_files

QUERIES = {
    "as traded": "SELECT symbol, session, close FROM eq.bars_1d",
    "adjusted": "SELECT symbol, session, close FROM eq.bars_1d_adjusted",
    "for splits": "SELECT symbol, session, close FROM eq.bars_1d_split_adjusted",
    "as of a day": "SELECT symbol, session, close FROM eq.bars_1d_as_of('2015-06-30')",
}


def main() -> None:
    data = Path(os.environ["RUSTYBT_REFERENCE"]) / "data/us_equities_with_actions.parquet"
    with tempfile.TemporaryDirectory() as folder:
        ingest_files(data, "eq", root=folder)
        with warehouse.open(folder) as wh:
            for name, query in QUERIES.items():
                walls, spent = [], []
                for _ in range(8):
                    began, cpu = time.perf_counter(), time.process_time()
                    rows = wh.sql(query).arrow().num_rows
                    walls.append(time.perf_counter() - began)
                    spent.append(time.process_time() - cpu)
                sys.stdout.write(
                    f"{name:12} {rows:7,} closes  first {walls[0] * 1e3:5.1f} ms  "
                    f"best {min(walls) * 1e3:5.1f} ms  CPU {min(spent) * 1e3:5.1f} ms\n"
                )


if __name__ == "__main__":
    main()
