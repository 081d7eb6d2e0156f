"""What there is to trade, and what time it is: the one state that all vendors of the server share."""

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.fake_exchanges.series import Series, ms
from tests.fake_exchanges.stocks import STOCKS, Stock

COINS = ("BTC", "ETH", "XRP", "SOL", "BNB", "ADA", "DOGE", "LTC")
QUOTES = ("USDT", "USD", "EUR")
_LEVELS = {"BTC": 42_000.0, "ETH": 2_300.0, "XRP": 0.61, "SOL": 98.0, "DOGE": 0.081, "ADA": 0.5}


def coin(base: str, quote: str) -> Series:
    """Return the series of a pair of coins; XRP has minutes without a trade."""
    small = _LEVELS.get(base, 10.0) < 5
    return Series(
        f"{base}{quote}",
        tick="0.00010" if small else "0.01",
        lot="0.1" if small else "0.00001",
        listed="2018-05-04T08:11" if base == "XRP" else "2017-08-17T04:00",
        thin=base == "XRP",
        level=_LEVELS.get(base),
    )


@dataclass
class World:
    """The state.

    Parameters
    ----------
    fixed
        The instant that the server takes for now, in milliseconds; None for that of the machine.
    recorded
        Folder of recorded bodies; None serves generated ones alone.
    bases
        Coins, each against `QUOTES`.
    stocks
        By symbol.
    """

    fixed: int | None = None
    recorded: Path | None = None
    bases: tuple[str, ...] = COINS
    stocks: dict[str, Stock] = field(default_factory=lambda: dict(STOCKS))
    skew: int = 0  # milliseconds that the server's clock is ahead
    coins: dict[str, Series] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for base in self.bases:
            for quote in QUOTES:
                self.coins[f"{base}{quote}"] = coin(base, quote)

    @property
    def now(self) -> int:
        """The instant, in milliseconds."""
        return (int(time.time() * 1000) if self.fixed is None else self.fixed) + self.skew

    def set(self, now: str | datetime) -> None:
        """Move the clock of the server."""
        self.fixed = ms(now)

    @property
    def today(self) -> date:
        """The day in UTC."""
        return datetime.fromtimestamp(self.now / 1000, UTC).date()

    def pairs(self) -> list[tuple[str, str]]:
        """Return base and quote of all pairs of coins."""
        return [(base, quote) for base in self.bases for quote in QUOTES]

    def recording(self, name: str) -> Any:
        """Return a recorded body as JSON, or None where there is none."""
        path = self.recorded / name if self.recorded else None
        return json.loads(path.read_text()) if path is not None and path.is_file() else None
