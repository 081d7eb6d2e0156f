"""Collects the changes of one commit to a bundle.

Rows become durable Parquet files at once; nobody sees them until `commit` adds the manifest that
names them. Left without a commit, a transaction takes its files away again.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Mapping
from importlib.metadata import version
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from warehouse.catalog import views
from warehouse.errors import ConflictError, EndedError, LockedError, SchemaError
from warehouse.layout import BundleDir
from warehouse.model import Changes
from warehouse.schema import BASIC, Dataset, dataset
from warehouse.session import Session
from warehouse.snapshots import disk, lease, log
from warehouse.snapshots.commit import Proposal, commit
from warehouse.snapshots.manifest import DataFile, Manifest
from warehouse.writing.partition import (
    Partition,
    Writer,
    require_keys,
    stored_columns,
)

State = Literal["open", "uncertain", "committed", "closed"]

_WRITERS = ("duckdb", "pyarrow", "rustybt")


class Transaction:
    """The next snapshot of a bundle, in the making; a context manager.

    `session` is its own DuckDB, in which a view named as each dataset shows the bundle with what
    was written so far. `head` is the snapshot it builds on, None for a new bundle.

    Parameters
    ----------
    place
        Folder of the bundle; created if it is new.
    calendar
        Exchange calendar of a new bundle; must agree with a stored one. None takes the stored.
    committed
        Called after a commit.

    Raises
    ------
    SchemaError
        The bundle has another calendar, or is new and none was named.
    DamageError
        A file of the head is missing or has another size than committed.
    """

    def __init__(
        self, place: BundleDir, calendar: str | None, committed: Callable[[], None]
    ) -> None:
        self.head = log.head(place)
        self.id = uuid.uuid4().hex
        self.calendar = _agreed(self.head, calendar)
        self._place = place
        self._committed = committed
        self._staged: dict[tuple[str, str], DataFile] = {}
        self._numbers = count()
        self._state: State = "open"
        if self.head is not None:
            views.require_files(place, self.head)
        for folder in (place.log, place.leases):
            disk.make_dirs(folder)
        self._lease = lease.writer(place, self.id)
        self.session = Session(spill_dir=self._folder / "spill")
        try:
            disk.make_dirs(self._folder)
            for name in sorted({*BASIC, "bars_1d", "bars_1m", *self._datasets()}):
                self._show(dataset(name))
        except BaseException:
            self.close()
            raise

    def upsert(self, name: str, rows: Any) -> Changes:
        """Write rows into the partitions they touch: new keys are added, stored ones replaced.

        Parameters
        ----------
        name
            Dataset.
        rows
            An Arrow table or stream with exactly the dataset's columns, or the name of such a
            table in `session`. Unique on the dataset's key; any order.

        Returns
        -------
        Changes
            Rows added, changed and stored already. Partitions where all are the same stay.

        Raises
        ------
        SchemaError
            The columns, types or keys do not fit.
        EndedError
            The transaction was committed, tried to, or was closed.
        """
        writer = self._writer(dataset(name), rows)
        total = Changes()
        for partition in writer.partitions():
            total += self._upsert_partition(writer, partition)
        self._show(writer.dataset)
        return total

    def replace(self, name: str, rows: Any) -> bool:
        """Write rows in place of all that a dataset of one partition holds.

        Takes what `upsert` takes. Returns whether they differ from the stored ones.
        """
        of = dataset(name)
        if of.period != "all":
            raise SchemaError(name, "it has more than one partition; only upsert writes it")
        writer = self._writer(of, rows)
        stored = self._files(name).get("all")
        if stored and not writer.differs(self._path(stored)):
            return False
        self._write(writer, Partition("all"), None)
        self._show(of)
        return True

    @property
    def touched(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self._staged)

    def commit(self, lineage: Mapping[str, Any] | None = None) -> Manifest:
        """Make what was written the bundle's newest snapshot, whole or not at all.

        Parameters
        ----------
        lineage
            Where the rows came from, as JSON values; never a secret.

        Raises
        ------
        ConflictError
            Another commit touched the same partitions since this transaction began.
        SchemaError
            Nothing was written, or the lineage is no JSON.
        EndedError
            The transaction was committed or closed before.
        """
        if self._state in ("committed", "closed"):
            raise EndedError(self._place.bundle, self._state)
        if not self._staged:
            raise SchemaError("snapshot", "nothing was written that differs from the head")
        disk.sync_dir(self._folder)
        disk.sync_dir(self._place.data)
        proposal = Proposal(
            self.id, self.head, self.calendar, dict(self._staged), _signed(lineage or {})
        )
        try:
            manifest = commit(self._place, proposal)
        except ConflictError:
            self._state = "open"
            raise
        except LockedError:
            raise
        except BaseException:
            # The manifest may be in the log already, so the files stay. Another call finds out.
            self._state = "uncertain"
            raise
        self._state = "committed"
        self._staged.clear()
        self._committed()
        return manifest

    def close(self) -> None:
        """Take away what was not committed and free the bundle."""
        self.session.close()
        wanted = self._state in ("uncertain", "committed")
        shutil.rmtree(self._folder / "spill" if wanted else self._folder, ignore_errors=True)
        if not wanted:
            self._state = "closed"
        self._staged.clear()
        self._lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _folder(self) -> Path:
        return self._place.data / self.id

    def _datasets(self) -> set[str]:
        return {name for name, _ in self._staged} | set(self.head.datasets if self.head else ())

    def _files(self, name: str) -> dict[str, DataFile]:
        files = dict(self.head.datasets.get(name, {})) if self.head else {}
        return files | {key: file for (of, key), file in self._staged.items() if of == name}

    def _path(self, file: DataFile) -> Path:
        return self._place.data / file.path

    def _show(self, of: Dataset) -> None:
        views.create_dataset(self.session, self._place, "main", of, self._files(of.name))

    def _writer(self, of: Dataset, rows: Any) -> Writer:
        if self._state != "open":
            raise EndedError(self._place.bundle, self._state)
        incoming = rows if isinstance(rows, str) else f"incoming_{of.name}"
        if not isinstance(rows, str):
            self.session.load(incoming, rows)
        columns = stored_columns(self.session, of, incoming)
        require_keys(self.session, of, incoming)
        return Writer(self.session, of, columns, incoming)

    def _upsert_partition(self, writer: Writer, partition: Partition) -> Changes:
        stored = self._files(writer.dataset.name).get(partition.name)
        if stored is None:
            return Changes(added=self._write(writer, partition, None).rows)
        writer = writer.at_least(stored.wide)
        changes = writer.changes(partition, self._path(stored))
        if changes.any:
            self._write(writer, partition, self._path(stored))
        return changes

    def _write(self, writer: Writer, partition: Partition, stored: Path | None) -> DataFile:
        place = (writer.dataset.name, partition.name)
        file = writer.write(partition, self._folder / f"{next(self._numbers)}.parquet", stored)
        superseded = self._staged.get(place)
        self._staged[place] = file
        if superseded is not None:
            self._path(superseded).unlink()
        return file


def _agreed(head: Manifest | None, calendar: str | None) -> str:
    if head is None:
        if calendar is None:
            raise SchemaError("sessions", "a new bundle needs a calendar, such as XNYS or 24/7")
        return calendar
    if calendar not in (None, head.calendar):
        raise SchemaError(
            "sessions",
            f"expected the calendar {head.calendar!r} of the stored bundle, found {calendar!r}",
        )
    return head.calendar


def _signed(lineage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lineage with the versions that wrote the files, proved to be JSON."""
    signed = {**lineage, "versions": {name: version(name) for name in _WRITERS}}
    try:
        text = json.dumps(signed, allow_nan=False, ensure_ascii=False, sort_keys=True)
        text.encode()  # a name of a file may hold bytes that are no text
    except (TypeError, ValueError) as error:
        raise SchemaError("lineage", f"expected JSON values ({error})") from error
    read_back: dict[str, Any] = json.loads(text)
    return read_back
