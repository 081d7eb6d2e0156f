"""What every operation has: a scope, its SQL and its definition in NumPy."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from typing_extensions import override

from rustybt.pipeline.vocabulary.frame import Scope, Section
from rustybt.pipeline.vocabulary.magnitude import Magnitude, of_factor
from rustybt.pipeline.vocabulary.nanmath import Values, missing
from rustybt.pipeline.vocabulary.quantity import Quantity


class Operation(ABC):
    """A function of terms: of one row, of one section, or of the sessions of an asset."""

    scope: ClassVar[Scope] = Scope.ROW
    window_safe: ClassVar[bool | None] = False
    """Whether the result is free of units; None if it is when the input is."""
    ndim: ClassVar[int] = 2
    """2 for a value per session and asset, 1 for one per session."""

    @property
    def sessions_before(self) -> int:
        """How many sessions before its own a value needs of its inputs."""
        return 0

    @abstractmethod
    def express(self, *inputs: Quantity) -> Quantity:
        """Return the operation in SQL."""

    @abstractmethod
    def compute(self, *inputs: Values) -> Values:
        """Return the operation on arrays: sections in order of sid, NaN or None where missing."""

    def grown(self, *operands: Magnitude) -> Magnitude:
        """Return how large the values can be that it computes from operands."""
        return of_factor(*operands)


class SectionOperation(Operation):
    """A function of the values of one session, or of those that share a label there.

    A second input is the label; where it is missing the result is.
    """

    scope: ClassVar[Scope] = Scope.SECTION

    @abstractmethod
    def express_section(self, x: Quantity, section: Section) -> Quantity:
        """Return the operation in SQL."""

    @abstractmethod
    def compute_section(self, x: Values) -> Values:
        """Return the operation on the values of one session, in order of sid."""

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        x, *labels = inputs
        if not labels:
            return self.express_section(x, Section())
        return self.express_section(x.masked(labels[0].is_present()), Section(labels[0]))

    @override
    def compute(self, *inputs: Values) -> Values:
        x, *labels = inputs
        if not labels:
            return self.compute_section(x)
        absent = missing(labels[0])
        result = self.compute_section(np.full(x.shape, np.nan))
        for label in set(labels[0][~absent].tolist()):
            members = ~absent & (labels[0] == label)
            result[members] = self.compute_section(x[members])
        return result
