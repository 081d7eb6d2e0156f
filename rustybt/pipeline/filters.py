"""The filters of pipelines; comparisons and methods of factors make them."""

from rustybt.pipeline.expression import Filter

__all__ = ["Filter"]
