"""A split or a dividend, as the loop and the books read it."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Action(NamedTuple):
    """A corporate action, in force from its session on.

    `ratio` multiplies every earlier price; None or NaN where no earlier close is stored. `amount`
    is cash per unit and `pay_date` its day, both for dividends only and None if unknown.
    """

    session: date
    sid: int
    kind: str
    ratio: float | None
    amount: Decimal | None
    pay_date: date | None
