"""Plays a power cut: from the recorded steps of a run to every disk it may leave behind.

A name lasts once its folder was synced, a content once its file was. What was not synced may be there
or not, each name for itself and in any order, and a content whole, half or empty. Locks and leases say
nothing after a power cut and are left out.
"""

import hashlib
import os
import random
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from pathlib import Path, PurePosixPath

from fault_border import Step

Disk = tuple[tuple[str, bytes | None], ...]  # path and content, None for a folder, sorted


@dataclass
class Content:
    """The bytes of one file, whatever its names: what is synced, and what is written."""

    synced: bytes | None = None
    written: bytes = b""

    def choices(self) -> tuple[bytes, ...]:
        if self.synced == self.written:
            return (self.written,)
        half = self.written[: len(self.written) // 2]
        return tuple(dict.fromkeys((self.written, self.synced or b"", half)))


@dataclass(frozen=True)
class Change:
    """A change of names that its folders do not hold for sure yet."""

    kind: str
    path: str
    other: str
    content: Content | None
    folder: str


@dataclass
class Model:
    """The disk of one moment: names and contents as a process sees them, and as they would last."""

    names: dict[str, Content | None] = field(default_factory=dict)
    lasting: dict[str, Content | None] = field(default_factory=dict)
    pending: list[Change] = field(default_factory=list)

    def take(self, step: Step) -> None:
        """Follow one step."""
        kind, path = step.kind, step.path
        if kind == "fsync":
            self._sync(path)
        elif kind == "write":
            content = self.names.get(path)
            if content is not None:
                content.written += step.data
        elif kind == "content":
            content = self.names[path]
            assert content is not None
            content.written = step.data
        elif kind in {"mkdir", "create"} and path not in self.names:
            self._change(kind, path, "", None if kind == "mkdir" else Content())
        elif kind in {"link", "rename"}:
            self._change(kind, path, step.other, self.names[path])
        elif kind in {"unlink", "rmdir"} and path in self.names:
            self._change(kind, path, "", None)

    def disks(self, most: int, choice: random.Random) -> Iterator[Disk]:
        """Yield what a power cut may leave: all of it, or a choice where that is more than `most`."""
        for chosen in subsets(self.pending, most, choice):
            names = dict(self.lasting)
            for change in chosen:
                apply(names, change)
            reached = {path: it for path, it in names.items() if is_there(path, names)}
            files = [(path, it) for path, it in reached.items() if it is not None]
            folders = [(path, None) for path, it in reached.items() if it is None]
            options = [it.choices() for _, it in files]
            variants: Iterable[tuple[bytes, ...]] = product(*options)
            count = 1
            for option in options:
                count *= len(option)
            if count > most:
                variants = [tuple(map(choice.choice, options)) for _ in range(most)]
            for contents in variants:
                paths = [path for path, _ in files]
                yield tuple(
                    sorted([*folders, *zip(paths, contents, strict=True)], key=lambda it: it[0])
                )

    def _change(self, kind: str, path: str, other: str, content: Content | None) -> None:
        change = Change(kind, path, other, content, str(PurePosixPath(path).parent))
        apply(self.names, change)
        self.pending.append(change)

    def _sync(self, path: str) -> None:
        content = self.names.get(path)
        if content is not None:
            content.synced = content.written
            return
        for change in [it for it in self.pending if it.folder == path]:
            apply(self.lasting, change)
            self.pending.remove(change)


def apply(names: dict[str, Content | None], change: Change) -> None:
    if change.kind in {"mkdir", "create"}:
        names[change.path] = change.content
    elif change.kind == "link":
        names[change.other] = change.content
    elif change.kind == "rename":
        names.pop(change.path, None)
        names[change.other] = change.content
    else:
        names.pop(change.path, None)


def is_there(path: str, names: dict[str, Content | None]) -> bool:
    return all(str(it) in names for it in PurePosixPath(path).parents if str(it) != ".")


def subsets(
    pending: list[Change], most: int, choice: random.Random
) -> Iterator[tuple[Change, ...]]:
    if 2 ** len(pending) <= most:
        for size in range(len(pending) + 1):
            yield from combinations(pending, size)
        return
    yield ()
    yield tuple(pending)
    for at in range(len(pending)):
        yield (pending[at],)
        yield tuple(it for it in pending if it is not pending[at])
        yield tuple(pending[: at + 1])
    for _ in range(most):
        yield tuple(it for it in pending if choice.random() < 0.5)


def relative(steps: Iterable[Step], folder: str) -> list[Step]:
    """Return the steps that matter, their paths relative to the folder, which itself lasts."""

    def inside(path: str) -> str:
        return os.path.relpath(path, folder) if path else ""

    moved = [replace(it, path=inside(it.path), other=inside(it.other)) for it in steps]
    return [it for it in moved if not it.path.endswith(".lock") and "/leases" not in it.path]


def on_disk(folder: Path, *, unsynced: Collection[str] = ()) -> Model:
    """Return the model of what lies in a folder; all of it lasts but the names told."""
    model = Model()
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.endswith(".lock") or "/leases" in name:
            continue
        content = None if path.is_dir() else Content(path.read_bytes(), path.read_bytes())
        model.names[name] = content
        if name in unsynced:
            parent = str(PurePosixPath(name).parent)
            model.pending.append(Change("create", name, "", content, parent))
        else:
            model.lasting[name] = content
    return model


@dataclass
class Cut:
    """What came of every power cut in one run."""

    states: int = 0
    violations: list[str] = field(default_factory=list)


def cuts(
    steps: list[Step],
    start: Model,
    wrong: Callable[[Path, bool], str],
    place: Path,
    *,
    most: int,
    without: Collection[int] = (),
    first_only: bool = False,
) -> Cut:
    """Cut the power after each step and look at each disk that may be left.

    `wrong` says what is wrong with the disk laid out in a folder, given whether the run had said that
    it was done. `without` are syncs that are forgotten.
    """
    cut, seen, said = Cut(), set(), False
    choice = random.Random(20240102)
    for at, step in enumerate([None, *steps]):
        if step is not None and step.kind == "ack":
            said = True
        elif step is not None and at - 1 not in without:
            start.take(step)
        for disk in start.disks(most, choice):
            key = (said, hashlib.sha256(repr(disk).encode()).digest())
            if key in seen:
                continue
            seen.add(key)
            cut.states += 1
            lay(disk, place)
            problem = wrong(place, said)
            if problem:
                cut.violations.append(
                    f"after step {at} {step and (step.kind, step.path)}: {problem}"
                )
                if first_only:
                    return cut
    return cut


def lay(disk: Disk, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for path, content in disk:
        if content is None:
            (place / path).mkdir()
        else:
            (place / path).write_bytes(content)
