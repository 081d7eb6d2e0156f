"""The coins of more than a hundred exchanges, by ccxt: spot, perpetuals, futures and options."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import InitVar, asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final

import polars as pl

from rustybt.data.adapters import frame
from rustybt.data.adapters.adapter import DataAdapter, Reach
from rustybt.data.adapters.ccxt_candles import MONTHLY, Candles, Row
from rustybt.data.adapters.ccxt_client import Exchange
from rustybt.data.adapters.ccxt_markets import asset_of, market_of
from rustybt.data.adapters.ccxt_trades import BY_ID, funding, trades
from rustybt.data.adapters.net.http import Client
from rustybt.data.adapters.net.keys import Secret, hidden
from rustybt.data.adapters.net.limiter import Limiter, Rate, rates_of
from rustybt.data.adapters.net.retry import Patience
from rustybt.data.adapters.report import Page
from rustybt.data.adapters.request import Request
from rustybt.data.resolutions import BARS, MONTH, TICK, step_of
from rustybt.errors import RequestError, SymbolNotFoundError

_NEWEST: Final = {"kraken": 720}  # bars that there are, however old a request begins
_SECRETS: Final = ("apiKey", "secret", "password", "token", "privateKey", "login", "twofa", "uid")


@dataclass(frozen=True)
class CCXTAdapter(DataAdapter):
    """An exchange of ccxt as a source; its market data need no key.

    Parameters
    ----------
    exchange_id
        As ccxt names it: ``binance``, ``kraken`` …
    testnet
        Whether the test network of the exchange is asked.
    api_key, api_secret
        For what an exchange tells its customers alone. Shown nowhere; an adapter with keys cannot be
        pickled.
    exchange
        The same as `exchange_id`.
    rate_limit
        Requests a second of all processes of this user; by default the limit that ccxt knows, counted
        in the weights of the exchange, unless ``adapters.ccxt.rate_limit`` is set.
    timeout
        Seconds for one answer.
    config
        What the class of ccxt is made with beside, such as ``options`` or ``urls``.
    patience
        How long an answer is tried for.

    Notes
    -----
    Symbols are ccxt's, ``BTC/USDT`` and ``BTC/USDT:USDT`` for the perpetual; ``BTC-USDT`` and the name at
    the exchange, ``BTCUSDT``, are taken too and mean the spot market if there is one. The bar that is not
    over yet, by the clock of the exchange, is left out.
    """

    exchange_id: str = "binance"
    testnet: bool = False
    api_key: Secret | str | None = None
    api_secret: Secret | str | None = None
    exchange: InitVar[str | None] = None
    rate_limit: float | None = None
    timeout: float = 30.0
    config: Mapping[str, Any] = field(default_factory=dict)
    patience: Patience | Mapping[str, Any] = field(default_factory=Patience)

    calendar = "24/7"

    def __post_init__(self, exchange: str | None) -> None:
        import ccxt

        named = exchange or self.exchange_id
        if named not in ccxt.exchanges:
            nearest = get_close_matches(named, ccxt.exchanges, n=1)
            hint = f", nearest: {nearest[0]!r}" if nearest else ""
            raise RequestError("exchange_id", named, f"an exchange of ccxt{hint}")
        if told := [it for it in _SECRETS if it in self.config]:
            raise RequestError("config", told, "no keys: they go into api_key and api_secret")
        object.__setattr__(self, "exchange_id", named)
        for name in ("api_key", "api_secret"):
            object.__setattr__(self, name, hidden(getattr(self, name)))

    @property
    def name(self) -> str:
        """Such as ``ccxt binance``."""
        return f"ccxt {self.exchange_id}"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The fields without keys."""
        names = ("exchange_id", "testnet", "rate_limit", "timeout")
        told = {name: getattr(self, name) for name in names}
        return {**told, "config": dict(self.config), "patience": asdict(Patience.of(self.patience))}

    @property
    def resolutions(self) -> Mapping[str, Reach]:
        """Those that ccxt knows of the exchange; trades where they can be asked for by time."""
        import ccxt

        told = getattr(ccxt, self.exchange_id)()
        newest = _NEWEST.get(self.exchange_id)
        found = {TICK: Reach()} if self.exchange_id in BY_ID else {}
        for name in BARS:
            if (MONTHLY if name == MONTH else name) in (told.timeframes or {}):
                found[name] = Reach(newest * step_of(name) if newest else None)
        return found

    @property
    def limiter(self) -> Limiter:
        """That of the exchange, whose test network has its own."""
        account = f"{self.name} testnet" if self.testnet else self.name
        return Limiter(account, rates_of("ccxt", self.rate_limit, self._weights))

    @property
    def _weights(self) -> tuple[Rate, ...]:
        """The limit that ccxt knows, in the weights of the exchange."""
        import ccxt

        return (Rate(1000 / float(getattr(ccxt, self.exchange_id)().rateLimit)),)

    async def funding(
        self, symbols: str | Sequence[str], start_date: Any, end_date: Any
    ) -> pl.DataFrame:
        """Return the funding rates of perpetuals that were exchanged in a span, both dates included.

        Returns
        -------
        polars.DataFrame
            In the schema of `rustybt.data.adapters.FUNDING`, by symbol and time.

        Raises
        ------
        DataAdapterError
            Those of a symbol cannot be had.
        """
        request = Request.of(symbols, start_date, end_date, "1h")
        async with self.connect() as connection:
            names = await connection.names(request.symbols)
            parts = []
            for name in names.values():
                if not isinstance(name, str):
                    raise name
                parts.append(await funding(connection.exchange, name, request))
        return pl.concat(parts).unique(["symbol", "ts"]).sort("symbol", "ts")

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["CCXTConnection"]:
        """Return a connection; the markets are loaded when names are first asked for."""
        import ccxt.async_support

        made = getattr(ccxt.async_support, self.exchange_id)
        limiter = self.limiter
        keys = {
            name: secret
            for name, secret in (("apiKey", self.api_key), ("secret", self.api_secret))
            if isinstance(secret, Secret)
        }
        client = Client(
            self.name,
            limiter,
            keys,
            self.timeout,
            patience=Patience.of(self.patience),
        )
        async with client:
            config = {**self.config, **{name: it.reveal() for name, it in keys.items()}}
            by_weight = limiter.rates == self._weights
            exchange = Exchange.of(self.name, client, made, config=config, by_weight=by_weight)
            if self.testnet:
                exchange.ccxt.set_sandbox_mode(enable=True)
            yield CCXTConnection(exchange)


