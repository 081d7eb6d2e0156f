"""Evaluates terms by their definitions in NumPy over the bars of a bundle, without SQL."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from rustybt.pipeline.classifiers import Sid
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.expression import Constant, ConstantLabel, Filter
from rustybt.pipeline.factors import WindowedFactor
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS, Scope


class Panel:
    """A pipeline evaluated by its NumPy definitions; everything is adjusted from the raw bars, window by window."""

    def __init__(
        self, bars: pl.DataFrame, actions: Sequence[dict], sessions: Sequence[dt.date]
    ) -> None:
        self.sessions = list(sessions)
        self.symbols = sorted(bars["symbol"].unique())
        grid = pl.DataFrame({"date": self.sessions}).join(
            pl.DataFrame({"symbol": self.symbols}), how="cross"
        )
        dense = grid.join(bars, on=["date", "symbol"], how="left").sort("date", "symbol")
        shape = len(self.sessions), len(self.symbols)
        self.raw = {
            name: dense[name].to_numpy().astype(float).reshape(shape)
            for name in ("open", "high", "low", "close", "volume")
        }
        self.raw["volume"] = np.nan_to_num(self.raw["volume"])
        self.actions = actions
        traded = dense["high"].is_not_null().to_numpy().reshape(shape)
        self.first = traded.argmax(axis=0)
        self.last = len(self.sessions) - 1 - traded[::-1].argmax(axis=0)

    def alive(self, label: int) -> np.ndarray:
        return (self.first < label) & (label <= self.last)

    def window(self, column: BoundColumn, label: int, length: int) -> np.ndarray:
        """The sessions before a label, oldest first, as they are known at its open."""
        rows = range(label - length, label)
        values = np.array([self.raw[column.name][max(row, 0)] for row in rows])
        values[[row < 0 for row in rows]] = 0 if column.shares else np.nan
        for action in self.actions:
            effective = self.sessions.index(action["session"])
            asset = self.symbols.index(action["symbol"])
            before = np.array([row < effective for row in rows])
            if effective <= label and column.price:
                values[before, asset] *= action["ratio"]
            if effective <= label and column.shares and action["kind"] == "split":
                values[before, asset] /= action["ratio"]
        return values

    def evaluate(self, term: Term, label: int) -> np.ndarray:
        """The values of a term at a label, in the order of the symbols."""
        if isinstance(term, (Constant, ConstantLabel)):
            return np.full(len(self.symbols), term.value)
        if isinstance(term, Sid):
            return np.arange(len(self.symbols))
        if isinstance(term, BoundColumn):
            return self.window(term, label, 1)[0]
        with np.errstate(all="ignore"):
            # The SQL of an angle is of one row and that of a scan a column; their definition is of the window.
            if term.scope is Scope.SERIES or isinstance(term, WindowedFactor):
                whole = term.sessions_before == ALL_SESSIONS - 1
                length = max(label, 1) if whole else term.window_length
                windows = [self._looked_at(it, label, length) for it in term.inputs]
                values = term.compute(*windows)
                return self._masked(term, values, label)
            inputs = [self.evaluate(it, label) for it in term.inputs]
            if term.scope is Scope.SECTION:
                inputs = [np.where(self.alive(label), it, np.nan) for it in inputs]
                if term.mask is not None:
                    inputs = [self._within(term.mask, it, label) for it in inputs]
                return term.compute(*inputs)
            return self._masked(term, term.compute(*inputs), label)

    def _masked(self, term: Term, values: np.ndarray, label: int) -> np.ndarray:
        if term.mask is None:
            return values
        if isinstance(term, Filter):
            return values & self.evaluate(term.mask, label)
        return self._within(term.mask, values, label)

    def _within(self, mask: Term, values: np.ndarray, label: int) -> np.ndarray:
        return np.where(self.evaluate(mask, label), values, np.nan)

    def _looked_at(self, term: Term, label: int, length: int) -> np.ndarray:
        if isinstance(term, BoundColumn):
            return self.window(term, label, length)
        labels = range(label - length + 1, label + 1)
        return np.array(
            [np.where(self.alive(it), self.evaluate(term, it), np.nan) for it in labels]
        )
