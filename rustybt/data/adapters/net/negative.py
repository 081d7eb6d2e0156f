"""Remembers for a day which symbols a source does not have, so that nobody asks for them again."""

import fcntl
import json
import os
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from rustybt.data.adapters.net.folder import file_of, opened

_DAY: Final = 86_400.0
_MOST: Final = 10_000  # symbols of one source; the oldest go first


@dataclass(frozen=True)
class Unknown:
    """The symbols that a source said it does not have.

    Parameters
    ----------
    account
        The source, in words.
    seconds
        For how long it is believed.
    """

    account: str
    seconds: float = _DAY

    def has(self, symbol: str) -> bool:
        """Whether the source said lately that it has no such symbol."""
        return symbol in self._changed({}, ())

    def remember(self, symbol: str) -> None:
        """Note that the source has no such symbol."""
        self._changed({symbol: time.time()}, ())

    def forget(self, symbol: str) -> None:
        """Ask for it again."""
        self._changed({}, (symbol,))

    def _changed(self, more: dict[str, float], less: tuple[str, ...]) -> dict[str, float]:
        with closing(os.fdopen(opened(file_of("unknown", self.account)), "r+b")) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            told = _read(file.read()) | more
            now = time.time()
            kept = {
                symbol: at
                for symbol, at in sorted(told.items(), key=lambda it: it[1])[-_MOST:]
                if symbol not in less and now - self.seconds < at <= now
            }
            if more or less:
                file.seek(0)
                file.truncate()
                file.write(json.dumps(kept).encode())
        return kept


def _read(data: bytes) -> dict[str, float]:
    """Return what is written; nothing if a process died while it wrote."""
    try:
        told: Any = json.loads(data or b"{}")
    except ValueError:
        return {}
    return {str(k): float(v) for k, v in told.items()} if isinstance(told, dict) else {}
