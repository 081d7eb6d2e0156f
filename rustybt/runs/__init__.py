"""Stored runs of backtests: list, load, compare, repeat, verify, remove.

`rustybt.run_algorithm` stores each run; in SQL they are the views of the schema ``backtests``. Where a
run is asked for, its id does, or its name, which means the newest run of that name.
"""

from rustybt.runs.compare import compare
from rustybt.runs.load import Verified, delete, frame, load, show, verify
from rustybt.runs.reproduce import Reproduction, reproduce

__all__ = [
    "Reproduction",
    "Verified",
    "compare",
    "delete",
    "frame",
    "load",
    "reproduce",
    "show",
    "verify",
]
