"""What a source of bars is, and what reading one answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from rustybt.data.sources.columns import Columns
from rustybt.data.sources.span import Outcome
from rustybt.data.sources.staging import WHOLE, Refused, Staging
from rustybt.data.sources.times import TYPED, TimeForm, decide
from rustybt.errors import ColumnTypeError

Told = Literal["columns", "adjusted"]


@dataclass(frozen=True)
class Reject:
    """A row that was not taken: where it stands, from 1, why, and how it reads."""

    file: str
    line: int
    reason: str
    raw: str

    @classmethod
    def of(cls, row: Refused) -> "Reject":
        """Return a row of a part with numbered rows as a reject."""
        texts = (row.symbol, row.at, *row.texts)
        return cls(row.file, row.line, row.reason, ",".join(text or "" for text in texts))

    @property
    def text(self) -> str:
        """File, line and reason."""
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True)
class Reading:
    """What a source read.

    Parameters
    ----------
    rows
        All rows of the source, the rejected ones included.
    rejects
        In order of file and line.
    tells_actions
        Where the source tells of splits and dividends: in columns of theirs, or in an adjusted close.
    notes
        What was decided on the way, as sentences for people: forms of times, extra columns.
    outcomes
        One for each symbol that was asked for or found, in their order.
    """

    rows: int
    rejects: tuple[Reject, ...] = ()
    tells_actions: Told | None = None
    notes: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


class Source(Protocol):
    """Where bars come from; pickled when worker processes read it.

    `Feed` is the protocol for a source that answers one symbol at a time.
    """

    @property
    def name(self) -> str:
        """The source in words, without secrets."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any] | None:
        """What `rebuilt` makes the source of again, as JSON without secrets; None if nothing can."""
        ...

    def symbols(self) -> list[str] | None:
        """Return what the source has, sorted; None if it cannot tell without reading all of it."""
        ...

    def stage(self, staging: Staging) -> Reading:
        """Add the rows of the staging's span to it, part by part."""
        ...


@runtime_checkable
class OfPayDates(Protocol):
    """A source whose rows tell dividends, and which knows when they are paid."""

    def pay_dates(self, outcomes: Iterable[Outcome]) -> Any:
        """Return ``symbol``, ``session`` (ex-date) and ``pay_date`` of the dividends of these symbols.

        An Arrow table without nulls, or None if no pay date is known; called when all is read.
        """
        ...


def time_form(file: str, kind: str, values: list[str]) -> TimeForm:
    """Return the form of a typed column of times.

    Parameters
    ----------
    file
        Named in errors.
    kind
        DuckDB's type of the column.
    values
        Its first values as text.

    Raises
    ------
    ColumnTypeError
        A column of that type holds no times.
    """
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return TYPED
    if kind == "VARCHAR" or kind in WHOLE:
        return decide(values)
    raise ColumnTypeError(file, "time", kind, "dates, timestamps, text or whole numbers")


def told_actions(columns: Columns) -> Told | None:
    """Return where a source with these columns tells of actions."""
    if "adjusted" in columns.found:
        return "adjusted"
    return "columns" if {"dividend", "split"} & set(columns.found) else None
