"""Errors of adapters: what was asked of a source, what it answered, and what is missing of it."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from rustybt.errors.ingesting import SourceError


class RequestError(SourceError, ValueError):
    """A request that cannot be; nothing was asked of the source."""

    def __init__(self, argument: str, found: object, expected: str) -> None:
        self.argument, self.found, self.expected = argument, found, expected
        super().__init__(f"{argument}: expected {expected}, found {found!r}.")


class UnsupportedResolutionError(RequestError):
    """The source has no bars of this length, or none of these days."""

    def __init__(self, source: str, resolution: str, has: Collection[str], problem: str) -> None:
        self.source, self.resolution, self.has = source, resolution, tuple(has)
        super().__init__(
            "resolution", resolution, f"one of {', '.join(has)} of {source} ({problem})"
        )


class UnknownAdapterError(SourceError, LookupError):
    """No adapter has this name; the nearest is named."""

    def __init__(self, name: str, known: Collection[str]) -> None:
        self.name, self.nearest = name, get_close_matches(name, known, n=1)
        hint = f" Nearest: {self.nearest[0]!r}." if self.nearest else ""
        super().__init__(f"No adapter {name!r} among {', '.join(sorted(known))}.{hint}")


class FetchError(SourceError):
    """Some symbols of a request are not complete; `bars` has what came, `report` what is missing.

    Parameters
    ----------
    source
        In words.
    bars
        The frame that `fetch` would have answered, with all rows that came.
    report
        A `rustybt.data.adapters.FetchReport`.
    """

    def __init__(self, source: str, bars: Any, report: Any) -> None:
        self.source, self.bars, self.report = source, bars, report
        lacking = report.lacking
        shown = "".join(f"\n  {it.text}" for it in lacking[:10])
        more = f"\n  and {len(lacking) - 10} more" if len(lacking) > 10 else ""
        super().__init__(
            f"{source}: {len(lacking)} of {len(report.symbols)} symbols are not complete. The rows that "
            f"came are in `.bars`, each symbol in `.report`; `fetch_all` gives both without raising:"
            f"{shown}{more}"
        )


class DataAdapterError(SourceError):
    """What a source answered cannot be used; its kinds say whether to ask again."""

    def __init__(self, source: str, problem: str) -> None:
        self.source, self.problem = source, problem
        super().__init__(f"{source}: {problem}")


class NetworkError(DataAdapterError, ConnectionError):
    """The source could not be reached, or is out of order: asked again, with growing pauses."""


class RateLimitError(DataAdapterError):
    """The source wants fewer requests; `retry_after` seconds if it said so. Asked again after them."""

    def __init__(self, source: str, problem: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(source, problem)


class QuotaExceededError(RateLimitError):
    """The allowance of the plan is used up: not asked again."""


class DataParsingError(DataAdapterError, ValueError):
    """An answer that is not what the source documents: asked again twice, and never taken as empty."""


class RefusedError(DataAdapterError):
    """The source refuses the request for good, with this status if by HTTP: not asked again."""

    def __init__(self, source: str, problem: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(source, problem)


class AuthenticationError(RefusedError, PermissionError):
    """A key that is missing, wrong or of too small a plan."""


class SymbolNotFoundError(RefusedError, LookupError):
    """The source has no such symbol; the nearest is named where its symbols are known."""

    def __init__(self, source: str, symbol: str, known: Collection[str] = ()) -> None:
        self.symbol = symbol
        self.nearest = get_close_matches(symbol.upper(), known, n=1)
        hint = f" Nearest: {self.nearest[0]!r}." if self.nearest else ""
        super().__init__(source, f"it has no symbol {symbol!r}.{hint}")


class KeyFileError(SourceError, PermissionError):
    """The file of keys can be read by others, or cannot be read at all."""

    def __init__(self, file: object, problem: str, advice: str) -> None:
        self.file = str(file)
        super().__init__(f"{file}: {problem}. {advice}")
