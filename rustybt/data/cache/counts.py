"""How often a cache was asked and answered, by day, over all processes."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path


@dataclass(frozen=True)
class Counts:
    """Of some day: how often a frame was found in memory, on disk, or not at all."""

    day: date
    memory: int = 0
    disk: int = 0
    misses: int = 0


def add(file: Path, memory: int, disk: int, misses: int) -> None:
    """Add counts of today to a file; one line, so processes that write at once do no harm.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    line = json.dumps([datetime.now(UTC).date().isoformat(), memory, disk, misses]) + "\n"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def read(file: Path) -> Iterator[Counts]:
    """Yield the lines of a file; one that is no line of counts is passed over."""
    try:
        lines = file.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            day, *numbers = json.loads(line)
            yield Counts(date.fromisoformat(day), *map(int, numbers))
        except (ValueError, TypeError):
            continue
