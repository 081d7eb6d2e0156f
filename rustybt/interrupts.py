"""An interrupt while modules are imported ends the process: there is nothing to take back yet.

Apart from the commands, because it is needed before they can be imported. An import that is
interrupted by an exception may hide it behind another one, or a traceback of its own.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

INTERRUPTED: Final = 130  # 128 and the number of SIGINT, as shells have it
SAID: Final = "Interrupted."


@contextmanager
def ended_at_once() -> Iterator[None]:
    """End the process with one line and `INTERRUPTED` at Ctrl-C in the block.

    Where somebody handles or ignores the signal already, or in another thread, that stays.
    """
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def noting(notes: list[str]) -> Iterator[None]:
    """Give an interrupt in the block what was noted until then, to stand in its one line."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        for note in notes:
            interrupt.add_note(note)
        raise


def _end(_signal: int, _frame: object) -> None:
    os.write(2, f"{SAID}\n".encode())
    os._exit(INTERRUPTED)
