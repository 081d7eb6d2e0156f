"""Random rows of events and of estimates, and when zipline and we take them as known."""

import datetime as dt
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

sys.path.append(str(Path(__file__).parents[1] / "pipeline"))
from small_bundles import xnys

DAY = np.timedelta64(1, "D")
NEVER = np.datetime64("NaT")
ASSETS, LENGTH, LOOKBACK = 8, 100, 12
LABELS = "buyback", "guidance", "Übernahme"
QUARTER = "sid", "fiscal_year", "fiscal_quarter"


@dataclass(frozen=True)
class World:
    """Assets of a span of sessions, and rows that speak of them.

    Parameters
    ----------
    bars
        One row an asset and session on which it trades.
    sessions
        Of the bars, as days; `LOOKBACK` of them come before the span that is computed.
    cutoffs
        The instant of each session before which zipline must know a row.
    events, estimates
        ``row`` is the number of each, ``known`` an instant, ``day`` a day or an instant.
    """

    bars: pl.DataFrame
    sessions: np.ndarray
    cutoffs: np.ndarray
    events: pl.DataFrame
    estimates: pl.DataFrame

    @property
    def span(self) -> tuple[dt.date, dt.date]:
        """The first and last session that is computed."""
        return self.sessions[LOOKBACK].item(), self.sessions[-1].item()


def drawn(seed: int) -> World:
    """Return the world of a seed."""
    rng = np.random.default_rng(seed)
    year = int(rng.integers(2005, 2024))
    calendar = xnys(dt.date(year, 1, 1), dt.date(year, 12, 31))
    begin = int(rng.integers(0, 250))
    chosen = calendar[begin : begin + LENGTH + LOOKBACK]
    sessions = chosen["session"].to_numpy().astype("datetime64[D]")
    opens = chosen["open_at"].to_numpy().astype("datetime64[us]")
    return World(
        _bars(rng, sessions),
        sessions,
        opens - np.timedelta64(45, "m"),
        _events(rng, sessions),
        _estimates(rng, sessions),
    )


def _bars(rng: np.random.Generator, sessions: np.ndarray) -> pl.DataFrame:
    parts = []
    for sid in range(ASSETS):
        begin, end = 0, len(sessions)
        if sid % 3 == 1:  # listed late, or gone early
            begin, end = int(rng.integers(0, 60)), int(rng.integers(70, len(sessions)))
        days = sessions[begin:end]
        prices = dict.fromkeys(("open", "high", "low", "close", "volume"), pl.lit(10.0))
        parts.append(pl.DataFrame({"date": days}).with_columns(symbol=pl.lit(f"S{sid}"), **prices))
    return pl.concat(parts)


def _instant(rng: np.random.Generator, day: np.datetime64) -> np.datetime64:
    """Return a time of a day: midnight, around the time that zipline asks, or any."""
    minutes = rng.choice(
        [0, 12 * 60 + 45, 13 * 60 + 45, rng.integers(12 * 60, 14 * 60), rng.integers(0, 24 * 60)],
        p=[0.3, 0.1, 0.1, 0.2, 0.3],
    )
    return day.astype("datetime64[us]") + np.timedelta64(int(minutes), "m")


def _day(rng: np.random.Generator, day: np.datetime64) -> np.datetime64:
    """Return the day of an event: mostly a day, now and then its instant, or unknown."""
    kind = rng.random()
    if kind < 0.05:
        return NEVER.astype("datetime64[us]")
    return _instant(rng, day) if kind < 0.2 else day.astype("datetime64[us]")


def _events(rng: np.random.Generator, sessions: np.ndarray) -> pl.DataFrame:
    rows: list[dict] = []
    for sid in range(ASSETS - 1):  # the last asset has none
        late = (
            20 if sid % 2 else 0
        )  # days after an event at which it may become known at the latest
        for _ in range(int(rng.integers(1, 25))):
            day = sessions[0] + int(rng.integers(-40, 190)) * DAY
            known = day + int(rng.integers(-50, late + 1)) * DAY
            rows.append(_event(rng, sid, day, known))
            while rng.random() < 0.4:  # a correction, or a move
                day += int(rng.integers(-9, 10)) * DAY * (rng.random() < 0.4)
                known = min(known + int(rng.integers(0, 12)) * DAY, day + late * DAY)
                rows.append(_event(rng, sid, day, known))
    return _numbered(rows)


