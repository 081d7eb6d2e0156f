"""A position as a strategy sees it: units, cost basis, last price."""

from collections.abc import Callable
from datetime import date

from rustybt.assets import Asset
from rustybt.finance import lots


class Position:
    """What is held of one asset.

    Parameters
    ----------
    asset
        What is held.
    mark
        Gives its last known price.

    Attributes
    ----------
    amount
        Units, negative when short; an int for shares.
    cost_basis
        Average price paid a unit, trade currency, commissions spread over the units.
    last_sale_date
        Session in which the position last changed; None if never held.
    """

    __slots__ = ("_mark", "amount", "asset", "cost_basis", "last_sale_date")

    def __init__(self, asset: Asset, mark: Callable[[Asset], float]) -> None:
        self._mark = mark
        self.asset = asset
        self.amount: float = 0
        self.cost_basis = 0.0
        self.last_sale_date: date | None = None

    @property
    def sid(self) -> Asset:
        """The asset, under zipline's name."""
        return self.asset

    @property
    def last_sale_price(self) -> float:
        """Last known price, trade currency; 0 if nothing is held."""
        return self._mark(self.asset) if self.amount else 0.0

    def fill(self, amount: float, price: float, held: float, session: date) -> None:
        """Book a fill after which `held` units are held.

        The basis is averaged when the position grows, kept when it shrinks and the price of the
        fill when it changes its side.
        """
        if not held:
            self.cost_basis = 0.0
        elif self.amount * amount > 0:
            paid = self.amount * self.cost_basis + amount * price
            self.cost_basis = paid / held
        elif abs(amount) > abs(self.amount):
            self.cost_basis = price
        self.amount = held
        self.last_sale_date = session

    def spread(self, commission: float) -> None:
        """Spread a commission over the units held."""
        if self.amount:
            spread = commission / self.asset.multiplier
            self.cost_basis = (self.cost_basis * self.amount + spread) / self.amount

    def split(self, ratio: float) -> float:
        """Restate the position for a split and return the cash paid for a fraction of a share.

        The cash is the fraction at the new basis, to cents; negative for a short.
        """
        units = self.amount / ratio
        if self.asset.fractional:
            self.amount = round(units, lots.DECIMALS)
            self.cost_basis *= ratio
            return 0.0
        # A ratio such as 1/3 is no exact float; it must not make a fraction of a share.
        near = round(units)
        units = near if abs(units - near) <= 1e-9 * abs(units) else units
        self.amount = int(units)
        self.cost_basis = round(self.cost_basis * ratio, 2)
        return round((units - self.amount) * self.cost_basis, 2)

    def __repr__(self) -> str:
        return f"Position({self.asset}, {self.amount:+}, cost_basis={self.cost_basis:.6g})"


def _unheld(asset: Asset) -> float:  # noqa: ARG001 - what a position calls
    return 0.0


class Positions(dict[Asset, Position]):
    """Positions by asset; an asset that is not held gives an empty position, not stored."""

    def __init__(self) -> None:
        super().__init__()
        self._empty: dict[Asset, Position] = {}

    def __missing__(self, asset: Asset) -> Position:
        if asset not in self._empty:
            self._empty[asset] = Position(asset, _unheld)
        return self._empty[asset]
