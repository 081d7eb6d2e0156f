"""Frames in a folder that processes share, limited by their bytes.

Each is an Arrow file named by its key and the SHA-256 of its content: one that was cut, flipped or
written by another hand has another content, and is a miss. A file's time of change is that of its last
use. Whoever puts a frame makes room first, under one lock, so the folder never holds more than its limit.
"""

import hashlib
import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import polars as pl
import pyarrow as pa
from filelock import FileLock, Timeout

Eviction = Literal["lru", "size", "hybrid"]
EVICTIONS: Final = "lru", "size", "hybrid"

_NAME: Final = re.compile(r"([0-9a-f]{32})-([0-9a-f]{64})\.arrow")
_WRITING: Final = ".writing-"
_ABANDONED: Final = 3600.0  # seconds after which nobody writes a file any more
_LOCK_SECONDS: Final = 10.0
_ABOUT: Final = (b"key", b"dataset", b"backtest")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A frame on disk.

    Parameters
    ----------
    key
        As it was put.
    dataset, backtest
        What it was said to belong to; empty if nothing was said.
    path
        The file.
    size
        Bytes.
    used
        When it was last read or written, UTC.
    """

    key: str
    dataset: str
    backtest: str
    path: Path
    size: int
    used: datetime


class DiskCache:
    """Frames by key in a folder.

    A folder that cannot be written, or a full disk, keeps nothing; that is said once in the log.

    Parameters
    ----------
    folder
        Made when the first frame is put.
    max_bytes
        Of all files together; a larger frame is not kept.
    eviction
        Which goes first: ``lru`` that used least recently, ``size`` the largest, ``hybrid`` that of
        the largest product of bytes and seconds since its last use.
    """

    def __init__(self, folder: Path, max_bytes: int, eviction: Eviction = "lru") -> None:
        self.folder, self.max_bytes, self.eviction = folder, max_bytes, eviction
        self._sound: dict[str, int] = {}  # time of change of the files whose content was compared
        self._has_told = False

    def get(self, key: str) -> pl.DataFrame | None:
        """Return the frame of a key, which then is the one used last; None if there is none."""
        for path in self._files(_stem(key)):
            try:
                table = self._read(path)
            except (OSError, pa.ArrowException):
                continue  # another process removed it
            if table is not None:
                with suppress(OSError):
                    os.utime(path)
                    self._sound[path.name] = path.stat().st_mtime_ns
                return pl.DataFrame(pl.from_arrow(table))
        return None

    def put(self, key: str, frame: pl.DataFrame, dataset: str = "", backtest: str = "") -> None:
        """Keep a frame in place of the one that the key had."""
        about = dict(zip(_ABOUT, (it.encode() for it in (key, dataset, backtest)), strict=True))
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=_WRITING, dir=self.folder) as scratch:
                path = Path(scratch, "file")
                sha256 = _write(path, frame.to_arrow().replace_schema_metadata(about))
                self._place(path, f"{_stem(key)}-{sha256}.arrow")
        except (OSError, Timeout) as error:
            self._tell(f"{self.folder}: a frame could not be kept: {error}")

    def entries(self) -> list[Entry]:
        """Return what is kept, that used last first."""
        found = []
        for path in self._files():
            with suppress(OSError, pa.ArrowException):
                status = path.stat()
                about = pa.ipc.open_file(pa.memory_map(os.fspath(path))).schema.metadata or {}
                key, dataset, backtest = (about.get(it, b"").decode() for it in _ABOUT)
                used = datetime.fromtimestamp(status.st_mtime, UTC)
                found.append(Entry(key, dataset, backtest, path, status.st_size, used))
        return sorted(found, key=lambda it: it.used, reverse=True)

    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(status.st_size for _, status in self._held())

    def remove(self, key: str) -> None:
        """Remove the frame of a key, if there is one."""
        for path in self._files(_stem(key)):
            path.unlink(missing_ok=True)

    def trim(self, max_bytes: int) -> int:
        """Remove files, by the cache's eviction, until so many bytes are left; return how many went.

        What processes that died left half written goes too.
        """
        if not self.folder.is_dir():
            return 0
        self._sweep()
        with self._lock():
            return self._make_room(max_bytes)

    def _place(self, path: Path, name: str) -> None:
        size = path.stat().st_size
        with self._lock():
            others = [it for it in self._files(name[:32]) if it.name != name]
            for other in others:
                other.unlink(missing_ok=True)
            if size > self.max_bytes:
                return
            self._make_room(self.max_bytes - size, keeping=name)
            path.rename(self.folder / name)

    def _make_room(self, limit: int, keeping: str = "") -> int:
        held = [it for it in self._held() if it[0].name != keeping]
        now = time.time()

        def worth(held: tuple[Path, os.stat_result]) -> float:
            status = held[1]
            if self.eviction == "lru":
                return status.st_mtime
            idle = now - status.st_mtime if self.eviction == "hybrid" else 1.0
            return -status.st_size * max(idle, 0.0)

        left, gone = sum(it.st_size for _, it in held), 0
        for path, status in sorted(held, key=worth):
            if left <= limit:
                break
            path.unlink(missing_ok=True)
            left -= status.st_size
            gone += 1
        return gone

    def _read(self, path: Path) -> pa.Table | None:
        """Return the table of a file; None, and the file is gone, where its content is another."""
        mapped = pa.memory_map(os.fspath(path))
        if self._sound.get(path.name) != path.stat().st_mtime_ns:
            if hashlib.sha256(mapped.read_buffer()).hexdigest() != path.stem[-64:]:
                self._tell(f"{path}: damaged, so it counts as a miss and is removed")
                path.unlink(missing_ok=True)
                return None
            mapped.seek(0)
        return pa.ipc.open_file(mapped).read_all()

    def _held(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self._files():
            with suppress(OSError):
                yield path, path.stat()

    def _files(self, stem: str = "") -> list[Path]:
        try:
            found = list(self.folder.iterdir())
        except OSError:
            return []
        return [it for it in found if it.name.startswith(stem) and _NAME.fullmatch(it.name)]

    def _sweep(self) -> None:
        for scratch in self.folder.glob(f"{_WRITING}*"):
            with suppress(OSError):
                if time.time() - scratch.stat().st_mtime > _ABANDONED:
                    for path in scratch.iterdir():
                        path.unlink(missing_ok=True)
                    scratch.rmdir()

    def _lock(self) -> FileLock:
        return FileLock(self.folder / ".lock", timeout=_LOCK_SECONDS)

    def _tell(self, message: str) -> None:
        if not self._has_told:
            log.warning(message)
        self._has_told = True


def _stem(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _write(path: Path, table: pa.Table) -> str:
    with pa.OSFile(os.fspath(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    path.chmod(0o444)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