def _event(rng: np.random.Generator, sid: int, day: np.datetime64, known: np.datetime64) -> dict:
    never = 0.05 * (sid % 2)
    return {
        "sid": sid,
        "known": _instant(rng, known) if rng.random() >= never else None,
        "day": _day(rng, day),
        "value": round(float(rng.normal()), 3) if rng.random() > 0.15 else None,
        "label": str(rng.choice(LABELS)) if rng.random() > 0.15 else None,
        "count": int(rng.integers(0, 9)),
        "flag": bool(rng.random() < 0.5),
    }


def _estimates(rng: np.random.Generator, sessions: np.ndarray) -> pl.DataFrame:
    rows: list[dict] = []
    for sid in range(ASSETS - 1):
        year, quarter = 2000, int(rng.integers(1, 5))
        day = sessions[0] - int(rng.integers(20, 60)) * DAY
        while day < sessions[-1] + 60 * DAY:
            if rng.random() > 0.15:
                # Quarters may be announced in another order than theirs, or on one day.
                moved = day - int(rng.integers(0, 60)) * DAY * (rng.random() < 0.15)
                rows += _quarter(rng, {"sid": sid, "year": year, "quarter": quarter}, moved)
            day += int(rng.integers(5, 45)) * DAY * (rng.random() > 0.12)
            year, quarter = year + quarter // 4, quarter % 4 + 1
    return _numbered(rows)


def _quarter(rng: np.random.Generator, named: dict, day: np.datetime64) -> list[dict]:
    rows = []
    for _ in range(int(rng.integers(1, 6))):
        known = day + int(rng.integers(-80, 15)) * DAY
        if rng.random() < 0.2:
            day += int(rng.integers(-5, 6)) * DAY
        year = named["year"] if rng.random() > 0.03 else None
        rows.append(
            {
                "sid": named["sid"],
                "known": _instant(rng, known) if rng.random() > 0.03 else None,
                "day": _day(rng, day),
                "fiscal_year": year,
                "fiscal_quarter": named["quarter"],
                "eps": round(float(rng.normal()), 3) if rng.random() > 0.2 else None,
                "actual": round(float(rng.normal()), 3) if known > day else None,
            }
        )
    return rows


def _numbered(rows: list[dict]) -> pl.DataFrame:
    """Return the rows by the time they became known; of one asset and instant there is one row."""
    return (
        pl.DataFrame(
            {
                name: np.array([it[name] for it in rows], dtype="datetime64[us]")
                if name in {"known", "day"}
                else [it[name] for it in rows]
                for name in rows[0]
            }
        )
        .unique(["sid", "known"], keep="first", maintain_order=True)
        .sort("known", "sid", nulls_last=True)
        .with_row_index("row")
        .cast({"row": pl.Float64})
    )


def held_until_the_day_after(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as zipline must get them to know each when we do.

    That is from the first session after its day on; an event at an instant is past likewise, which is
    zipline's own rule for the day of an estimate.
    """
    known, day = pl.col("known"), pl.col("day")
    midnight, own = known.dt.truncate("1d"), day.dt.truncate("1d")
    late = own + pl.duration(hours=23, minutes=59)
    return rows.with_columns(
        known=midnight + pl.duration(days=1) + (known - midnight) / 1000,  # in the same order
        day=day if "eps" in rows.columns else pl.when(day == own).then(day).otherwise(late),
    )


def seen_before_the_open(rows: pl.DataFrame, world: World, *, inclusive: bool) -> pl.DataFrame:
    """Return the rows as we must get them to know each when zipline does.

    Parameters
    ----------
    rows
        Events or estimates.
    world
        Whose sessions and query times hold.
    inclusive
        Whether a row of the very instant at which zipline asks is known: of estimates it is, of events
        not. An event counts as past by that instant, too; the day of an estimate by midnight.
    """
    known = rows["known"].to_numpy()
    ahead = np.append(world.sessions, world.sessions[-1] + 7 * DAY)
    place = np.searchsorted(world.cutoffs, known, side="left" if inclusive else "right")
    order = np.arange(rows.height).astype("timedelta64[us]")
    held = np.where(np.isnat(known), known, ahead[place] - DAY + order)
    day = rows["day"].to_numpy()
    if not inclusive:
        date = day.astype("datetime64[D]")
        asked = np.append(world.cutoffs, NEVER)[np.searchsorted(world.sessions, date)]
        day = np.where(np.isin(date, world.sessions) & (day < asked), date, day)
    return rows.with_columns(known=pl.Series(held), day=pl.Series(day))


def filled_forward(estimates: pl.DataFrame) -> pl.DataFrame:
    """Return estimates whose missing values are those of the estimate before of the same quarter."""
    told = estimates.filter(pl.col("day").is_not_null())
    return told.with_columns(pl.col("eps", "actual").forward_fill().over(QUARTER))
