"""The filters of pipelines; comparisons and methods of factors make most of them."""

from rustybt.pipeline.custom import CustomFilter
from rustybt.pipeline.data.column import LatestFilter as Latest
from rustybt.pipeline.expression import Filter
from rustybt.pipeline.filters.assets import SingleAsset, StaticAssets, StaticSids
from rustybt.pipeline.filters.predicate import ArrayPredicate
from rustybt.pipeline.filters.values import (
    MaximumFilter,
    NotNullFilter,
    NullFilter,
    PercentileFilter,
)
from rustybt.pipeline.filters.window import All, AllPresent, Any, AtLeastN, WindowedFilter

__all__ = [
    "All",
    "AllPresent",
    "Any",
    "ArrayPredicate",
    "AtLeastN",
    "CustomFilter",
    "Filter",
    "Latest",
    "MaximumFilter",
    "NotNullFilter",
    "NullFilter",
    "PercentileFilter",
    "SingleAsset",
    "StaticAssets",
    "StaticSids",
    "WindowedFilter",
]
