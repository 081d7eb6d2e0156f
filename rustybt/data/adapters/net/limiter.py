"""Keeps the requests of all processes of a user to a source below its limits.

Each request reserves the next free instant of its account (the generic cell rate algorithm) and then
waits for it outside the lock, so that nobody is overtaken, and a process that dies leaves no more than
an instant unused. When a source wants a pause, all processes hold it.
"""

import asyncio
import fcntl
import os
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rustybt.data.adapters.net.folder import file_of, opened
from rustybt.errors import RateLimitError
from warehouse import config

_MARGIN: Final = 0.95  # of a limit is used: requests that are sent evenly do not arrive evenly
_LONGEST: Final = 4 * 86_400.0  # seconds; what lies further ahead is of a clock that was set back
_NUMBER: Final = struct.Struct("<d")


@dataclass(frozen=True)
class Rate:
    """A limit: so many units in so many seconds, `burst` of them at once."""

    units: float
    seconds: float = 1.0
    burst: float = 1.0

    @property
    def step(self) -> float:
        """Seconds from one unit to the next."""
        return self.seconds / (self.units * _MARGIN)


def rates_of(adapter: str, told: float | None, usual: Sequence[Rate]) -> tuple[Rate, ...]:
    """Return the limits of an adapter.

    Parameters
    ----------
    adapter
        Its name in the settings: ``adapters.<name>.rate_limit``.
    told
        Requests a second that the user gave in the call; before the setting.
    usual
        The limits of the source, where neither says another.
    """
    per_second = told if told is not None else config.load()[f"adapters.{adapter}.rate_limit"]
    return tuple(usual) if per_second is None else (Rate(float(per_second)),)


@dataclass(frozen=True)
class Limiter:
    """The limits of one account at one source.

    Parameters
    ----------
    account
        Source, and account if it counts by accounts, without secrets: ``polygon``, ``ccxt binance``.
    rates
        All of them hold.
    longest
        Seconds that a request waits for its turn at most.
    """

    account: str
    rates: tuple[Rate, ...]
    longest: float = 600.0

    async def slot(self, cost: float = 1.0) -> None:
        """Wait until a request that costs so many units may be sent.

        Raises
        ------
        RateLimitError
            Its turn would come later than in `longest` seconds; none is reserved.
        """
        while True:
            begun = time.time()
            wait = await asyncio.to_thread(self._reserve, cost)
            await asyncio.sleep(wait)
            if await asyncio.to_thread(self._held) <= max(begun + wait, time.time()):
                return  # else somebody was told to pause meanwhile

    async def hold(self, seconds: float) -> None:
        """Let no process send a request for so many seconds."""
        await asyncio.to_thread(self._hold, seconds)

    def ahead(self) -> float:
        """Return the seconds for which a request would wait now that was made now; reserves none."""
        found = 0.0

        def change(now: float, held: float, free: list[float]) -> tuple[float, list[float]]:
            nonlocal found
            found = self._turn(now, held, free) - now
            return held, free

        self._changed(change)
        return found

    def _turn(self, now: float, held: float, free: list[float]) -> float:
        """Return when a request may be sent."""
        ready = [
            at - (rate.burst - 1) * rate.step for at, rate in zip(free, self.rates, strict=True)
        ]
        return max(now, held, *ready)

    def _reserve(self, cost: float) -> float:
        wait = 0.0

        def change(now: float, held: float, free: list[float]) -> tuple[float, list[float]]:
            nonlocal wait
            turn = self._turn(now, held, free)
            wait = turn - now
            if wait > self.longest:
                problem = f"its limit is used up for {wait:,.0f} seconds"
                raise RateLimitError(self.account, problem, wait)
            moved = [
                max(at, turn) + cost * rate.step for at, rate in zip(free, self.rates, strict=True)
            ]
            return held, moved

        self._changed(change)
        return wait

    def _hold(self, seconds: float) -> None:
        def change(now: float, held: float, free: list[float]) -> tuple[float, list[float]]:
            return max(held, now + seconds), free

        self._changed(change)

    def _held(self) -> float:
        found = 0.0

        def change(_: float, held: float, free: list[float]) -> tuple[float, list[float]]:
            nonlocal found
            found = held
            return held, free

        self._changed(change)
        return found

    def _changed(
        self, change: Callable[[float, float, list[float]], tuple[float, list[float]]]
    ) -> None:
        """Change under a lock until when all hold, and from when each limit is free."""
        with closing(_Locked(file_of("limit", self.account))) as file:
            now = time.time()
            told = [at if at <= now + _LONGEST else now for at in file.read(1 + len(self.rates))]
            held, free = change(now, told[0], told[1:])
            file.write([held, *free])


class _Locked:
    """A file of numbers that one process at a time reads and writes; it is free again if that dies."""

    def __init__(self, path: Path) -> None:
        self._file = opened(path)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def read(self, count: int) -> list[float]:
        data = os.pread(self._file, count * _NUMBER.size, 0).ljust(count * _NUMBER.size, b"\0")
        return [number for (number,) in _NUMBER.iter_unpack(data)]

    def write(self, numbers: Sequence[float]) -> None:
        os.pwrite(self._file, b"".join(_NUMBER.pack(it) for it in numbers), 0)

    def close(self) -> None:
        os.close(self._file)
