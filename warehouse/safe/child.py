"""The confined process: reads one job from stdin, answers on stdout and stderr, ends.

stdout is one Arrow IPC stream, the last line of stderr one JSON object: the error if there is one,
the layers that this machine does not have, and what is said of damaged runs that were left out.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from warehouse.catalog.saved import SCHEMA
from warehouse.errors import DamageError, QueryError, SafeLimitError, SafeSqlError, WarehouseError
from warehouse.safe.guard import check
from warehouse.safe.limits import Limits
from warehouse.safe.saved import behind
from warehouse.safe.sources import give_saved, give_views
from warehouse.safe.values import decode
from warehouse.session import Sealed

FACTS = {  # what an error is made of, to be made again by the parent
    DamageError: ("path", "problem", "restore"),
    QueryError: ("problem",),
    SafeLimitError: ("problem", "remedy"),
    SafeSqlError: ("problem",),
}
MOST_TOLD = 20  # damaged runs that a reply names
_ENGINE_SHARE = 0.5  # of the memory: Python, Arrow and what the engine does not count need the rest


def answer(job: dict[str, Any]) -> list[str]:
    """Check and run the statement of a job, write its rows to stdout, and say what is left out."""
    limits = Limits(**job["limits"])
    engine = f"{int(limits.memory * _ENGINE_SHARE) // 1024}KiB"
    session = Sealed(threads=limits.threads, memory_limit=engine)
    pa.set_cpu_count(limits.threads)
    bound_memory(limits.memory)
    views = {(schema, name) for schema, name in job["views"]}
    views |= {(SCHEMA, name) for name in job["saved"]}
    checked = check(job["query"], views, session)
    saved = behind(checked, job["saved"], views, session)
    read = checked.views.union(*(it.views for it in saved.values()))
    stored = {it for it in read if it[0] != SCHEMA}
    left_out = give_views(session, Path(job["root"]), job["versions"], stored)
    give_saved(session, {name: it.sql for name, it in saved.items()})
    session.seal(seconds=limits.seconds)
    write(session.reader(checked.sql, decode(job["params"])), limits.max_rows)
    return left_out


def bound_memory(limit: int) -> None:
    """Let the process grow until about `limit` bytes are in use."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    reserved, resident = (int(it) * resource.getpagesize() for it in pages[:2])
    # Address space that is reserved and not in use, such as stacks of threads, is no memory.
    most = reserved - resident + limit
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def write(reader: pa.RecordBatchReader, max_rows: int) -> None:
    """Write batches to stdout until there are too many rows."""
    rows = 0
    with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as stream:
        for batch in reader:
            rows += batch.num_rows
            if rows > max_rows:
                raise SafeLimitError(f"more than {max_rows:,} rows", "add LIMIT or aggregate")
            stream.write_batch(batch)


def told(error: Exception) -> dict[str, Any]:
    """Return an error as JSON."""
    if isinstance(error, MemoryError | pa.ArrowMemoryError) or "Out of Memory Error" in str(error):
        error = SafeLimitError("out of memory", "read fewer rows at once, or raise the memory")
    elif "INTERRUPT Error" in str(error):
        error = SafeLimitError("out of time", "read fewer rows, or raise the seconds")
    elif not isinstance(error, WarehouseError):  # Arrow passes DuckDB's refusals on as its own
        error = QueryError(str(error))
    facts = FACTS[type(error)]
    return {"kind": type(error).__name__, "facts": {it: str(getattr(error, it)) for it in facts}}


if __name__ == "__main__":
    reply: dict[str, Any] = {"missing": globals()["MISSING"]}  # given by `confine`
    try:
        reply["left_out"] = answer(json.load(sys.stdin))[:MOST_TOLD]
    except (WarehouseError, MemoryError, OSError, RecursionError, pa.ArrowException) as error:
        reply["error"] = told(error)
    sys.stderr.write("\n" + json.dumps(reply) + "\n")
