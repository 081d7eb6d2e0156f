"""The words that indicators are written in, once for all readings of a formula.

A formula is read as SQL (`sql`), as NumPy (`arrays`, the definition that the SQL is tested against)
and as the number of sessions it looks back on (`reach`). So an indicator says its formula once.
"""

from abc import ABC, abstractmethod
from typing import Generic, Protocol, Self, TypeVar, cast


class Number(Protocol):
    """A value of each session: missing where an operand is or where a divisor is 0."""

    def __add__(self, other: Self | float, /) -> Self: ...
    def __radd__(self, other: float, /) -> Self: ...
    def __sub__(self, other: Self | float, /) -> Self: ...
    def __rsub__(self, other: float, /) -> Self: ...
    def __mul__(self, other: Self | float, /) -> Self: ...
    def __rmul__(self, other: float, /) -> Self: ...
    def __truediv__(self, other: Self | float, /) -> Self: ...
    def __neg__(self) -> Self: ...
    def __abs__(self) -> Self: ...
    def compare(self, operator: str, other: Self | float, /) -> Self:
        """Return a truth value, false where a side is missing."""
        ...

    def both(self, other: Self, /) -> Self:
        """Return the conjunction of two truth values."""
        ...

    def is_present(self) -> Self:
        """Return whether the value is not missing."""
        ...


Q = TypeVar("Q", bound=Number)


class Words(ABC, Generic[Q]):
    """What can be said of the sessions of one asset up to the current one.

    A window of `sessions` has a value once all of its sessions have one.
    """

    @abstractmethod
    def number(self, value: float) -> Q:
        """Return the same number in every session."""

    @abstractmethod
    def kept(self, x: Q) -> Q:
        """Return the value, to be computed once although it is used often."""

    @abstractmethod
    def choose(self, condition: Q, value: Q, otherwise: Q | float) -> Q:
        """Return one value where the condition is true, another where it is not."""

    @abstractmethod
    def when(self, condition: Q, x: Q) -> Q:
        """Return the value where the condition is true, missing where it is not."""

    @abstractmethod
    def greatest(self, *values: Q) -> Q:
        """Return the largest of the values that are not missing."""

    @abstractmethod
    def least(self, *values: Q) -> Q:
        """Return the smallest of the values that are not missing."""

    @abstractmethod
    def logarithm(self, x: Q) -> Q:
        """Return the natural logarithm of a ratio; missing where it is not positive."""

    @abstractmethod
    def ago(self, x: Q, sessions: int) -> Q:
        """Return the value so many sessions ago."""

    @abstractmethod
    def total(self, x: Q, sessions: int) -> Q:
        """Return the sum of a window."""

    @abstractmethod
    def aged(self, x: Q, sessions: int) -> Q:
        """Return the sum of ``age * x`` of a window, the newest session being of age 0."""

    @abstractmethod
    def maximum(self, x: Q, sessions: int) -> Q:
        """Return the largest value of a window."""

    @abstractmethod
    def age_of_maximum(self, x: Q, sessions: int) -> Q:
        """Return how many sessions ago it was, the newest of equal values counting."""

    @abstractmethod
    def stddev(self, x: Q, sessions: int) -> Q:
        """Return the population standard deviation of a window."""

    @abstractmethod
    def covariance(self, x: Q, y: Q, sessions: int) -> Q:
        """Return the population covariance of a window."""

    @abstractmethod
    def before(self, x: Q) -> Q:
        """Return the last value before the current session, sessions without one being skipped."""

    @abstractmethod
    def count(self, x: Q) -> Q:
        """Return how many values there are so far."""

    @abstractmethod
    def running(self, x: Q) -> Q:
        """Return the sum of the values so far."""

    @abstractmethod
    def recurrence(self, a: Q, b: Q) -> Q:
        """Return ``y = a * y_before + b`` from the first session on; see `History.recurrence`."""

    def absolute(self, x: Q) -> Q:
        """Return the value without its sign."""
        return cast("Q", abs(x))

    def minimum(self, x: Q, sessions: int) -> Q:
        """Return the smallest value of a window."""
        return -self.maximum(-x, sessions)

    def mean(self, x: Q, sessions: int) -> Q:
        """Return the arithmetic mean of a window."""
        return self.total(x, sessions) / sessions

    def together(self, *values: Q) -> tuple[Q, ...]:
        """Return the values where none of them is missing."""
        present = values[0].is_present()
        for value in values[1:]:
            present = present.both(value.is_present())
        here = self.kept(present)
        return tuple(self.kept(self.when(here, it)) for it in values)

    def weighted(self, x: Q, sessions: int) -> Q:
        """Return the mean of a window, the newest weighing `sessions` and the oldest 1."""
        heavy = sessions * self.total(x, sessions) - self.aged(x, sessions)
        return heavy / (sessions * (sessions + 1) / 2)

    def exponential(
        self, x: Q, sessions: int, *, count: Q | None = None, begin: int | None = None
    ) -> Q:
        """Return the exponential mean of a span of sessions, begun with a plain mean.

        Parameters
        ----------
        x
            Its missing values are skipped.
        sessions
            The span: the newest value weighs ``2 / (sessions + 1)``. So many values are the first.
        count
            How many values of `x` there are so far, if it is known.
        begin
            At the how many-th value it begins; `sessions` if None.
        """
        rate = 2 / (sessions + 1)
        return self.smoothed(x, rate, seed=sessions, count=count, begin=begin)

    def wilder(self, x: Q, sessions: int, *, count: Q | None = None) -> Q:
        """Return the mean of Wilder, of rate ``1 / sessions``, begun with a plain mean."""
        return self.smoothed(x, 1 / sessions, seed=sessions, count=count)

    def smoothed(
        self, x: Q, rate: float, *, seed: int, count: Q | None = None, begin: int | None = None
    ) -> Q:
        """Return ``y = y_before + rate * (x - y_before)``, begun with the mean of `seed` values."""
        x = self.kept(x)
        number = self.kept(self.count(x) if count is None else count)
        first = seed if begin is None else begin
        here, later = x.is_present(), number.compare(">", first)
        seeds = self.choose(number.compare(">", first - seed), x / seed, 0.0)
        keep = self.choose(here.both(later), self.number(1 - rate), 1.0)
        add = self.choose(here, self.choose(later, x * rate, seeds), 0.0)
        begun = here.both(number.compare(">=", first))
        return self.kept(self.when(begun, self.recurrence(self.kept(keep), self.kept(add))))
