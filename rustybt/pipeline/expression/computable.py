"""What factors, filters and classifiers have in common, and how their methods make new terms.

The kinds make each other: a factor compared is a filter, a filter chooses between factors. So a method
names the class of what it makes, and `Term.class_named` finds it without an import in a circle.
"""

from typing import Any, ClassVar, Self

from rustybt.pipeline.operation import Alias, Downsample, Elementwise, Operation
from rustybt.pipeline.term import Term


class ComputableTerm(Term):
    """A term that can be a column of a pipeline."""

    kind: ClassVar[str]
    """``Factor``, ``Filter`` or ``Classifier``."""
    dtype: Any
    """NumPy's type of the values: float64, bool, or int64 or object for labels."""

    def alias(self, name: str) -> Self:
        """Return the same values under a name that plans show."""
        made: Self = applied(self.kind, Alias(name), self)
        return made

    def downsample(self, frequency: str) -> Any:
        """Return the value of the first session of each period, until the next period begins.

        Parameters
        ----------
        frequency
            ``year_start``, ``quarter_start``, ``month_start`` or ``week_start``.

        Raises
        ------
        TermParameterError
            There is no such frequency.
        """
        return applied(self.kind, Downsample(frequency), self)


class Nullable(ComputableTerm):
    """A term whose values may be missing."""

    def isnull(self) -> Any:
        """Return the filter of the assets whose value is missing."""
        return applied("Filter", Elementwise("isnull"), self)

    def notnull(self) -> Any:
        """Return the filter of the assets whose value is not missing."""
        return applied("Filter", Elementwise("notnull"), self)


def applied(kind: str, operation: Operation, *inputs: Term, mask: Term | None = None) -> Any:
    """Return the term of an operation; `kind` says of which class."""
    make: Any = Term.class_named(f"Applied{kind}")
    return make(operation=operation, inputs=inputs, mask=mask)
