"""A server of fake exchanges for each test, and a guard: no connection leaves the machine."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fake_exchanges import Authority, Loopback, World
from tests.fake_exchanges.series import ms

NOW = "2024-03-01T12:34:56"  # of the servers, unless a test says otherwise


@pytest.fixture
def start(authority: Authority) -> Iterator[Callable[..., Loopback]]:
    """Start servers: ``start(now=…, recorded=…)``; at the end their scripts must be used up."""
    with ExitStack() as stack:
        started = []

        def start(now: str | None = NOW, recorded: Path | None = None) -> Loopback:
            world = World(None if now is None else ms(now), recorded)
            server = stack.enter_context(Loopback(world, authority))
            started.append(server)
            return server

        yield start
        for server in started:
            server.check()


@pytest.fixture
def exchanges(start: Callable[..., Loopback]) -> Loopback:
    """A server with generated bodies."""
    return start()


@pytest.fixture
def recorded(start: Callable[..., Loopback], reference: Path) -> Loopback:
    """A server with the recorded bodies, whose clock stands at the end of the recording."""
    return start("2020-12-06T17:55:18", reference / "recorded")


@pytest.fixture(autouse=True)
def _loopback_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(sock: socket.socket, address: object) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])  # type: ignore[index]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                pytest.fail(f"a test connects to {address}")
        connect(sock, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
