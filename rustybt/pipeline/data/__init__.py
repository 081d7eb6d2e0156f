"""Datasets that pipelines read."""

from rustybt.pipeline.data.column import BoundColumn, Column
from rustybt.pipeline.data.dataset import DataSet, DataSetFamily, DataSetFamilySlice
from rustybt.pipeline.data.equity_pricing import CryptoPricing, EquityPricing, USEquityPricing

__all__ = [
    "BoundColumn",
    "Column",
    "CryptoPricing",
    "DataSet",
    "DataSetFamily",
    "DataSetFamilySlice",
    "EquityPricing",
    "USEquityPricing",
]
