"""Datasets over tables of a form of their own: events, and estimates of earnings."""

from rustybt.pipeline.loaders.earnings_estimates import next_estimates, previous_estimates
from rustybt.pipeline.loaders.events import next_event, previous_event

__all__ = ["next_estimates", "next_event", "previous_estimates", "previous_event"]
