"""What stands beside the bars: values by session and asset that are joined to the spine.

A relation says in SQL which rows were known at each session of the spine; a term that is `Joined`
reads columns of it. The queries are in ``sql/known``.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Final, Literal

from typing_extensions import override

from warehouse import sqltext

Key = Literal["sid", "symbol"]
Way = Literal["previous", "next"]
TableName = tuple[str, ...]
Named = tuple[str, str]
"""The name of a CTE and its text."""
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Taken:
    """One column of a relation: its name on the spine, its name there, its type in SQL."""

    name: str
    source: str
    type: str


class Relation(ABC):
    """Rows by session and asset, at most one each."""

    @property
    def tables(self) -> tuple[TableName, ...]:
        """Tables it reads, beside those of the bundle that every pipeline reads."""
        return ()

    @property
    def held(self) -> Mapping[str, Any]:
        """Arrow rows that must be readable while it runs, by the name of the table."""
        return {}

    @property
    def mark(self) -> str:
        """Four digits that tell relations apart in names of columns."""
        return blake2b(repr(self).encode(), digest_size=2).hexdigest()

    @abstractmethod
    def queries(self, name: str, columns: Sequence[Taken]) -> list[Named]:
        """Return the CTEs that make it up; they may read ``spine``.

        The last, of the name that is given, has ``session``, ``sid`` and the columns.
        """


@dataclass(frozen=True)
class Joined:
    """The columns that a term reads of a relation."""

    relation: Relation
    columns: tuple[Taken, ...]


@dataclass(frozen=True)
class Computed(Relation):
    """Rows that Python computed, in a table that lives as long as the run."""

    table: str
    rows: Any = field(default=None, repr=False, compare=False)

    @property
    @override
    def held(self) -> Mapping[str, Any]:
        return {} if self.rows is None else {self.table: self.rows}

    @override
    def queries(self, name: str, columns: Sequence[Taken]) -> list[Named]:
        return [(name, sqltext.render("known/computed", table=self.table, columns=columns))]


@dataclass(frozen=True)
class Rows:
    """The rows of a table and when each of them became known.

    Parameters
    ----------
    table
        Parts of its name.
    time
        Column of the day, or of the instant in UTC, at which a row became known.
    key
        What says of which asset a row is; None: it holds for all assets.
    key_column
        The column of that.
    delay
        Time that passes until a row is known.
    frame
        Arrow rows of a table that stands in no warehouse.
    where
        Pairs of a column and the value that a row must have there.
    """

    table: TableName
    time: str
    key: Key | None
    key_column: str
    delay: timedelta = timedelta()
    frame: Any = field(default=None, repr=False, compare=False)
    where: tuple[tuple[str, Any], ...] = ()

    def text(self) -> str:
        """Return the SELECT of the rows with ``key_sid`` and ``known_at``."""
        return sqltext.render(
            "known/rows",
            table=self.table,
            time=self.time,
            key=self.key,
            key_column=self.key_column,
            delay=int(self.delay.total_seconds()),
            where=self.where,
        )


@dataclass(frozen=True)
class TableRelation(Relation):
    """A relation over the rows of one table."""

    rows: Rows

    @property
    def times(self) -> tuple[str, ...]:
        """Columns of the table that hold days or instants."""
        return (self.rows.time,)

    @property
    @override
    def tables(self) -> tuple[TableName, ...]:
        return (self.rows.table,)

    @property
    @override
    def held(self) -> Mapping[str, Any]:
        return {} if self.rows.frame is None else {self.rows.table[-1]: self.rows.frame}

    def _over_rows(
        self, template: str, name: str, columns: Sequence[Taken], **holes: Any
    ) -> list[Named]:
        rows = f"{name}_rows"
        keyed = self.rows.key is not None
        text = sqltext.render(template, rows=rows, keyed=keyed, columns=columns, **holes)
        return [(rows, self.rows.text()), (name, text)]


@dataclass(frozen=True)
class Latest(TableRelation):
    """The newest row known at each session: its day, delay included, lies before the session."""

    @override
    def queries(self, name: str, columns: Sequence[Taken]) -> list[Named]:
        return self._over_rows("known/latest", name, columns)


@dataclass(frozen=True)
class Event(TableRelation):
    """The event next to each session, of those known by then.

    Parameters
    ----------
    rows
        One row an event, or a new one when something of it changed.
    day
        Column of the day of the event.
    way
        ``previous``: the last up to the session; ``next``: the first from it on.
    """

    day: str
    way: Way

    @property
    @override
    def times(self) -> tuple[str, ...]:
        return self.rows.time, self.day

    @override
    def queries(self, name: str, columns: Sequence[Taken]) -> list[Named]:
        return self._over_rows("known/event", name, columns, day=self.day, way=self.way)


@dataclass(frozen=True)
class Estimate(TableRelation):
    """What was last estimated of a quarter that is announced before or after each session.

    Parameters
    ----------
    rows
        One row an estimate; a later one of the same quarter replaces it.
    day
        Column of the day on which the quarter is announced, as estimated by then.
    year, quarter
        Columns of the fiscal year and quarter.
    way
        Whether quarters announced up to the session are counted, or from it on.
    announcements
        Which of them, 1 being the nearest.
    """

    day: str
    year: str
    quarter: str
    way: Way
    announcements: int = 1

    @property
    @override
    def times(self) -> tuple[str, ...]:
        return self.rows.time, self.day

    @override
    def queries(self, name: str, columns: Sequence[Taken]) -> list[Named]:
        return self._over_rows(
            "known/estimate",
            name,
            columns,
            day=self.day,
            year=self.year,
            quarter=self.quarter,
            way=self.way,
            announcements=self.announcements,
        )


@dataclass(frozen=True)
class Rates(Relation):
    """Prices of one unit of the currency of each asset, in another currency.

    Parameters
    ----------
    quote
        The other currency, as ISO 4217 writes it.
    currencies
        Pairs of the name of an exchange calendar and its currency.
    """

    quote: str
    currencies: tuple[tuple[str, str], ...]

    @property
    @override
    def tables(self) -> tuple[TableName, ...]:
        return (("fx_rates",),)

    @override
    def queries(self, name: str, columns: Sequence[Taken]) -> list[Named]:
        currencies, rates = f"{name}_currencies", f"{name}_rates"
        text = sqltext.render(
            "known/rates", columns=columns, quote=self.quote, currencies=currencies, rates=rates
        )
        return [
            (currencies, _currencies(self.currencies)),
            (rates, sqltext.render("known/rates_to", quote=self.quote)),
            (name, text),
        ]


@dataclass(frozen=True)
class Currencies(Relation):
    """The currency in which each asset trades; see `rustybt.pipeline.domain`."""

    currencies: tuple[tuple[str, str], ...]

    @override
    def queries(self, name: str, columns: Sequence[Taken]) -> list[Named]:
        currencies = f"{name}_currencies"
        text = sqltext.render("known/currency", columns=columns, currencies=currencies)
        return [(currencies, _currencies(self.currencies)), (name, text)]


def together(joined: Sequence[Joined]) -> tuple[Joined, ...]:
    """Return each relation once, with all columns that are read of it, in order of first use."""
    columns: dict[Relation, dict[Taken, None]] = {}
    for it in joined:
        columns.setdefault(it.relation, {}).update(dict.fromkeys(it.columns))
    return tuple(Joined(relation, tuple(taken)) for relation, taken in columns.items())


def beside_the_spine(joined: Sequence[Joined]) -> list[Named]:
    """Return the CTEs that follow the spine, the last with all of its columns and theirs."""
    if not joined:
        return []
    parts: list[Named] = []
    beside = []
    for number, it in enumerate(joined, start=1):
        parts += it.relation.queries(f"known_{number}", it.columns)
        beside.append((f"known_{number}", it.columns))
    return [*parts, ("joined", sqltext.render("known/joined", beside=beside))]


def _currencies(pairs: Sequence[tuple[str, str]]) -> str:
    exchanges, currencies = zip(*pairs, strict=True)
    return sqltext.render("known/currencies", exchanges=exchanges, currencies=currencies)
