"""The confined process: reads files and folders, writes tables to stdout and facts to stderr.

stdout holds Arrow IPC streams one after another, each with its place and name in the schema; the last
line of stderr is one JSON object.
"""

import json
import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from rustybt.data.readers.legacy.layout import LayoutError

READERS: Final = {  # each takes a path, and has `tables` and `facts`
    "bcolz_daily": "bcolz_daily:Daily",
    "bcolz_minute": "bcolz_minute:Minutes",
    "hdf5_daily": "hdf5_daily:Countries",
    "hdf5_pandas": "hdf5_pandas:Frames",
    "sqlite": "sqlite:Database",
}


def answer(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Write the tables of all that is wanted to stdout, and return the facts of each."""
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    return [_write(str(at), wanted) for at, wanted in enumerate(job["wanted"])]


def _write(at: str, wanted: dict[str, Any]) -> dict[str, Any]:
    module, _, name = READERS[wanted["kind"]].partition(":")
    kind = getattr(import_module(f"rustybt.data.readers.legacy.{module}"), name)
    reader = kind(Path(wanted["path"]))
    for of, table in reader.tables(wanted["of"]):
        schema = table.schema.with_metadata({"wanted": at, "table": of})
        with pa.ipc.new_stream(sys.stdout.buffer, schema) as stream:
            stream.write_table(table)
    facts: dict[str, Any] = reader.facts()
    return facts


if __name__ == "__main__":
    reply: dict[str, Any] = {}
    try:
        reply["facts"] = answer(json.load(sys.stdin))
    except LayoutError as error:
        reply["layout"] = [error.path, error.problem]
    except ModuleNotFoundError as error:
        reply["package"] = error.name
    except (MemoryError, pa.ArrowMemoryError):
        reply["layout"] = ["memory", "it ran out: read fewer sids at once, or give it more"]
    sys.stderr.write("\n" + json.dumps(reply) + "\n")
