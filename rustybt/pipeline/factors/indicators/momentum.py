"""Changes of a price against an earlier one."""

from dataclasses import dataclass

from typing_extensions import override

from rustybt.pipeline.factors.indicators.indicator import OfClose
from rustybt.pipeline.factors.indicators.words import Q, Words


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Change(OfClose):
    timeperiod: int = 10


class Momentum(_Change):
    """Change over `timeperiod` sessions, `MOM`.

    Notes
    -----
    Formula: ``x - x[timeperiod ago]``.
    Units: those of the input.
    Nulls: NULL when either end is missing.
    Source: TA-Lib MOM.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        (x,) = inputs
        return x - w.ago(x, self.timeperiod)


class RateOfChange(_Change):
    """Relative change over `timeperiod` sessions in percent, `ROC`.

    Notes
    -----
    Formula: ``100 * (x / x[timeperiod ago] - 1)``.
    Units: percent.
    Nulls: NULL when either end is missing or the first is 0.
    Source: TA-Lib ROC.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        (x,) = inputs
        return 100 * (x / w.ago(x, self.timeperiod) - 1)


class RateOfChangeFraction(_Change):
    """Relative change over `timeperiod` sessions, `ROCP`.

    Notes
    -----
    Formula: ``(x - x[timeperiod ago]) / x[timeperiod ago]``.
    Units: a ratio, 0.01 being one percent.
    Nulls: NULL when either end is missing or the first is 0.
    Source: TA-Lib ROCP.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        (x,) = inputs
        earlier = w.ago(x, self.timeperiod)
        return (x - earlier) / earlier


class RateOfChangeRatio(_Change):
    """The price over that of `timeperiod` sessions ago, `ROCR`.

    Notes
    -----
    Formula: ``x / x[timeperiod ago]``.
    Units: a ratio, 1 being unchanged.
    Nulls: NULL when either end is missing or the first is 0.
    Source: TA-Lib ROCR.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        (x,) = inputs
        return x / w.ago(x, self.timeperiod)


class RateOfChangeRatio100(_Change):
    """The price over that of `timeperiod` sessions ago in percent, `ROCR100`.

    Notes
    -----
    Formula: ``100 * x / x[timeperiod ago]``.
    Units: percent, 100 being unchanged.
    Nulls: NULL when either end is missing or the first is 0.
    Source: TA-Lib ROCR100.
    """

    @override
    def formula(self, w: Words[Q], *inputs: Q) -> Q:
        (x,) = inputs
        return 100 * (x / w.ago(x, self.timeperiod))


MOM = Momentum
ROC = RateOfChange
ROCP = RateOfChangeFraction
ROCR = RateOfChangeRatio
ROCR100 = RateOfChangeRatio100
