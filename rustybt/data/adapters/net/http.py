"""One careful client for all vendors: what it sends is counted, what it reads is bounded and checked.

https alone, except on the loopback; a total deadline; caps before and after decompression; redirects
are followed to the same origin alone, and a host that an answer names is a public one; proxies are those of the environment; no key stands in an error.
"""

import asyncio
import json
import ssl
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import aiohttp
from yarl import URL

from rustybt.data.adapters.net.addresses import Guarded
from rustybt.data.adapters.net.keys import Secret, without
from rustybt.data.adapters.net.limiter import Limiter
from rustybt.data.adapters.net.retry import Patience, patiently
from rustybt.errors import (
    AuthenticationError,
    DataAdapterError,
    DataParsingError,
    NetworkError,
    RateLimitError,
    RefusedError,
)

Found = TypeVar("Found")
_CHUNK: Final = 65_536
_REDIRECTS: Final = 3
_QUOTED: Final = 200  # characters of an answer in an error
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32


@dataclass(frozen=True)
class Answer:
    """What was answered, whole."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def retry_after(self) -> float | None:
        """Seconds until the source wants to be asked again; None if it does not say."""
        told = self.headers.get("retry-after", "").strip()
        if told.isdecimal():
            return float(told)
        now = datetime.now(UTC)
        try:
            until = parsedate_to_datetime(told)
            since = parsedate_to_datetime(self.headers["date"]) if "date" in self.headers else now
            return max(0.0, (until - since).total_seconds())
        except (ValueError, TypeError):  # no date, or one without its zone
            return None


@dataclass
class Client:
    """Sends requests to one source, in one event loop, inside ``async with``.

    Parameters
    ----------
    source
        Named in errors.
    limiter
        A turn of it is waited for before each attempt of `get`.
    secrets
        Keys that stand in no error, by any names.
    timeout
        Seconds for one answer, from the first byte sent to the last one read.
    most_bytes
        Of one body, before and after decompression.
    patience
        Of `get`.
    """

    source: str
    limiter: Limiter
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    timeout: float = 30.0
    most_bytes: int = 64_000_000
    patience: Patience = field(default_factory=Patience)

    async def __aenter__(self) -> Self:
        """Open it; nothing is sent."""
        context = await asyncio.to_thread(ssl.create_default_context)
        self._resolver = Guarded(self.source)
        self._session = aiohttp.ClientSession(
            auto_decompress=False,  # what it inflates to is not bounded
            connector=aiohttp.TCPConnector(ssl=context, resolver=self._resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            trust_env=True,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self._session.close()
        await self._resolver.close()

    async def get(
        self,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        read: Callable[[Any], Found],
        cost: float = 1.0,
    ) -> Found:
        """Return what `read` makes of the JSON that is answered, asked for until it comes.

        Parameters
        ----------
        url
            Without a query.
        query, headers
            May hold keys.
        read
            Judges a document and takes out of it what is wanted; raises a `DataAdapterError` if it is
            not what was asked for. Numbers with a point are Decimal.
        cost
            Units of the limit.

        Raises
        ------
        DataAdapterError
            There was none in time.
        """

        async def ask() -> Found:
            await self.limiter.slot(cost)
            answer = await self.send("GET", str(URL(url).with_query(query)), headers)
            problem = self.judged(answer)
            if problem is not None:
                raise problem
            return read(self.document(answer))

        return await patiently(ask, self.limiter, self.patience)

    def named(self, host: str) -> None:
        """Take a host for one that an answer named: none inside is connected to.

        Raises
        ------
        RefusedError
            It is an address of an inner network.
        """
        self._resolver.tell(host)

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Return the answer to one request, of any status; neither limited nor repeated.

        Raises
        ------
        NetworkError
            There was none, or not a whole one in time.
        RefusedError
            The URL, the certificate or the place that it is redirected to is not trusted.
        DataParsingError
            It is larger than `most_bytes`, or cannot be decompressed.
        """
        target = URL(url, encoded=True)
        for _ in range(_REDIRECTS + 1):
            self._trusted(target)
            answer = await self._sent(method, target, headers, body)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            place = target.join(URL(answer.headers.get("location", ""), encoded=True))
            if place.origin() != target.origin():
                problem = f"{target.path} is redirected to another host, {place.host}"
                raise RefusedError(self.source, problem)
            target = place
        raise RefusedError(self.source, f"{target.path} is redirected again and again")

    def judged(self, answer: Answer) -> DataAdapterError | None:
        """Return what a status means, None if it is a success."""
        if 200 <= answer.status < 300:
            return None
        quoted = without(" ".join(answer.text[:_QUOTED].split()), self.secrets)
        problem = f"status {answer.status} {answer.reason}: {quoted}"
        match answer.status:
            case 429 | 418:
                return RateLimitError(self.source, problem, answer.retry_after)
            case 401 | 403:
                return AuthenticationError(self.source, problem, answer.status)
            case 408 | 425:
                return NetworkError(self.source, problem)
        if answer.status >= 500:
            return NetworkError(self.source, problem)
        return RefusedError(self.source, problem, answer.status)

    def document(self, answer: Answer) -> Any:
        """Return the JSON of an answer.

        Raises
        ------
        DataParsingError
            It is none, such as a page for people.
        """
        with suppress(ValueError):  # which would hold all of the text
            return json.loads(answer.body, parse_float=Decimal)
        quoted = without(" ".join(answer.text[:_QUOTED].split()), self.secrets)
        raise DataParsingError(self.source, f"expected JSON, found {quoted!r}")

    async def _sent(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        problem: DataAdapterError
        try:
            async with self._session.request(
                method,
                url,
                headers={"Accept-Encoding": "gzip, deflate", **headers},
                data=body,
                allow_redirects=False,
            ) as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                content = await self._body(response, names.get("content-encoding", "identity"))
                return Answer(response.status, response.reason or "", names, content)
        except DataAdapterError:
            raise
        except aiohttp.ClientSSLError as error:
            problem = RefusedError(self.source, f"its certificate is not trusted ({_kind(error)})")
        except TimeoutError:
            problem = NetworkError(self.source, f"no whole answer in {self.timeout:g} seconds")
        except (aiohttp.ClientError, OSError) as error:
            problem = NetworkError(self.source, f"{url.host} does not answer ({_kind(error)})")
        except zlib.error:
            problem = DataParsingError(self.source, "an answer that cannot be decompressed")
        raise problem  # outside of the handlers: what aiohttp raises may hold the whole URL

    async def _body(self, response: aiohttp.ClientResponse, encoding: str) -> bytes:
        if encoding not in ("gzip", "deflate", "identity"):
            problem = f"expected gzip, deflate or nothing as encoding, found {encoding!r}"
            raise DataParsingError(self.source, problem)
        inflater = None if encoding == "identity" else zlib.decompressobj(_GZIP_OR_ZLIB)
        body, size = bytearray(), 0
        async for chunk in response.content.iter_chunked(_CHUNK):
            size += len(chunk)
            room = self.most_bytes - len(body) + 1
            body += chunk if inflater is None else inflater.decompress(chunk, room)
            if max(size, len(body)) > self.most_bytes:
                problem = f"expected at most {self.most_bytes:,} bytes, found more"
                raise DataParsingError(self.source, problem)
        if inflater is not None and body and not inflater.eof:
            raise NetworkError(self.source, "an answer that ends too early")
        return bytes(body)

    def _trusted(self, url: URL) -> None:
        if url.scheme == "https" or (url.scheme == "http" and _loopback(url.host or "")):
            return
        found = f"{url.scheme}://{url.host}"
        raise RefusedError(self.source, f"expected https, or http on the loopback, found {found}")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _kind(error: BaseException) -> str:
    return type(error).__name__
