"""Runs in the confined process: reads a file that no guard refused, within the limits of safe mode."""

import json
import sys

import pyarrow as pa

from warehouse.errors import WarehouseError
from warehouse.safe.child import bound_memory, told, write
from warehouse.safe.limits import Limits
from warehouse.session import Sealed

job = json.load(sys.stdin)
limits = Limits(**job["limits"])
reply = {"missing": MISSING}  # noqa: F821 - given by `confine`
try:
    session = Sealed(threads=1, memory_limit=f"{limits.memory // 2048}KiB")
    bound_memory(limits.memory)
    write(session.reader(job["query"], None), limits.max_rows)
except (WarehouseError, MemoryError, OSError, pa.ArrowException) as error:
    reply["error"] = told(error)
sys.stderr.write("\n" + json.dumps(reply) + "\n")
