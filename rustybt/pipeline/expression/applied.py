"""Terms that methods and operators make: an operation with what it is applied to."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError
from rustybt.pipeline.expression.classifier import Classifier
from rustybt.pipeline.expression.computable import ComputableTerm
from rustybt.pipeline.expression.factor import Factor
from rustybt.pipeline.expression.filter import Filter, check_mask
from rustybt.pipeline.operation import FUNCTIONS, Elementwise, Operation, Relabel
from rustybt.pipeline.vocabulary.frame import Scope
from rustybt.pipeline.vocabulary.magnitude import Magnitude
from rustybt.pipeline.vocabulary.nanmath import Values
from rustybt.pipeline.vocabulary.quantity import Quantity, label, number


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Constant(Factor):
    """The same finite number on every row."""

    value: float

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if not math.isfinite(self.value):
            raise TermParameterError("A factor's operand", "number", self.value, "to be finite")

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return number(self.value)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        exponent = math.log10(abs(self.value)) if self.value else 0.0
        return Magnitude(exponent, exponent)

    @override
    def __repr__(self) -> str:
        return f"{self.value:g}"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ConstantLabel(Classifier):
    """The same label on every row."""

    value: int | str

    @property
    def dtype(self) -> Any:
        """The type of the label: int64, or object for text."""
        return np.dtype(object if isinstance(self.value, str) else np.int64)

    @property
    @override
    def labels(self) -> "tuple[int | str, ...]":
        return (self.value,)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return label(self.value)

    @override
    def __repr__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Applied(ComputableTerm):
    """An operation together with what it is applied to.

    Parameters
    ----------
    operation
        What is done; its `express` and `compute` say how.
    """

    operation: Operation

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        check_mask(self.mask)

    @property
    def scope(self) -> Scope:  # type: ignore[override]  # read only, and said by the operation
        """What one value is computed from."""
        return self.operation.scope

    @property
    def ndim(self) -> int:  # type: ignore[override]  # read only, and said by the operation
        """2 for a value per session and asset, 1 for one per session."""
        return self.operation.ndim

    @property
    @override
    def sessions_before(self) -> int:
        return self.operation.sessions_before

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return self.operation.express(*inputs)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return self.operation.grown(*operands)

    def compute(self, *inputs: Values) -> Values:
        """Return the values of one section, in order of sid; see `Operation.compute`."""
        return self.operation.compute(*inputs)

    @override
    def __repr__(self) -> str:
        said = [repr(it) for it in self.inputs]
        if not isinstance(self.operation, Elementwise):
            rest = [*said[1:], *([] if self.mask is None else [f"mask={self.mask!r}"])]
            return f"{self.operation!r}.of({', '.join([*said[:1], *rest])})"
        word = self.operation.word
        if len(said) == 1 and word in FUNCTIONS:
            return f"{said[0]}.{word}()"
        return f"({f' {word} '.join(said)})" if len(said) > 1 else f"{word}({said[0]})"


class AppliedFactor(Applied, Factor):
    """A factor made by a method or an operator."""

    @property
    @override
    def window_safe(self) -> bool:
        said = self.operation.window_safe
        return self.inputs[0].window_safe if said is None else said


class AppliedFilter(Applied, Filter):
    """A filter made by a method or an operator."""

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        value = super().express(*inputs)
        # An earlier session may be one in which the asset was not listed.
        return value.is_present().both(value) if self.scope is Scope.SERIES else value

    @override
    def compute(self, *inputs: Values) -> Values:
        values = super().compute(*inputs)
        return np.asarray(values == 1) if self.scope is Scope.SERIES else values


class AppliedClassifier(Applied, Classifier):
    """A classifier made by a method."""

    @property
    def dtype(self) -> Any:
        """The type of the labels: int64, or object for text."""
        if isinstance(self.operation, Relabel):
            text = any(isinstance(label, str) for _, label in self.operation.pairs)
            return np.dtype(object if text else np.int64)
        last: Any = self.inputs[-1]  # the only input, or one of those that are alike
        return last.dtype if isinstance(last, Classifier) else np.dtype(np.int64)
