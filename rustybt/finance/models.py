"""The slippage and commission models in force, by kind of asset."""

from typing import Final

from rustybt.assets import Asset
from rustybt.finance.commission import CommissionModel, PerContract, PerShare
from rustybt.finance.slippage import (
    FixedBasisPointsSlippage,
    SlippageModel,
    VolatilityVolumeShare,
)

FUTURE: Final = "future"  # the asset type that has models of its own


class Models:
    """Models of futures, and of everything else; zipline's defaults at first.

    A model that is set here forgets what it kept of another run.

    Attributes
    ----------
    slippage, commission
        For every asset that is no future: shares, coins and currencies.
    future_slippage, future_commission
        For futures.
    """

    def __init__(self) -> None:
        self.slippage: SlippageModel = FixedBasisPointsSlippage()
        self.commission: CommissionModel = PerShare()
        self.future_slippage: SlippageModel = VolatilityVolumeShare(volume_limit=0.05)
        self.future_commission: CommissionModel = PerContract()

    def __setattr__(self, name: str, model: SlippageModel | CommissionModel) -> None:
        model.begin_run()
        super().__setattr__(name, model)

    def of(self, asset: Asset) -> tuple[SlippageModel, CommissionModel]:
        """Return the models of an asset."""
        if asset.asset_type == FUTURE:
            return self.future_slippage, self.future_commission
        return self.slippage, self.commission
