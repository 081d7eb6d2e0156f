"""One asset of a bundle: what it is called, when it is listed, what its contract says."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from rustybt.markets import COUNTRIES

if TYPE_CHECKING:
    import pandas as pd

_FRACTIONAL = frozenset({"crypto", "forex", "perpetual"})


@dataclass(frozen=True, eq=False, slots=True)
class Asset:
    """One asset during one listing spell; it is made as an object of the class of its type.

    Parameters
    ----------
    sid
        Stable number of the asset in its bundle.
    symbol
        As the source writes it.
    exchange
        Exchange calendar the asset trades by, such as ``XNYS`` or ``24/7``.
    asset_type
        ``equity``, ``etf``, ``adr``, ``crypto``, ``perpetual``, ``forex``, ``future`` or ``option``.
    first_session, last_session
        Sessions of the first and of the last stored bar, both inclusive.
    name
        For people; None if unknown.
    currency
        In which it trades: its own, that of the pair or of the exchange; None if unknown.
    tick_size
        Step of prices, trade currency; None for 0.01, and for none of what trades in fractions.
    lot_size
        Step of quantities, units; None for 1, and for 1e-8 of what trades in fractions.
    multiplier
        Units of the underlying in one contract.
    root_symbol
        Symbol that the contracts of a future share, such as ``ES``; None if it is no future.
    underlying
        Symbol of what an option is on.
    expiry
        Last trading session of a contract; None for what does not expire.
    strike
        Of an option, trade currency.
    option_right
        ``call`` or ``put``.
    initial_margin, maintenance_margin
        What opening and holding a position needs: trade currency a contract for a future, else a
        fraction of its value. None asks for none.
    borrow_rate
        What a short pays a year, a fraction of its value; None for none of its own.

    Attributes
    ----------
    end
        Last session in which it can be traded.
    fractional
        Whether orders may be for parts of a unit.
    margined
        Whether a position costs nothing and its gains are settled in cash: futures, perpetuals, and
        currencies that have a margin.
    """

    sid: int
    symbol: str
    exchange: str
    asset_type: str
    first_session: date
    last_session: date
    name: str | None = None
    currency: str | None = None
    tick_size: float | None = None
    lot_size: float | None = None
    multiplier: float = 1.0
    root_symbol: str | None = None
    underlying: str | None = None
    expiry: date | None = None
    strike: float | None = None
    option_right: Literal["call", "put"] | None = None
    initial_margin: float | None = None
    maintenance_margin: float | None = None
    borrow_rate: float | None = None
    end: date = field(init=False)
    fractional: bool = field(init=False)
    margined: bool = field(init=False)

    def __new__(cls, *args: Any, **named: Any) -> Self:
        """Return an object of the class of the type, so that ``isinstance(asset, Future)`` tells it."""
        kind = named.get("asset_type", args[3] if len(args) > 3 else None)
        of_kind = _CLASSES.get(kind, cls) if cls is Asset else cls
        return cast("Self", object.__new__(of_kind))

    def __post_init__(self) -> None:
        fractional = self.asset_type in _FRACTIONAL
        if self.lot_size is not None:
            fractional = not float(self.lot_size).is_integer()
        borrowed = self.asset_type == "forex" and self.initial_margin is not None
        end = self.last_session if self.expiry is None else min(self.last_session, self.expiry)
        object.__setattr__(self, "end", end)
        object.__setattr__(self, "fractional", fractional)
        object.__setattr__(self, "margined", borrowed or self.asset_type in {"future", "perpetual"})

    @property
    def has_volume(self) -> bool:
        """Whether its bars count what was traded; nobody counts it of currencies."""
        return self.asset_type != "forex"

    @property
    def price_multiplier(self) -> float:
        """The multiplier, under zipline's name."""
        return self.multiplier

    @property
    def country_code(self) -> str | None:
        """Country of the exchange calendar, as ISO 3166 has it; None for what belongs to none."""
        return COUNTRIES.get(self.exchange)

    @property
    def expiration_date(self) -> date | None:
        """The expiry, under zipline's name."""
        return self.expiry

    @property
    def start_date(self) -> "pd.Timestamp":
        """The first session, under zipline's name and as its Timestamp without a zone."""
        import pandas as pd

        return pd.Timestamp(self.first_session)

    @property
    def first_traded(self) -> "pd.Timestamp":
        """The same as `start_date`, under zipline's name."""
        return self.start_date

    @property
    def end_date(self) -> "pd.Timestamp":
        """The last session in which it can be traded, under zipline's name, as `start_date`."""
        import pandas as pd

        return pd.Timestamp(self.end)

    def is_alive_for_session(self, session_label: date) -> bool:
        """Return whether the session lies in the listing spell; zipline's name, and its Timestamps."""
        label = session_label.date() if isinstance(session_label, datetime) else session_label
        return self.alive(label)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, without those that follow from others."""
        return {it.name: getattr(self, it.name) for it in fields(self) if it.init}

    def alive(self, session: date) -> bool:
        """Return whether the session lies in the listing spell."""
        return self.first_session <= session <= self.end

    def __int__(self) -> int:
        return self.sid

    def __lt__(self, other: object) -> bool:
        return self.sid < other.sid if isinstance(other, Asset) else NotImplemented

    def __str__(self) -> str:
        return self.symbol

    def __repr__(self) -> str:
        return f"Asset({self.sid}, {self.symbol!r})"


class Equity(Asset):
    """A share, fund or depositary receipt: ``equity``, ``etf`` or ``adr``."""

    __slots__ = ()


class Crypto(Asset):
    """A pair of coins: ``crypto``."""

    __slots__ = ()


class Forex(Asset):
    """A pair of currencies: ``forex``."""

    __slots__ = ()


class Perpetual(Asset):
    """A contract on a coin that does not expire: ``perpetual``."""

    __slots__ = ()


class Future(Asset):
    """A contract that expires: ``future``."""

    __slots__ = ()


class Option(Asset):
    """A right to buy or sell until its expiry: ``option``."""

    __slots__ = ()


_CLASSES: dict[str | None, type[Asset]] = {
    "equity": Equity,
    "etf": Equity,
    "adr": Equity,
    "crypto": Crypto,
    "forex": Forex,
    "perpetual": Perpetual,
    "future": Future,
    "option": Option,
}
