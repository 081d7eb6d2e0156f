"""The rows that a run streams over: sorted by asset and session, dense, behind a pad.

Those of a whole snapshot are derived once and kept with it as Parquet; a short span, or a plan with
other columns than those of `bars_1d`, gets rows of its own in memory.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from rustybt.errors import RowOrderError
from rustybt.pipeline.compiler.compile import Reach, row_parts, with_parts
from rustybt.pipeline.compiler.facts import Facts, said, with_facts
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.padded import padded_rows
from rustybt.pipeline.compiler.plan import Plan
from rustybt.pipeline.compiler.streaming import PAD
from rustybt.pipeline.compiler.sums import units_of
from rustybt.pipeline.data import BoundColumn, EquityPricing
from rustybt.pipeline.vocabulary.quantity import Sql, column, number
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse

FORM: Final = "spine-4"
_ROW: Final = "file_row_number"  # as DuckDB calls it
_FIELDS: Final = tuple(it for it in EquityPricing.columns.values() if it.relation is None)
_ROWS_AT_ONCE: Final = 2_000_000  # that a build sorts, so that its memory does not grow
_GROUP: Final = 122_880
_SHORT: Final = 0.2  # of the sessions: up to which rows are computed rather than read
_FEW: Final = 3_000_000  # rows that are computed at most
_BEFORE: Final = 1  # sessions before a window at which its running sum begins
_ONE_PIECE: Final = 200_000  # rows up to which a second plan costs more than a second thread gives
_PIECES: Final = 4  # at most, so that no thread waits long for the last


@dataclass(frozen=True)
class Piece:
    """The rows of some assets.

    Parameters
    ----------
    source
        What stands behind FROM.
    tables
        Arrow tables that it names.
    columns
        Expressions of the columns that are not stored under their name.
    condition
        Which sessions.
    bounds
        Which assets, where the source has others, too.
    place
        The column that numbers the rows of a file that is proven to be in order; None of other rows.
    """

    source: exp.Expression
    tables: Mapping[str, pa.Table]
    columns: Mapping[str, Sql]
    condition: Sql | None = None
    bounds: Sql | None = None
    place: str | None = None

    @property
    def text_key(self) -> tuple[object, ...]:
        """What the text of its SELECT depends on."""
        return self.source, self.condition, self.bounds, *self.columns.items()

    def select(self, names: Sequence[str]) -> exp.Select:
        """Return the SELECT of columns."""
        found = [
            exp.alias_(self.columns.get(it, exp.column(it, quoted=True)), it, quoted=True)
            for it in names
        ]
        query = exp.select(*found, copy=False).from_(self.source)
        kept = [it for it in (self.bounds, self.condition) if it is not None]
        return query.where(*kept, copy=False) if kept else query


@dataclass(frozen=True)
class Spine:
    """Rows to stream over, in pieces.

    Parameters
    ----------
    facts
        What is known about them.
    pieces
        In order of sid; no asset is in two.
    cut
        What ``s`` is of the first row of an asset that has no pad.
    base
        Number of the session whose ``s`` is 0. Rows of a short span are counted from its beginning, so that
        the statements of the next such span are the same.
    rows
        How many there are, those of sessions that are not read included.
    stored
        The file that has them; None if they are in memory.
    """

    facts: Facts
    pieces: tuple[Piece, ...]
    cut: int
    base: int = 0
    rows: int = 0
    stored: Path | None = None

    def as_stored(self, names: Collection[str], warehouse: "Warehouse") -> pa.Table:
        """Return columns of all rows of the file, in its order.

        Raises
        ------
        RowOrderError
            The rows came out in another order.
        """
        assert self.stored is not None  # noqa: S101 - whoever asks has looked
        made = {it: self.pieces[0].columns.get(it, exp.column(it)) for it in names}
        if all(isinstance(it, (exp.Column, exp.Literal)) for it in made.values()):
            return _read(self.stored, made, self.rows)
        whole = replace(self.pieces[0], condition=None, bounds=None)
        found = warehouse.arrow(whole.select([*names, _ROW]).sql("duckdb"))
        if not np.array_equal(found[_ROW].to_numpy(), np.arange(self.rows)):
            raise RowOrderError(str(self.stored))
        return found.drop_columns([_ROW])

    @property
    def whole(self) -> Piece:
        """The rows of all assets."""
        one, *more = self.pieces
        tables = {
            name: pa.concat_tables([table, *(it.tables[name] for it in more)])
            for name, table in one.tables.items()
        }
        return replace(one, tables=tables, bounds=None)

    def since(self, session: int) -> "Spine":
        """Return the rows from a session on, by number, for what looks back no further."""
        s = session - self.base - _BEFORE
        if s <= max(self.cut, 1):
            return self
        later = exp.column("s") >= s
        pieces = (
            replace(it, condition=later if it.condition is None else exp.and_(it.condition, later))
            for it in self.pieces
        )
        return replace(self, pieces=tuple(pieces), cut=s)


def spine_of(
    plan: Plan,
    reach: Reach,
    rows: LivingRows,
    *,
    bundle: str,
    warehouse: "Warehouse",
) -> Spine:
    """Return the rows that a plan reads, derived or computed."""
    sessions, sids = rows.sessions, rows.all_sids
    first, until = read_span(reach, sessions)
    derived = is_derived(plan, until - first, len(sessions), len(sids))
    reach = _from_before(reach, sessions)
    first, until = read_span(reach, sessions)
    if not derived:
        return _computed(plan, reach, first, rows, bundle=bundle, warehouse=warehouse)
    build = partial(_build, bundle=bundle, warehouse=warehouse, lives=rows)
    path = warehouse.derived(bundle, FORM, build)
    if path is None:
        return _computed(plan, reach, first, rows, bundle=bundle, warehouse=warehouse)
    return _derived(path, first, until)


def read_span(reach: Reach, sessions: Sequence[date]) -> tuple[int, int]:
    """Return the numbers of the labels that are read, half open."""
    first = sessions.index(reach.read_from) + 1 if reach.read_from is not None else 0
    until = sum(it <= reach.last for it in sessions) if reach.last is not None else len(sessions)
    return first, until


def _from_before(reach: Reach, sessions: Sequence[date]) -> Reach:
    if reach.read_from is None:
        return reach
    at = sessions.index(reach.read_from) - _BEFORE
    return replace(reach, read_from=sessions[at] if at >= 0 else None)


def is_derived(plan: Plan, reads: int, sessions: int, assets: int) -> bool:
    """Return whether a plan reads the rows that are derived from a whole snapshot.

    Parameters
    ----------
    plan
        The plan.
    reads, sessions
        Sessions that it reads, and all of the bundle.
    assets
        Assets of the bundle.
    """
    if plan.joined or any(it != EquityPricing.columns.get(it.name) for it in plan.fields):
        return False
    return reads * assets > _FEW or reads >= _SHORT * sessions


def _derived(path: Path, first: int, until: int) -> Spine:
    metadata = pq.read_metadata(path)
    facts = Facts.told(metadata.metadata[b"rustybt"])
    numbered = exp.column(_ROW).eq(exp.true())
    path_in_sql = exp.Literal.string(str(path))
    source = exp.Table(this=exp.func("read_parquet", path_in_sql, numbered))
    s = exp.column("s")
    # What reads all history is told from the asset before by the pad, which begins before it.
    span = [s < until, *([s >= first] if first > 1 else [])]
    pieces = []
    few = facts.edges[:: -(-len(facts.edges) // _PIECES)]
    for low, high in pairwise([*few, None]):
        bounds = [exp.column("sid") >= low] + ([] if high is None else [exp.column("sid") < high])
        columns = _steady(_FIELDS, scaled=facts.scaled)
        pieces.append(Piece(source, {}, columns, exp.and_(*span), exp.and_(*bounds), _ROW))
    return Spine(facts, tuple(pieces), first, rows=metadata.num_rows, stored=path)


def _read(path: Path, made: Mapping[str, Sql], rows: int) -> pa.Table:
    """Return columns that are stored, or one number, which need no engine and half of its time."""
    stored = {it.name for it in made.values() if isinstance(it, exp.Column)}
    with pq.ParquetFile(path, memory_map=True) as file:
        table = file.read(columns=[*stored])
    if len(table) != rows:
        raise RowOrderError(str(path))
    found = {
        name: table[it.name]
        if isinstance(it, exp.Column)
        else pa.array(np.full(rows, float(it.name)))
        for name, it in made.items()
    }
    return pa.table(found)


def _computed(
    plan: Plan,
    reach: Reach,
    first: int,
    lives: LivingRows,
    *,
    bundle: str,
    warehouse: "Warehouse",
) -> Spine:
    if plan.joined:
        held = {name: rows for it in plan.joined for name, rows in it.relation.held.items()}
        query = _query(plan, reach, bundle, first if first > 1 else -PAD)
        rows = warehouse.arrow(query, tables=held)
    else:
        fields = plan.fields or _FIELDS[-1:]
        rows = padded_rows(fields, reach, lives, bundle=bundle, warehouse=warehouse)
    rows, facts = with_facts(rows, plan.fields, units_of(bundle, warehouse))
    base = max(first - 1, 0)
    rows = _counted_from(base, rows)
    columns = _steady(plan.fields, scaled=facts.scaled)
    sids = rows["sid"].combine_chunks().to_numpy()
    cuts = facts.edges if len(rows) > _ONE_PIECE else facts.edges[:1]
    edges = [*np.searchsorted(sids, cuts), len(sids)]
    pieces = tuple(
        Piece(exp.to_table("rows_given"), {"rows_given": rows.slice(a, b - a)}, columns)
        for a, b in pairwise(edges)
    )
    return Spine(facts, pieces, first - base, base, len(rows))


def _counted_from(base: int, rows: pa.Table) -> pa.Table:
    place = rows.column_names.index("s")
    s = rows["s"].combine_chunks().to_numpy() - np.int32(base)
    return rows.set_column(place, "s", pa.array(s))


def _steady(fields: Sequence[BoundColumn], *, scaled: bool) -> dict[str, Sql]:
    """Return what is computed of the stored columns, which are prices and volumes as traded."""
    found = {"price_scale": number(1).sql, "split_scale": number(1).sql}
    if scaled:
        for name in ("price", "split"):
            found[f"{name}_scale"] = (column(f"{name}_then") * column(f"{name}_ratio")).sql
    for field in fields:
        known = steady = column(field.raw)
        if scaled and field.price:
            known, steady = known * column("price_ratio"), steady / column("price_then")
        if scaled and field.shares:
            known, steady = known / column("split_ratio"), steady * column("split_then")
        found |= {field.name: known.sql, field.steady: steady.sql}
    return found


def _query(plan: Plan, reach: Reach, bundle: str, first: int) -> str:
    """Return the statement of the rows of a plan that reads others beside the bars."""
    read = plan.fields or _FIELDS[-1:]
    beside = [taken.name for it in plan.joined for taken in it.columns]
    parts = row_parts(read, plan.joined, reach)
    text = sqltext.render(
        "queries/padded_spine",
        source=parts[-1][0],
        fields=[*(it.raw for it in read), *beside],
        filled=[*(it.free_of_actions().filled for it in read), *(False for _ in beside)],
        pad=PAD,
        first=first,
    )
    padded = sqlglot.parse_one(text, dialect="duckdb", into=exp.Select)
    return with_parts(padded, parts, bundle).sql("duckdb")


def _build(path: Path, *, bundle: str, warehouse: "Warehouse", lives: LivingRows) -> None:
    facts: list[Facts] = []
    units = units_of(bundle, warehouse)
    writer = None
    try:
        for chunk in _chunks(bundle, warehouse, lives):
            rows, known = with_facts(chunk, _FIELDS, units)
            facts.append(known)
            if writer is None:
                writer = pq.ParquetWriter(
                    path, rows.schema, compression="lz4", use_dictionary=False
                )
            writer.write_table(rows, row_group_size=_GROUP)
        if writer is not None:
            writer.add_key_value_metadata({"rustybt": said(facts)})
    finally:
        if writer is not None:
            writer.close()


def _chunks(bundle: str, warehouse: "Warehouse", lives: LivingRows) -> Iterator[pa.Table]:
    sids = lives.all_sids
    size = max(1, _ROWS_AT_ONCE // (len(lives.sessions) + PAD))
    for at in range(0, len(sids), size):
        some = sids[at : at + size]
        ends = some[0], some[-1]
        yield padded_rows(_FIELDS, Reach(), lives, bundle=bundle, warehouse=warehouse, sids=ends)
