"""Collects the changes of one commit to a bundle.

Rows become durable Parquet files at once; nobody sees them until `commit` adds the manifest that
names them. Left without a commit, a transaction takes its files away again.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any, Literal

from typing_extensions import override

from warehouse.catalog import views
from warehouse.catalog.reach import words_of
from warehouse.closing import Closing
from warehouse.errors import (
    ConflictError,
    DamageError,
    EndedError,
    LockedError,
    QueryError,
    RootError,
    SchemaError,
    WarehouseError,
)
from warehouse.layout import BundleDir
from warehouse.model import Changes
from warehouse.schema import BASIC, QUALITY, Dataset, dataset
from warehouse.session import Session
from warehouse.snapshots import disk, integrity, lease, log
from warehouse.snapshots.commit import Proposal, commit
from warehouse.snapshots.manifest import DataFile, Manifest
from warehouse.writing.compact import restated, rewritten
from warehouse.writing.partition import (
    Partition,
    Writer,
    completed,
    require_keys,
    stored_columns,
)

Place = tuple[str, str]  # dataset and partition
State = Literal["open", "uncertain", "committed", "closed"]

_MEMORY = "400MB"  # more is spilled
_WRITERS = ("duckdb", "pyarrow", "rustybt")


class Transaction(Closing):
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
        Called with the snapshot after a commit.

    Raises
    ------
    SchemaError
        The bundle has another calendar, or is new and none was named.
    RootError
        The folder cannot be written.
    DamageError
        The newest manifest is damaged. A damaged data file is refused when it would be read.
    """

    def __init__(
        self, place: BundleDir, calendar: str | None, committed: Callable[[Manifest], None]
    ) -> None:
        self.calendar = _agreed(log.head(place), calendar)  # refused before a folder is made
        self.id = uuid.uuid4().hex
        self._place = place
        self._committed = committed
        self._staged: dict[Place, DataFile] = {}
        self._lost: dict[str, tuple[str, DamageError]] = {}  # SHA-256 of what is made again
        self._numbers = count()
        self._state: State = "open"
        try:
            for folder in (place.log, place.leases):
                disk.make_dirs(folder)
            self._lease = lease.writer(place, self.id)
        except OSError as error:
            problem = f"expected one that can be written, found: {error}"
            raise RootError(place.root, problem) from error
        self.session = Session(memory_limit=_MEMORY, spill_dir=self._folder / "spill")
        self._pin: lease.Lease | None = None
        try:
            self.head, self._pin = lease.pinned(place, lambda: log.head(place))
            self.calendar = _agreed(self.head, calendar)
            disk.make_dirs(self._folder)
            if self.head is None:
                disk.sync_parents(self._folder)  # another process may have made them just now
            for name in sorted({*BASIC, "bars_1d", "bars_1m", *self._datasets()}):
                self._show(dataset(name))
            self.session.watch = self._require
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
        DamageError
            The stored file of a partition is damaged. Rows that give exactly that file again, as
            the same ingest repeated does, repair it instead.
        """
        writer = self._writer(dataset(name), rows)
        total = Changes()
        with self._all_or_none() as written:
            partitions, stored = writer.partitions(), self._files(name)
            new = [it for it in partitions if it.name not in stored]
            for partition, file in zip(new, self._write_new(writer, new), strict=True):
                total += Changes(added=file.rows)
                written[name, partition.name] = file
            for partition in partitions:
                if partition.name in stored:
                    changes, changed = self._upserted(writer, partition, stored[partition.name])
                    total += changes
                    if changed is not None:
                        written[name, partition.name] = changed
        self._show(writer.dataset)
        return total

    def rewrite(self, name: str, rows: Any) -> int:
        """Write rows in place of all that the partitions they touch hold.

        Takes what `upsert` takes. Returns how many partitions hold other rows than before; those
        that hold the same stay.
        """
        writer = self._writer(dataset(name), rows)
        stored = self._files(name)
        with self._all_or_none() as written:
            for partition in writer.partitions():
                held = stored.get(partition.name)
                if held is None or not self._is_told(writer, partition, held):
                    written[name, partition.name] = self._write(writer, partition, None)
        self._show(writer.dataset)
        return len(written)

    def replace(self, name: str, rows: Any) -> bool:
        """Write rows in place of all that a dataset of one partition holds.

        Takes what `upsert` takes. Returns whether they differ from the stored ones.
        """
        of = dataset(name)
        if of.period != "all":
            raise SchemaError(name, "it has more than one partition; only upsert writes it")
        writer = self._writer(of, rows)
        stored = self._files(name).get("all")
        is_sound = stored is not None and self._damage((name, "all"), stored) is None
        if stored and is_sound and not writer.differs(self._path(stored)):
            return False
        with self._all_or_none() as written:
            written[name, "all"] = self._write(writer, writer.whole(), None)
            sha256, damage = self._lost.get(name, ("", None))
            if damage is not None and written[name, "all"].sha256 != sha256:
                raise damage
        self._lost.pop(name, None)
        self._show(of)
        return True

    def make_again(self, name: str) -> bool:
        """Take a damaged dataset of one partition for empty, until `replace` writes it again.

        What `replace` then writes must be the very file that was lost: other rows are refused as the
        damage. Returns whether it is damaged; one that is sound stays as it is.
        """
        stored = self._files(name).get("all")
        damage = None if stored is None else self._damage((name, "all"), stored)
        if stored is None or damage is None:
            return False
        self._lost[name] = (stored.sha256, damage)
        self._show(dataset(name))
        return True

    def compact(self) -> int:
        """Write partitions anew where that makes them narrower or a tenth smaller.

        Their rows stay, so records of checks speak for them as before. Returns how many were worth
        it.
        """
        before = {name: self._files(name) for name in sorted(self._datasets())}
        worth = sum(self._rewrite(name) for name in before)
        if worth and QUALITY.name in before:
            after = {name: self._files(name) for name in before}
            self.replace(QUALITY.name, restated(self.session, before, after))
        return worth

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
        except BaseException as error:
            # The manifest may be in the log already, so the files stay. Another call finds out.
            self._state = "uncertain"
            self._note(error)
            raise
        self._state = "committed"
        self._staged.clear()
        try:
            self._committed(manifest)
        except BaseException as error:
            self._note(error)
            raise
        return manifest

    def _note(self, error: BaseException) -> None:
        """Let an error say that the snapshot is there all the same, if it is."""
        with suppress(OSError, WarehouseError):
            head = log.head(self._place)
            if head is not None and head.txn == self.id:
                error.add_note(committed_before(self._place.bundle, head.version))

    @override
    def close(self) -> None:
        """Take away what was not committed and free the bundle."""
        self.session.close()
        wanted = self._state in ("uncertain", "committed")
        shutil.rmtree(self._folder / "spill" if wanted else self._folder, ignore_errors=True)
        if not wanted:
            self._state = "closed"
        self._staged.clear()
        self._lease.release()
        if self._pin is not None:
            self._pin.release()

    @property
    def _folder(self) -> Path:
        return self._place.data / self.id

    def _datasets(self) -> set[str]:
        return {name for name, _ in self._staged} | set(self.head.datasets if self.head else ())

    def _files(self, name: str) -> dict[str, DataFile]:
        is_held = self.head is not None and name not in self._lost
        files = dict(self.head.datasets.get(name, {})) if self.head and is_held else {}
        return files | {key: file for (of, key), file in self._staged.items() if of == name}

    def _path(self, file: DataFile) -> Path:
        return self._place.data / file.path

    def _show(self, of: Dataset) -> None:
        """Show a dataset, unless a file of it is damaged; then `_require` refuses who reads it."""
        watch, self.session.watch = self.session.watch, None
        try:
            with suppress(QueryError):
                views.create_dataset(self.session, self._place, "main", of, self._files(of.name))
        finally:
            self.session.watch = watch

    def _require(self, query: str) -> None:
        """Refuse a statement over the views that would read a damaged file."""
        words = words_of(query)
        for name in self.head.datasets if self.head else ():
            for key, file in self._files(name).items() if name in words else ():
                damage = self._damage((name, key), file)
                if damage is not None:
                    raise damage

    def _damage(self, place: Place, file: DataFile) -> DamageError | None:
        if self.head is None or place in self._staged:
            return None
        return next(integrity.damages(self._place, self.head, [(*place, file)]), None)

    def _writer(self, of: Dataset, rows: Any) -> Writer:
        if self._state != "open":
            raise EndedError(self._place.bundle, self._state)
        incoming = rows if isinstance(rows, str) else f"incoming_{of.name}"
        if not isinstance(rows, str):
            self.session.load(incoming, rows)
        if of.optional:
            incoming = completed(self.session, of, incoming)
        columns = stored_columns(self.session, of, incoming)
        ordered = require_keys(self.session, of, incoming)
        return Writer(self.session, of, columns, incoming, ordered)

    def _rewrite(self, name: str) -> int:
        of = dataset(name)
        with self._all_or_none() as written:
            for key, stored in sorted(self._files(name).items()):
                damage = self._damage((name, key), stored)
                if damage is not None:
                    raise damage
                file = rewritten(
                    self.session, of, stored, path=self._path(stored), target=self._next_path()
                )
                if file is not None:
                    written[name, key] = file
        self._show(of)
        return len(written)

    def _upserted(
        self, writer: Writer, partition: Partition, stored: DataFile
    ) -> tuple[Changes, DataFile | None]:
        writer, partition = writer.at_least(stored.wide), partition.at_least(stored.types)
        damage = self._damage((writer.dataset.name, partition.name), stored)
        if damage is not None:
            return self._repaired(writer, partition, stored, damage)
        changes = writer.changes(partition, self._path(stored))
        if not changes.any:
            return changes, None
        return changes, self._write(writer, partition, self._path(stored))

    def _is_told(self, writer: Writer, partition: Partition, held: DataFile) -> bool:
        """Whether a sound stored partition holds the incoming rows and no others."""
        if self._damage((writer.dataset.name, partition.name), held) is not None:
            return False
        changes = writer.at_least(held.wide).changes(partition, self._path(held))
        return not changes.any and changes.same == held.rows

    def _repaired(
        self, writer: Writer, partition: Partition, lost: DataFile, damage: DamageError
    ) -> tuple[Changes, DataFile]:
        """Write the incoming rows alone, which must give the very file that was lost."""
        file = self._write(writer, partition, None)
        if file.sha256 != lost.sha256:
            self._path(file).unlink()
            raise damage
        return Changes(same=file.rows), file

    def _write(self, writer: Writer, partition: Partition, stored: Path | None) -> DataFile:
        target = self._next_path()
        try:
            return writer.write(partition, target, stored)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _write_new(self, writer: Writer, partitions: Sequence[Partition]) -> list[DataFile]:
        files = [(partition, self._next_path()) for partition in partitions]
        try:
            return writer.write_new(files)
        except BaseException:
            for _, target in files:
                target.unlink(missing_ok=True)
            raise

    def _next_path(self) -> Path:
        return self._folder / f"{next(self._numbers)}.parquet"

    @contextmanager
    def _all_or_none(self) -> Iterator[dict[Place, DataFile]]:
        """Stage the files that are put into the dictionary when all are written, or none of them."""
        written: dict[Place, DataFile] = {}
        try:
            yield written
        except BaseException:
            superseded = list(written.values())
            raise
        else:
            superseded = [self._staged[it] for it in written.keys() & self._staged.keys()]
            self._staged |= written
        finally:
            for file in superseded:
                self._path(file).unlink()


def committed_before(bundle: str, version: int) -> str:
    """Say of an interrupt or error that it came after the commit."""
    return f"Snapshot {version} of {bundle} was committed before."


def _agreed(head: Manifest | None, calendar: str | None) -> str:
    if head is None:
        if calendar is None:
            raise SchemaError("sessions", "a new bundle needs a calendar, such as XNYS or 24/7")
        return calendar
    if calendar not in (None, head.calendar):
        raise SchemaError(
            "sessions",
            f"expected the calendar {head.calendar!r} of the stored bundle, found {calendar!r}; "
            "leave it out, or name another bundle",
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
