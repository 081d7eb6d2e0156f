"""The assets of a bundle and how a strategy names them."""

from rustybt.assets.asset import Asset, Crypto, Equity, Forex, Future, Option, Perpetual
from rustybt.assets.continuous import ContinuousFuture
from rustybt.assets.finder import AssetFinder

__all__ = [
    "Asset",
    "AssetFinder",
    "ContinuousFuture",
    "Crypto",
    "Equity",
    "Forex",
    "Future",
    "Option",
    "Perpetual",
]
