"""Cuts a dataset into partitions and writes one of them as a Parquet file."""

import os
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from warehouse import sqltext
from warehouse.errors import SchemaError
from warehouse.model import Changes
from warehouse.schema import EXACT, Column, Dataset, Needs, Types, types_of
from warehouse.session import Session
from warehouse.snapshots import disk
from warehouse.snapshots.manifest import DataFile
from warehouse.writing.packing import BEYOND, STEPS, needs_of, packed_schema
from warehouse.writing.parquet import (
    PASS_FILES,
    ROW_GROUP_ROWS,
    DisorderError,
    Target,
    strictly_ordered,
    write_sorted,
)


@dataclass(frozen=True)
class Partition:
    """One partition: its name, the span [first, until) of the dataset's time column, and types.

    `needs` are those of its new rows, `types` those that its exact columns are to be stored with;
    unnamed as views show them.
    """

    name: str
    first: date | None = None
    until: date | None = None
    needs: Needs = ()
    types: Types = ()

    def at_least(self, stored: Types) -> "Partition":
        """Return the partition with types that hold what a stored file of it holds, too."""
        return replace(self, types=types_of(self.needs, stored))


def partition_of(dataset: Dataset, instant: date | datetime) -> Partition:
    """Return the partition that holds a value of the dataset's time column."""
    year, month = instant.year, instant.month
    if dataset.period == "year":
        return Partition(f"{year:04d}", date(year, 1, 1), date(year + 1, 1, 1))
    if dataset.period == "day":
        first = date(year, month, instant.day)
        return Partition(first.isoformat(), first, first + timedelta(days=1))
    until = date(year + month // 12, month % 12 + 1, 1)
    return Partition(f"{year:04d}-{month:02d}", date(year, month, 1), until)


@dataclass(frozen=True)
class Writer:
    """Writes one dataset's incoming rows, which stand in a table of the session.

    `columns` have the types to be stored; `ordered` tells that the rows stand in order of the key.
    """

    session: Session
    dataset: Dataset
    columns: tuple[Column, ...]
    incoming: str
    ordered: bool = False

    def partitions(self) -> list[Partition]:
        """Return the partitions that the incoming rows touch, in order of time, with their types.

        Raises
        ------
        SchemaError
            A time is outside the years 1 to 9998.
        """
        exact = self.dataset.exact
        query = sqltext.render(
            "writing/periods",
            incoming=self.incoming,
            time=self.dataset.time,
            period=self.dataset.period,
            exact=exact,
            steps=STEPS,
            beyond=BEYOND,
        )
        found = {start: needs_of(exact, needs) for *needs, start in self.session.rows(query)}
        if None in found:
            problem = f"expected {self.dataset.time} in the years 1 to 9998; found others"
            raise SchemaError(self.dataset.name, problem)
        if self.dataset.period == "all":
            return [_needing(Partition("all"), needs) for needs in found.values()]
        return [_needing(partition_of(self.dataset, it), needs) for it, needs in found.items()]

    def whole(self) -> Partition:
        """Return the one partition of all incoming rows, even of none."""
        found = self.partitions() if self.dataset.exact else []
        return found[0] if found else Partition("all")

    def at_least(self, wide: Collection[str]) -> "Writer":
        """Return a writer whose exact columns are also of the wider type where named."""
        already = {it.name for it in self.columns if it not in self.dataset.columns}
        return replace(self, columns=self.dataset.typed({*wide, *already}))

    def changes(self, partition: Partition, stored: Path) -> Changes:
        """Count what an upsert would do to a stored partition."""
        ((added, changed, same),) = self.session.rows(
            self._render("writing/changes", partition, stored=os.fspath(stored))
        )
        return Changes(added, changed, same)

    def write(self, partition: Partition, target: Path, stored: Path | None) -> DataFile:
        """Write a partition to a new file, durably, and read back what it holds."""
        self.fill([(partition, target)], stored)
        return self._read_back(partition, target)

    def write_new(self, files: Sequence[tuple[Partition, Path]]) -> list[DataFile]:
        """Write partitions of which nothing is stored to new files, in order of time; see `write`."""
        for begin in range(0, len(files), PASS_FILES):
            self.fill(files[begin : begin + PASS_FILES], None)
        return [self._read_back(partition, target) for partition, target in files]

    def fill(self, files: Sequence[tuple[Partition, Path]], stored: Path | None) -> None:
        """Write partitions to new files in one pass, not durable yet; `write` says the rest."""
        whole = Partition("", files[0][0].first, files[-1][0].until)
        query = self._render(
            "writing/rows",
            whole,
            stored=None if stored is None else os.fspath(stored),
            ordered=self.ordered,
        )
        folder = files[0][1].parent
        try:
            with (
                disk.naming(folder),
                self.session.one_thread() if self.ordered else nullcontext(),
                self.session.stream(query, batch_rows=ROW_GROUP_ROWS, short=True) as rows,
            ):
                targets = [_target(it, path, rows.schema) for it, path in files]
                write_sorted(rows, self.dataset, targets)
        except DisorderError:
            # The engine may plan a query of all columns in another way than that of the keys.
            if not self.ordered:
                raise
            replace(self, ordered=False).fill(files, stored)

    def _read_back(self, partition: Partition, target: Path) -> DataFile:
        disk.sync_file(target)
        ((rows, first, last),) = self.session.rows(
            sqltext.render("writing/written", time=self.dataset.time, path=os.fspath(target))
        )
        return DataFile(
            path=f"{target.parent.name}/{target.name}",
            size=target.stat().st_size,
            sha256=disk.sha256_of(target),
            rows=rows,
            types=tuple(it for it in partition.types if it[1] != EXACT[0]),
            first=first or "",
            last=last or "",
        )

    def differs(self, stored: Path) -> bool:
        """Whether the incoming rows are others than a stored file holds."""
        query = sqltext.render(
            "writing/differs",
            names=self.dataset.names,
            incoming=self.incoming,
            stored=os.fspath(stored),
            optional=self.dataset.optional,
        )
        return bool(self.session.rows(query)[0][0])

    def _render(self, template: str, partition: Partition, **values: object) -> str:
        return sqltext.render(
            template,
            columns=self.columns,
            key=self.dataset.key,
            incoming=self.incoming,
            time=self.dataset.time,
            first=partition.first,
            until=partition.until,
            optional=self.dataset.optional,
            **values,
        )


def _needing(partition: Partition, needs: Needs) -> Partition:
    return replace(partition, needs=needs, types=types_of(needs))


def _target(partition: Partition, path: Path, schema: pa.Schema) -> Target:
    span = (partition.first, partition.until) if partition.first and partition.until else None
    return Target(path, span, packed_schema(schema, partition.types))


def completed(session: Session, dataset: Dataset, incoming: str) -> str:
    """Return the name of a table with the incoming rows and the optional columns that they lack."""
    found = dict(session.rows(sqltext.render("writing/types", incoming=incoming)))
    lacking = [it for it in dataset.optional if it.name not in found]
    if not lacking:
        return incoming
    name = f"completed {incoming}"
    session.execute(
        sqltext.render("writing/completed", name=name, incoming=incoming, lacking=lacking)
    )
    return name


def stored_columns(session: Session, dataset: Dataset, incoming: str) -> tuple[Column, ...]:
    """Return the dataset's columns with the types that the incoming rows need.

    Raises
    ------
    SchemaError
        A column is missing, is one too many or has another type.
    """
    found = dict(session.rows(sqltext.render("writing/types", incoming=incoming)))
    if set(found) != set(dataset.names):
        raise SchemaError(
            dataset.name,
            f"expected the columns {', '.join(dataset.names)}; found {', '.join(found)}",
        )
    wide = []
    for column in dataset.columns:
        allowed = dataset.typed([column.name] if column.exact else [])
        types = {column.type, *(it.type for it in allowed if it.name == column.name)}
        if found[column.name] not in types:
            raise SchemaError(
                dataset.name,
                f"column {column.name!r} is {found[column.name]}; expected {' or '.join(sorted(types))}",
            )
        if found[column.name] != column.type:
            wide.append(column.name)
    return dataset.typed(wide)


def require_keys(session: Session, dataset: Dataset, incoming: str) -> bool:
    """Refuse rows whose key is not unique or not whole; say whether they stand in its order.

    Rows in order prove their keys at little cost; others are counted by key. Only rows with a time
    are tried, those of the other datasets being few.

    Raises
    ------
    SchemaError
        Names the first keys.
    """
    if dataset.time:
        keys = sqltext.render("writing/only", incoming=incoming, names=dataset.key)
        with session.one_thread(), session.stream(keys) as batches:
            if strictly_ordered(batches):
                return True
    required = [name for name in dataset.key if name not in dataset.nullable]
    query = sqltext.render("writing/keys", incoming=incoming, key=dataset.key, required=required)
    broken = session.rows(query)
    if broken:
        shown = "; ".join(
            ", ".join(f"{k} {v}" for k, v in zip(dataset.key, row, strict=False))
            + f" ({row[-1]} rows)"
            for row in broken
        )
        raise SchemaError(dataset.name, f"expected one row per whole key; found {shown}")
    return False
