"""Datasets that pipelines read."""

from rustybt.pipeline.data.column import BoundColumn
from rustybt.pipeline.data.equity_pricing import EquityPricing, USEquityPricing

__all__ = ["BoundColumn", "EquityPricing", "USEquityPricing"]
