"""What one row of a source is: a trade, or a bar of minutes, hours, a session, a week or a month.

The one list of them, under files, adapters, bundles and the command line. Stored and shown is one name
for each; the usual other names are taken in calls. ``1M`` is a month and ``1m`` a minute, as every
source writes them; all other names are taken in any case.
"""

from datetime import datetime, timedelta
from typing import Final, Literal, cast, get_args

from rustybt.errors import RequestError

Resolution = Literal["tick", "1m", "5m", "15m", "30m", "1h", "2h", "4h", "1d", "1w", "1mo"]
Period = Literal["week", "month"]

RESOLUTIONS: Final[tuple[Resolution, ...]] = get_args(Resolution)  # from fine to coarse
BARS: Final = RESOLUTIONS[1:]  # without trades
TICK: Final = "tick"
MONTH: Final = "1mo"

_STEPS: Final = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "2h": timedelta(hours=2),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
}
_PERIODS: Final[dict[str, Period]] = {"1w": "week", MONTH: "month"}

_SYNONYMS: Final = {
    TICK: ("ticks", "trade", "trades"),
    "1m": ("minute", "minutes", "min", "1min", "1minute", "1t"),
    "5m": ("5min", "5minute", "5minutes", "5t"),
    "15m": ("15min", "15minute", "15minutes", "15t"),
    "30m": ("30min", "30minute", "30minutes", "30t"),
    "1h": ("hour", "hourly", "1hour", "60m", "60min", "h"),
    "2h": ("2hour", "2hours", "120m", "120min"),
    "4h": ("4hour", "4hours", "240m", "240min"),
    "1d": ("day", "daily", "1day", "d", "24h"),
    "1w": ("week", "weekly", "1wk", "1week", "w", "7d"),
    MONTH: ("month", "monthly", "1month", "1mon", "1mth", "mo"),
}
_NAMED: Final = {name: name for name in RESOLUTIONS} | {
    other: cast("Resolution", name) for name, others in _SYNONYMS.items() for other in others
}


def resolution_of(name: object) -> Resolution:
    """Return the one name of a resolution.

    Raises
    ------
    RequestError
        There is none of that name.

    Examples
    --------
    >>> resolution_of("1M"), resolution_of("1wk"), resolution_of("Daily")
    ('1mo', '1w', '1d')
    """
    if name in ("M", "1M"):
        return MONTH
    if isinstance(name, str) and name.strip().lower() in _NAMED:
        return _NAMED[name.strip().lower()]
    raise RequestError("resolution", name, f"one of {', '.join(RESOLUTIONS)}")


def dataset_of(resolution: Resolution) -> str:
    """Return the dataset that rows of a resolution are stored in."""
    return "trades" if resolution == TICK else f"bars_{resolution}"


def is_daily(resolution: str) -> bool:
    """Whether a bar spans whole sessions: a day, a week or a month."""
    return resolution in ("1d", "1w", MONTH)


def period_of(resolution: str) -> Period | None:
    """Return what a bar of several sessions spans; None for all others."""
    return _PERIODS.get(resolution)


def step_of(resolution: str) -> timedelta:
    """Return the length of a bar, for a month the longest that there is; nothing for a tick."""
    if resolution == TICK:
        return timedelta()
    return _STEPS.get(resolution, timedelta(days=31))


def end_of(begin: datetime, resolution: str) -> datetime:
    """Return the instant when the bar that begins at an instant is over; a month ends by the calendar."""
    if resolution == MONTH:
        return (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
    return begin + step_of(resolution)


def finer(resolution: Resolution) -> tuple[Resolution, ...]:
    """Return the lengths whose bars add up to those of a resolution, from coarse to fine.

    A week is no part of a month, and no source's hours are parts of a session that opens at half past.
    """
    below = RESOLUTIONS[1 : RESOLUTIONS.index(resolution)]
    return tuple(name for name in reversed(below) if not (resolution == MONTH and name == "1w"))
