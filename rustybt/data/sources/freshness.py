"""How long what was fetched is taken for what the source would answer now."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from rustybt.data.calendars import sessions
from rustybt.data.resolutions import resolution_of, step_of
from rustybt.errors import OptionError

Fetched = datetime | Mapping[str, Any] | Any
"""When it was fetched: an instant (UTC without a zone), or what has a ``fetch_timestamp``, seconds since
1970, such as `BundleMetadata` and its dict."""

_EVER: Final = datetime.max  # noqa: DTZ901 - as all instants here
_ROUND_THE_CLOCK: Final = "24/7"
_DAY: Final = timedelta(days=1)  # where a calendar is known no further


class FreshnessPolicy(ABC):
    """Says when what was fetched at an instant is to be asked for again."""

    def is_fresh(
        self,
        bundle_metadata: Fetched,
        frequency: str,
        calendar: Any = None,
        *,
        now: datetime | None = None,
    ) -> bool:
        """Whether it holds still.

        Parameters
        ----------
        bundle_metadata
            When it was fetched, in any form of `Fetched`.
        frequency
            Length of the bars, any name of one.
        calendar
            Exchange calendar of the source or its name; 24/7 if None.
        now
            Instant of the question, UTC without a zone; the present if None.

        Raises
        ------
        OptionError
            No instant of a fetch is told.
        """
        asked = datetime.now(UTC).replace(tzinfo=None) if now is None else now
        return asked < self.get_next_refresh_time(bundle_metadata, frequency, calendar)

    def get_next_refresh_time(
        self, bundle_metadata: Fetched, frequency: str, calendar: Any = None
    ) -> datetime:
        """Return the first instant, UTC without a zone, at which it does not hold any more.

        ``datetime.max`` if it holds for good. Parameters and errors as `is_fresh`.
        """
        fetched, name = _instant(bundle_metadata), getattr(calendar, "name", calendar)
        return self._until(fetched, resolution_of(frequency), name or _ROUND_THE_CLOCK)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What `policy_of` makes it of again, as JSON."""
        return {"policy": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]

    @abstractmethod
    def _until(self, fetched: datetime, frequency: str, calendar: str) -> datetime: ...


@dataclass(frozen=True)
class MarketCloseFreshnessPolicy(FreshnessPolicy):
    """It holds until the market closes for the next time; round the clock until midnight, UTC."""

    def _until(self, fetched: datetime, frequency: str, calendar: str) -> datetime:  # noqa: ARG002
        hours = _hours(calendar, fetched)
        return next((close for _, close in hours if close > fetched), fetched + _DAY)


@dataclass(frozen=True)
class TTLFreshnessPolicy(FreshnessPolicy):
    """It holds for a time.

    Parameters
    ----------
    ttl_seconds
        How long; the length of a bar if None, and of ticks not at all.
    """

    ttl_seconds: float | None = None

    def __post_init__(self) -> None:
        _require_seconds(self.ttl_seconds)

    def _until(self, fetched: datetime, frequency: str, calendar: str) -> datetime:  # noqa: ARG002
        if self.ttl_seconds is None:
            return fetched + step_of(frequency)
        return fetched + timedelta(seconds=self.ttl_seconds)


@dataclass(frozen=True)
class HybridFreshnessPolicy(FreshnessPolicy):
    """It holds for a time while the market is open; what is fetched after hours until it opens again.

    Parameters
    ----------
    ttl_seconds
        How long while the market is open.
    """

    ttl_seconds: float = 3600

    def __post_init__(self) -> None:
        _require_seconds(self.ttl_seconds)

    def _until(self, fetched: datetime, frequency: str, calendar: str) -> datetime:  # noqa: ARG002
        later = (it for it in _hours(calendar, fetched) if it[1] > fetched)
        open_at, _ = next(later, (fetched + _DAY, fetched + _DAY))
        return max(open_at, fetched) + timedelta(seconds=self.ttl_seconds * (open_at <= fetched))


@dataclass(frozen=True)
class NeverStaleFreshnessPolicy(FreshnessPolicy):
    """It holds for good."""

    def _until(self, fetched: datetime, frequency: str, calendar: str) -> datetime:  # noqa: ARG002
        return _EVER


@dataclass(frozen=True)
class AlwaysStaleFreshnessPolicy(FreshnessPolicy):
    """It never holds: everything is asked for each time."""

    def _until(self, fetched: datetime, frequency: str, calendar: str) -> datetime:  # noqa: ARG002
        return fetched


_POLICIES: Final = {
    it.__name__: it
    for it in (
        MarketCloseFreshnessPolicy,
        TTLFreshnessPolicy,
        HybridFreshnessPolicy,
        NeverStaleFreshnessPolicy,
        AlwaysStaleFreshnessPolicy,
    )
}


def policy_of(parameters: Mapping[str, Any]) -> FreshnessPolicy:
    """Return the policy of its `FreshnessPolicy.parameters`.

    Raises
    ------
    OptionError
        It is none of these.
    """
    told = dict(parameters)
    name = told.pop("policy", None)
    if name not in _POLICIES:
        raise OptionError("policy", name, ", ".join(_POLICIES))
    made: FreshnessPolicy = _POLICIES[name](**told)
    return made


def _instant(told: Fetched) -> datetime:
    if isinstance(told, datetime):
        return told.astimezone(UTC).replace(tzinfo=None) if told.tzinfo else told
    seconds = (
        told.get("fetch_timestamp")
        if isinstance(told, Mapping)
        else getattr(told, "fetch_timestamp", None)
    )
    if not isinstance(seconds, int | float):
        raise OptionError("bundle_metadata", told, "an instant, or what has a fetch_timestamp")
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _hours(calendar: str, at: datetime) -> list[tuple[datetime, datetime]]:
    """Return opening and close of the sessions that close at an instant or later, the next three."""
    day = date(at.year, at.month, at.day)
    table = sessions(calendar, day - timedelta(days=7), day)
    opened, closed = (table[name].to_numpy() for name in ("open_at", "close_at"))
    first = int(closed.searchsorted(at))
    near = slice(first, first + 3)
    return list(zip(opened[near].tolist(), closed[near].tolist(), strict=True))


def _require_seconds(seconds: float | None) -> None:
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise OptionError("ttl_seconds", seconds, "seconds, 0 or more")
