"""Prints what longer bars cost as views: 768,225 minutes of three currencies.

Run as ``RUSTYBT_REFERENCE=folder python tests/bench/resample.py``; the rows are fetched as Arrow.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import warehouse
from rustybt.data.bundles import ingest_files


def main() -> None:
    data = Path(os.environ["RUSTYBT_REFERENCE"]) / "data/crypto/minutes_2018h1.parquet"
    with tempfile.TemporaryDirectory() as folder:
        ingest_files(data, "crypto", calendar="24/7", resolution="1m", root=folder)
        with warehouse.open(folder) as wh:
            for length in ("5m", "15m", "30m", "1h", "2h", "4h", "1d", "1w", "1mo"):
                times = []
                for _ in range(4):
                    began = time.perf_counter()
                    rows = wh.sql(f"FROM crypto.bars_{length}").arrow().num_rows
                    times.append(time.perf_counter() - began)
                sys.stdout.write(
                    f"1m to {length:3}  {rows:9,} bars  first {times[0]:.3f} s  best {min(times):.3f} s\n"
                )


if __name__ == "__main__":
    main()
