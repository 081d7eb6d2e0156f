"""Columns that were computed before, each in files of some sessions, for all living assets.

A file has the values of one term in the order of `LivingRows`. It holds for a later snapshot up to
the first session that could see a change, so it is taken over for those before.
"""

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from rustybt.pipeline.compiler.living import LivingRows
from warehouse.errors import WarehouseError
from warehouse.snapshots.shelf import Shelf, trim

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from warehouse import Warehouse

# What rows of the bundle a value depends on, and whether a label sees those of its own day.
_BARS: Final = ("session", "sid", "open", "high", "low", "close", "volume")
_ACTIONS: Final = ("session", "sid", "kind", "ratio")
_READ: Final = {"bars_1d": _BARS, "adjustments": _ACTIONS, "sessions": ("session",), "assets": ()}
_SEEN_AT_ONCE: Final = frozenset({"adjustments", "sessions"})

_NAME: Final = re.compile(r"([0-9a-f]{32})-(\d{8})-(\d{8})")
_PARTS: Final = 8  # files of a column that are read together before they are written as one


@dataclass(frozen=True)
class Part:
    """Some sessions of a column, by number and half open; `values` is None where they are missing."""

    first: int
    until: int
    values: pa.ChunkedArray | None


@dataclass(frozen=True)
class _File:
    first: int
    until: int
    path: Path


