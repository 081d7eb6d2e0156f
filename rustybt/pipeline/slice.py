"""The series of one asset, for all assets of a session to be compared with."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import override

from rustybt.assets import Asset
from rustybt.errors import NotAnAssetError, WindowInputError
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Scope, Section
from rustybt.pipeline.vocabulary.magnitude import Magnitude
from rustybt.pipeline.vocabulary.nanmath import Array
from rustybt.pipeline.vocabulary.quantity import Quantity


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Slice(Term):
    """The value of one asset on the rows of all; ``factor[asset]`` makes it.

    An input of windows, no column of a pipeline. NULL where the asset is not in the universe, or in
    the bundle; a run on a bundle where its number is another asset's is refused.

    Parameters
    ----------
    inputs
        The factor whose values are taken; they must not depend on adjustment.
    asset
        The asset whose values are taken.

    Raises
    ------
    NotAnAssetError
        Something else stands for the asset.
    WindowInputError
        The factor is adjusted differently in each session.
    """

    scope: ClassVar[Scope] = Scope.SECTION

    asset: Asset

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.asset, Asset):
            raise NotAnAssetError(self.asset)
        if not self.inputs[0].window_safe:
            raise WindowInputError(type(self).__name__, repr(self.inputs[0]))

    @property
    @override
    def window_safe(self) -> bool:
        return True

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return Section().of_sid(inputs[0], self.asset.sid)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return operands[0]

    def compute(self, *inputs: Array) -> Array:
        """Return the value of the asset for each of a section that holds all sids in order."""
        return np.full_like(inputs[0], inputs[0][self.asset.sid])

    @override
    def __repr__(self) -> str:
        return f"{self.inputs[0]!r}[{self.asset!r}]"
