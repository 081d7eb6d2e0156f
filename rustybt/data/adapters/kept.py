"""The pages of one symbol in the cache: which spans they cover, since when, and their rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import polars as pl

from rustybt.data.adapters.frame import ASSETS, schema_of
from rustybt.data.adapters.report import Page
from rustybt.data.cache import CacheManager
from rustybt.data.resolutions import step_of

_TIME: Final = pl.Datetime("us")
_INDEX: Final = {
    "begin": _TIME,
    "until": _TIME,
    "fetched": _TIME,
    "key": pl.String(),  # of the rows; empty where the source has none
    "actions": pl.String(),  # of the splits and dividends; empty without
    "reason": pl.String(),
}
_NAMES: Final = {"name": pl.String(), "fetched": _TIME}


@dataclass(frozen=True)
class Kept:
    """A page that is kept: the span that it covers, half open, and when it was asked for, in UTC."""

    begin: datetime
    until: datetime
    fetched: datetime
    key: str
    actions: str
    reason: str


@dataclass
class Shelf:
    """The pages of a symbol of one source and length of bars.

    Parameters
    ----------
    cache
        That keeps them.
    key
        Of the shelf in the cache.
    resolution
        Length of the bars.
    """

    cache: CacheManager
    key: str
    resolution: str
    _new: list[Kept] = field(default_factory=list)

    def kept(self, is_fresh: Callable[[datetime], bool]) -> list[Kept]:
        """Return the pages that hold, by when they were asked for, in order of time."""
        found = self.cache.get_cached_data(self.key)
        pages = [] if found is None else [Kept(*row) for row in found.select(*_INDEX).rows()]
        return [it for it in pages if is_fresh(it.fetched)]

    def page(self, kept: Kept, begin: datetime, until: datetime) -> Page | None:
        """Return a part of a page that is kept; None if the cache has lost it."""
        rows = self.cache.get_cached_data(kept.key) if kept.key else self._no_rows
        told = self.cache.get_cached_data(kept.actions) if kept.actions else None
        if rows is None or (kept.actions and told is None):
            return None
        rows = rows.filter(pl.col("timestamp").is_between(begin, until, closed="left"))
        if told is not None:
            within = pl.col("session").cast(_TIME).is_between(begin, until, closed="left")
            told = told.filter(within)
        return Page(rows, until, told, reason=kept.reason)

    def keep(self, begin: datetime, until: datetime, page: Page | None, asked: datetime) -> None:
        """Keep what the source answered for a span; nothing of a span that it could not give.

        Parameters
        ----------
        begin, until
            The span, half open.
        page
            Its rows; None where the source has none.
        asked
            When it was asked, UTC: a bar that was not over by then is not covered.
        """
        until = min(until, asked - step_of(self.resolution))
        if begin >= until or (page is not None and page.missing):
            return
        if page is None:
            self._new.append(Kept(begin, until, asked, "", "", ""))
            return
        rows, actions = self._put(page.rows), ""
        if page.actions is not None and page.actions.height:
            actions = self._put(page.actions)
        self._new.append(Kept(begin, until, asked, rows, actions, page.reason))

    def write(self) -> None:
        """Note what was kept since, beside what others have noted; what it stands for is forgotten."""
        if not self._new:
            return
        noted = self.kept(lambda _: True)
        for old in [it for it in noted if self._is_replaced(it)]:
            noted.remove(old)
            for key in filter(None, (old.key, old.actions)):
                self.cache.clear_cache(key)
        rows = [tuple(vars(it).values()) for it in (*noted, *self._new)]
        rows.sort(key=lambda it: it[:2])
        self.cache.put_cached_data(self.key, pl.DataFrame(rows, schema=_INDEX, orient="row"))
        self._new.clear()

    def name(self, is_fresh: Callable[[datetime], bool]) -> str | None:
        """Return how the source writes the symbol of this shelf; None if that is not kept."""
        found = self.cache.get_cached_data(self.key)
        told = [] if found is None else found.select(*_NAMES).rows()
        return next((name for name, fetched in told if is_fresh(fetched)), None)

    def keep_name(self, name: str) -> None:
        """Keep how the source writes the symbol of this shelf."""
        rows = [(name, datetime.now(UTC).replace(tzinfo=None))]
        self.cache.put_cached_data(self.key, pl.DataFrame(rows, schema=_NAMES, orient="row"))

    def terms(self, is_fresh: Callable[[datetime], bool]) -> pl.DataFrame | None:
        """Return what the source tells of the asset of this shelf, at most a row; None if not kept."""
        found = self.cache.get_cached_data(self.key)
        if found is None or not is_fresh(found["fetched"][0]):
            return None
        return found.filter("told").select(*ASSETS)

    def keep_terms(self, terms: pl.DataFrame) -> None:
        """Keep what the source tells of the asset, or that it tells nothing."""
        rows = terms if terms.height else pl.DataFrame([{}], schema=dict(ASSETS))
        asked = pl.lit(datetime.now(UTC).replace(tzinfo=None), _TIME).alias("fetched")
        told = pl.lit(bool(terms.height)).alias("told")
        self.cache.put_cached_data(self.key, rows.with_columns(asked, told))

    def _put(self, frame: pl.DataFrame) -> str:
        key = f"{self.key}/{uuid4().hex}"
        self.cache.put_cached_data(key, frame)
        return key

    @property
    def _no_rows(self) -> pl.DataFrame:
        return pl.DataFrame(schema=dict(schema_of(self.resolution)))

    def _is_replaced(self, old: Kept) -> bool:
        """Whether new pages that follow each other answer all that an old one does."""
        begin = old.begin
        for it in sorted(self._new, key=lambda it: it.begin):
            if it.begin <= begin < it.until:
                begin = it.until
        return begin >= old.until
