"""What indicators have in common: one formula, its parameters, and what follows from them."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from numbers import Integral, Real
from typing import ClassVar, Self, cast

from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.data import BoundColumn, EquityPricing
from rustybt.pipeline.factors.indicators.arrays import ArrayWords, Trace
from rustybt.pipeline.factors.indicators.averages import KINDS
from rustybt.pipeline.factors.indicators.reach import Reach, ReachWords
from rustybt.pipeline.factors.indicators.sql import SqlWords
from rustybt.pipeline.factors.indicators.words import Q, Words
from rustybt.pipeline.factors.outputs import MultiFactor
from rustybt.pipeline.factors.window import LONGEST, WindowedFactor
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array
from rustybt.pipeline.vocabulary.quantity import Quantity, column


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Parametrized(WindowedFactor):
    """A factor whose window follows from its parameters.

    Parameters
    ----------
    window_length
        Another word for `timeperiod` where the window has as many sessions; otherwise not taken.
    """

    least: ClassVar[Mapping[str, int]] = {"timeperiod": 1}
    """The smallest value of each integer that the window follows from."""

    window_length: int | None = None

    @override
    def __post_init__(self) -> None:
        said = self.window_length
        if said is not None and "timeperiod" in self.least:
            object.__setattr__(self, "timeperiod", said)
        for field in fields(self):
            self._check(field.name, getattr(self, field.name))
        object.__setattr__(self, "window_length", self.reach + 1)
        if said not in (None, self.window_length):
            expected = f"not to be given: the window follows from {', '.join(self.least)}"
            raise TermParameterError(self._name, "window_length", said, expected)
        super().__post_init__()

    def _check(self, name: str, value: object) -> None:
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        if name in self.least:
            if not whole or not self.least[name] <= cast("int", value) <= LONGEST:
                expected = f"to be an integer from {self.least[name]} to {LONGEST}"
                raise TermParameterError(self._name, name, value, expected)
            object.__setattr__(self, name, int(cast("int", value)))
        elif name.endswith("matype") and (not whole or value not in KINDS):
            raise TermParameterError(
                self._name, name, value, f"one of {', '.join(map(str, KINDS))}"
            )
        elif isinstance(value, float) or name.startswith("nbdev"):
            if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
                raise TermParameterError(self._name, name, value, "to be finite")
            object.__setattr__(self, name, float(value))

    @property
    @abstractmethod
    def reach(self) -> int:
        """How many sessions before its own a value looks at."""

    @override
    def _is_default(self, name: str) -> bool:
        return name == "window_length" or super()._is_default(name)


class _Said(Parametrized):
    """A factor whose window follows from its formula."""

    @cached_property
    @override
    def reach(self) -> int:
        results = self._read(ReachWords(), *[Reach()] * self.arity)
        return max(it.sessions for it in results.values())

    @property
    @override
    def window_safe(self) -> bool:
        inputs = (
            it.free_of_actions() if isinstance(it, BoundColumn) else column("input")
            for it in self.inputs
        )
        results = self._read(SqlWords(), *inputs).values()
        return all(it.price == it.shares == 0 for it in results)

    def _traced(self, windows: tuple[Array, ...]) -> Mapping[str, Array]:
        results = self._read(ArrayWords(windows[0].shape), *map(Trace, windows))
        return {name: it.values[-1] for name, it in results.items()}

    @abstractmethod
    def _read(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]: ...


class Indicator(_Said):
    """An indicator of one value."""

    @abstractmethod
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        """Return the value, in the words of indicators."""

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return self.formula(SqlWords(), *inputs)

    @override
    def compute(self, *windows: Array) -> Array:
        return self._traced(windows)[""]

    @override
    def _read(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        return {"": self.formula(w, *inputs)}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OfClose(Indicator):
    """An indicator of one series, the close unless said otherwise, over `timeperiod` sessions."""

    inputs: Sequence[Term] = (EquityPricing.close,)
    timeperiod: int = 30

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(timeperiod=3),)


class MultiIndicator(_Said, MultiFactor):
    """An indicator of several outputs."""

    @abstractmethod
    def formulas(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        """Return the outputs by name, in the words of indicators."""

    @override
    def express_outputs(self, *inputs: Quantity) -> Mapping[str, Quantity]:
        return self.formulas(SqlWords(), *inputs)

    @override
    def compute_outputs(self, *windows: Array) -> Mapping[str, Array]:
        return self._traced(windows)

    @override
    def _read(self, w: Words[Q], *inputs: Q) -> Mapping[str, Q]:
        return self.formulas(w, *inputs)
