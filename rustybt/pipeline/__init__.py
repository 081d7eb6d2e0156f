"""Factors and filters over all assets at once, compiled to one SELECT."""

from rustybt.pipeline.expression import Factor, Filter
from rustybt.pipeline.pipeline import Pipeline
from rustybt.pipeline.result import PipelineResult
from rustybt.pipeline.term import Term

__all__ = ["Factor", "Filter", "Pipeline", "PipelineResult", "Term"]
