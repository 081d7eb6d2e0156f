"""How long the migration of a bundle of zipline takes, beside zipline's own reading of it.

``.venv/bin/python tests/bench/migration.py PATH [--zipline]``: PATH is the folder of one ingestion. CPU
seconds of a process and of those it starts, with its imports and without; the best of five.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import ZIPLINE, installed

RUNS = 5
TIMED = """
import resource, sys, time

def spent():
    of = [resource.getrusage(it) for it in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(it.ru_utime + it.ru_stime for it in of)

{imports}
imported = spent()
{work}
print(spent(), spent() - imported)
"""
OURS = TIMED.format(
    imports="from rustybt.data.migration import migrate",
    work="migrate('zipline-bundle', sys.argv[1], 'old', root=sys.argv[2])",
)
THEIRS = TIMED.format(
    imports="""
from zipline.data.adjustments import SQLiteAdjustmentReader
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader
""",
    work="""
reader = BcolzDailyBarReader(sys.argv[1] + "/daily_equities.bcolz")
fields, days = ["open", "high", "low", "close", "volume"], reader.sessions
reader.load_raw_arrays(fields, days[0], days[-1], list(reader._first_rows))
SQLiteAdjustmentReader(sys.argv[1] + "/adjustments.sqlite").unpack_db_to_component_dfs()
""",
)


def best(python: str | Path, script: str, path: Path) -> list[float]:
    """Return the CPU seconds of the best run, with imports and without."""
    found = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as root:
            command = [python, "-W", "ignore", "-c", script, path, root]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found.append([float(it) for it in done.stdout.split()])
    return min(found)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--zipline", action="store_true", help="read it with zipline, too")
    given = parser.parse_args()
    told = {"migrated and compared": best(sys.executable, OURS, given.path)}
    if given.zipline:
        told["read by zipline"] = best(installed(ZIPLINE) / "python", THEIRS, given.path)
    for name, (whole, work) in told.items():
        print(f"{name:<22} {whole:6.2f} s CPU, {work:6.2f} s without imports")


if __name__ == "__main__":
    main()
