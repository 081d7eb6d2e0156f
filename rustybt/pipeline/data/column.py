"""Columns of datasets, and the factor of their latest value."""

from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from rustybt.errors import UnknownFieldError
from rustybt.pipeline.expression import Factor
from rustybt.pipeline.frame import Scope
from rustybt.pipeline.nanmath import Array
from rustybt.pipeline.quantity import Quantity, column
from rustybt.pipeline.term import Term


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BoundColumn(Term):
    """A column of a dataset: input of factors over windows, or `latest`.

    Parameters
    ----------
    dataset, name
        Where it stands.
    price, shares
        Its degrees: a price has (1, 0), a volume (0, 1). They say how actions change it.
    """

    dataset: str
    name: str
    price: int = 0
    shares: int = 0

    @property
    def latest(self) -> "Latest":
        """The value known before the open of each session: that of the session before."""
        return Latest(inputs=(self,))

    @property
    @override
    def window_safe(self) -> bool:
        return True

    @property
    def steady(self) -> str:
        """Name of the column of the spine that no later action changes."""
        return f"{self.name}_q"

    def free_of_actions(self) -> Quantity:
        """Return the column to run windows over, with its degrees."""
        filled = self.shares > 0  # the spine has volume 0 where an asset did not trade
        return column(self.steady, price=self.price, shares=self.shares, filled=filled)

    @override
    def lower(self, *inputs: Quantity) -> Quantity:
        return column(self.name)

    @override
    def __repr__(self) -> str:
        return f"{self.dataset}.{self.name}"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Latest(Factor):
    """The last known value of a column.

    Notes
    -----
    Formula: ``x[-1]``.
    Units: those of the column.
    Nulls: NULL where the last session had no price; 0 where it had no volume.
    """

    scope: ClassVar[Scope] = Scope.ROW

    @override
    def lower(self, *inputs: Quantity) -> Quantity:
        return inputs[0]

    def compute(self, *inputs: Array) -> Array:
        """Return the values of the input."""
        return inputs[0]

    @override
    def __repr__(self) -> str:
        return f"{self.inputs[0]!r}.latest"


class Fields(type):
    """Class of datasets: an unknown field names the nearest."""

    @property
    def columns(cls) -> dict[str, BoundColumn]:
        """The columns by name, in their order."""
        return {name: it for name, it in vars(cls).items() if isinstance(it, BoundColumn)}

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnknownFieldError(cls.__name__, name, cls.columns)
