"""A source whose pages are kept in the cache, so that only what no page answers is asked for."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from typing_extensions import override

from rustybt.data.adapters.adapter import Connection, DataAdapter, Reach
from rustybt.data.adapters.caching import UNTIL_CLOSE, Caching, caching, shelf_of
from rustybt.data.adapters.kept import Shelf
from rustybt.data.adapters.net.limiter import Limiter
from rustybt.data.adapters.registry import AdapterRegistry
from rustybt.data.cache import CacheManager
from rustybt.data.sources.freshness import FreshnessPolicy, policy_of


@dataclass(frozen=True)
class CachedAdapter(DataAdapter):
    """A source that is asked only for what its cache does not cover.

    Parameters
    ----------
    adapter
        The source, or its name and parameters as `parameters` gives them.
    freshness
        How long an answer is taken for what the source would say now, or its parameters.
    cache
        Where answers are kept; the manager of the process if None, see `CacheManager.current`. It is
        no part of `parameters`.

    Notes
    -----
    An answer covers a span of a symbol and a length of bars: every part of the span is a hit, whatever
    request it came for, and of a longer one the gaps alone are asked for. What a source could not give,
    and a bar that may not be over, is never covered. An answer that the cache lost, or that is damaged, is
    asked for again. If all is covered, the source is not even connected to. Terms of assets hold as long
    as a day's bars. ``adapter.fetch(…, cache=True)`` asks any adapter in this way.
    """

    adapter: DataAdapter | Mapping[str, Any]
    freshness: FreshnessPolicy | Mapping[str, Any] = UNTIL_CLOSE
    cache: CacheManager | None = field(default=None, compare=False)

    @cached_property
    def source(self) -> DataAdapter:
        """The adapter that is asked."""
        if isinstance(self.adapter, DataAdapter):
            return self.adapter
        return AdapterRegistry.rebuilt(self.adapter["name"], self.adapter["parameters"])

    @cached_property
    def policy(self) -> FreshnessPolicy:
        """How long an answer holds."""
        if isinstance(self.freshness, FreshnessPolicy):
            return self.freshness
        return policy_of(self.freshness)

    @property
    @override
    def innermost(self) -> DataAdapter:
        return self.source.innermost

    @property
    def concurrency(self) -> int:  # type: ignore[override]
        """As the source."""
        return self.source.concurrency

    @property
    def calendar(self) -> str:  # type: ignore[override]
        """As the source."""
        return self.source.calendar

    @property
    def name(self) -> str:
        """Such as ``ccxt binance, cached``."""
        return f"{self.source.name}, cached"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Name and parameters of the source, and how long its answers hold."""
        name, told = AdapterRegistry.name_of(self.source), dict(self.source.parameters)
        return {
            "adapter": {"name": name, "parameters": told},
            "freshness": dict(self.policy.parameters),
        }

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        """As the source."""
        return self.source.resolutions

    @property
    def limiter(self) -> Limiter | None:
        """As the source."""
        return self.source.limiter

    def connect(self) -> AbstractAsyncContextManager[Caching]:
        """Return a connection, which connects to the source when something is to be asked of it."""
        return caching(self.source, self.policy, self.cache)

    @override
    def asking(self, cache: bool | FreshnessPolicy) -> AbstractAsyncContextManager[Connection]:
        """As `connect`, the answers holding as long as `cache` says if it is a policy."""
        policy = self.policy if isinstance(cache, bool) else cache
        return caching(self.source, policy, self.cache)

    def shelf(self, symbol: str, resolution: str) -> Shelf:
        """Return what is kept of a symbol, as the source writes it."""
        return shelf_of(self.source, self.cache, symbol, resolution)
