"""What one statement of an untrusted reader may cost."""

from dataclasses import dataclass

from warehouse.errors import SafeLimitError

MIB = 1024 * 1024
_LEAST_MEMORY = 384 * MIB  # Python, DuckDB and Arrow alone take half of it


@dataclass(frozen=True)
class Limits:
    """Bounds of one statement; beyond them it ends with `SafeLimitError`.

    Parameters
    ----------
    seconds
        Wall-clock time from call to last row, the start of the process included.
    memory
        Bytes of the whole process, the libraries' 200 MB included.
    max_rows, max_bytes
        Size of the result; bytes as Arrow IPC.
    threads
        Threads of the engine. With one, sums of doubles are the same at every run.
    """

    seconds: float = 30.0
    memory: int = 1024 * MIB
    max_rows: int = 1_000_000
    max_bytes: int = 256 * MIB
    threads: int = 1

    def __post_init__(self) -> None:
        for name, least in (("max_rows", 1), ("max_bytes", 1), ("threads", 1), ("seconds", 0.5)):
            if getattr(self, name) < least:
                raise SafeLimitError(
                    f"{name} is {getattr(self, name)}", f"expected at least {least}"
                )
        if self.memory < _LEAST_MEMORY:
            raise SafeLimitError(
                f"memory is {self.memory} bytes", f"expected at least {_LEAST_MEMORY}"
            )
