"""Windows as merges of neighbouring blocks of sessions.

A window of 20 sessions is a block of 16 merged with one of 4; a block of 16 is two of 8, the older
read by a lag of 8. So a window of any length costs a number of lags that grows with its logarithm,
without a running sum that would cancel, and one shape serves both forms of SQL.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Final, TypeAlias

from sqlglot import exp

from rustybt.pipeline.vocabulary.quantity import Quantity, Sql

State: TypeAlias = tuple[Quantity, ...]

_COSTLY: Final = 3  # parts of a block, from which on fewer merges are better than shared ones


@dataclass(frozen=True)
class WindowSum:
    """What running sums say of a window.

    Parameters
    ----------
    total
        Sum of its values, in units.
    count
        How many values there are, times the units that make 1.
    unit
        How many units make 1.
    """

    total: Quantity
    count: Quantity
    unit: float

    def whole(self, units: Quantity) -> Quantity:
        """Return a number of units as what they make."""
        return units if self.unit == 1 else units / self.unit


class Merge(ABC):
    """An associative combination of an older and a newer block of sessions.

    Attributes
    ----------
    neutral
        The state of a block without sessions, one number (None is NULL) for each part; `start` of
        missing inputs must give the same.
    overlapping
        Whether the two blocks may share sessions, as those of a maximum.
    """

    neutral: ClassVar[tuple[float | None, ...]] = (None,)
    overlapping: ClassVar[bool] = False

    @abstractmethod
    def start(self, *inputs: Quantity) -> State:
        """Return the state of a block of one session."""

    @abstractmethod
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        """Return the state of two blocks, the newer of which has so many sessions."""

    def finish(self, state: State) -> Quantity:
        """Return the value of the window from the state of all its sessions."""
        return state[0]

    def by_sums(self, window: WindowSum) -> Quantity | None:  # noqa: ARG002 - said by subclasses
        """Return the value of the window if it follows from running sums of its input."""
        return None


class Sliding(exp.Expression):
    """A window in the tree, before it is known how it is computed.

    ``merge`` and ``length`` say what it is, ``expressions`` are its inputs; ``native`` makes the same
    as a window function of SQL, where there is one: who runs the blocks does without it.
    """

    arg_types: ClassVar = {"merge": True, "length": True, "expressions": True, "native": False}


def sliding(
    merge: Merge, length: int, *inputs: Quantity, native: Callable[[], Sql] | None = None
) -> Quantity:
    """Return a window as a node of the tree; see `Sliding`."""
    arguments = [it.sql.copy() for it in inputs]
    return Quantity(Sliding(merge=merge, length=length, expressions=arguments, native=native))


class Ranked(Sliding):
    """The correlation of the ranks of two inputs in the tree.

    ``native`` makes the same in SQL: its lists cost the square of ``length``, and a run does without them.
    """

    arg_types: ClassVar = {"length": True, "expressions": True, "native": True}


def ranked(length: int, *inputs: Quantity, native: Callable[[], Sql]) -> Quantity:
    """Return a correlation of ranks as a node of the tree; see `Ranked`."""
    arguments = [it.sql.copy() for it in inputs]
    return Quantity(Ranked(length=length, expressions=arguments, native=native))


class Percentile(Sliding):
    """The value of a section below which so much of it lies.

    ``expressions`` are what is looked at and, where there is one, the label of the sections; ``native`` makes
    the same in SQL: a run sorts each section once instead.
    """

    arg_types: ClassVar = {"percentile": True, "expressions": True, "native": True}


def percentile(value: float, *inputs: Quantity, native: Callable[[], Sql]) -> Quantity:
    """Return a percentile as a node of the tree; see `Percentile`."""
    arguments = [it.sql.copy() for it in inputs]
    return Quantity(Percentile(percentile=value, expressions=arguments, native=native))


Place: TypeAlias = Callable[[Quantity], Quantity]
Lag: TypeAlias = Callable[[Quantity, int, float | None], Quantity]


class Blocks:
    """Blocks of 1, 2, 4 … sessions over the same inputs, and the windows that are made of them.

    Windows of several lengths share their blocks.

    Parameters
    ----------
    merge
        How blocks are combined.
    inputs
        What the windows look at.
    place
        Computes an expression into a column of its own and returns the column.
    lag
        Returns a column so many sessions ago, or a number where there is no such session.
    """

    def __init__(self, merge: Merge, inputs: State, place: Place, lag: Lag) -> None:
        self._merge, self._place, self._lag = merge, place, lag
        self._one = tuple(map(place, merge.start(*inputs)))
        self._joins: dict[tuple[State, State, int], State] = {}

    def window(self, length: int) -> Quantity:
        """Return the value of a window of so many sessions."""
        if self._merge.overlapping and length & (length - 1):
            size = 1 << length.bit_length() - 1
            block = self._of(size)
            return self._merge.finish(self._joined(block, block, length - size))
        return self._merge.finish(self._of(length))

    def _of(self, length: int) -> State:
        # The same merges whatever other windows there are, so that values are the same bits.
        blocks = {1: self._one}
        few = len(self._merge.neutral) >= _COSTLY
        for size, newer in _chain(length) if few else _powers(length):
            blocks[size] = self._joined(blocks[size - newer], blocks[newer], newer)
        return blocks[length]

    def _joined(self, older: State, newer: State, sessions: int) -> State:
        key = older, newer, sessions
        if key not in self._joins:
            ago = tuple(
                self._lag(part, sessions, neutral)
                for part, neutral in zip(older, self._merge.neutral, strict=True)
            )
            merged = self._merge.merge(ago, newer, sessions)
            self._joins[key] = tuple(map(self._place, merged))
        return self._joins[key]


@cache
def _powers(length: int) -> tuple[tuple[int, int], ...]:
    """Return the sizes of blocks that lead to a window, powers of two, of which the smallest is newest.

    Each stands with the size of its newer part. Windows of other lengths share most of them.
    """
    powers = [1 << it for it in range(length.bit_length())]
    sizes = [(2 * it, it) for it in powers[:-1]]
    newer = length & -length
    for older in powers:
        if older & length and older > newer:
            sizes.append((older + newer, newer))
            newer += older
    return tuple(sizes)


@cache
def _chain(length: int) -> tuple[tuple[int, int], ...]:
    """Return the sizes of blocks that lead to a window, and of which the newer part of each is.

    The fewest that come of halving, of equal parts and of one session more; of equally many those
    whose small blocks are powers of two, which windows of other lengths have, too.
    """
    if length == 1:
        return ()
    parts = [it for it in range(length // 2, 1, -1) if length % it == 0 and _is_prime(it)]
    ways = [
        (*_chain(length // it), *((a * (length // it), b * (length // it)) for a, b in _chain(it)))
        for it in parts
    ]
    before = _chain(length - 1) if length % 2 or not ways else ()
    if before or length == 2:
        ways.append((*before, (length, 1)))
    return min(ways, key=len)


def _is_prime(number: int) -> bool:
    return all(number % it for it in range(2, int(number**0.5) + 1))
