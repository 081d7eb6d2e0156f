"""Stands between a process and the kernel, under one folder.

Every call that opens, writes, syncs, names or locks a file there is a numbered step. A plan kills the
process right before a step or lets the step fail; without a plan the steps are recorded, with what
DuckDB wrote in between, so that a power cut can be played back.
"""

# These are about `os` itself.
# ruff: noqa: PTH100, PTH116
import builtins
import errno
import fcntl
import io
import os
import shutil  # noqa: F401 - asks what `os` can do when it is imported, so before it is changed
import signal
import tempfile  # noqa: F401 - keeps `os` functions of its own
from dataclasses import dataclass, field
from pathlib import Path

CHANGING = frozenset(
    {"create", "write", "fsync", "link", "rename", "unlink", "mkdir", "rmdir", "chmod", "truncate"}
)


@dataclass(frozen=True)
class Plan:
    """What shall happen at step `at`, counted from 1: a kill, or an error, once or for good."""

    at: int
    error: int | None = None  # None kills
    lasting: bool = False

    def lasts(self, kind: str) -> bool:
        """Whether later steps of a kind fail too.

        Python makes an interrupted write again (PEP 475), so one that is interrupted for good would
        never end; no signal does that.
        """
        return self.lasting and not (kind == "write" and self.error == errno.EINTR)


@dataclass
class Step:
    """One change of the disk; `native` if it was found to have happened between two calls."""

    kind: str
    path: str
    other: str = ""
    data: bytes = b""
    site: str = ""
    native: bool = False


@dataclass
class Border:
    """The steps of this process under `folder`."""

    folder: str
    plan: Plan | None = None
    recording: bool = False
    count: int = 0
    steps: list[Step] = field(default_factory=list)
    known: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    reached: bool = False

    def holds(self, path: str) -> bool:
        return path == self.folder or path.startswith(self.folder + "/")

    def step(self, kind: str, path: str, other: str = "", data: bytes = b"") -> None:
        if not (self.holds(path) or self.holds(other)):
            return
        if self.recording:
            self.notice()
            self.steps.append(Step(kind, path, other, data, site()))
        if self.plan is None or (self.plan.error is None and kind not in CHANGING):
            return
        self.count += 1
        if self.count == self.plan.at or (self.plan.lasts(kind) and self.count > self.plan.at):
            self.reached = True
            if self.plan.error is None:
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(self.plan.error, os.strerror(self.plan.error), path)

    def notice(self) -> None:
        """Record what changed since the last step without passing through `os`: DuckDB's writes."""
        found = listing(self.folder)
        for path, identity in found.items():
            if self.known.get(path) != identity:
                if path not in self.known:
                    self.steps.append(Step("create", path, native=True))
                with REAL_OPEN(path, "rb") as file:
                    content = file.read()
                self.steps.append(Step("content", path, data=content, native=True))
        for path in self.known.keys() - found.keys():
            self.steps.append(Step("unlink", path, native=True))
        self.known = found

    def settle(self) -> None:
        """What is there now came through `os`, so it is known."""
        if self.recording:
            self.known = listing(self.folder)


def listing(folder: str) -> dict[str, tuple[int, int, int]]:
    found = {}
    for top, _, names in os.walk(folder):
        for name in names:
            path = f"{top}/{name}"
            status = os.stat(path)
            found[path] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return found


def site() -> str:
    """The innermost line of the project that led here."""
    import sys

    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if "/warehouse/" in name and "/tests/" not in name:
            return f"{Path(name).stem}.{frame.f_code.co_name}"
        frame = frame.f_back
    return ""


def place(path: object, dir_fd: int | None = None) -> str:
    if isinstance(path, int):
        return REAL["readlink"](f"/proc/self/fd/{path}")
    text = os.fsdecode(os.fspath(path))  # type: ignore[call-overload]
    if dir_fd is not None and not text.startswith("/"):
        text = f"{REAL['readlink'](f'/proc/self/fd/{dir_fd}')}/{text}"
    return os.path.abspath(text)


