"""What the tests of kept columns share: a bundle that changes, and a pipeline over it."""

import datetime as dt
import random
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal
from small_bundles import ACTIONS, commit, small_bars

from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import (
    EWMA,
    RSI,
    VWAP,
    MaxDrawdown,
    Returns,
    SimpleMovingAverage,
)
from rustybt.pipeline.factors.indicators import EMA

CLOSE, VOLUME = EquityPricing.close, EquityPricing.volume
DAY = Returns(window_length=2)
MEAN = SimpleMovingAverage(inputs=[CLOSE], window_length=4)
COLUMNS = {
    "mean": MEAN,
    "long": SimpleMovingAverage(inputs=[CLOSE], window_length=100),
    "rank": MEAN.rank(),
    "score": DAY.zscore(mask=VOLUME.latest > 1200),
    "rsi": RSI(window_length=5),
    "vwap": VWAP(window_length=7),
    "weighted": EWMA(inputs=[CLOSE], window_length=6, decay_rate=0.8),
    "drawdown": MaxDrawdown(inputs=[CLOSE], window_length=5),
    "whole": EMA(timeperiod=3),
    "nested": SimpleMovingAverage(inputs=[DAY.rank()], window_length=3),
    "filter": CLOSE.latest < MEAN,
    "quartile": DAY.quartiles(),
}
SCREENS = (None, VOLUME.latest > 1200, DAY.top(3))


class Changing:
    """A bundle of which each change is a snapshot; like one that grows day by day."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.random = root, random.Random(seed)
        self._all = small_bars()
        self.days = sorted(self._all["date"].unique())
        self.until = 8
        self.bars = self._all.filter(pl.col("date").is_in(self.days[: self.until]))
        self.actions = [it for it in ACTIONS if it["session"] < self.days[self.until]]
        self.warehouse = commit(root, self.bars, self.actions)

    def append(self) -> None:
        """Add the next session, without an asset that is delisted at times."""
        if self.until == len(self.days):
            self.correct()
            return
        new = self._all.filter(pl.col("date") == self.days[self.until])
        if self.random.random() < 0.3:
            gone = self.random.choice(new["symbol"].to_list())
            self._all = self._all.filter(pl.col("symbol") != gone)
            new = new.filter(pl.col("symbol") != gone)
        self.until += 1
        self._changed(pl.concat([self.bars, new]))

    def correct(self) -> None:
        """Change one bar somewhere."""
        row = self.random.randrange(len(self.bars))
        close = pl.col("close") + pl.when(pl.int_range(pl.len()) == row).then(0.5).otherwise(0)
        self._changed(self.bars.with_columns(close=close))

    def split(self) -> None:
        """Add a split at some session."""
        day = self.random.choice(self.days[1 : self.until])
        symbol = self.random.choice(self.bars["symbol"].unique(maintain_order=True).to_list())
        if all((it["symbol"], it["session"]) != (symbol, day) for it in self.actions):
            self.actions.append({**ACTIONS[0], "symbol": symbol, "session": day, "ratio": 0.25})
        self._changed(self.bars)

    def list_early(self) -> None:
        """Give an asset a bar before its first."""
        symbol = "C"
        first = self.bars.filter(pl.col("symbol") == symbol)["date"].min()
        before = [it for it in self.days[: self.until] if first is None or it < first]
        if first is None or not before:
            self.correct()
            return
        bar = self.bars.filter((pl.col("symbol") == symbol) & (pl.col("date") == first))
        self._changed(pl.concat([self.bars, bar.with_columns(date=pl.lit(before[-1]))]))

    def change(self) -> None:
        """Change something, most often by the next session."""
        kinds = (self.append, self.correct, self.split, self.list_early)
        self.random.choices(kinds, (6, 2, 1, 1))[0]()

    def spoil(self) -> None:
        """Damage, cut short or take away some of the files that are kept."""
        for path in kept_files(self.root):
            way = self.random.choice(("sound", "sound", "sound", "flipped", "short", "gone"))
            content = bytearray(path.read_bytes())
            path.unlink() if way != "sound" else None
            if way == "flipped":
                content[len(content) // 2] ^= 1
            if way in ("flipped", "short"):
                path.write_bytes(content if way == "flipped" else content[: len(content) // 2])

    def span(self) -> tuple[dt.date, dt.date]:
        """Return two days of the bundle, in order."""
        first, last = sorted(self.random.choices(self.days[1 : self.until], k=2))
        return first, last

    def _changed(self, bars: pl.DataFrame) -> None:
        self.bars = bars
        try:
            commit(self.root, bars, self.actions).close()
        except Exception as error:
            if "nothing was written" not in str(error):
                raise
        self.warehouse.refresh()


def kept_files(root: Path) -> list[Path]:
    """Return the files of kept columns under a root."""
    return sorted(root.glob("bundles/*/derived/*/*.arrow"))


def check(changing: Changing, pipe: Pipeline, first: dt.date, last: dt.date) -> None:
    """Compare what a run gives with what one gives that computes everything."""
    where = {"bundle": "small", "warehouse": changing.warehouse}
    found = pipe.run(first, last, **where)
    fresh = pipe.run(first, last, cache=False, **where)
    # Prices are divided by the product of ratios since the first session that is read.
    assert_frame_equal(found.pl(), fresh.pl(), rel_tol=1e-12, abs_tol=1e-12)
