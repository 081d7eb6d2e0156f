"""Which assets may not be ordered, and from when."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from enum import IntEnum
from typing import NamedTuple

from rustybt.assets import Asset
from rustybt.errors import NotAnAssetError, OptionError


class RESTRICTION_STATES(IntEnum):  # noqa: N801 - zipline's name
    """Whether an asset may be ordered."""

    ALLOWED = 0
    FROZEN = 1


class Restriction(NamedTuple):
    """From `effective_date` on (a day, or an instant; UTC if it names no zone) a state holds."""

    asset: Asset
    effective_date: date
    state: RESTRICTION_STATES


class Restrictions(ABC):
    """Decides whether an asset is restricted; ``a | b`` restricts what either does."""

    @abstractmethod
    def is_restricted(self, asset: Asset, dt: date) -> bool:
        """Return whether an asset may not be ordered at an instant."""

    def __or__(self, other: "Restrictions") -> "Restrictions":
        return UnionRestrictions((self, other))


class NoRestrictions(Restrictions):
    """Restrict nothing."""

    def is_restricted(self, asset: Asset, dt: date) -> bool:  # noqa: ARG002 - the protocol's
        """Return False."""
        return False


class UnionRestrictions(Restrictions):
    """Restrict what any of several does.

    Parameters
    ----------
    parts
        The several.
    """

    def __init__(self, parts: Iterable[Restrictions]) -> None:
        self.parts = tuple(parts)

    def is_restricted(self, asset: Asset, dt: date) -> bool:
        """Return whether any of them restricts the asset."""
        return any(it.is_restricted(asset, dt) for it in self.parts)


class StaticRestrictions(Restrictions):
    """Restrict some assets at all times.

    Parameters
    ----------
    restricted_list
        The assets.
    """

    def __init__(self, restricted_list: Iterable[Asset]) -> None:
        self.assets = frozenset(_assets(restricted_list))

    def is_restricted(self, asset: Asset, dt: date) -> bool:  # noqa: ARG002 - the protocol's
        """Return whether the asset is one of them."""
        return asset in self.assets


class HistoricalRestrictions(Restrictions):
    """Restrict each asset from some dates to others.

    Parameters
    ----------
    restrictions
        Each sets the state of an asset from its date on; before the first it is allowed.
    """

    def __init__(self, restrictions: Iterable[Restriction]) -> None:
        self._states: dict[Asset, list[tuple[datetime, RESTRICTION_STATES]]] = {}
        for asset, effective, state in restrictions:
            states = self._states.setdefault(_assets([asset])[0], [])
            states.append((_instant(effective), state))
        for states in self._states.values():
            states.sort(key=lambda it: it[0])

    def is_restricted(self, asset: Asset, dt: date) -> bool:
        """Return whether the last state that is in force by `dt` is frozen."""
        now, found = _instant(dt), RESTRICTION_STATES.ALLOWED
        for effective, state in self._states.get(asset, ()):
            if effective <= now:
                found = state
        return found is RESTRICTION_STATES.FROZEN


def _assets(listed: Iterable[Asset]) -> list[Asset]:
    if isinstance(listed, Asset) or not isinstance(listed, Iterable):
        raise OptionError("restricted_list", listed, "several assets")
    assets = list(listed)
    for asset in assets:
        if not isinstance(asset, Asset):
            raise NotAnAssetError(asset)
    return assets


def _instant(day: date) -> datetime:
    if not isinstance(day, datetime):
        return datetime.combine(day, time(), UTC)
    return day if day.tzinfo else day.replace(tzinfo=UTC)
