"""The event loop: bars in the order in which they were traded, and what a strategy did with them."""

from rustybt.simulation.digest import digest

__all__ = ["digest"]
