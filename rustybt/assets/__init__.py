"""The assets of a bundle and how a strategy names them."""

from rustybt.assets.asset import Asset
from rustybt.assets.continuous import ContinuousFuture
from rustybt.assets.finder import AssetFinder

__all__ = ["Asset", "AssetFinder", "ContinuousFuture"]
