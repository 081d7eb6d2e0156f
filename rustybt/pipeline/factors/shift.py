"""What a factor was some sessions ago."""

from typing import ClassVar, Self

from typing_extensions import override

from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.factors.change import Returns
from rustybt.pipeline.factors.window import WindowedFactor
from rustybt.pipeline.vocabulary.magnitude import Magnitude
from rustybt.pipeline.vocabulary.nanmath import Array
from rustybt.pipeline.vocabulary.quantity import Quantity


class Shift(WindowedFactor):
    """The value of the first session of the window, as `Factor.shift` makes it.

    Notes
    -----
    Formula: ``x[0]``, that of ``window_length - 1`` sessions ago.
    Units: those of the input.
    Nulls: NULL when that is missing, or outside the universe or mask of its session.
    """

    shortest: ClassVar[int] = 2

    @property
    @override
    def window_safe(self) -> bool:
        return not isinstance(self.inputs[0], BoundColumn)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return self.frame.oldest(inputs[0])

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return operands[0]

    @override
    def compute(self, *windows: Array) -> Array:
        oldest: Array = windows[0][0]
        return oldest

    @classmethod
    @override
    def examples(cls) -> tuple[Self, ...]:
        return (cls(inputs=(Returns(window_length=2),), window_length=4),)
