"""The words of a strategy that say how its orders fill and what it is compared with."""

from typing import TypeVar

from rustybt.algorithm.benchmark import returns_of
from rustybt.algorithm.words import Words
from rustybt.assets import Asset
from rustybt.errors import OptionError
from rustybt.finance.borrow import BorrowCost
from rustybt.finance.cancel_policy import CancelPolicy
from rustybt.finance.commission import CommissionModel
from rustybt.finance.latency import FixedLatency, LatencyModel
from rustybt.finance.slippage import SlippageModel
from rustybt.simulation.clock import Phase

_Model = TypeVar("_Model")


class ModelWords(Words):
    """The part of `rustybt.algorithm.TradingAlgorithm` that sets models; in ``initialize`` only."""

    def set_slippage(
        self, us_equities: SlippageModel | None = None, us_futures: SlippageModel | None = None
    ) -> None:
        """Set how orders fill.

        Parameters
        ----------
        us_equities
            For everything that is no future, coins and currencies, too.
        us_futures
            For futures.
        """
        self._only_in("set_slippage", Phase.INITIALIZE)
        _some("slippage", us_equities, us_futures)
        models = self._run.blotter.models
        if us_equities is not None:
            models.slippage = _model("slippage", us_equities, SlippageModel)
        if us_futures is not None:
            models.future_slippage = _model("slippage", us_futures, SlippageModel)

    def set_commission(
        self,
        us_equities: CommissionModel | None = None,
        us_futures: CommissionModel | None = None,
    ) -> None:
        """Set what fills cost; parameters as for `set_slippage`."""
        self._only_in("set_commission", Phase.INITIALIZE)
        _some("commission", us_equities, us_futures)
        models = self._run.blotter.models
        if us_equities is not None:
            models.commission = _model("commission", us_equities, CommissionModel)
        if us_futures is not None:
            models.future_commission = _model("commission", us_futures, CommissionModel)

    def set_latency(self, latency: LatencyModel | int) -> None:
        """Set how many bars pass before the market sees an order, 0 at first.

        Parameters
        ----------
        latency
            A model, or the number of bars: 0 lets an order fill at the next bar.
        """
        self._only_in("set_latency", Phase.INITIALIZE)
        model = FixedLatency(latency) if isinstance(latency, int) else latency
        self._run.blotter.latency = _model("latency", model, LatencyModel)

    def set_cancel_policy(self, cancel_policy: CancelPolicy) -> None:
        """Set whether the end of a session cancels open orders, which it does not at first."""
        self._only_in("set_cancel_policy", Phase.INITIALIZE)
        policy = _model("cancel_policy", cancel_policy, CancelPolicy)
        self._run.blotter.cancel_policy = policy

    def set_borrow_cost(self, cost: BorrowCost | float) -> None:
        """Set what shorts of shares and coins cost, nothing but their own `borrow_rate` at first.

        Parameters
        ----------
        cost
            A model, or a fraction of the value a year for assets without a rate of their own.
        """
        self._only_in("set_borrow_cost", Phase.INITIALIZE)
        model = cost if isinstance(cost, BorrowCost) else BorrowCost(cost)
        self._run.carry.borrow = model

    def set_benchmark(self, benchmark: Asset) -> None:
        """Compare with an asset: its returns are those of the benchmark, instead of any given.

        They are close to close, adjusted for splits and dividends; on the asset's own first session
        open to close.

        Raises
        ------
        HookError
            Outside ``initialize``.
        OptionError
            The asset is not listed in all sessions of the run, or has no daily bars.
        ResolutionError
            The bundle has no daily bars.
        """
        self._only_in("set_benchmark", Phase.INITIALIZE)
        run = self._run
        run.benchmark = returns_of(self._listed(benchmark), run.market, run.labels)


def _model(option: str, found: _Model, kind: type) -> _Model:
    if not isinstance(found, kind):
        raise OptionError(option, found, f"a {kind.__name__}")
    return found


def _some(option: str, *models: object) -> None:
    if all(it is None for it in models):
        raise OptionError(option, None, "a model for us_equities, for us_futures or for both")
