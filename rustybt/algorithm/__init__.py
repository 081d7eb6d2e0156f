"""Strategies: the hooks they write, and the words they may say in them."""

from rustybt.algorithm.strategy import HOOKS, Context, TradingAlgorithm, active

__all__ = ["HOOKS", "Context", "TradingAlgorithm", "active"]