REAL = {name: getattr(os, name) for name in (
    "open", "write", "fsync", "fdatasync", "link", "rename", "replace", "unlink", "remove", "mkdir",
    "rmdir", "chmod", "fchmod", "ftruncate", "readlink",
)}  # fmt: skip
REAL_FLOCK, REAL_OPEN = fcntl.flock, io.open


def install(border: Border) -> None:  # noqa: C901 - one small function a call of `os`
    """Put the border into `os`, `io`, `builtins` and `fcntl` of this process, until it ends."""

    def opened(path, flags, mode=0o777, *, dir_fd=None):
        where = place(path, dir_fd)
        new = flags & os.O_CREAT and not os.path.lexists(where)
        border.step("create" if new else "open", where)
        descriptor = REAL["open"](path, flags, mode, dir_fd=dir_fd)
        border.settle()
        return descriptor

    def written(descriptor, data):
        border.step("write", place(descriptor), data=bytes(data))
        done = REAL["write"](descriptor, data)
        border.settle()
        return done

    def one(kind, real):
        def call(path, *rest, dir_fd=None, **options):
            border.step(kind, place(path, dir_fd))
            given = options if dir_fd is None else {**options, "dir_fd": dir_fd}
            done = real(path, *rest, **given)
            border.settle()
            return done

        return call

    def two(kind, real):
        def call(source, target, **options):
            border.step(kind, place(source), place(target))
            done = real(source, target, **options)
            border.settle()
            return done

        return call

    def locked(descriptor, operation):
        where = place(descriptor if isinstance(descriptor, int) else descriptor.fileno())
        if operation & (fcntl.LOCK_EX | fcntl.LOCK_SH):
            border.step("lock", where)
        return REAL_FLOCK(descriptor, operation)

    def file(
        path,
        mode="r",
        buffering=-1,
        encoding=None,
        errors=None,
        newline=None,
        closefd=True,
        opener=None,
    ):
        if isinstance(path, int) or not border.holds(place(path)):
            return REAL_OPEN(path, mode, buffering, encoding, errors, newline, closefd, opener)
        if not set(mode) & set("wxa+"):
            border.step("open", place(path))
            return REAL_OPEN(path, mode, buffering, encoding, errors, newline, closefd, opener)
        return writer(path, mode)

    os.open, os.write, fcntl.flock = opened, written, locked
    for kind, names in {
        "fsync": ("fsync", "fdatasync"), "unlink": ("unlink", "remove"), "mkdir": ("mkdir",),
        "rmdir": ("rmdir",), "chmod": ("chmod", "fchmod"), "truncate": ("ftruncate",),
    }.items():  # fmt: skip
        for name in names:
            setattr(os, name, one(kind, REAL[name]))
    os.link, os.rename, os.replace = (
        two("link", REAL["link"]), two("rename", REAL["rename"]), two("rename", REAL["replace"]),
    )  # fmt: skip
    io.open = builtins.open = file  # type: ignore[assignment]
    border.settle()


class Written(io.RawIOBase):
    """A file that is written through the border."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        return os.write(self._descriptor, data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)


def writer(path, mode: str) -> io.BufferedWriter | io.TextIOWrapper:
    flags = {
        "x": os.O_CREAT | os.O_EXCL,
        "w": os.O_CREAT | os.O_TRUNC,
        "a": os.O_CREAT | os.O_APPEND,
    }
    how = next(flags[letter] for letter in mode if letter in flags)
    binary = io.BufferedWriter(Written(os.open(path, os.O_WRONLY | os.O_CLOEXEC | how, 0o666)))
    return binary if "b" in mode else io.TextIOWrapper(binary, encoding="utf-8")


ERRORS = tuple(getattr(errno, it) for it in ("ENOSPC", "EIO", "EACCES", "EMFILE", "EINTR", "EROFS"))
