"""The quantities an asset can be traded in.

Shares are whole; a fractional asset trades in lots of 1e-8, the last decimal that a stored volume
has, so that a quantity is exact as a Decimal and an order that fills in parts ends at zero. An asset
with a lot size trades in that.
"""

from decimal import Decimal

from rustybt.assets import Asset

DECIMALS = 8
LARGEST = 1e11  # units; zipline's limit, above which a float loses whole shares


def ordered(amount: float, asset: Asset) -> float:
    """Return the quantity that an order for `amount` units is for, signed.

    Whole shares and lots are truncated toward zero unless a whole number lies within 1e-4.
    """
    if type(amount) is int and asset.lot_size is None:
        return float(amount) if asset.fractional else amount
    if asset.lot_size is not None:
        lot = amount / asset.lot_size
        whole = round(lot)
        return _of_lots(whole if abs(lot - whole) < 1e-4 else int(lot), asset)
    if asset.fractional:
        return round(float(amount), DECIMALS)
    near = round(amount)
    return near if abs(amount - near) < 1e-4 else int(amount)


def fillable(amount: float, asset: Asset) -> float:
    """Return the largest quantity not above `amount` (at least 0) that can be traded."""
    if asset.lot_size is not None:
        return _of_lots(int(round(amount / asset.lot_size, DECIMALS)), asset)
    if asset.fractional:
        near = round(amount, DECIMALS)
        return near if near <= amount else round(near - 10**-DECIMALS, DECIMALS)
    return int(amount)


def summed(first: float, second: float, asset: Asset) -> float:
    """Return the sum of two quantities; floats are rounded to a lot, so that lots stay exact."""
    if asset.fractional and first and second:
        return round(first + second, DECIMALS)
    return first + second


def plain(quantity: Decimal, asset: Asset) -> float:
    """Return an exact quantity as strategies see it: an int of shares, else a float."""
    return float(quantity) if asset.fractional else int(quantity)


def _of_lots(count: int, asset: Asset) -> float:
    units = round(count * (asset.lot_size or 1), DECIMALS)
    return units if asset.fractional else int(units)
