"""What all words of a strategy stand on: the run, and in which hook a word may be said."""

from rustybt.assets import Asset
from rustybt.errors import HookError, NotAnAssetError
from rustybt.simulation.clock import Phase
from rustybt.simulation.loop import Simulation


class Words:
    """The root of the parts of `rustybt.algorithm.TradingAlgorithm`."""

    _simulation: Simulation | None = None

    @property
    def _run(self) -> Simulation:
        if self._simulation is None:
            raise HookError("This word", "an algorithm that is not running", "a hook of a run")
        return self._simulation

    def _only_in(self, word: str, phase: Phase) -> None:
        now = self._run.clock.phase
        if now is not phase:
            raise HookError(word, now.value, phase.value)

    @staticmethod
    def _listed(asset: Asset) -> Asset:
        if not isinstance(asset, Asset):
            raise NotAnAssetError(asset)
        return asset
