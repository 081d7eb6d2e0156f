"""The kinds of windows that are merged from blocks; see `rustybt.pipeline.vocabulary.merge`."""

from dataclasses import dataclass
from typing import ClassVar, Final

from typing_extensions import override

from rustybt.pipeline.vocabulary.merge import Merge, State, WindowSum
from rustybt.pipeline.vocabulary.quantity import (
    COMPARISONS,
    Quantity,
    call,
    choose,
    kept,
    number,
)

_BEYOND: Final = 1e300  # all values


@dataclass(frozen=True)
class Maximum(Merge):
    """The largest value; missing ones are skipped.

    A number beyond all values stands for a missing one, so that a choice needs no test for NULL.
    """

    neutral: ClassVar[tuple[float | None, ...]] = (-_BEYOND,)
    overlapping: ClassVar[bool] = True

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        return (x.filled_from(number(-_BEYOND)),)

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        return (choose(_holds(older[0], ">=", newer[0]), older[0], newer[0]),)

    @override
    def finish(self, state: State) -> Quantity:
        return state[0].masked(state[0].holds(">", -_BEYOND))


@dataclass(frozen=True)
class Minimum(Merge):
    """The smallest value; missing ones are skipped."""

    neutral: ClassVar[tuple[float | None, ...]] = (_BEYOND,)
    overlapping: ClassVar[bool] = True

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        return (x.filled_from(number(_BEYOND)),)

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        return (choose(_holds(older[0], "<=", newer[0]), older[0], newer[0]),)

    @override
    def finish(self, state: State) -> Quantity:
        return state[0].masked(state[0].holds("<", _BEYOND))


@dataclass(frozen=True)
class Newest(Merge):
    """The newest value that is not missing."""

    overlapping: ClassVar[bool] = True

    @override
    def start(self, *inputs: Quantity) -> State:
        return inputs

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        return (newer[0].like(call("coalesce", newer[0].sql, older[0].sql)),)


@dataclass(frozen=True)
class Decayed(Merge):
    """The sum of ``rate ** age * x``, the newest session being of age 0; NULL if one is missing."""

    rate: float

    @override
    def start(self, *inputs: Quantity) -> State:
        return inputs

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        return (newer[0] + self.rate**newer_sessions * older[0],)


@dataclass(frozen=True)
class Recurrence(Merge):
    """``y = a * y_before + b`` from the first session on, `y_before` being 0 there.

    A session whose `a` is 1 and `b` 0 keeps the value; one whose `a` is 0 starts anew with `b`.
    """

    neutral: ClassVar[tuple[float | None, ...]] = (1.0, 0.0)

    @override
    def start(self, *inputs: Quantity) -> State:
        return inputs

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        return older[0] * newer[0], newer[0] * older[1] + newer[1]

    @override
    def finish(self, state: State) -> Quantity:
        return state[1]


@dataclass(frozen=True)
class Ages(Merge):
    """The sums of ``x`` and of ``age * x``, missing values being 0; the second is the value."""

    neutral: ClassVar[tuple[float | None, ...]] = (0.0, 0.0)

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        return choose(x.is_present(), x, number(0)), x.like(number(0).sql)

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        aged = older[1] + older[0] * newer_sessions
        return older[0] + newer[0], aged + newer[1]

    @override
    def finish(self, state: State) -> Quantity:
        return state[1]


@dataclass(frozen=True)
class AgeOfMaximum(Merge):
    """How many sessions ago the largest value was; the oldest of equal ones, or the newest."""

    oldest: bool
    neutral: ClassVar[tuple[float | None, ...]] = (-_BEYOND, None)
    overlapping: ClassVar[bool] = True

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        return x.filled_from(number(-_BEYOND)), x.when_present(number(0))

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        (before, age), (now, age_now) = older, newer
        beats = kept(_holds(before, ">=" if self.oldest else ">", now))
        return choose(beats, before, now), choose(beats, age + newer_sessions, age_now)

    @override
    def finish(self, state: State) -> Quantity:
        return state[1]


