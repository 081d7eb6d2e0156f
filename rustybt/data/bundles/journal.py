"""Pages that were fetched, kept until a snapshot holds them, so that a stopped ingest goes on there.

A page is one Parquet file that is written under a name of its own, made durable and then renamed; its
name has its SHA-256. So what a killed process left is a whole page or none::

    bundles/<bundle>/fetched/<source>/<symbol>/<begin>-<rows>-<sha256>.parquet
    bundles/<bundle>/fetched/<source>/<symbol>/done    while an ingest runs: all of it was fetched
    bundles/<bundle>/fetched/<source>/failed.json      symbols that the last ingest did not get
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import polars as pl
from filelock import FileLock, Timeout

from rustybt.data.adapters.frame import ACTIONS
from rustybt.data.adapters.report import Page, Stretch
from warehouse.layout import BundleDir
from warehouse.snapshots import disk

_TOLD: Final = "page"  # key of the metadata of a file
_FAILED: Final = "failed.json"
_DONE: Final = "done"


@dataclass(frozen=True)
class Kept:
    """A page in the journal: the stretch that it answers, and where its rows are."""

    path: Path
    begin: datetime
    until: datetime
    missing: tuple[Stretch, ...]
    gaps: tuple[Stretch, ...]
    reason: str
    told: tuple[Mapping[str, Any], ...]  # rows of its actions

    def rows(self) -> pl.DataFrame:
        """Read its rows."""
        return pl.read_parquet(self.path)

    def actions(self) -> pl.DataFrame:
        """Return its splits and dividends."""
        texts = pl.DataFrame(self.told, schema=dict.fromkeys(ACTIONS, pl.String()))
        return texts.select(
            pl.col(name).str.to_date() if kind == pl.Date() else pl.col(name).cast(kind)
            for name, kind in ACTIONS.items()
        )


@dataclass(frozen=True)
class Journal:
    """The pages of one source for one bundle; `folder` need not exist."""

    folder: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no other ingest of the same source and bundle run meanwhile; wait for one that does."""
        disk.make_dirs(self.folder)
        with FileLock(self.folder / "lock"):
            for old in self.folder.glob(f"*/{_DONE}"):
                old.unlink()
            yield

    def keep(self, symbol: str, begin: datetime, page: Page) -> None:
        """Keep a page that answers the time from `begin` to its own end."""
        folder = self._of(symbol)
        disk.make_dirs(folder)
        actions = page.actions
        told = {
            "begin": begin.isoformat(),
            "until": page.until.isoformat(),
            "missing": _texts(page.missing),
            "gaps": _texts(page.gaps),
            "reason": page.reason,
            "actions": [] if actions is None else actions.cast(pl.String()).rows(named=True),
        }
        scratch = folder / f".{uuid4().hex}"
        page.rows.write_parquet(scratch, metadata={_TOLD: json.dumps(told)})
        disk.sync_file(scratch)
        stamp = begin.strftime("%Y%m%dT%H%M%S%f")
        digest = disk.sha256_of(scratch)
        disk.rename(scratch, folder / f"{stamp}-{page.rows.height}-{digest}.parquet")
        disk.sync_dir(folder)

    def pages(self, symbol: str) -> list[Kept]:
        """Return the pages of a symbol in order of time; one that is damaged is taken away."""
        found = []
        for path in sorted(self._of(symbol).glob("*.parquet")):
            if disk.sha256_of(path) == path.stem.rpartition("-")[2]:
                found.append(_read(path))
            else:
                disk.remove(path)
        return sorted(found, key=lambda it: (it.begin, it.until))

    def note_done(self, symbol: str) -> None:
        """Say to who looks on that all of a symbol was fetched."""
        folder = self._of(symbol)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _DONE).touch()

    def counts(self) -> tuple[int, int]:
        """Return how many symbols were fetched whole, and the rows of all pages."""
        rows = (int(it.name.split("-")[1]) for it in self.folder.glob("*/*.parquet"))
        return sum(1 for _ in self.folder.glob(f"*/{_DONE}")), sum(rows)

    def drop(self, symbols: Iterable[str]) -> None:
        """Take the pages of symbols away."""
        for symbol in symbols:
            shutil.rmtree(self._of(symbol), ignore_errors=True)

    def note_failed(self, reasons: Mapping[str, str]) -> None:
        """Write down the symbols that could not be fetched, in the place of earlier ones."""
        target, scratch = self.folder / _FAILED, self.folder / f".{uuid4().hex}"
        disk.write_file(scratch, json.dumps(dict(reasons)).encode())
        disk.rename(scratch, target)
        disk.sync_dir(self.folder)

    def failed(self) -> dict[str, str]:
        """Return the symbols that the last ingest did not get, with the reason of each."""
        with suppress(FileNotFoundError):
            found: dict[str, str] = json.loads((self.folder / _FAILED).read_bytes())
            return found
        return {}

    def _of(self, symbol: str) -> Path:
        return self.folder / hashlib.sha256(symbol.encode()).hexdigest()[:24]


def forget(place: BundleDir, *, dry_run: bool = False) -> int:
    """Take away the pages of a bundle that no snapshot holds; return how many there were.

    Those of an ingest that is under way stay.
    """
    count = 0
    for folder in sorted(it for it in place.fetched.glob("*") if it.is_dir()):
        lock = FileLock(folder / "lock", timeout=0)
        with suppress(Timeout), lock:
            pages = list(folder.glob("*/*.parquet"))
            count += len(pages)
            for symbol in [] if dry_run else {it.parent for it in pages}:
                shutil.rmtree(symbol, ignore_errors=True)
    return count


def _read(path: Path) -> Kept:
    told = json.loads(pl.read_parquet_metadata(path)[_TOLD])
    return Kept(
        path,
        datetime.fromisoformat(told["begin"]),
        datetime.fromisoformat(told["until"]),
        _stretches(told["missing"]),
        _stretches(told.get("gaps", ())),  # a page of an older version tells none
        told["reason"],
        tuple(told["actions"]),
    )


def _texts(stretches: Iterable[Stretch]) -> list[list[str]]:
    return [[it.isoformat() for it in stretch] for stretch in stretches]


def _stretches(texts: Iterable[Sequence[str]]) -> tuple[Stretch, ...]:
    pairs = (tuple(map(datetime.fromisoformat, it)) for it in texts)
    return tuple((first, until) for first, until in pairs)
