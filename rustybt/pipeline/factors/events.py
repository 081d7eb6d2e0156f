"""Weekdays between a session and an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from rustybt.errors import TermInputsError, UnsupportedColumnError
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.expression import Factor
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Scope
from rustybt.pipeline.vocabulary.nanmath import Array
from rustybt.pipeline.vocabulary.quantity import Quantity, column, weekdays

Dates: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Weekdays(Factor):
    """A number of weekdays between the session and a date of the input."""

    scope: ClassVar[Scope] = Scope.ROW

    @override
    def __post_init__(self) -> None:
        given: object = self.inputs
        terms = () if isinstance(given, str) or not isinstance(given, Sequence) else given
        if len(terms) != 1 or not isinstance(terms[0], Term):
            raise TermInputsError(type(self).__name__, 1, given)
        if not isinstance(terms[0], BoundColumn) or terms[0].dtype.kind != "M":
            raise UnsupportedColumnError("inputs", terms[0], "a column of dates")
        super().__post_init__()


class BusinessDaysSincePreviousEvent(_Weekdays):
    """Weekdays from an event to the session.

    Notes
    -----
    Formula: the Mondays to Fridays from the date up to the session, without the session; holidays
    count. An event of the session itself is 0.
    Units: days.
    Nulls: NULL where the date is missing.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return weekdays(inputs[0], column("session"))

    def compute(self, events: Dates, sessions: Dates) -> Array:
        """Return the values from dates, NaT where missing."""
        return _counted(events, events, sessions)


class BusinessDaysUntilNextEvent(_Weekdays):
    """Weekdays from the session to an event.

    Notes
    -----
    Formula: the Mondays to Fridays from the session up to the date, without the date; holidays
    count. An event of the session itself is 0.
    Units: days.
    Nulls: NULL where the date is missing.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return weekdays(column("session"), inputs[0])

    def compute(self, events: Dates, sessions: Dates) -> Array:
        """Return the values from dates, NaT where missing."""
        return _counted(events, sessions, events)


def _counted(events: Dates, first: Dates, last: Dates) -> Array:
    known = ~np.isnat(events)
    counts = np.full(events.shape, np.nan)
    begun, ended = (it.astype("datetime64[D]")[known] for it in (first, last))
    counts[known] = np.busday_count(begun, ended)
    return counts
