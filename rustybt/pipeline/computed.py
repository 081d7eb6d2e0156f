"""What terms have in common whose values Python computes, for all sessions of a run before its statement.

`rustybt.pipeline.compiler.python_stage` computes them. The values come back as a relation beside the bars, so other
terms use them as any column.
"""

from abc import abstractmethod
from typing import Any, ClassVar, Final

import numpy as np
from typing_extensions import override

from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Scope
from rustybt.pipeline.vocabulary.magnitude import NUMBERS, Magnitude
from rustybt.pipeline.vocabulary.quantity import Quantity, column
from rustybt.pipeline.vocabulary.relation import Computed, Joined, Taken

NAMELESS: Final = "value"  # the output of a term that names none
_SQL: Final = {"f": "DOUBLE", "i": "BIGINT", "b": "BOOLEAN", "M": "TIMESTAMP", "O": "VARCHAR"}


class ComputedTerm(Term):
    """A term that Python computes; in SQL it is a column of a relation.

    Attributes
    ----------
    dtype
        NumPy's type of the values.
    """

    scope: ClassVar[Scope] = Scope.ROW
    dtype: Any

    @property
    @abstractmethod
    def look_back(self) -> int:
        """How many sessions before its own a value needs of its inputs."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The outputs, or `NAMELESS` alone."""

    @property
    @override
    def needs(self) -> tuple[Term, ...]:
        return (*self.inputs, *(() if self.mask is None else (self.mask,)))

    @property
    @override
    def operands(self) -> tuple[Term, ...]:
        return ()

    @property
    def empty(self) -> Any:
        """The value that stands for a missing one in arrays."""
        kind: Any = {"f": np.nan, "i": -1, "b": False, "M": np.datetime64("NaT"), "O": None}
        return kind[np.dtype(self.dtype).kind]

    @property
    def table(self) -> str:
        """Name of the table of its values while a pipeline runs."""
        return f"{type(self).__name__}_{self.fingerprint[:4].hex()}"

    @property
    @override
    def joined(self) -> Joined:
        sql_type = _SQL[np.dtype(self.dtype).kind]
        taken = tuple(Taken(self.column_of(it), it, sql_type) for it in self.names)
        return Joined(Computed(self.table), taken)

    def column_of(self, name: str) -> str:
        """Return the name of the column of an output."""
        return f"{self.table}.{name}"

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return NUMBERS

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        value = column(self.column_of(self.names[0]))
        return value.is_present().both(value) if np.dtype(self.dtype).kind == "b" else value
