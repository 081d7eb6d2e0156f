"""The words that factors are lowered with.

A closed vocabulary: this module alone writes PARTITION BY, ORDER BY and ROWS, so that no factor can
reach into the future or leave an order open. `Frame` speaks of one asset over sessions, `Section`
of one session over assets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from sqlglot import exp

from rustybt.pipeline.vocabulary.blocks import (
    AgeOfMaximum,
    Ages,
    Collected,
    Count,
    Decayed,
    Drawdown,
    Maximum,
    Mean,
    Minimum,
    Newest,
    Recurrence,
    SinceStart,
    Total,
)
from rustybt.pipeline.vocabulary.merge import Merge, percentile, ranked, sliding
from rustybt.pipeline.vocabulary.moments import Codeviations, DecayedDeviations, Deviations
from rustybt.pipeline.vocabulary.quantity import (
    Quantity,
    Sql,
    call,
    choose,
    function,
    kept,
    number,
    ranks_in_list,
    square_root,
)

ALL_SESSIONS: Final = 2**14  # more daily sessions than any history holds

RankMethod = Literal["ordinal", "average", "min", "max", "dense"]
Period = Literal["week", "month", "quarter", "year"]


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
        return x.like(self._sliding(Mean(), "avg", x).sql)

    def sum(self, x: Quantity) -> Quantity:
        """Return the sum; 0 if all values are missing."""

        def native() -> Sql:
            return call("coalesce", self._over(call("sum", x.sql)), number(0).sql)

        return x.like(sliding(Total(), self.length, x, native=native).sql)

    def count(self, x: Quantity) -> Quantity:
        """Return how many values are not missing, as DOUBLE."""

        def native() -> Sql:
            return _double(self._over(call("count", x.sql))).sql

        return Quantity(sliding(Count(), self.length, x, native=native).sql)

    def maximum(self, x: Quantity) -> Quantity:
        """Return the largest value; NULL if all are missing."""
        return x.like(self._sliding(Maximum(), "max", x).sql)

    def minimum(self, x: Quantity) -> Quantity:
        """Return the smallest value; NULL if all are missing."""
        return x.like(self._sliding(Minimum(), "min", x).sql)

    def decayed(self, x: Quantity, rate: float) -> Quantity:
        """Return the sum of ``rate ** age * x``, the newest of age 0; NULL if one is missing."""
        return x.like(sliding(Decayed(rate), self.length, x).sql)

    def complete(self, *inputs: Quantity) -> Quantity:
        """Return whether no value of any input is missing."""
        whole = self.count(inputs[0]).compare("==", self.length)
        for x in inputs[1:]:
            whole = whole.both(self.count(x).compare("==", self.length))
        return whole

    def variance(self, x: Quantity) -> Quantity:
        """Return the population variance; NULL if all values are missing."""
        return (x * x).like(self._sliding(Deviations(), "var_pop", x).sql)

    def stddev(self, x: Quantity) -> Quantity:
        """Return the population standard deviation; NULL if all values are missing."""
        return square_root(self.variance(x))

    def covariance(self, x: Quantity, y: Quantity) -> Quantity:
        """Return the population covariance of the sessions in which neither is missing."""
        return (x * y).like(self._sliding(Codeviations(), "covar_pop", x, y).sql)

    def decayed_squares(self, x: Quantity, rate: float) -> Quantity:
        """Return the sum of ``rate ** age * (x - mean) ** 2``, the mean being of those weights.

        NULL if one value is missing.
        """
        return (x * x).like(sliding(DecayedDeviations(rate), self.length, x).sql)

    def aged(self, x: Quantity) -> Quantity:
        """Return the sum of ``age * x``, the newest of age 0; missing values count as 0."""
        return x.like(sliding(Ages(), self.length, x).sql)

    def age_of_maximum(self, x: Quantity, *, oldest: bool) -> Quantity:
        """Return how many sessions ago the largest value was; NULL if all are missing.

        Of equal values the oldest counts, or else the newest.
        """
        return Quantity(sliding(AgeOfMaximum(oldest), self.length, x).sql)

    def drawdown(self, x: Quantity) -> Quantity:
        """Return the largest fall to a later value, over that value; NULL if all are missing."""
        return Quantity(sliding(Drawdown(), self.length, x).sql)

    def rank_correlation(self, x: Quantity, y: Quantity) -> Quantity:
        """Return the correlation of the ranks, equal values sharing the mean of theirs.

        NULL if a value is missing or all values of an input are equal.
        """

        def native() -> Sql:
            ranks = [self._ranks(it) for it in (x, y)]
            same = call("list_cosine_similarity", *(it.sql for it in ranks))
            varied = self.variance(x).compare(">", 0).both(self.variance(y).compare(">", 0))
            return Quantity(same).masked(self.complete(x, y).both(varied)).sql

        return ranked(self.length, x, y, native=native)

    def _ranks(self, x: Quantity) -> Quantity:
        return ranks_in_list(kept(self._sliding(Collected(), "list", x)))

    def oldest(self, x: Quantity) -> Quantity:
        """Return the value of the first session of the frame; NULL if it is missing."""
        return self.at(x, self.length - 1)

    def at(self, x: Quantity, age: int) -> Quantity:
        """Return the value so many sessions ago; NULL if it is missing."""
        return x.like(_lagged(x.sql, age))

    def previous(self, x: Quantity) -> Quantity:
        """Return the value of the session before; NULL if it is missing."""
        return self.at(x, 1)

    def since_period_start(self, x: Quantity, period: Period) -> Quantity:
        """Return the value of the last session that began a period of the calendar; NULL if missing."""
        unit = exp.Literal.string(period)
        now, before = exp.column("session"), _lagged(exp.column("session"), 1)
        starts = exp.NEQ(
            this=call("date_trunc", unit, now), expression=call("date_trunc", unit, before)
        )
        started = choose(Quantity(starts), number(1), number(0))
        return x.like(sliding(SinceStart(), self.length, started, x).sql)

    def _sliding(self, merge: Merge, name: str, *inputs: Quantity) -> Quantity:
        """Return a window that SQL has as an aggregate of a name."""
        arguments = [it.sql for it in inputs]
        return sliding(
            merge, self.length, *inputs, native=lambda: self._over(call(name, *arguments))
        )

    def _over(self, function: Sql) -> Sql:
        return _over(
            function, ["sid"], [_by("session")], _rows(str(self.length - 1), "CURRENT ROW")
        )


class History:
    """All sessions of one asset up to the current row, without a beginning that is cut off."""

    def recurrence(self, a: Quantity, b: Quantity) -> Quantity:
        """Return ``y = a * y_before + b``, of the degree of `b`; `y_before` is 0 at the first row.

        Parameters
        ----------
        a
            Of degree 0, never NULL: 0 starts anew, 1 with a `b` of 0 keeps the value.
        b
            Never NULL.
        """
        return b.like(sliding(Recurrence(), ALL_SESSIONS, a, b).sql)

    def sum(self, x: Quantity) -> Quantity:
        """Return the running sum; missing values count as 0."""

        def native() -> Sql:
            return call("coalesce", _so_far(call("sum", x.sql)), number(0).sql)

        return x.like(sliding(Total(), ALL_SESSIONS, x, native=native).sql)

    def latest(self, x: Quantity) -> Quantity:
        """Return the last value that is not missing."""

        def native() -> Sql:
            return _so_far(exp.IgnoreNulls(this=call("last_value", x.sql)))

        return x.like(sliding(Newest(), ALL_SESSIONS, x, native=native).sql)

    def count(self, x: Quantity) -> Quantity:
        """Return how many values are not missing so far, as DOUBLE."""

        def native() -> Sql:
            return _double(_so_far(call("count", x.sql))).sql

        return Quantity(sliding(Count(), ALL_SESSIONS, x, native=native).sql)


@dataclass(frozen=True)
class Section:
    """The assets of one session: those of the universe and the mask, the rest being NULL.

    Parameters
    ----------
    label
        Assets are taken together with those of the same label; all of the session if None.
    """

    label: Quantity | None = None

    def mean(self, x: Quantity) -> Quantity:
        """Return the arithmetic mean of the session, on every row."""
        return x.like(self._whole("avg", x.sql))

    def stddev(self, x: Quantity) -> Quantity:
        """Return the population standard deviation of the session, on every row."""
        return x.like(self._whole("stddev_pop", x.sql))

    def sum(self, x: Quantity) -> Quantity:
        """Return the sum of the session, on every row; 0 if all values are missing."""
        return x.like(call("coalesce", self._whole("sum", x.sql), number(0).sql))

    def maximum(self, x: Quantity) -> Quantity:
        """Return the largest value of the session, on every row."""
        return x.like(self._whole("max", x.sql))

    def minimum(self, x: Quantity) -> Quantity:
        """Return the smallest value of the session, on every row."""
        return x.like(self._whole("min", x.sql))

    def count(self, x: Quantity) -> Quantity:
        """Return how many values of the session are not missing, on every row, as DOUBLE."""
        return _double(self._whole("count", x.sql))

    def quantile(self, x: Quantity, fraction: float) -> Quantity:
        """Return the value below which a fraction of the session lies, interpolated linearly."""
        return x.like(self._whole("quantile_cont", x.sql, number(fraction).sql))

    def percentile(self, x: Quantity, value: float) -> Quantity:
        """Return the value below which so much of the session lies, of 0 to 100, to the bit of NumPy.

        A value may lie on the edge itself, where the last bit decides.
        """

        def native() -> Sql:
            rank, count = self.rank(x, method="ordinal", ascending=True), self.count(x)
            at = (count - 1) * (value / 100)
            below, above = function("floor", at), function("ceil", at)
            low = kept(self.maximum(x.masked(rank.holds("<=", below + 1))))
            high = kept(self.minimum(x.masked(rank.holds(">=", above + 1))))
            part = kept(at - below)
            near = low + (high - low) * part
            far = high - (high - low) * (number(1) - part)
            return choose(part.compare("<", 0.5), near, far).sql

        labels = [] if self.label is None else [self.label]
        return x.like(percentile(value, x, *labels, native=native).sql)

    def of_sid(self, x: Quantity, sid: int) -> Quantity:
        """Return the value of one asset, on every row; NULL where it is missing."""
        own = exp.column("sid").eq(exp.Literal.number(sid))
        return x.like(self._whole("max", exp.Case().when(own, x.sql)))

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
        ordinal = self._ranking("row_number", [_by(x.sql, descending=not ascending), _by("sid")])
        lowest = self._ranking("rank", [_by(x.sql, descending=not ascending)])
        # With the peers of the current row counted in, a running count is the highest rank of a tie.
        highest = _over(
            exp.Count(this=exp.Star()),
            self._together,
            [_by(x.sql, descending=not ascending)],
            _rows("UNBOUNDED", "CURRENT ROW", kind="RANGE"),
        )
        dense = self._ranking("dense_rank", [_by(x.sql, descending=not ascending)])
        ranks: dict[RankMethod, Quantity] = {
            "ordinal": _double(ordinal),
            "min": _double(lowest),
            "max": _double(highest),
            "dense": _double(dense),
            "average": (_double(lowest) + _double(highest)) / 2,
        }
        return x.when_present(ranks[method])

    def _whole(self, name: str, *arguments: Sql) -> Sql:
        # A float sum depends on the order of its terms, so the frame has one although it is all rows.
        rows = _rows("UNBOUNDED", "UNBOUNDED", end_side="FOLLOWING")
        return _over(call(name, *arguments), self._together, [_by("sid")], rows)

    def _ranking(self, name: str, order: Sequence[exp.Ordered]) -> Sql:
        return _over(call(name), self._together, order, None)

    @property
    def _together(self) -> "list[Sql | str]":
        return ["session", *([] if self.label is None else [self.label.sql])]


def lagged(x: Quantity, sessions: int, otherwise: float | None) -> Quantity:
    """Return the value so many sessions ago; a number, or NULL, where the asset has no such row."""
    if otherwise is None:
        return x.like(_lagged(x.sql, sessions))
    arguments = x.sql, exp.Literal.number(sessions), number(otherwise).sql
    return x.like(_over(call("lag", *arguments), ["sid"], [_by("session")], None))


def _so_far(function: Sql) -> Sql:
    return _over(function, ["sid"], [_by("session")], _rows("UNBOUNDED", "CURRENT ROW"))


def _lagged(argument: Sql, rows: int) -> Sql:
    if rows == 0:
        return argument
    return _over(call("lag", argument, exp.Literal.number(rows)), ["sid"], [_by("session")], None)


def _over(
    function: Sql,
    partition: Sequence[Sql | str],
    order: Sequence[exp.Ordered],
    rows: exp.WindowSpec | None,
) -> Sql:
    return exp.Window(
        this=function,
        partition_by=[exp.column(it) if isinstance(it, str) else it.copy() for it in partition],
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
