"""What the methods and operators of terms do, said twice: in SQL and in NumPy.

An operation knows no terms, so that terms may name it: `Factor.rank` applies `Rank`. `express` is what
runs; `compute` is the definition that the tests hold it to.
"""

from rustybt.pipeline.operation.kinds import Operation, SectionOperation
from rustybt.pipeline.operation.label import ElementOf, LabelEqual, Pattern, Relabel, TextTest
from rustybt.pipeline.operation.row import (
    ELEMENTWISE,
    FUNCTIONS,
    Alias,
    Clip,
    Elementwise,
    FillNull,
    IfElse,
)
from rustybt.pipeline.operation.section import (
    Demean,
    Extreme,
    PeerCount,
    PercentileBetween,
    PercentileRank,
    QuantileLabel,
    Rank,
    Summary,
    Winsorize,
    ZScore,
)
from rustybt.pipeline.operation.series import Downsample

__all__ = [
    "ELEMENTWISE",
    "FUNCTIONS",
    "Alias",
    "Clip",
    "Demean",
    "Downsample",
    "ElementOf",
    "Elementwise",
    "Extreme",
    "FillNull",
    "IfElse",
    "LabelEqual",
    "Operation",
    "Pattern",
    "PeerCount",
    "PercentileBetween",
    "PercentileRank",
    "QuantileLabel",
    "Rank",
    "Relabel",
    "SectionOperation",
    "Summary",
    "TextTest",
    "Winsorize",
    "ZScore",
]
