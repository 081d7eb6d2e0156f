"""What the adapters of vendors with keys share: keys and limits of a plan, the client, names of symbols."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, ClassVar, Final

from rustybt.data.adapters.adapter import DataAdapter
from rustybt.data.adapters.net.http import Client
from rustybt.data.adapters.net.keys import Secret, hidden, keys_of
from rustybt.data.adapters.net.limiter import Limiter, Rate, rates_of
from rustybt.data.adapters.net.retry import Patience
from rustybt.errors import RequestError, SymbolNotFoundError

_CALENDARS: Final = {"crypto": "24/7", "forex": "24/5"}  # of kinds of assets; of others XNYS


class Naming(ABC):
    """The part of a `Connection` that tells names, where each symbol is told by itself."""

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SymbolNotFoundError]:
        """Return how the vendor writes them, or that it has none; the files of `Unknown` are read aside."""
        return await asyncio.to_thread(lambda: {it: self.name_of(it) for it in symbols})

    @abstractmethod
    def name_of(self, symbol: str) -> str | SymbolNotFoundError:
        """Return how the vendor writes a symbol; whether it has it may show when it is asked."""


class RestAdapter(DataAdapter):
    """A vendor that is asked with a key; derived adapters say how.

    Parameters
    ----------
    keys
        Given in the call, by name; others are looked for when a connection is made, see
        `rustybt.data.adapters.net.keys.keys_of`. They are no part of `parameters`.
    base_url
        Where the vendor answers.
    rate_limit
        Requests a second, in the place of those of the plan.
    timeout
        Seconds for one answer.
    patience
        How long an answer is tried for.
    """

    source: ClassVar[str]
    variables: ClassVar[Mapping[str, str]]  # of the environment, by name of key

    def __init__(
        self,
        keys: Mapping[str, str | Secret | None],
        base_url: str,
        *,
        rate_limit: float | None = None,
        timeout: float = 30.0,
        patience: Patience | Mapping[str, Any] | None = None,
    ) -> None:
        self._keys = {name: hidden(key) for name, key in keys.items()}
        self.base_url, self.rate_limit, self.timeout = base_url.rstrip("/"), rate_limit, timeout
        given = Patience() if patience is None else patience
        self.patience = given if isinstance(given, Patience) else Patience(**given)

    @property
    def name(self) -> str:
        """The vendor."""
        return self.source

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The arguments of the call without keys."""
        told = {it: getattr(self, it) for it in ("base_url", "rate_limit", "timeout")}
        return {**told, "patience": asdict(self.patience)}

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the section of the file of keys, the first that is there."""
        return (self.source,)

    @property
    def rates(self) -> Sequence[Rate]:
        """The limits of the plan."""
        raise NotImplementedError

    @property
    def limiter(self) -> Limiter:
        """That of the vendor, with the limits of the plan."""
        return Limiter(self.source, rates_of(self.source, self.rate_limit, self.rates))

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Return an open client with the keys.

        Raises
        ------
        AuthenticationError
            A key is nowhere.
        """
        secrets = keys_of(self.source, self.sections, self.variables, self._keys)
        async with Client(
            self.source, self.limiter, secrets, timeout=self.timeout, patience=self.patience
        ) as client:
            yield client


class PlanAdapter(RestAdapter):
    """A vendor of several plans and kinds of assets, by which its limits and the section of its keys go.

    Parameters
    ----------
    tier
        The plan, one of `tiers`.
    asset_type
        Of all symbols, one of `kinds`.
    api_key
        Else the variable of the environment, the keyring, or api_key in ``[<vendor>_<asset_type>_<tier>]``
        or ``[<vendor>]`` of the file of keys.
    base_url
        Where the vendor answers; `home` if None.
    options
        Others of `RestAdapter`.

    Raises
    ------
    RequestError
        There is no such plan or kind.
    """

    home: ClassVar[str]
    tiers: ClassVar[tuple[str, ...]]
    kinds: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        tier: str = "free",
        asset_type: str = "stocks",
        *,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        **options: Any,
    ) -> None:
        for name, given, known in (
            ("tier", tier, self.tiers),
            ("asset_type", asset_type, self.kinds),
        ):
            if given not in known:
                raise RequestError(name, given, f"one of {', '.join(known)}")
        super().__init__({"api_key": api_key}, base_url or self.home, **options)
        self.tier, self.asset_type = tier, asset_type
        self.calendar = _CALENDARS.get(asset_type, self.calendar)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The arguments of the call without the key."""
        return {"tier": self.tier, "asset_type": self.asset_type, **super().parameters}

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the section of the file of keys."""
        return (f"{self.source}_{self.asset_type}_{self.tier}", self.source)
