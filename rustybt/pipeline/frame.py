"""The words that factors are lowered with.

A closed vocabulary: this module alone writes PARTITION BY, ORDER BY and ROWS, so that no factor can
reach into the future or leave an order open. `Frame` speaks of one asset over sessions, `Section`
of one session over assets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from sqlglot import exp

from rustybt.pipeline.quantity import Quantity, Sql, call, number

RankMethod = Literal["ordinal", "average", "min", "max", "dense"]


class Scope(Enum):
    """What one value of a term is computed from."""

    ROW = "the same session and asset"
    SERIES = "earlier sessions of the same asset"
    SECTION = "other assets of the same session"


@dataclass(frozen=True)
class Frame:
    """The sessions up to the current row, of one asset.

    Parameters
    ----------
    length
        Number of sessions, the current row being the last; at least 1. The spine is dense, so rows
        are sessions. Words skip NULL unless they say otherwise.
    """

    length: int

    def newest(self, sessions: int) -> "Frame":
        """Return the frame of the last sessions of this one."""
        assert 1 <= sessions <= self.length  # noqa: S101 - a wrong factor, not a wrong input
        return Frame(sessions)

    def mean(self, x: Quantity) -> Quantity:
        """Return the arithmetic mean; NULL if all values are missing."""
        if x.filled:
            # Sessions before the first of the calendar count too, and they have no rows.
            return self.sum(x) / self.length
        return x.like(self._over(call("avg", x.sql)))

    def sum(self, x: Quantity) -> Quantity:
        """Return the sum; 0 if all values are missing."""
        return x.like(call("coalesce", self._over(call("sum", x.sql)), number(0).sql))

    def oldest(self, x: Quantity) -> Quantity:
        """Return the value of the first session of the frame; NULL if it is missing."""
        return x.like(_lagged(x.sql, self.length - 1))

    def previous(self, x: Quantity) -> Quantity:
        """Return the value of the session before; NULL if it is missing."""
        return x.like(_lagged(x.sql, 1))

    def _over(self, function: Sql) -> Sql:
        return _over(
            function, ["sid"], [_by("session")], _rows(str(self.length - 1), "CURRENT ROW")
        )


class Section:
    """The assets of one session: those of the universe and the mask, the rest being NULL."""

    def mean(self, x: Quantity) -> Quantity:
        """Return the arithmetic mean of the session, on every row."""
        return x.like(_whole_session("avg", x.sql))

    def stddev(self, x: Quantity) -> Quantity:
        """Return the population standard deviation of the session, on every row."""
        return x.like(_whole_session("stddev_pop", x.sql))

    def rank(self, x: Quantity, *, method: RankMethod, ascending: bool) -> Quantity:
        """Return the rank from 1, as DOUBLE; NULL where the value is.

        Parameters
        ----------
        x
            Values of degree 0.
        method
            What equal values get: ``ordinal`` ranks them by sid, in both directions.
        ascending
            Whether the smallest value has rank 1.
        """
        ordinal = _ranking("row_number", [_by(x.sql, descending=not ascending), _by("sid")])
        lowest = _ranking("rank", [_by(x.sql, descending=not ascending)])
        # With the peers of the current row counted in, a running count is the highest rank of a tie.
        highest = _over(
            exp.Count(this=exp.Star()),
            ["session"],
            [_by(x.sql, descending=not ascending)],
            _rows("UNBOUNDED", "CURRENT ROW", kind="RANGE"),
        )
        dense = _ranking("dense_rank", [_by(x.sql, descending=not ascending)])
        ranks: dict[RankMethod, Quantity] = {
            "ordinal": _double(ordinal),
            "min": _double(lowest),
            "max": _double(highest),
            "dense": _double(dense),
            "average": (_double(lowest) + _double(highest)) / 2,
        }
        return x.when_present(ranks[method])


def _whole_session(name: str, argument: Sql) -> Sql:
    # A float sum depends on the order of its terms, so the frame has one although it is all rows.
    rows = _rows("UNBOUNDED", "UNBOUNDED", end_side="FOLLOWING")
    return _over(call(name, argument), ["session"], [_by("sid")], rows)


def _lagged(argument: Sql, rows: int) -> Sql:
    if rows == 0:
        return argument
    return _over(call("lag", argument, exp.Literal.number(rows)), ["sid"], [_by("session")], None)


def _ranking(name: str, order: Sequence[exp.Ordered]) -> Sql:
    return _over(call(name), ["session"], order, None)


def _over(
    function: Sql,
    partition: Sequence[str],
    order: Sequence[exp.Ordered],
    rows: exp.WindowSpec | None,
) -> Sql:
    return exp.Window(
        this=function,
        partition_by=[exp.column(name) for name in partition],
        order=exp.Order(expressions=list(order)),
        spec=rows,
    )


def _by(key: Sql | str, *, descending: bool = False) -> exp.Ordered:
    this = exp.column(key) if isinstance(key, str) else key.copy()
    return exp.Ordered(this=this, desc=descending, nulls_first=False)


def _rows(
    start: str, end: str, *, end_side: str | None = None, kind: str = "ROWS"
) -> exp.WindowSpec:
    return exp.WindowSpec(
        kind=kind, start=start, start_side="PRECEDING", end=end, end_side=end_side
    )


def _double(sql: Sql) -> Quantity:
    return Quantity(exp.cast(sql, exp.DataType.Type.DOUBLE))
