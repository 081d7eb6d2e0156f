"""The frames used last, in memory, limited by their bytes."""

from collections import OrderedDict
from threading import Lock

import polars as pl


class LRUCache:
    """Frames by key; the one used least recently goes first. Safe between threads.

    Parameters
    ----------
    max_size_bytes
        Of all frames together, as `polars.DataFrame.estimated_size` tells. A larger frame is not kept.
    """

    def __init__(self, max_size_bytes: int) -> None:
        self.max_size_bytes = max_size_bytes
        self._frames: OrderedDict[str, tuple[pl.DataFrame, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: str) -> pl.DataFrame | None:
        """Return the frame of a key, which then is the one used last; None if there is none."""
        with self._lock:
            found = self._frames.get(key)
            if found is None:
                return None
            self._frames.move_to_end(key)
        return found[0]

    def put(self, key: str, frame: pl.DataFrame) -> None:
        """Keep a frame in place of the one that the key had."""
        size = int(frame.estimated_size())
        with self._lock:
            self._drop(key)
            if size > self.max_size_bytes:
                return
            self._frames[key] = frame, size
            self._bytes += size
            while self._bytes > self.max_size_bytes:
                _, (_, gone) = self._frames.popitem(last=False)
                self._bytes -= gone

    def remove(self, key: str) -> None:
        """Forget the frame of a key, if there is one."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Forget every frame."""
        with self._lock:
            self._frames.clear()
            self._bytes = 0

    def get_stats(self) -> dict[str, float]:
        """Return ``entry_count`` and ``total_size_mb``, megabytes of 1,000,000 bytes."""
        with self._lock:
            return {"entry_count": len(self._frames), "total_size_mb": self._bytes / 1e6}

    def _drop(self, key: str) -> None:
        _, size = self._frames.pop(key, (None, 0))
        self._bytes -= size
