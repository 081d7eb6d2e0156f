"""The server: many vendors on one port of the loopback, in a thread of its own.

It answers by path, so the base URL of a client is enough; or by a proxy, which takes every host name to
the TLS port, so that a client keeps its URLs, TLS and host names.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fake_exchanges.answer import Answer, Ask, Turn
from tests.fake_exchanges.authority import Authority
from tests.fake_exchanges.faults import Fault, Limit
from tests.fake_exchanges.vendors import VENDORS
from tests.fake_exchanges.world import World

UNKNOWN = 599  # a path that no vendor has


@dataclass
class Planned:
    """A fault in the script: `at` is the first matching request it is used for, from 1."""

    on: str
    fault: Fault
    at: int
    times: int | None
    seen: int = 0
    used: int = 0

    def due(self, ask: Ask) -> bool:
        """Count a request; return whether the fault is to be used for it."""
        if self.on not in ask.text and self.on != ask.host:
            return False
        self.seen += 1
        if self.seen < self.at or (self.times is not None and self.used >= self.times):
            return False
        self.used += 1
        return True


@dataclass
class Loopback:
    """A context manager around the running server.

    Parameters
    ----------
    world
        What the vendors have; its clock may be set while the server runs.
    authority
        Who signs the certificate; without one there is neither TLS nor a proxy.
    port
        Of plain HTTP; any free one if 0.
    """

    world: World = field(default_factory=World)
    authority: Authority | None = None
    port: int = 0
    log: list[Ask] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    script: list[Planned] = field(default_factory=list)
    limits: dict[str, Limit] = field(default_factory=dict)
    base: str = ""
    http_url: str = ""
    proxy_url: str = ""

    def fail(self, on: str, fault: Fault, *, at: int = 1, times: int | None = 1) -> None:
        """Plan a fault for requests with `on` in path and query, or of the host `on`.

        It is used from the `at`-th such request on, `times` times; for good if None.
        """
        self.script.append(Planned(on, fault, at, times))

    def limit(self, on: str, most: float, seconds: float) -> Limit:
        """Refuse more than `most` requests of any `seconds` whose path has `on`."""
        self.limits[on] = Limit(most, seconds)
        return self.limits[on]

    def asked(self, on: str) -> list[Ask]:
        """Return the requests so far with `on` in path and query."""
        return [it for it in self.log if on in it.text]

    def check(self) -> None:
        """Refuse a script that was not used up, and requests that no vendor knows."""
        idle = [f"{it.fault} on {it.on}" for it in self.script if not it.used]
        assert not idle, f"never used: {idle}"
        assert not self.unknown, f"no vendor answers {self.unknown}"

    def __enter__(self) -> Self:
        """Start."""
        self._loop = asyncio.new_event_loop()
        self._flying = 0
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._start)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, cutting what still hangs."""
        self._run(self._stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    def _run(self, step: Callable[[], object]) -> None:
        asyncio.run_coroutine_threadsafe(step(), self._loop).result(60)  # type: ignore[arg-type]

    async def _start(self) -> None:
        self._runner = web.ServerRunner(
            web.Server(self._handle, access_log=None), shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.http_url = self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        if self.authority is None:
            return
        secure = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.authority.context)
        await secure.start()
        self._tls_port = self._runner.addresses[1][1]
        self._proxy = await asyncio.start_server(self._tunnel, "127.0.0.1", 0)
        self.proxy_url = f"http://127.0.0.1:{self._proxy.sockets[0].getsockname()[1]}"

    async def _stop(self) -> None:
        if self.authority is not None:
            self._proxy.close()
        await self._runner.cleanup()
        left = [it for it in asyncio.all_tasks() if it is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0.01)  # for what was aborted to be closed

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        ask = Ask(
            request.method,
            request.host,
            request.path,
            dict(request.query),
            dict(request.headers),
            self.world.now,
            base=f"{request.scheme}://{request.host}",
            at=time.monotonic(),
        )
        self._flying += 1
        ask.in_flight = self._flying
        self.log.append(ask)
        try:
            response = await self._answer(ask, request)
            ask.status = response.status
        finally:
            self._flying -= 1
        return response

    async def _answer(self, ask: Ask, request: web.BaseRequest) -> web.StreamResponse:
        for on, limit in self.limits.items():
            if on in ask.text and (wait := limit.take(ask.at, ask.weight)):
                headers = {"Retry-After": str(max(1, round(wait)))}
                return web.Response(status=429, text='{"code":-1003}', headers=headers)
        turn = Turn(ask, request, self._serve)
        for planned in self.script:
            if planned.due(ask):
                return await planned.fault(turn)
        return await (await turn.answer()).send()

    def _serve(self, ask: Ask) -> Answer:
        for vendor in VENDORS:
            answer = vendor(self.world, ask)
            if answer is not None:
                now = datetime.fromtimestamp(ask.now / 1000, UTC)
                answer.headers.setdefault("Date", format_datetime(now, usegmt=True))
                return answer
        self.unknown.append(f"{ask.method} {ask.host}{ask.text}")
        return Answer.of({"error": "no such path"}, UNKNOWN)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer CONNECT, whatever the host, and take both ways to the TLS port."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            there, back = await asyncio.open_connection("127.0.0.1", self._tls_port)
            try:
                writer.write(b"HTTP/1.1 200 ok\r\n\r\n")
                await writer.drain()
                await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
            finally:  # a client may keep its connection for longer than the server runs
                back.transport.abort()
                writer.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with suppress(ConnectionError):
        writer.close()
