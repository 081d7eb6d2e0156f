"""Indicators whose next value depends on what was chosen before, which no window of SQL can say.

Where a linear recurrence is merged from blocks of sessions, a stop that turns or a period that says how the next
bar is smoothed is not. So these run in Python, session by session for all assets at once, over the bars of each
asset without its gaps, in one state of adjustment.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import override

from rustybt.errors import UnsupportedColumnError
from rustybt.pipeline.computed import NAMELESS, ComputedTerm
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.factors.indicators.indicator import Parametrized
from rustybt.pipeline.factors.outputs import MultiFactor
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS
from rustybt.pipeline.vocabulary.nanmath import Array
from rustybt.pipeline.vocabulary.quantity import Quantity, column


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Scan(ComputedTerm, Parametrized):
    """A factor that Python computes session by session from a state.

    Raises
    ------
    UnsupportedColumnError
        The inputs have different units.
    """

    powers: ClassVar[Mapping[str, int]] = {NAMELESS: 1}
    """The outputs, and of which power of the unit of the inputs each is."""

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        units = {it: _unit(it) for it in self.inputs}
        for term, unit in units.items():
            if unit != units[self.inputs[0]]:
                expected = f"a term of the unit of {self.inputs[0]!r}"
                raise UnsupportedColumnError("inputs", term, expected)

    @property
    @override
    def reach(self) -> int:
        return ALL_SESSIONS - 1

    @property
    @override
    def look_back(self) -> int:
        return self.reach

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return tuple(self.powers)

    @property
    @override
    def window_safe(self) -> bool:
        return _unit(self.inputs[0]) == (0, 0) or not any(self.powers.values())

    @abstractmethod
    def scanned(self, *series: Array) -> Mapping[str, Array]:
        """Return the outputs of series without gaps.

        Parameters
        ----------
        *series
            One array an input, of shape (bars, assets): what each asset has of them, oldest first, and NaN
            behind its last.

        Returns
        -------
        Mapping
            One array of that shape an output, NaN where there is no value yet.
        """

    def over(self, *inputs: Array) -> dict[str, Array]:
        """Return the outputs of arrays of shape (sessions, assets), NaN where an input is missing."""
        session, asset = np.nonzero(~np.isnan(inputs).any(axis=0))
        shape = inputs[0].shape
        bars = np.zeros(shape, np.int64)
        bars[session, asset] = 1
        bar = bars.cumsum(axis=0)[session, asset] - 1
        series = [np.full((int(bar.max(initial=0)) + 1, shape[1]), np.nan) for _ in inputs]
        for values, given in zip(series, inputs, strict=True):
            values[bar, asset] = given[session, asset]
        found = {name: np.full(shape, np.nan) for name in self.names}
        with np.errstate(all="ignore"):
            scanned = self.scanned(*series)
        for name, values in scanned.items():
            found[name][session, asset] = values[bar, asset]
        return found


class ScanOfOne(Scan):
    """A scan of one value."""

    @override
    def compute(self, *windows: Array) -> Array:
        found: Array = self.over(*windows)[NAMELESS][-1]
        return found


class ScanOfSeveral(MultiFactor, Scan):
    """A scan of several outputs."""

    @override
    def express_outputs(self, *inputs: Quantity) -> Mapping[str, Quantity]:
        return {it: column(self.column_of(it)) for it in self.outputs}

    @override
    def compute_outputs(self, *windows: Array) -> Mapping[str, Array]:
        return {name: values[-1] for name, values in self.over(*windows).items()}


def _unit(term: object) -> tuple[int, int]:
    return (term.price, term.shares) if isinstance(term, BoundColumn) else (0, 0)