@dataclass
class CCXTConnection:
    """A `Connection` to an exchange of ccxt."""

    exchange: Exchange
    _ahead: timedelta | None = None  # of our clock
    _other_types: list[str] = field(default_factory=list)  # of markets, not loaded so far
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def names(self, symbols: Sequence[str]) -> Mapping[str, str | SymbolNotFoundError]:
        """Return the symbols as ccxt writes them."""
        await self._load(derivatives=any(":" in symbol for symbol in symbols))
        found: dict[str, str | SymbolNotFoundError] = {}
        for symbol in symbols:
            market = market_of(self.exchange.ccxt, symbol)
            found[symbol] = market or SymbolNotFoundError(
                self.exchange.source, symbol, self.exchange.ccxt.symbols
            )
        return found

    async def pages(self, symbol: str, request: Request) -> AsyncIterator[Page]:
        """Yield the candles or trades of a market that are over by the clock of the exchange."""
        await self._load(derivatives=":" in symbol)  # the names may come of a cache
        now = await self._now()
        start, over = frame.milliseconds(request.start), frame.milliseconds(now)
        end = min(frame.milliseconds(request.until), over)
        if request.resolution == TICK:
            async for trade_rows, at in trades(self.exchange, symbol, start, end):
                yield Page(trade_rows, min(frame.instant(at), request.until))
            return
        candles = Candles(self.exchange, symbol, request.resolution)
        running = candles.running(over)  # it may come yet, if nothing was traded in it so far
        async for rows, at in candles.pages(start, end):
            told = min(at, running)
            while rows and candles.after(rows[-1].at) > over:
                told = min(told, rows.pop().at)
            gaps = tuple(
                (frame.instant(a), frame.instant(b)) for a, b in candles.gaps(start, rows, told)
            )
            yield Page(_bars(symbol, rows), min(frame.instant(told), request.until), gaps=gaps)
            start = told

    async def assets(self, symbols: Sequence[str]) -> pl.DataFrame:
        """Return what the exchange tells of its markets."""
        await self._load(derivatives=any(":" in symbol for symbol in symbols))
        return frame.assets(asset_of(self.exchange.ccxt, symbol) for symbol in symbols)

    async def _load(self, *, derivatives: bool) -> None:
        """Load the markets once; those of derivatives only if one is wanted, as they are many."""
        exchange = self.exchange.ccxt
        async with self._asking:
            told = exchange.options.get("fetchMarkets")
            types = told.get("types") if isinstance(told, dict) else None
            if types and "spot" in types and not derivatives and not exchange.markets:
                self._other_types, told["types"] = types, ["spot"]
            if derivatives and self._other_types:
                told["types"], self._other_types = self._other_types, []
                await self.exchange.ask("", lambda: exchange.load_markets(reload=True))
            elif not exchange.markets:
                await self.exchange.ask("", exchange.load_markets)

    async def _now(self) -> datetime:
        """Return the instant by the clock of the exchange, UTC without a zone."""
        async with self._asking:
            if self._ahead is None:
                self._ahead = await self._measured()
        return _local() + self._ahead

    async def _measured(self) -> timedelta:
        if not self.exchange.ccxt.has["fetchTime"]:
            return timedelta()
        told = await self.exchange.ask("", self.exchange.ccxt.fetch_time)
        # After the answer: rather too little, so that no bar is taken for over too early.
        return frame.instant(told) - _local()


def _local() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _bars(symbol: str, rows: Sequence[Row]) -> pl.DataFrame:
    numbers = {name: [getattr(row, name) for row in rows] for name in frame.PRICES}
    return frame.bars(symbol, [row.at for row in rows], numbers)
