"""Readers of bars: one contract over the warehouse, files, and the formats of zipline and pandas."""
