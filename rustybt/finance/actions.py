"""A split, a dividend or a spin-off, as the loop and the books read it."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Action(NamedTuple):
    """A corporate action, in force from its session on.

    `ratio` multiplies every earlier price; None or NaN where no earlier close is stored. `amount`
    is cash per unit and `pay_date` its day, both for dividends only and None if unknown. A spin-off pays
    `shares` of the asset `payment_sid` for each unit; None where the bundle does not have it.
    """

    session: date
    sid: int
    kind: str
    ratio: float | None
    amount: Decimal | None
    pay_date: date | None
    shares: float | None = None
    payment_sid: int | None = None
