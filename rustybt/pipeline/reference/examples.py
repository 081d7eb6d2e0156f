"""An example of each term and method of the reference that has none of its own.

A key is what the page calls the entry.
"""

import operator
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
from typing_extensions import override

from rustybt.assets import Asset
from rustybt.pipeline import classifiers, filters
from rustybt.pipeline.custom import CustomClassifier, CustomFactor, CustomFilter
from rustybt.pipeline.data import DataSet, EquityPricing
from rustybt.pipeline.factors import (
    BusinessDaysSincePreviousEvent,
    BusinessDaysUntilNextEvent,
    Clip,
    PeerCount,
    Returns,
)
from rustybt.pipeline.operation import FUNCTIONS
from rustybt.pipeline.sqlfactor import SqlFactor
from rustybt.pipeline.term import Term

_CLOSE = EquityPricing.close
_PRICE: Any = _CLOSE.latest
_MONTH: Any = Returns(window_length=22)
_RISING: Any = _MONTH > 0
_THIRD: Any = _MONTH.quantiles(3)
_ASSET: Final = Asset(0, "A", "XNYS", "equity", date.min, date.max)
_ROW = {"day": [date(2024, 1, 2)], "sid": [0], "sector": ["tech"], "at": [date(2024, 1, 30)]}


class Spread(CustomFactor):
    """The range of the window."""

    inputs = (EquityPricing.high, EquityPricing.low)
    window_length = 5

    @override
    def compute(self, today: Any, assets: Any, out: Any, *inputs: Any) -> None:
        high, low = inputs
        out[:] = np.nanmax(high, axis=0) - np.nanmin(low, axis=0)


class Traded(CustomFilter):
    """Whether anything was traded in the window."""

    inputs = (EquityPricing.volume,)
    window_length = 5

    @override
    def compute(self, today: Any, assets: Any, out: Any, *inputs: Any) -> None:
        out[:] = inputs[0].any(axis=0)


class Parity(CustomClassifier):
    """Whether the sid is odd."""

    inputs = (EquityPricing.close,)
    window_length = 1

    @override
    def compute(self, today: Any, assets: Any, out: Any, *inputs: Any) -> None:
        out[:] = assets % 2


_COMPANIES: Any = DataSet.from_frame(
    pa.table(_ROW), time="day", columns={"sector": str, "at": np.dtype("M8[ns]")}, name="Companies"
)
_SECTOR: Any = _COMPANIES.sector.latest

CLASSES: Final[dict[str, Term]] = {
    "Latest": _PRICE,
    "Clip": Clip(inputs=[_CLOSE], min_bound=1, max_bound=100),
    "PeerCount": PeerCount(inputs=[_THIRD]),
    "BusinessDaysSincePreviousEvent": BusinessDaysSincePreviousEvent(inputs=[_COMPANIES.at]),
    "BusinessDaysUntilNextEvent": BusinessDaysUntilNextEvent(inputs=[_COMPANIES.at]),
    "SqlFactor": SqlFactor("close / lag(close, {n}) - 1", n=20),
    "CustomFactor": Spread(),
    "CustomFilter": Traded(),
    "CustomClassifier": Parity(),
    "ArrayPredicate": filters.ArrayPredicate(_PRICE, operator.gt, (5,)),
    "MaximumFilter": filters.MaximumFilter(_MONTH),
    "NotNullFilter": filters.NotNullFilter(_PRICE),
    "NullFilter": filters.NullFilter(_PRICE),
    "PercentileFilter": filters.PercentileFilter(_MONTH, 20, 80),
    "SingleAsset": filters.SingleAsset(_ASSET),
    "StaticAssets": filters.StaticAssets([_ASSET]),
    "StaticSids": filters.StaticSids([0, 3]),
    "Everything": classifiers.Everything(),
    "Quantiles": classifiers.Quantiles(inputs=[_MONTH], bins=5),
    "Sid": classifiers.Sid(),
}

