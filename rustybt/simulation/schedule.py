"""Functions of a strategy that run on some sessions only, such as the first of each month."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Protocol

from rustybt.errors import OptionError


class DateRule(Protocol):
    """Chooses sessions of a calendar."""

    def choose(self, labels: Sequence[date]) -> set[int]:
        """Return the numbers of the sessions chosen, given all labels in order."""


@dataclass(frozen=True)
class EveryDay:
    """Every session."""

    def choose(self, labels: Sequence[date]) -> set[int]:
        """Return all numbers."""
        return set(range(len(labels)))


@dataclass(frozen=True)
class PeriodDay:
    """One session of each month or week, counted from its first or, if `from_end`, its last."""

    period: Callable[[date], Hashable]
    days_offset: int
    from_end: bool

    def __post_init__(self) -> None:
        if not isinstance(self.days_offset, int) or self.days_offset < 0:
            raise OptionError("days_offset", self.days_offset, "a whole number of at least 0")

    def choose(self, labels: Sequence[date]) -> set[int]:
        """Return the number of that session for each period that has so many."""
        chosen = set()
        for _, group in groupby(range(len(labels)), key=lambda it: self.period(labels[it])):
            numbers = list(group)
            if self.days_offset < len(numbers):
                at = -1 - self.days_offset if self.from_end else self.days_offset
                chosen.add(numbers[at])
        return chosen


@dataclass(frozen=True)
class TimeRule:
    """A time of the session; daily bars have but one, so it changes nothing."""

    offset: Any = None
    hours: int | None = None
    minutes: int | None = None


class date_rules:  # noqa: N801 - zipline's name
    """The sessions on which a scheduled function runs.

    Months and weeks are those of the bundle's calendar: a run that starts after the first session
    of a month does not fire in that month.
    """

    @staticmethod
    def every_day() -> DateRule:
        """Return a rule for every session."""
        return EveryDay()

    @staticmethod
    def month_start(days_offset: int = 0) -> DateRule:
        """Return a rule for the session `days_offset` after the first of each month."""
        return PeriodDay(_month, days_offset, from_end=False)

    @staticmethod
    def month_end(days_offset: int = 0) -> DateRule:
        """Return a rule for the session `days_offset` before the last of each month."""
        return PeriodDay(_month, days_offset, from_end=True)

    @staticmethod
    def week_start(days_offset: int = 0) -> DateRule:
        """Return a rule for the session `days_offset` after the first of each week."""
        return PeriodDay(_week, days_offset, from_end=False)

    @staticmethod
    def week_end(days_offset: int = 0) -> DateRule:
        """Return a rule for the session `days_offset` before the last of each week."""
        return PeriodDay(_week, days_offset, from_end=True)


class time_rules:  # noqa: N801 - zipline's name
    """Times of a session; accepted, without effect on daily bars."""

    market_open = TimeRule
    market_close = TimeRule
    every_minute = TimeRule


def _month(label: date) -> Hashable:
    return label.year, label.month


def _week(label: date) -> Hashable:
    return label.isocalendar()[:2]
