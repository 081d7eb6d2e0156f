"""What factors over a window of sessions have in common."""

from abc import abstractmethod
from dataclasses import dataclass

from typing_extensions import override

from rustybt.pipeline.expression import (
    LONGEST,
    Factor,
    Windowed,
    checked_count,
    checked_number,
)
from rustybt.pipeline.vocabulary.nanmath import Array

__all__ = ["LONGEST", "WindowedFactor", "checked_count", "checked_number"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WindowedFactor(Windowed, Factor):
    """A factor of the last sessions of each asset, NULL outside its mask; see `Windowed`."""

    @override
    @abstractmethod
    def compute(self, *windows: Array) -> Array:
        """Return the values from arrays of shape (sessions, assets), oldest first, NaN if missing.

        The definition that the SQL is tested against.
        """
