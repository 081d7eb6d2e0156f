"""Filters of assets that are named one by one."""

from collections.abc import Iterable
from numbers import Integral
from typing import cast

from rustybt.assets import Asset
from rustybt.errors import NotAnAssetError, TermParameterError
from rustybt.pipeline.classifiers import Sid
from rustybt.pipeline.expression import AppliedFilter
from rustybt.pipeline.operation import ElementOf


class StaticSids(AppliedFilter):
    """Whether the asset has one of the given sids.

    Parameters
    ----------
    sids
        Sids; those that the bundle does not have do no harm.

    Raises
    ------
    TermParameterError
        They are no collection of whole numbers.

    Notes
    -----
    Formula: ``sid in sids``.
    Units: a truth value.
    Nulls: never.
    """

    def __init__(self, sids: Iterable[int]) -> None:
        given: object = sids
        found: list[object] = list(given) if isinstance(given, Iterable) else [None]
        if not all(isinstance(it, Integral) and not isinstance(it, bool) for it in found):
            expected = "to be a collection of whole numbers"
            raise TermParameterError(type(self).__name__, "sids", sids, expected)
        values = tuple(sorted({int(cast("int", it)) for it in found}))
        super().__init__(operation=ElementOf(values), inputs=(Sid(),))


class StaticAssets(StaticSids):
    """Whether the asset is one of the given ones.

    Parameters
    ----------
    assets
        Assets of the bundle that the pipeline runs on.

    Raises
    ------
    NotAnAssetError
        Something else stands among them.

    Notes
    -----
    Formula: ``asset in assets``.
    Units: a truth value.
    Nulls: never.
    """

    def __init__(self, assets: Iterable[Asset]) -> None:
        given: object = assets
        found = list(assets) if isinstance(given, Iterable) else [given]
        for asset in found:
            if not isinstance(asset, Asset):
                raise NotAnAssetError(asset)
        super().__init__([asset.sid for asset in found if isinstance(asset, Asset)])


class SingleAsset(StaticAssets):
    """Whether the asset is the given one.

    Parameters
    ----------
    asset
        An asset of the bundle that the pipeline runs on.

    Raises
    ------
    NotAnAssetError
        Something else is given.

    Notes
    -----
    Formula: ``asset is the one``.
    Units: a truth value.
    Nulls: never.
    Differs: an asset that is not in the universe passes nowhere, where zipline raises.
    """

    def __init__(self, asset: Asset) -> None:
        super().__init__([asset])
