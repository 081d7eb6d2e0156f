"""What goes wrong between a vendor and its client, one class a kind.

A fault is scripted, never drawn: the server uses it at the request it is written for, and a test ends
only when every fault was used.
"""

import asyncio
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from tests.fake_exchanges.answer import Answer, Turn, with_rows

HTML = b"<!DOCTYPE html><html><head><title>One moment</title></head><body>Checking</body></html>"


class Fault(Protocol):
    """Answers a turn in the place of the vendor, or spoils the vendor's answer."""

    async def __call__(self, turn: Turn) -> web.StreamResponse:
        """Answer."""
        ...


@dataclass
class Status:
    """Another status, with a body and headers: 429 with ``Retry-After``, 500, HTML with 200."""

    status: int
    body: bytes | str = HTML
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, _: Turn) -> web.StreamResponse:
        """Answer it."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        kind = "text/html" if body.startswith(b"<") else "application/json"
        return web.Response(
            body=body, status=self.status, headers={"Content-Type": kind, **self.headers}
        )


@dataclass
class Hang:
    """No answer at all, until the server stops."""

    async def __call__(self, _: Turn) -> web.StreamResponse:
        """Wait."""
        await asyncio.Event().wait()
        raise AssertionError


@dataclass
class Drip:
    """The right answer, a few bytes at a time."""

    size: int = 1
    gap: float = 0.2

    async def __call__(self, turn: Turn) -> web.StreamResponse:
        """Send it so."""
        answer = await turn.answer()
        response = web.StreamResponse(headers=answer.headers)
        await response.prepare(turn.request)
        for start in range(0, len(answer.body), self.size):
            await response.write(answer.body[start : start + self.size])
            await asyncio.sleep(self.gap)
        return response


@dataclass
class Truncate:
    """Half of the right answer.

    `how`: ``length`` (the announced length is that of all), ``chunked`` (no end of the chunks) or
    ``valid`` (a whole response, whose JSON is half).
    """

    how: str = "length"

    async def __call__(self, turn: Turn) -> web.StreamResponse:
        """Send half and close."""
        answer = await turn.answer()
        half = answer.body[: max(1, len(answer.body) // 2)]
        if self.how == "valid":
            return await Answer(half, answer.status, answer.headers).send()
        response = web.StreamResponse(headers=answer.headers)
        if self.how == "length":
            response.content_length = len(answer.body)
        else:
            response.enable_chunked_encoding()
        await response.prepare(turn.request)
        await response.write(half)
        await asyncio.sleep(0.05)
        assert turn.request.transport is not None
        turn.request.transport.close()
        return response


@dataclass
class Reset:
    """The connection is cut without a word."""

    async def __call__(self, turn: Turn) -> web.StreamResponse:
        """Cut it."""
        assert turn.request.transport is not None
        turn.request.transport.abort()
        return web.Response()


@dataclass
class Redirect:
    """Go elsewhere: to this URL."""

    to: str

    async def __call__(self, _: Turn) -> web.StreamResponse:
        """Answer 302."""
        return web.Response(status=302, headers={"Location": self.to})


@dataclass
class GzipBomb:
    """A small body that inflates to so many megabytes."""

    megabytes: int = 64

    async def __call__(self, _: Turn) -> web.StreamResponse:
        """Send it as JSON."""
        pack = zlib.compressobj(9, zlib.DEFLATED, 31)
        body = pack.compress(b'{"data": "')
        body += b"".join(pack.compress(b"0" * 1_000_000) for _ in range(self.megabytes))
        body += pack.compress(b'"}') + pack.flush()
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return web.Response(body=body, headers=headers)


@dataclass
class Reshaped:
    """The right answer with other rows: see the functions below."""

    change: Callable[[list[Any]], list[Any]]

    async def __call__(self, turn: Turn) -> web.StreamResponse:
        """Send the changed rows."""
        return await with_rows(await turn.answer(), self.change).send()


def duplicated() -> Reshaped:
    """Return a fault that says every third row twice."""
    return Reshaped(
        lambda rows: [it for i, row in enumerate(rows) for it in [row] * (1 + (i % 3 == 0))]
    )


def unsorted(seed: int = 7) -> Reshaped:
    """Return a fault that shuffles the rows."""

    def shuffle(rows: list[Any]) -> list[Any]:
        mixed = list(rows)
        random.Random(seed).shuffle(mixed)
        return mixed

    return Reshaped(shuffle)


def emptied() -> Reshaped:
    """Return a fault that leaves no row."""
    return Reshaped(lambda _: [])


def nulled() -> Reshaped:
    """Return a fault that makes every number of the first row null."""

    def spoil(rows: list[Any]) -> list[Any]:
        if not rows:
            return rows
        first = rows[0]
        if isinstance(first, dict):
            kept = {"t", "timestamp", "S", "start"}
            return [{k: v if k in kept else None for k, v in first.items()}, *rows[1:]]
        if isinstance(first, tuple):
            return [(first[0], dict.fromkeys(first[1], None)), *rows[1:]]
        return [[first[0], *[None] * (len(first) - 1)], *rows[1:]]

    return Reshaped(spoil)


@dataclass
class Without:
    """The vendor ignores parameters of the query, such as where the page shall begin."""

    names: tuple[str, ...]

    async def __call__(self, turn: Turn) -> web.StreamResponse:
        """Answer without them."""
        for name in self.names:
            turn.ask.query.pop(name, None)
        return await (await turn.answer()).send()


@dataclass
class Instead:
    """The vendor answers another question: `asked` in path and query is read as `answered`."""

    asked: str
    answered: str

    async def __call__(self, turn: Turn) -> web.StreamResponse:
        """Answer the other."""
        turn.ask.path = turn.ask.path.replace(self.asked, self.answered)
        turn.ask.query = {
            k: v.replace(self.asked, self.answered) for k, v in turn.ask.query.items()
        }
        return await (await turn.answer()).send()


@dataclass
class Stale:
    """The first answer to a path again and again, with its cursor, whatever is asked of it."""

    first: dict[str, Answer] = field(default_factory=dict)

    async def __call__(self, turn: Turn) -> web.StreamResponse:
        """Answer as at first."""
        if turn.ask.path not in self.first:
            self.first[turn.ask.path] = await turn.answer()
        return await self.first[turn.ask.path].send()


@dataclass
class Slow:
    """The right answer after so many seconds."""

    seconds: float

    async def __call__(self, turn: Turn) -> web.StreamResponse:
        """Wait and answer."""
        await asyncio.sleep(self.seconds)
        return await (await turn.answer()).send()


@dataclass
class Limit:
    """Refuses more than `most` of weight in any `seconds`, as vendors do: 429 with Retry-After."""

    most: float
    seconds: float
    used: list[tuple[float, float]] = field(default_factory=list)
    refused: int = 0

    def take(self, at: float, weight: float) -> float:
        """Count a request; return how many seconds to wait if it is one too many, else 0."""
        self.used = [it for it in self.used if it[0] > at - self.seconds]
        if sum(weight for _, weight in self.used) + weight > self.most:
            self.refused += 1
            return max(0.001, self.used[0][0] + self.seconds - at) if self.used else self.seconds
        self.used.append((at, weight))
        return 0.0
