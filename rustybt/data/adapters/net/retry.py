"""Asks a source again where that may help, and lets all processes pause when it wants fewer requests."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import stamina

from rustybt.data.adapters.net.limiter import Limiter
from rustybt.errors import (
    DataAdapterError,
    DataParsingError,
    NetworkError,
    QuotaExceededError,
    RateLimitError,
)

Answer = TypeVar("Answer")
_MALFORMED: Final = 3  # times that an answer may be none before it is an error

logging.getLogger("stamina").addHandler(logging.NullHandler())  # else each retry stands on stderr


@dataclass(frozen=True)
class Patience:
    """How long an answer is tried for.

    Parameters
    ----------
    attempts
        At most.
    seconds
        Of all attempts and pauses.
    first, longest
        Seconds of the pause after the first failure, and of any; they double, with jitter.
    """

    attempts: int = 6
    seconds: float = 300.0
    first: float = 0.5
    longest: float = 30.0

    @classmethod
    def of(cls, given: "Patience | Mapping[str, Any]") -> "Patience":
        """Return a patience that is given, or was stored, by its fields."""
        return given if isinstance(given, Patience) else cls(**given)


async def patiently(
    ask: Callable[[], Awaitable[Answer]], limiter: Limiter, patience: Patience
) -> Answer:
    """Return what a source answers at last.

    Parameters
    ----------
    ask
        Sends the request, after a turn of the limiter; called anew for each attempt.
    limiter
        Is told to hold when the source wants fewer requests.
    patience
        For how long.

    Raises
    ------
    DataAdapterError
        That of the last attempt. Asked again is after `NetworkError`, after `RateLimitError` if it is
        over in time, and twice after `DataParsingError`.
    """
    failed: list[DataAdapterError] = []

    def again(error: Exception) -> bool | float:
        match error:
            case QuotaExceededError():
                return False
            case RateLimitError():
                return (error.retry_after or 0.0) <= patience.seconds and 0.0  # the limiter waits
            case DataParsingError():
                return sum(isinstance(it, DataParsingError) for it in failed) < _MALFORMED
        return isinstance(error, NetworkError)

    async for attempt in stamina.retry_context(
        on=again,
        attempts=patience.attempts,
        timeout=patience.seconds,
        wait_initial=patience.first,
        wait_max=patience.longest,
        wait_jitter=patience.first,
    ):
        with attempt:
            try:
                return await ask()
            except DataAdapterError as error:
                failed.append(error)
                if isinstance(error, RateLimitError):
                    pause = min(patience.first * 2 ** len(failed), patience.longest)
                    await limiter.hold(pause if error.retry_after is None else error.retry_after)
                raise
    raise AssertionError  # the loop above ends by an answer or an error