class KeptColumns:
    """The columns that are kept of one snapshot.

    Parameters
    ----------
    warehouse, bundle
        Where they are computed from.
    rows
        The rows of the snapshot.
    limit
        Bytes that may be kept under the root.
    """

    def __init__(self, warehouse: "Warehouse", bundle: str, rows: LivingRows, limit: int) -> None:
        self._warehouse, self._bundle, self._rows = warehouse, bundle, rows
        self._limit = limit
        self._shelf = warehouse.shelf(bundle)
        if self._shelf.is_new:
            self._take_over()
        self._files: dict[str, list[_File]] = {}
        for name, path in self._shelf.held().items():
            self._list(name, path)

    def parts(
        self, names: Iterable[str], first: int, until: int, pool: "ThreadPoolExecutor"
    ) -> dict[str, list[Part]]:
        """Return the parts of columns that make up a span, those that are missing too."""
        wanted = [
            (name, it)
            for name in names
            for it in self._files.get(name, [])
            if it.first < until and first < it.until
        ]
        sound = pool.map(self._shelf.is_sound, [it.path for _, it in wanted])
        usable: dict[str, list[_File]] = {name: [] for name in names}
        for (name, file), is_sound in zip(wanted, sound, strict=True):
            if is_sound:
                usable[name].append(file)
        return {name: self._covered(files, first, until) for name, files in usable.items()}

    def keep(
        self, found: Mapping[str, Sequence[tuple[Part, bool]]], pool: "ThreadPoolExecutor"
    ) -> None:
        """Write down what was computed: the parts of columns, each with whether it is new."""
        if any(list(pool.map(self._keep, found, found.values()))):
            trim(self._warehouse.root, self._limit)

    def _keep(self, name: str, parts: Sequence[tuple[Part, bool]]) -> bool:
        """Write the new parts of a column, or all as one where they are many; say whether any was."""
        if len(parts) > _PARTS:
            first, until = parts[0][0].first, parts[-1][0].until
            self._put(name, first, until, joined([it for it, _ in parts]))
            for file in self._files.get(name, []):
                if first <= file.first and file.until <= until:
                    file.path.unlink(missing_ok=True)
            return True
        new = [it for it, is_new in parts if is_new]
        for part in new:
            self._put(name, part.first, part.until, joined([part]))
        return bool(new)

    def _put(self, name: str, first: int, until: int, values: pa.ChunkedArray) -> None:
        def write(path: Path) -> None:
            table = pa.table({"value": values.combine_chunks()})
            with (
                pa.OSFile(os.fspath(path), "wb") as sink,
                pa.ipc.new_file(sink, table.schema) as file,
            ):
                file.write_table(table)

        self._shelf.put(self._named(name, first, until), write)

    def _named(self, name: str, first: int, until: int) -> str:
        sessions = self._rows.sessions
        return f"{name}-{sessions[first]:%Y%m%d}-{sessions[until - 1]:%Y%m%d}"

    def _list(self, name: str, path: Path) -> None:
        found = self._span(name)
        if found is not None:
            self._files.setdefault(name[:32], []).append(_File(*found, path))

    def _span(self, name: str) -> tuple[int, int] | None:
        """Return the sessions of a file, None if the bundle does not have them."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        sessions = self._rows.sessions
        days = [date.fromisoformat(it) for it in match.groups()[1:]]
        first, last = (bisect_left(sessions, it) for it in days)
        return (first, last + 1) if first <= last < len(sessions) else None

    def _covered(self, files: Sequence[_File], first: int, until: int) -> list[Part]:
        parts = []
        at = first
        while at < until:
            here = max((it for it in files if it.first <= at < it.until), key=_end, default=None)
            end = min((it.first for it in files if it.first > at), default=until)
            end = min(until, end if here is None else here.until)
            values = None if here is None else self._values(here, at, end)
            if here is not None and values is None:
                files = [it for it in files if it != here]
                continue
            parts.append(Part(at, end, values))
            at = end
        return _merged(parts)

    def _values(self, file: _File, first: int, until: int) -> pa.ChunkedArray | None:
        offset, size = self._rows.count(file.first, first), self._rows.count(first, until)
        try:
            table = pa.ipc.open_file(pa.memory_map(os.fspath(file.path))).read_all()
        except (OSError, pa.ArrowInvalid):  # gone since it was listed
            return None
        return table.column(0).slice(offset, size) if offset + size <= len(table) else None

    def _take_over(self) -> None:
        for other in self._shelf.others():
            with suppress(WarehouseError, OSError):
                changes = self._warehouse.first_changes(self._bundle, other.manifest, _READ)
                self._take(other, self._unchanged(changes))
                break
        self._shelf.begin()

    def _take(self, other: Shelf, until: int) -> None:
        taken = {}
        for name, path in other.held().items():
            span = self._span_before(name, until)
            if span is not None:
                taken[self._named(name[:32], *span)] = path
        self._shelf.take(taken)

    def _span_before(self, name: str, until: int) -> tuple[int, int] | None:
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        sessions = self._rows.sessions
        first, last = (date.fromisoformat(it) for it in match.groups()[1:])
        begin = bisect_left(sessions, first)
        # Of sessions that are no more, or others, nothing before the change is told.
        end = min(until, bisect_left(sessions, last) + 1)
        return (begin, end) if begin < end and sessions[begin] == first else None

    def _unchanged(self, changes: Mapping[str, date]) -> int:
        """Return the number of the first session that could see a change."""
        # What is known before the open of a label is the bars of the days before, and the actions of its own.
        days = [
            it if name in _SEEN_AT_ONCE else it + timedelta(days=1) for name, it in changes.items()
        ]
        sessions = self._rows.sessions
        return bisect_left(sessions, min(days)) if days else len(sessions)


def _end(file: _File) -> int:
    return file.until


def joined(parts: Iterable[Part]) -> pa.ChunkedArray:
    """Return the values of parts that follow each other."""
    values = [it.values for it in parts if it.values is not None]
    return pa.chunked_array([chunk for it in values for chunk in it.chunks], type=values[0].type)


def _merged(parts: Sequence[Part]) -> list[Part]:
    """Return missing parts that follow each other as one."""
    found: list[Part] = []
    for part in parts:
        if found and part.values is None and found[-1].values is None:
            found[-1] = Part(found[-1].first, part.until, None)
        else:
            found.append(part)
    return found
