"""Which market a dataset or a pipeline speaks of: a calendar of sessions, a country, a currency.

A domain says what calendar a bundle must have; it opens none. The table has a row a market.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from rustybt.errors import AmbiguousDomainError, DomainMismatchError, UnknownFieldError
from rustybt.markets import MARKETS

_SAME: Final = {"NYSE": "XNYS", "NASDAQ": "XNYS", "XNAS": "XNYS", "LSE": "XLON", "JPX": "XTKS"}


@dataclass(frozen=True)
class Domain:
    """A market.

    Parameters
    ----------
    country_code
        As ISO 3166 has it; empty for what belongs to no country.
    calendar_name
        Exchange calendar, such as ``XNYS`` or ``24/7``; empty if any will do.
    currency
        In which its assets trade, as ISO 4217 has it; empty if their symbols say it.
    """

    country_code: str = ""
    calendar_name: str = ""
    currency: str = ""

    def check_bundle(self, bundle: str, calendar: str, sessions: Collection[date]) -> None:  # noqa: ARG002 - for those with sessions of their own
        """Refuse a bundle of another market.

        Raises
        ------
        DomainMismatchError
            The calendar of the bundle is not that of the domain.
        """
        if self.calendar_name and _canonical(calendar) != _canonical(self.calendar_name):
            raise DomainMismatchError(
                repr(self), f"the calendar {self.calendar_name}", bundle, f"{calendar}"
            )

    def __repr__(self) -> str:
        if not self.country_code:
            return "CRYPTO" if self.calendar_name else "GENERIC"
        return f"{self.country_code}_EQUITIES"


@dataclass(frozen=True, repr=False)
class EquitySessionDomain(Domain):
    """The equities of a country over given sessions; a bundle must have each of them."""

    sessions: tuple[date, ...] = ()

    def __init__(self, sessions: Collection[date], country_code: str) -> None:
        object.__setattr__(self, "country_code", country_code)
        object.__setattr__(self, "sessions", tuple(sorted(map(_day, sessions))))

    def check_bundle(self, bundle: str, calendar: str, sessions: Collection[date]) -> None:
        """Refuse a bundle that lacks a session."""
        lacking = sorted(set(self.sessions) - set(sessions))
        if lacking:
            found = f"{calendar}, without {lacking[0]}"
            raise DomainMismatchError(repr(self), f"{len(self.sessions)} sessions", bundle, found)

    def __repr__(self) -> str:
        return f"{self.country_code}_EQUITIES over {len(self.sessions)} sessions"


EquityCalendarDomain = Domain  # zipline's name
GENERIC: Final = Domain()
CRYPTO: Final = Domain(calendar_name="24/7")
EQUITIES: Final = {
    f"{country}_EQUITIES": Domain(country, calendar, currency)
    for country, calendar, currency in MARKETS
}
"""The markets by name; each is a name of this module as well, such as ``JP_EQUITIES``."""
US_EQUITIES: Final = EQUITIES["US_EQUITIES"]


def infer_domain(domains: Collection[Domain], default: Domain = GENERIC) -> Domain:
    """Return the one domain among several, those that are generic left out.

    Raises
    ------
    AmbiguousDomainError
        There is more than one.
    """
    named = dict.fromkeys(it for it in domains if it != GENERIC)
    if len(named) > 1:
        raise AmbiguousDomainError([*map(repr, named)])
    return next(iter(named), default)


def __getattr__(name: str) -> Domain:
    if name not in EQUITIES:
        raise UnknownFieldError("rustybt.pipeline.domain", name, EQUITIES)
    return EQUITIES[name]


def _canonical(calendar: str) -> str:
    return _SAME.get(calendar, calendar)


def _day(session: date) -> date:
    return date(session.year, session.month, session.day)
