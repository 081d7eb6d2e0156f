"""Reads files that explode in safe mode, and prints what each cost; a process of its own, to measure
its children: ``explode_files.py ROOT FOLDER`` with the statements of ``file_bombs.py`` on stdin.

Each is asked for twice: as anybody would, and in the confined process with no guard before it.
"""

import dataclasses
import json
import os
import resource
import sys
import time
from pathlib import Path

import warehouse
from warehouse.errors import WarehouseError
from warehouse.safe.limits import MIB, Limits
from warehouse.safe.process import ask

LIMITS = Limits(seconds=3, memory=512 * MIB)
HERE = Path(__file__).parent


def outcome(act) -> dict[str, object]:
    start = time.monotonic()
    try:
        said = act()
    except WarehouseError as error:
        said = f"{type(error).__name__}: {error}"
    return {"seconds": time.monotonic() - start, "outcome": said}


def detonate(query: str, path: Path) -> str:
    job = {"query": query, "limits": dataclasses.asdict(LIMITS)}
    reply = ask(job, LIMITS, readable=[os.fspath(path)], module="detonate").reply
    error = reply.get("error")
    return f"{error['kind']}: {error['facts']}" if error else "done"


def main(root: str, folder: str) -> None:
    sys.path.append(str(HERE))  # where the confined process finds its module
    with warehouse.open(root, safe=True, limits=LIMITS) as wh:
        for name, query in json.load(sys.stdin).items():
            path = Path(folder, name)
            guarded = outcome(lambda query=query: wh.sql(query) and "done")
            bare = outcome(lambda query=query, path=path: detonate(query, path))
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
            told = {"file": name, "size": path.stat().st_size, "peak": peak}
            print(json.dumps(told | {"guarded": guarded, "bare": bare}))


if __name__ == "__main__":
    main(*sys.argv[1:])
