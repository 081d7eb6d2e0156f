"""Feeds that do what networks and machines do; worker processes import them by name."""

import os
import signal
import time
from dataclasses import dataclass

import pyarrow as pa

from rustybt.data.sources import Outcome
from rustybt.errors import SourceFileError

DAYS = [f"2024-01-{day:02d}" for day in (2, 3, 4, 5, 8, 9, 10, 11)]


def rows(symbols, price="2", days=DAYS) -> pa.RecordBatch:
    n = len(days)
    texts = {name: [price] * n for name in ("open", "high", "low", "close", "volume")}
    return pa.RecordBatch.from_pydict({"symbol": symbols, "date": days, **texts})


@dataclass(frozen=True)
class Unruly:
    """Answers well but for the symbols that are named after what goes wrong."""

    names: tuple[str, ...]
    price: str = "2"
    pause: float = 0.0

    name = "unruly"
    parameters = None

    def symbols(self):
        return list(self.names)

    def bars(self, symbol, span):
        assert span.resolution == "1d"
        time.sleep(self.pause)
        if symbol in BREAKS:
            BREAKS[symbol]()
        if symbol in OUTCOMES:
            kept, outcome = OUTCOMES[symbol]
            if kept:
                yield rows([symbol] * kept, self.price, DAYS[:kept])
            return outcome
        if symbol == "UNTYPED":
            yield pa.RecordBatch.from_pydict({"date": DAYS, "open": [b"x"] * len(DAYS)})
        else:
            yield rows(["A" if symbol == "OTHER" else symbol] * len(DAYS), self.price)
        return Outcome(symbol, "complete")


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def fail(error):
    raise error


BREAKS = {
    "KILLED": kill,
    "ENDED": lambda: os._exit(7),
    "HANGS": lambda: time.sleep(1000),
    "BUG": lambda: fail(KeyError("page")),
    "MEMORY": lambda: fail(MemoryError()),
    "REFUSED": lambda: fail(SourceFileError("page 3", "it is HTML", "Wait a minute.")),
}
OUTCOMES = {
    "GONE": (0, Outcome("GONE", "not found")),
    "SHORT": (2, Outcome("SHORT", "partial", reason="the second page is missing")),
    "NEVER": (0, Outcome("NEVER", "empty")),
    "SILENT": (8, None),
}
