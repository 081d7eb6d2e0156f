"""What is asked of an adapter: symbols, a span of time and a length of bars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from rustybt.data.resolutions import is_daily, resolution_of
from rustybt.errors import RequestError

_ALIASES: Final = {
    "start": "start_date",
    "end": "end_date",
    "frequency": "resolution",
    "timeframe": "resolution",
}
_EXPECTED_TIME: Final = "a date, a datetime, a Timestamp or ISO 8601 text; without a zone it is UTC"
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Request:
    """The bars that are wanted of a source.

    Parameters
    ----------
    symbols
        As the user writes them, each once, in their order.
    start, until
        Instants in UTC without a zone, half open: a bar is wanted if it begins in between. Of days and
        longer bars they are midnights, and stand for dates of sessions.
    resolution
        One of `rustybt.data.adapters.RESOLUTIONS`.
    """

    symbols: tuple[str, ...]
    start: datetime
    until: datetime
    resolution: str = "1d"

    @classmethod
    def of(
        cls,
        symbols: str | Iterable[str],
        start_date: Any = None,
        end_date: Any = None,
        resolution: Any = None,
        **aliases: Any,
    ) -> "Request":
        """Return the request of a call in any of its forms.

        Parameters
        ----------
        symbols
            One symbol or several.
        start_date, end_date
            Both included: a bar that begins at `end_date` is wanted, and an `end_date` at midnight means
            that whole day. A date, a datetime, a Timestamp of pandas or ISO text; without a zone it is UTC.
            Of days and longer bars only the date counts, in the zone that it is written in.
        resolution
            Any name of a length; ``1d`` if None.
        aliases
            ``start``, ``end``, ``frequency`` or ``timeframe`` in the place of one of them.

        Raises
        ------
        RequestError
            One of them cannot be, is missing or is given twice.
        """
        given = _named(
            {"start_date": start_date, "end_date": end_date, "resolution": resolution}, aliases
        )
        length = resolution_of("1d" if given["resolution"] is None else given["resolution"])
        first = _moment("start_date", given["start_date"])
        last = _moment("end_date", given["end_date"])
        last += timedelta(days=1) if last.time() == time() or is_daily(length) else _INSTANT
        start, until = _utc(first, length), _utc(last, length)
        if until <= start:
            raise RequestError("end_date", str(given["end_date"]), f"no time before {start}")
        return cls(_symbols(symbols), start, until, length)

    def of_symbol(self, symbol: str) -> "Request":
        """Return the same request for one symbol."""
        return replace(self, symbols=(symbol,))

    def between(self, start: datetime, until: datetime) -> "Request":
        """Return the same request for another span."""
        return replace(self, start=start, until=until)


def _named(given: Mapping[str, Any], aliases: Mapping[str, Any]) -> dict[str, Any]:
    named = dict(given)
    for alias, value in aliases.items():
        name = _ALIASES.get(alias)
        if name is None:
            known = ", ".join(("symbols", *given, *_ALIASES))
            raise RequestError("argument", alias, f"one of {known}")
        if named[name] is not None:
            raise RequestError(alias, value, f"{name} once, not under two names")
        named[name] = value
    return named


def _symbols(given: str | Iterable[str]) -> tuple[str, ...]:
    symbols = (given,) if isinstance(given, str) else tuple(given)
    for symbol in symbols:
        if not isinstance(symbol, str) or not symbol.strip():
            raise RequestError("symbols", symbol, "names, none of them empty")
    if not symbols:
        raise RequestError("symbols", symbols, "at least one")
    return tuple(dict.fromkeys(it.strip() for it in symbols))


def _moment(name: str, given: Any) -> datetime:
    """Return what is written, in its own zone if it has one."""
    if isinstance(given, str):
        try:
            return datetime.fromisoformat(given.strip())
        except ValueError:
            raise RequestError(name, given, _EXPECTED_TIME) from None
    if hasattr(given, "to_pydatetime"):
        given = given.floor("us").to_pydatetime()  # nanoseconds are no part of any time of a bar
    if isinstance(given, datetime) and given == given:  # noqa: PLR0124 - NaT is not itself
        return given
    if isinstance(given, date) and not isinstance(given, datetime):
        return datetime.combine(given, time())
    raise RequestError(name, given, _EXPECTED_TIME)


def _utc(moment: datetime, resolution: str) -> datetime:
    """Return an instant in UTC without a zone; of whole sessions the midnight of the written date."""
    if is_daily(resolution):
        return datetime.combine(moment.date(), time())
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
