"""Prices that a source tells in hundredths of a currency, such as the pence of London, in the currency itself.

A ledger of several currencies knows pounds alone: a price in pence would be a hundred times too dear.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

_HUNDREDTHS: Final[Mapping[str, str]] = {"GBp": "GBP", "GBX": "GBP", "ZAc": "ZAR", "ILA": "ILS"}


def whole(currency: str | None) -> str | None:
    """Return the currency that a source's word for one or for its hundredths means."""
    return _HUNDREDTHS.get(currency or "", currency)


def in_whole(prices: Sequence[str | None], currency: str | None) -> list[str | None]:
    """Return prices, as text, in the whole currency; exact.

    Examples
    --------
    >>> in_whole(["1288.5", None], "GBp")
    ['12.885', None]
    >>> in_whole(["1288.5"], "USD")
    ['1288.5']
    """
    if currency not in _HUNDREDTHS:
        return list(prices)
    return [None if it is None else f"{Decimal(it).scaleb(-2).normalize():f}" for it in prices]
