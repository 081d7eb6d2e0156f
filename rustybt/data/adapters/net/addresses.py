"""Looks up hosts, and refuses those of inner networks where a server, not the user, named the host."""

import socket
from ipaddress import ip_address
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from typing_extensions import override

from rustybt.errors import RefusedError

_EXPECTED: Final = "expected a public address of a host that an answer named"


class Guarded(AbstractResolver):
    """The usual look-up, but for hosts that answers named.

    Such a host may be the name of a machine inside, of a router, or of a service that gives a cloud
    machine its keys. What was judged is what is connected to: the name is not looked up again.

    Parameters
    ----------
    source
        Named in errors.
    """

    def __init__(self, source: str) -> None:
        self._source, self._usual = source, ThreadedResolver()
        self._told: set[str] = set()

    def tell(self, host: str) -> None:
        """Say that an answer named a host.

        Raises
        ------
        RefusedError
            It is an address, which is never looked up, of an inner network.
        """
        self._told.add(host)
        if _inner(host):
            raise RefusedError(self._source, f"{_EXPECTED}, found {host}")

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._usual.resolve(host, port, family)
        inner = [it["host"] for it in found if _inner(it["host"])]
        if host in self._told and inner:
            raise RefusedError(self._source, f"{_EXPECTED}, found {inner[0]} for {host}")
        return found

    @override
    async def close(self) -> None:
        await self._usual.close()


def _inner(host: str) -> bool:
    """Whether a text is an address, and one that is not of the public internet."""
    try:
        return not ip_address(host.partition("%")[0]).is_global
    except ValueError:
        return False
