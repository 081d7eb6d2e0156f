"""How far a fetch is, as its journal shows it, whichever process fetches."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rustybt.data.adapters.net.limiter import Limiter
from rustybt.data.bundles.journal import Journal

_SECONDS: Final = 0.5  # between two looks


@dataclass(frozen=True)
class Fetching:
    """How far a fetch is.

    Parameters
    ----------
    done, total
        Symbols that are fetched, and all.
    rows
        That came, those that a stopped ingest left included.
    speed
        Rows a second since it began.
    quiet
        Seconds since the last page came.
    waits
        Seconds until the limit of the source lets the next request out, by all that are waiting.
    account
        Whose limit that is; empty without one.
    """

    done: int
    total: int
    rows: int
    speed: float
    quiet: float
    waits: float = 0.0
    account: str = ""


Watch = Callable[[Fetching], None]


@contextmanager
def watched(
    journal: Journal, total: int, watch: Watch | None, limiter: Limiter | None = None
) -> Iterator[None]:
    """Tell how far the fetch in the block is, now and then from another thread, and at its end."""
    if watch is None:
        yield
        return
    began = newest = time.monotonic()
    _, before = journal.counts()
    seen = before
    over = threading.Event()

    def look() -> None:
        nonlocal newest, seen
        done, rows = journal.counts()
        now = time.monotonic()
        if rows != seen:
            newest, seen = now, rows
        watch(
            Fetching(
                done,
                total,
                rows,
                speed=(rows - before) / max(now - began, 1e-9),
                quiet=now - newest,
                waits=limiter.ahead() if limiter else 0.0,
                account=limiter.account if limiter else "",
            )
        )

    def keep_looking() -> None:
        while not over.wait(_SECONDS):
            look()

    thread = threading.Thread(target=keep_looking, name="rustybt-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        look()
