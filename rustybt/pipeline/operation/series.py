"""Operations on the sessions of one asset."""

from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.operation.kinds import Operation
from rustybt.pipeline.vocabulary.frame import Frame, Period, Scope
from rustybt.pipeline.vocabulary.magnitude import Magnitude
from rustybt.pipeline.vocabulary.nanmath import Values
from rustybt.pipeline.vocabulary.quantity import Quantity

_LONGEST: dict[Period, int] = {"week": 7, "month": 31, "quarter": 92, "year": 366}


@dataclass(frozen=True)
class Downsample(Operation):
    """The value of the first session of the week, month, quarter or year of the session.

    Notes
    -----
    Formula: ``x`` at the last session whose calendar period is another than that of the session
    before it. Weeks begin on Monday.
    Units: those of the input, as they were known at that session.
    Nulls: NULL where the value of that session is, or the asset was not listed; a filter is false.
    Differs: a term downsampled twice keeps both periods, where zipline forgets the first; values are
    missing before the first session of an asset, where zipline may have those of `fillna`.
    """

    scope: ClassVar[Scope] = Scope.SERIES
    window_safe: ClassVar[bool | None] = None

    frequency: str

    def __post_init__(self) -> None:
        known = [f"{it}_start" for it in reversed(get_args(Period))]
        if self.frequency not in known:
            expected = f"one of {', '.join(known)}"
            raise TermParameterError("downsample", "frequency", self.frequency, expected)

    @property
    @override
    def sessions_before(self) -> int:
        return _LONGEST[self._period] - 1

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        (x,) = inputs
        return Frame(_LONGEST[self._period]).since_period_start(x, self._period)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return operands[0]

    @override
    def compute(self, *inputs: Values) -> Values:
        """Return the first row of a period: `inputs` are its sessions so far, oldest first."""
        (x,) = inputs
        return np.asarray(x[0])

    @property
    def _period(self) -> Period:
        period: Period = self.frequency.removesuffix("_start")  # type: ignore[assignment]  # checked when made
        return period
