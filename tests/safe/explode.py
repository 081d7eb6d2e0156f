"""Runs every bomb in safe mode and prints what it took; a process of its own, to measure children."""

import json
import resource
import sys
import time
from pathlib import Path

import warehouse
from warehouse.safe.limits import MIB, Limits

LIMITS = Limits(seconds=3, memory=512 * MIB)

bombs = Path(__file__).with_name("bombs.sql").read_text().splitlines()[1:]
with warehouse.open(sys.argv[1], safe=True, limits=LIMITS) as wh:
    for bomb in bombs:
        start = time.monotonic()
        try:
            wh.sql(bomb)
            outcome = "done"
        except warehouse.errors.WarehouseError as error:
            outcome = f"{type(error).__name__}: {error}"
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        seconds = time.monotonic() - start
        print(json.dumps({"bomb": bomb, "seconds": seconds, "peak": peak, "outcome": outcome}))
