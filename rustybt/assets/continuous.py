"""A continuous future: which contracts of a root symbol follow each other, and how."""

from dataclasses import dataclass
from typing import Final, Literal

RollStyle = Literal["calendar", "volume"]
Adjustment = Literal["mul", "add"]
ROLL_STYLES: Final = ("calendar", "volume")
ADJUSTMENTS: Final = ("mul", "add", None)


@dataclass(frozen=True)
class ContinuousFuture:
    """The contracts of a future one after the other; `AssetFinder.create_continuous_future` makes it.

    It has no bars of its own and cannot be ordered: ``data.current(future, "contract")`` can.

    Parameters
    ----------
    root_symbol
        Symbol that its contracts share.
    offset
        How many contracts after the present one it is on.
    roll_style
        ``'calendar'`` turns to the next contract in the session of the expiry of the present one;
        ``'volume'`` after the first session, since the contract before it has expired, in which the
        next one traded more, at the latest after the expiry. Both are known before the session.
    adjustment
        What a roll does to the prices before it: ``'mul'`` multiplies them by the last close of the
        new contract over that of the old, ``'add'`` adds their difference (Panama), None nothing.
    """

    root_symbol: str
    offset: int = 0
    roll_style: RollStyle = "volume"
    adjustment: Adjustment | None = "mul"

    def __str__(self) -> str:
        return self.root_symbol
