"""The statements of a pass: which columns go together, and the text over the rows of a piece."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlglot import exp

from rustybt.pipeline.compiler.spine import Piece
from rustybt.pipeline.compiler.streaming import PAD, Pass
from rustybt.pipeline.vocabulary.quantity import Sql, nodes

IN_ORDER: Final = "in_order"

_DEEPEST: Final = 16  # subqueries in one another
_WIDE: Final = 48  # columns whose vectors stay in the cache of a core while a statement runs


@dataclass(frozen=True)
class Check:
    """What a statement proves and lets through.

    `cut` is the session at which an asset may begin without a pad, None if no order needs a proof; rows that
    are numbered are proven to follow each other, which is enough where the file is in order;
    `keep` says which rows come out besides those that are out of order.
    """

    cut: int | None
    keep: Sql | None


@dataclass
class Group:
    """Columns that one statement hands on, and all that it computes for them."""

    names: list[str] = field(default_factory=list)
    computed: set[str] = field(default_factory=set)

    def add(self, name: str, computed: set[str]) -> None:
        """Add a column with what it is computed from."""
        self.names.append(name)
        self.computed |= computed


def groups(
    of: Pass, first: Iterable[str], then: Iterable[str], needs: Mapping[str, frozenset[str]]
) -> tuple[list[Group], list[Group]]:
    """Return the columns in groups, each narrow unless its columns are made of the same ones.

    The columns of `first` are in the groups of the first list; `needs` says what a column is
    computed from.
    """
    behind: dict[str, set[str]] = {}
    for name in (it for stage in of.stages for it in stage):
        behind[name] = {name}.union(*(behind.get(it, ()) for it in needs[name]))
    found: tuple[list[Group], list[Group]] = ([], [])
    for late, names in enumerate((first, then)):
        for name in sorted(names, key=lambda it: -len(behind.get(it, ()))):
            computed = behind.get(name, set())
            _group_of(computed, found[late], [*found[0], *found[late]]).add(name, computed)
    for each in found:
        each.sort(key=lambda it: -len(it.computed))
    return found


def _group_of(computed: set[str], own: list[Group], among: list[Group]) -> Group:
    # Who shares half of its columns joins, however wide the group; others where there is room.
    for group in among:
        if 2 * len(computed & group.computed) > len(computed):
            return group
    for group in own:
        if len(computed | group.computed) <= _WIDE:
            return group
    own.append(Group())
    return own[-1]


def statement(of: Pass, wanted: Sequence[str], piece: Piece, check: Check) -> exp.Select:
    """Return the SELECT of the columns that are wanted of a pass, over a piece.

    With a proof of the order it has a column more, ``in_order``.
    """
    stages = [dict(it) for it in of.stages] or [{}]
    if check.cut is not None:
        stages[0][IN_ORDER] = _after(piece.place) if piece.place else _in_order(check.cut)
    last = [*wanted, *((IN_ORDER,) if check.cut is not None else ())]
    carried = set(last)
    if check.keep is not None:
        carried |= {it.name for it in nodes(check.keep, exp.Column)}
    parts: list[tuple[list[str], dict[str, Sql]]] = []
    for stage in reversed(stages):
        computed = {name: sql for name, sql in stage.items() if name in carried}
        if computed:
            carried -= computed.keys()
            parts.append((sorted(carried), computed))
        for sql in computed.values():
            carried |= {it.name for it in nodes(sql, exp.Column)}
    given = piece.select(sorted(carried))
    named: list[exp.CTE] = []
    for number, (passed, computed) in enumerate(reversed(parts)):
        names = [exp.column(it, quoted=True) for it in passed]
        added = [
            exp.Alias(this=sql, alias=exp.to_identifier(it, quoted=True))
            for it, sql in computed.items()
        ]
        before = _behind(given, f"stage_{number}", named if (number + 1) % _DEEPEST == 0 else None)
        given = exp.Select(expressions=[*names, *added]).from_(before, copy=False)
    query = exp.select(*(exp.column(it, quoted=True) for it in last))
    query = query.from_(_behind(given, f"stage_{len(parts)}", None), copy=False)
    if named:
        query.set("with_", exp.With(expressions=named))
    return query if check.keep is None else query.where(_let_through(check), copy=False)


def _let_through(check: Check) -> Sql:
    kept = exp.Paren(this=check.keep)
    if check.cut is None:
        return kept
    return exp.Or(this=kept, expression=exp.Not(this=exp.column(IN_ORDER, quoted=True)))


def _behind(given: exp.Select, name: str, named: list[exp.CTE] | None) -> exp.Expression:
    """Return a SELECT as what stands behind FROM, put among those with a name if there are such.

    A subquery is planned in half the time of a CTE, but Python's stack ends at some depth of them.
    """
    alias = exp.TableAlias(this=exp.to_identifier(name))
    if named is None:
        return exp.Subquery(this=given, alias=alias)
    named.append(exp.CTE(this=given, alias=alias))
    return exp.to_table(name)


def _after(place: str) -> Sql:
    number = exp.column(place, quoted=True)
    return number > _before(number, -1)


def _before(of: Sql, otherwise: int) -> Sql:
    arguments = of.copy(), exp.Literal.number(1), exp.convert(otherwise)
    return exp.Window(this=exp.func("lag", *arguments, dialect="duckdb"))


def _in_order(cut: int) -> Sql:
    sid, s, k = (exp.column(it, quoted=True) for it in ("sid", "s", "k"))
    next_session = exp.and_(
        sid.eq(_before(sid, -(2**31))), k.eq(_before(k, 0) + 1), s.eq(_before(s, 0) + 1)
    )
    next_asset = exp.and_(sid > _before(sid, -(2**31)), exp.or_(k.eq(-PAD), s.eq(cut)))
    return exp.or_(next_session, next_asset)