@dataclass(frozen=True)
class Drawdown(Merge):
    """The largest fall from a value to a later one, over the later one; the first of equal falls.

    Each block holds its largest and smallest value, its largest fall (-1 without values) and where
    that ended. Numbers beyond all prices stand for missing ones, since they need no test.
    """

    neutral: ClassVar[tuple[float | None, ...]] = (-_BEYOND, _BEYOND, -1.0, 0.0)

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        high, low, fall, end = map(number, (-_BEYOND, _BEYOND, 0, 0))
        there = x.when_present(x.like(fall.sql))
        values = (x, high), (x, low), (there, number(-1)), (x, end)
        return tuple(it.like(call("coalesce", it.sql, other.sql)) for it, other in values)

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        (high, low, fall, end), (new_high, new_low, new_fall, new_end) = older, newer
        # Choices, since the greatest of two numbers costs the engine thrice as much.
        across = kept(high - new_low)
        # Of equal falls inside the newer block the one from the older block ended first.
        first = kept(_holds(across, ">=", new_fall))
        late = kept(choose(first, across, new_fall))
        late_end = kept(choose(first, new_low, new_end))
        holds = kept(_holds(fall, ">=", late))
        worst = choose(holds, fall, late), choose(holds, end, late_end)
        highest = choose(_holds(high, ">=", new_high), high, new_high)
        return highest, choose(_holds(low, "<=", new_low), low, new_low), *worst

    @override
    def finish(self, state: State) -> Quantity:
        _, _, fall, end = state
        return (fall / end).masked(fall.compare(">=", 0))


@dataclass(frozen=True)
class Collected(Merge):
    """The list of all values, the missing ones too, oldest first."""

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        return (Quantity(call("list_value", x.sql)),)

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        return (Quantity(call("list_concat", older[0].sql, newer[0].sql)),)


@dataclass(frozen=True)
class SinceStart(Merge):
    """The second input at the newest session whose first input is 1, even if it is missing there."""

    neutral: ClassVar[tuple[float | None, ...]] = (0.0, None)
    overlapping: ClassVar[bool] = True

    @override
    def start(self, *inputs: Quantity) -> State:
        return inputs

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        has_begun = newer[0].holds(">", 0)
        return choose(has_begun, newer[0], older[0]), choose(has_begun, newer[1], older[1])

    @override
    def finish(self, state: State) -> Quantity:
        return state[1].masked(state[0].holds(">", 0))


@dataclass(frozen=True)
class Total(Merge):
    """The sum; missing values count as 0."""

    neutral: ClassVar[tuple[float | None, ...]] = (0.0,)

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        return (x.like(call("coalesce", x.sql, number(0).sql)),)

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        return (older[0] + newer[0],)

    @override
    def by_sums(self, window: WindowSum) -> Quantity | None:
        return window.whole(window.total)


@dataclass(frozen=True)
class Count(Total):
    """How many values are not missing."""

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        return (choose(x.is_present(), number(1), number(0)),)

    @override
    def by_sums(self, window: WindowSum) -> Quantity | None:
        return window.whole(window.count)


@dataclass(frozen=True)
class Mean(Merge):
    """The arithmetic mean of the values that are not missing; NULL if all are."""

    neutral: ClassVar[tuple[float | None, ...]] = (0.0, 0.0)

    @override
    def start(self, *inputs: Quantity) -> State:
        return Total().start(*inputs) + Count().start(*inputs)

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        return older[0] + newer[0], older[1] + newer[1]

    @override
    def finish(self, state: State) -> Quantity:
        return state[0] / state[1]

    @override
    def by_sums(self, window: WindowSum) -> Quantity | None:
        return window.total / window.count


def _holds(left: Quantity, operator: str, right: Quantity) -> Quantity:
    # As `Quantity.compare`, without the care for missing sides.
    return Quantity(COMPARISONS[operator](this=left.sql, expression=right.sql))
