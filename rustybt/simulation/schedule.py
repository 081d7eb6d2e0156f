"""Functions of a strategy that run on some sessions only, such as the first of each month."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby
from statistics import median_low
from typing import Final, NamedTuple, Protocol, runtime_checkable

from rustybt.errors import OptionError
from rustybt.finance.calendar import Session

_DAY: Final = timedelta(days=1)


@runtime_checkable
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


@runtime_checkable
class TimeRule(Protocol):
    """Chooses minutes of a session."""

    def places(self, minutes: int) -> range:
        """Return the places of the minutes chosen in a session of so many, from 0."""


@dataclass(frozen=True)
class _FromEdge:
    """An offset from an edge of a session, one minute by default; a subclass says which edge."""

    offset: timedelta | None = None
    hours: int | None = None
    minutes: int | None = None

    def __post_init__(self) -> None:
        _offset(self)


@dataclass(frozen=True)
class AfterOpen(_FromEdge):
    """One minute so long after the opening; the first by default."""

    def places(self, minutes: int) -> range:
        """Return the place of the minute that ends then; none in a session that is shorter."""
        place = _offset(self) - 1
        return range(place, min(place + 1, minutes))


@dataclass(frozen=True)
class BeforeClose(_FromEdge):
    """One minute so long before the close; by default the last but one, so that orders may fill."""

    def places(self, minutes: int) -> range:
        """Return the place of the minute that ends then; none in a session that is shorter."""
        place = minutes - 1 - _offset(self)
        return range(place, place + 1) if place >= 0 else range(0)


@dataclass(frozen=True)
class EveryMinute:
    """Every minute."""

    def places(self, minutes: int) -> range:
        """Return all places."""
        return range(minutes)


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
    """The times of a session at which a scheduled function runs; without effect on daily bars.

    ``market_open`` and ``market_close`` take an `offset`, or `hours` and `minutes`, of at least a
    minute.
    """

    market_open = AfterOpen
    market_close = BeforeClose
    every_minute = EveryMinute


class Scheduled(NamedTuple):
    """A function and when it runs; `sessions` are numbers, `time` None is the first minute."""

    sessions: set[int]
    time: TimeRule | None
    call: Callable[..., None]


class Schedule:
    """The scheduled functions of a run.

    Parameters
    ----------
    sessions
        All sessions of the calendar.
    first
        Number of the first session of the run.
    daily
        Whether a bar is a session, so that time rules change nothing.
    once
        Whether a function runs at most once a session, as in zipline, for which a session of daily
        bars belongs to the one before if it ends less than 24 hours later, as a half day does.
    """

    def __init__(self, sessions: Sequence[Session], *, first: int, daily: bool, once: bool) -> None:
        self._sessions = sessions
        self._first = first
        self._daily = daily
        self._once = once
        self._scheduled: list[Scheduled] = []

    def add(
        self,
        call: Callable[..., None],
        date_rule: DateRule,
        time_rule: TimeRule | None,
        *,
        half_days: bool,
    ) -> None:
        """Add a function; those of one bar run in the order in which they were added."""
        chosen = date_rule.choose([it.label for it in self._sessions])
        if not half_days:
            chosen = chosen - self._short
        if self._daily and self._once:  # of those that belong together the first that is chosen
            chosen = set({self._days[it]: it for it in sorted(chosen, reverse=True)}.values())
        self._scheduled.append(Scheduled(chosen, time_rule, call))

    def due(self, session: int, bars: tuple[int, int]) -> dict[int, list[Callable[..., None]]]:
        """Return what runs in a session, by the number of the bar."""
        first, until = bars
        found: dict[int, list[Callable[..., None]]] = {}
        for sessions, time_rule, call in self._scheduled:
            if session in sessions:
                rule = time_rule or AfterOpen()
                places = range(1) if self._daily else rule.places(until - first)
                for place in places[:1] if self._once else places:
                    found.setdefault(first + place, []).append(call)
        return found

    @cached_property
    def _days(self) -> Sequence[int]:
        """The session that each belongs to, by their numbers; those before the run to themselves."""
        days = list(range(len(self._sessions)))
        for number in days[self._first + 1 :]:
            day = days[number - 1]
            if self._sessions[number].closed - self._sessions[day].closed < _DAY:
                days[number] = day
        return days

    @cached_property
    def _short(self) -> set[int]:
        """Half days: the sessions that are shorter than most of their year."""
        lengths = [it.length for it in self._sessions]
        years: dict[int, list[timedelta]] = {}
        for session, length in zip(self._sessions, lengths, strict=True):
            years.setdefault(session.label.year, []).append(length)
        usual = {year: median_low(found) for year, found in years.items()}
        return {
            number
            for number, (session, length) in enumerate(zip(self._sessions, lengths, strict=True))
            if length < usual[session.label.year]
        }


def _offset(rule: _FromEdge) -> int:
    """Return the offset of a rule in minutes."""
    offset, hours, minutes = rule.offset, rule.hours, rule.minutes
    expected = "a timedelta, or hours and minutes, of whole minutes and at least one"
    given = (offset, hours, minutes)
    if given == (None, None, None):
        return 1
    if offset is not None and (hours, minutes) != (None, None):
        raise OptionError("offset", given, expected + ", not both")
    if not isinstance(offset, timedelta | None) or not all(
        isinstance(it, int | None) for it in (hours, minutes)
    ):
        raise OptionError("offset", given, expected)
    length = offset or timedelta(hours=hours or 0, minutes=minutes or 0)
    whole, rest = divmod(length, timedelta(minutes=1))
    if rest or whole < 1:
        raise OptionError("offset", given, expected)
    return whole


def _month(label: date) -> Hashable:
    return label.year, label.month


def _week(label: date) -> Hashable:
    return label.isocalendar()[:2]
