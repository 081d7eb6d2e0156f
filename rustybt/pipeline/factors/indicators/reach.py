"""The words of indicators as how many sessions they look back on."""

from dataclasses import dataclass

from typing_extensions import override

from rustybt.pipeline.factors.indicators.words import Words
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS


@dataclass(frozen=True)
class Reach:
    """How many sessions before its own a value needs."""

    sessions: int = 0

    def __add__(self, other: "Reach | float") -> "Reach":
        return Reach(max(self.sessions, other.sessions if isinstance(other, Reach) else 0))

    def __radd__(self, other: float) -> "Reach":
        return self

    __sub__ = __mul__ = __truediv__ = __add__
    __rsub__ = __rmul__ = __radd__

    def __neg__(self) -> "Reach":
        return self

    __abs__ = is_present = __neg__

    def compare(self, word: str, other: "Reach | float") -> "Reach":  # noqa: ARG002 - any comparison
        """Return the reach of a comparison."""
        return self + other

    def both(self, other: "Reach") -> "Reach":
        """Return the reach of a conjunction."""
        return self + other


class ReachWords(Words[Reach]):
    """A formula over reaches is the reach of its value."""

    @override
    def number(self, value: float) -> Reach:
        return Reach()

    @override
    def kept(self, x: Reach) -> Reach:
        return x

    @override
    def choose(self, condition: Reach, value: Reach, otherwise: Reach | float) -> Reach:
        return condition + value + otherwise

    @override
    def when(self, condition: Reach, x: Reach) -> Reach:
        return condition + x

    @override
    def greatest(self, *values: Reach) -> Reach:
        return Reach(max(it.sessions for it in values))

    @override
    def least(self, *values: Reach) -> Reach:
        return self.greatest(*values)

    @override
    def logarithm(self, x: Reach) -> Reach:
        return x

    @override
    def ago(self, x: Reach, sessions: int) -> Reach:
        return Reach(min(x.sessions + sessions, ALL_SESSIONS - 1))

    @override
    def total(self, x: Reach, sessions: int) -> Reach:
        return self.ago(x, sessions - 1)

    @override
    def aged(self, x: Reach, sessions: int) -> Reach:
        return self.total(x, sessions)

    @override
    def maximum(self, x: Reach, sessions: int) -> Reach:
        return self.total(x, sessions)

    @override
    def age_of_maximum(self, x: Reach, sessions: int) -> Reach:
        return self.total(x, sessions)

    @override
    def stddev(self, x: Reach, sessions: int) -> Reach:
        return self.total(x, sessions)

    @override
    def covariance(self, x: Reach, y: Reach, sessions: int) -> Reach:
        return self.total(x + y, sessions)

    @override
    def before(self, x: Reach) -> Reach:
        return self.running(x)

    @override
    def count(self, x: Reach) -> Reach:
        return self.running(x)

    @override
    def running(self, x: Reach) -> Reach:
        return Reach(ALL_SESSIONS - 1)

    @override
    def recurrence(self, a: Reach, b: Reach) -> Reach:
        return self.running(a + b)
