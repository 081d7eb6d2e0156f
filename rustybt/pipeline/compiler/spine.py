"""The rows that a run streams over: sorted by asset and session, dense, behind a pad.

Those of a whole snapshot are derived once and kept with it as Parquet; a short span, or a plan with
other columns than those of `bars_1d`, gets rows of its own in memory.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
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

from rustybt.pipeline.compiler.compile import Reach, row_parts, with_parts
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.plan import Plan
from rustybt.pipeline.compiler.streaming import PAD
from rustybt.pipeline.data import BoundColumn, EquityPricing
from rustybt.pipeline.vocabulary.quantity import Sql, column, number
from rustybt.pipeline.vocabulary.relation import Joined
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse

FORM: Final = "spine-2"
_FIELDS: Final = tuple(it for it in EquityPricing.columns.values() if it.relation is None)
_ROWS_AT_ONCE: Final = 2_000_000  # that a build sorts, so that its memory does not grow
_GROUP: Final = 122_880
_SHORT: Final = 0.2  # of the sessions: up to which rows are computed rather than read
_FEW: Final = 3_000_000  # rows that are computed at most


@dataclass(frozen=True)
class Facts:
    """What is known about the rows of a spine.

    Parameters
    ----------
    longest
        Sessions of the asset that has the most.
    scaled
        Whether any action changes a price.
    edges
        The sids at which the rows can be cut into pieces of about equal size, the first included.
    """

    longest: int
    scaled: bool
    edges: tuple[int, ...]


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
        Which rows.
    """

    source: exp.Expression
    tables: Mapping[str, pa.Table]
    columns: Mapping[str, Sql]
    condition: Sql | None = None

    def select(self, names: Sequence[str]) -> exp.Select:
        """Return the SELECT of columns."""
        found = [
            exp.alias_(self.columns.get(it, exp.column(it, quoted=True)), it, quoted=True)
            for it in names
        ]
        query = exp.select(*found, copy=False).from_(self.source)
        return query if self.condition is None else query.where(self.condition, copy=False)


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
        Number of the session of which the first row of an asset is when it has no pad.
    """

    facts: Facts
    pieces: tuple[Piece, ...]
    cut: int

    def since(self, session: int) -> "Spine":
        """Return the rows from a session on, by number, for what looks back no further."""
        if session <= max(self.cut, 1):
            return self
        later = exp.column("s") >= session
        pieces = (
            replace(it, condition=later if it.condition is None else exp.and_(it.condition, later))
            for it in self.pieces
        )
        return Spine(self.facts, tuple(pieces), session)


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
    if not is_derived(plan, until - first, len(sessions), len(sids)):
        return _computed(plan, reach, first, bundle=bundle, warehouse=warehouse)
    build = partial(_build, bundle=bundle, warehouse=warehouse, sessions=len(sessions), sids=sids)
    path = warehouse.derived(bundle, FORM, build)
    if path is None:
        return _computed(plan, reach, first, bundle=bundle, warehouse=warehouse)
    return _derived(path, first, until)


def read_span(reach: Reach, sessions: Sequence[date]) -> tuple[int, int]:
    """Return the numbers of the labels that are read, half open."""
    first = sessions.index(reach.read_from) + 1 if reach.read_from is not None else 0
    until = sum(it <= reach.last for it in sessions) if reach.last is not None else len(sessions)
    return first, until


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
    said = json.loads(pq.read_metadata(path).metadata[b"rustybt"])
    facts = Facts(said["longest"], said["scaled"], tuple(said["edges"]))
    source = exp.Table(this=exp.func("read_parquet", exp.Literal.string(str(path))))
    s = exp.column("s")
    # What reads all history is told from the asset before by the pad, which begins before it.
    span = [s < until, *([s >= first] if first > 1 else [])]
    edges = [*facts.edges, None]
    pieces = []
    for low, high in pairwise(edges):
        bounds = [exp.column("sid") >= low] + ([] if high is None else [exp.column("sid") < high])
        columns = _steady(_FIELDS, scaled=facts.scaled)
        pieces.append(Piece(source, {}, columns, exp.and_(*bounds, *span)))
    return Spine(facts, tuple(pieces), first)


def _computed(
    plan: Plan, reach: Reach, first: int, *, bundle: str, warehouse: "Warehouse"
) -> Spine:
    held = {name: rows for it in plan.joined for name, rows in it.relation.held.items()}
    query = _query(plan.fields, plan.joined, reach, bundle, None, first if first > 1 else -PAD)
    rows = warehouse.arrow(query, tables=held)
    facts = _facts(rows)
    columns = _steady(plan.fields, scaled=facts.scaled)
    sids = rows["sid"].combine_chunks().to_numpy()
    edges = [*np.searchsorted(sids, facts.edges), len(sids)]
    pieces = tuple(
        Piece(exp.to_table("rows_given"), {"rows_given": rows.slice(a, b - a)}, columns)
        for a, b in pairwise(edges)
    )
    return Spine(facts, pieces, first)


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


def _query(
    fields: Sequence[BoundColumn],
    joined: Sequence[Joined],
    reach: Reach,
    bundle: str,
    sids: tuple[int, int] | None,
    first: int = -PAD,
) -> str:
    read = tuple(fields) or _FIELDS[-1:]
    low, high = sids or (-(2**31), 2**31 - 1)
    beside = [taken.name for it in joined for taken in it.columns]
    parts = row_parts(read, joined, reach)
    text = sqltext.render(
        "queries/padded_spine",
        source=parts[-1][0],
        fields=[*(it.raw for it in read), *beside],
        filled=[*(it.free_of_actions().filled for it in read), *(False for _ in beside)],
        pad=PAD,
        lowest=low,
        highest=high,
        first=first,
    )
    padded = sqlglot.parse_one(text, dialect="duckdb", into=exp.Select)
    return with_parts(padded, parts, bundle).sql("duckdb")


def _build(
    path: Path, *, bundle: str, warehouse: "Warehouse", sessions: int, sids: Sequence[int]
) -> None:
    rows = _chunks(bundle, warehouse, sessions, sids)
    facts: list[Facts] = []
    writer = None
    try:
        for chunk in rows:
            facts.append(_facts(chunk))
            if writer is None:
                writer = pq.ParquetWriter(
                    path, chunk.schema, compression="lz4", use_dictionary=False
                )
            writer.write_table(chunk, row_group_size=_GROUP)
        if writer is not None:
            writer.add_key_value_metadata({"rustybt": _said(facts)})
    finally:
        if writer is not None:
            writer.close()


def _chunks(
    bundle: str, warehouse: "Warehouse", sessions: int, sids: Sequence[int]
) -> Iterator[pa.Table]:
    size = max(1, _ROWS_AT_ONCE // (sessions + PAD))
    for at in range(0, len(sids), size):
        some = sids[at : at + size]
        yield warehouse.arrow(_query(_FIELDS, (), Reach(), bundle, (some[0], some[-1])))


def _facts(rows: pa.Table) -> Facts:
    sids, k = (rows[name].combine_chunks().to_numpy() for name in ("sid", "k"))
    names = "price_then", "split_then", "price_ratio", "split_ratio"
    ratios = (rows[name].combine_chunks().to_numpy() for name in names)
    scaled = bool(any((it != 1).any() for it in ratios))
    middle = sids[len(sids) // 2 :][:1].tolist()
    edges = tuple(sorted({*sids[:1].tolist(), *middle})) or (0,)  # one piece, be it empty
    return Facts(int(k.max(initial=0)) + 1, scaled, edges)


def _said(facts: Sequence[Facts]) -> str:
    edges = sorted({edge for it in facts for edge in it.edges})
    return json.dumps(
        {
            "longest": max(it.longest for it in facts),
            "scaled": any(it.scaled for it in facts),
            "edges": edges,
        }
    )
