"""The real ccxt over the client of this package: its requests are limited, bounded and judged here.

ccxt takes every answer that is no JSON for an empty list, follows redirects anywhere and limits each
instance alone. Two of its methods are overridden as it documents: `fetch`, which sends a request, and
`throttle`, which waits for a turn.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rustybt.data.adapters.net.http import Client
from rustybt.data.adapters.net.keys import without
from rustybt.data.adapters.net.retry import patiently
from rustybt.errors import (
    AuthenticationError,
    DataAdapterError,
    DataParsingError,
    NetworkError,
    RateLimitError,
    RefusedError,
    SymbolNotFoundError,
)

if TYPE_CHECKING:
    import ccxt.async_support

Found = TypeVar("Found")
_ANSWERED: ContextVar[Any] = ContextVar("answered", default=None)
_QUOTED: Final = 200  # characters of an error of ccxt


@dataclass(frozen=True)
class Exchange:
    """An exchange of ccxt that is asked through `client`.

    Parameters
    ----------
    source
        Named in errors.
    client
        Open; its limiter is that of the exchange.
    ccxt
        The instance of ccxt.
    """

    source: str
    client: Client
    ccxt: Any

    @classmethod
    def of(
        cls, source: str, client: Client, made: "type[ccxt.async_support.Exchange]", **told: Any
    ) -> "Exchange":
        """Return an exchange of a class of ccxt.

        Parameters
        ----------
        source, client
            As above.
        made
            A class of `ccxt.async_support`.
        told
            ``config``: what the class is made with. ``by_weight``: whether a request costs its weight, as
            ccxt knows it, or one.
        """
        by_weight = bool(told["by_weight"])

        class Careful(made):  # type: ignore[misc]
            async def throttle(self, cost: float | None = None) -> None:
                await client.limiter.slot(float(cost or 1.0) if by_weight else 1.0)

            async def fetch(
                self, url: str, method: str = "GET", headers: Any = None, body: Any = None
            ) -> Any:
                return await _fetched(self, client, url, method, headers, body)

        numbers = {"number": str, "enableRateLimit": True}
        return cls(source, client, Careful({**told["config"], **numbers}))

    async def ask(self, symbol: str, call: Callable[[], Awaitable[Found]]) -> Found:
        """Return what a method of ccxt answers, asked again where that may help.

        Parameters
        ----------
        symbol
            Named if the exchange does not know it.
        call
            Calls methods of `ccxt`; called anew for each attempt.

        Raises
        ------
        DataAdapterError
            It cannot be had.
        """

        async def once() -> Found:
            try:
                return await call()
            except DataAdapterError:
                raise
            except Exception as error:  # noqa: BLE001 - ccxt fails anyhow over what it did not expect
                raise self._problem(error, symbol) from None

        return await patiently(once, self.client.limiter, self.client.patience)

    async def whole(self, rows: Awaitable[list[Any]]) -> list[Any]:
        """Return the rows of an answer; none only if the exchange said that there are none.

        Raises
        ------
        DataParsingError
            ccxt found no row in what was answered.
        """
        found = await rows
        document = _ANSWERED.get()
        if not found and not _says_nothing(document):
            raise DataParsingError(self.source, f"expected rows, found {str(document)[:_QUOTED]!r}")
        return found

    def _problem(self, error: Exception, symbol: str) -> DataAdapterError:
        """Return what an exception of ccxt means."""
        import ccxt

        words = f"{type(error).__name__}: {_words(self.client, error)}"
        match error:
            case ccxt.BadSymbol():
                return SymbolNotFoundError(self.source, symbol, self.ccxt.symbols or ())
            case ccxt.AuthenticationError():
                return AuthenticationError(self.source, words)
            case ccxt.NetworkError():
                return NetworkError(self.source, words)
            case ccxt.BadResponse() | ccxt.NullResponse():
                return DataParsingError(self.source, words)
            case ccxt.ExchangeError() if type(error) is ccxt.ExchangeError:
                return DataParsingError(self.source, words)  # a code, or none, that ccxt knows not
            case ccxt.BaseError():
                return RefusedError(self.source, words)
        return DataParsingError(self.source, f"expected its usual answer, found {words}")


async def _fetched(
    exchange: Any, client: Client, url: str, method: str, headers: Any, body: Any
) -> Any:
    """Send a request of ccxt and return the JSON that was answered, a list or an object."""
    import ccxt

    sent: Mapping[str, str] = exchange.prepare_request_headers(headers)
    content = body.encode() if isinstance(body, str) else None
    answer = await client.send(method, url, sent, content)
    problem = client.judged(answer)
    if isinstance(problem, RateLimitError):
        raise problem
    document = exchange.parse_json(answer.text)
    if isinstance(document, dict | list):
        told = (dict(answer.headers), answer.text, document, sent, body)
        try:
            exchange.handle_errors(answer.status, answer.reason, url, method, *told)
        except (ccxt.RateLimitExceeded, ccxt.DDoSProtection) as error:
            words = _words(client, error)
            raise RateLimitError(client.source, words, answer.retry_after) from None
    if problem is not None:
        raise problem
    if not isinstance(document, dict | list):
        client.document(answer)  # says why it is none, unless it is a number or a word
        raise DataParsingError(client.source, f"expected a list or an object, found {document!r}")
    _ANSWERED.set(document)
    return document


def answered() -> Any:
    """Return the last answer to this task, as JSON."""
    return _ANSWERED.get()


def _says_nothing(document: Any) -> bool:
    """Whether a document holds a list for rows, and no row."""
    if isinstance(document, list):
        return not document
    if not isinstance(document, dict):
        return False
    lists = [it for key, it in document.items() if isinstance(it, list) and key != "error"]
    inner = [it for it in document.values() if isinstance(it, dict)]
    return (bool(lists) and not any(lists)) or any(_says_nothing(it) for it in inner)


def _words(client: Client, error: Exception) -> str:
    """Return a message of ccxt without keys, and without the queries of URLs, which may be signed."""
    words = (
        word.partition("?")[0] if "://" in word else word
        for word in without(str(error), client.secrets).split()
    )
    return " ".join(words)[:_QUOTED]