METHODS: Final[dict[str, Any]] = {
    "Factor.rank": _MONTH.rank(),
    "Factor.percentile_rank": _MONTH.percentile_rank(),
    "Factor.demean": _MONTH.demean(groupby=_THIRD),
    "Factor.zscore": _MONTH.zscore(mask=_RISING),
    "Factor.winsorize": _MONTH.winsorize(0.05, 0.95),
    "Factor.top": _MONTH.top(10),
    "Factor.bottom": _MONTH.bottom(10),
    "Factor.percentile_between": _MONTH.percentile_between(20, 80),
    "Factor.quantiles": _MONTH.quantiles(5),
    "Factor.quartiles": _MONTH.quartiles(),
    "Factor.quintiles": _MONTH.quintiles(),
    "Factor.deciles": _MONTH.deciles(),
    "Factor.mean": _MONTH.mean(),
    "Factor.stddev": _MONTH.stddev(),
    "Factor.max": _MONTH.max(),
    "Factor.min": _MONTH.min(),
    "Factor.median": _MONTH.median(),
    "Factor.sum": _MONTH.sum(),
    "Factor.notnull_count": _MONTH.notnull_count(),
    "Factor.shift": _MONTH.shift(5),
    "Factor.downsample": _MONTH.downsample("month_start"),
    "Factor.pearsonr": _MONTH.pearsonr(_MONTH[_ASSET], 20),
    "Factor.spearmanr": _MONTH.spearmanr(_MONTH[_ASSET], 20),
    "Factor.linear_regression": _MONTH.linear_regression(_MONTH[_ASSET], 20).beta,
    "Factor.clip": _MONTH.clip(-0.1, 0.1),
    "Factor.fillna": _MONTH.fillna(0),
    "Factor.alias": _MONTH.alias("month"),
    "Factor.isnull": _MONTH.isnull(),
    "Factor.notnull": _MONTH.notnull(),
    "Factor.isnan": _MONTH.isnan(),
    "Factor.notnan": _MONTH.notnan(),
    "Factor.isfinite": _MONTH.isfinite(),
    "Factor.eq": _MONTH.eq(0),
    **{f"Factor.{word}": getattr(_PRICE, word)() for word in ("abs", *FUNCTIONS)},
    "Filter.if_else": _RISING.if_else(_MONTH, -_MONTH),
    "Filter.downsample": _RISING.downsample("week_start"),
    "Filter.alias": _RISING.alias("rising"),
    "Classifier.eq": _THIRD.eq(2),
    "Classifier.element_of": _THIRD.element_of([0, 2]),
    "Classifier.isnull": _THIRD.isnull(),
    "Classifier.notnull": _THIRD.notnull(),
    "Classifier.fillna": _THIRD.fillna(0),
    "Classifier.relabel": _THIRD.relabel(("low", "middle", "high").__getitem__),
    "Classifier.peer_count": _THIRD.peer_count(),
    "Classifier.downsample": _THIRD.downsample("week_start"),
    "Classifier.alias": _THIRD.alias("third"),
    "Classifier.startswith": _SECTOR.startswith("te"),
    "Classifier.endswith": _SECTOR.endswith("ch"),
    "Classifier.has_substring": _SECTOR.has_substring("ec"),
    "Classifier.matches": _SECTOR.matches("t.*h"),
    "BoundColumn.latest": _PRICE,
    "BoundColumn.fx": _CLOSE.fx("EUR").latest,
}

OPERATORS: Final[dict[str, Any]] = {
    "a + b": _PRICE + 1,
    "a - b": _PRICE - 1,
    "a * b": _PRICE * 2,
    "a / b": _PRICE / EquityPricing.volume.latest,
    "a % b": _PRICE % 2,
    "a ** b": _PRICE**2,
    "-a": -_PRICE,
    "a < b": _PRICE < 5,
    "a <= b": _PRICE <= 5,
    "a > b": _PRICE > 5,
    "a >= b": _PRICE >= 5,
    "a != b": _PRICE != 5,
    "p & q": _RISING & (_PRICE > 5),
    "p | q": _RISING | (_PRICE > 5),
    "~p": ~_RISING,
    "label != x": _THIRD != 2,
}
