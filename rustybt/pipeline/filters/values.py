"""Filters by the values of a term, as classes; methods of factors make the same."""

from rustybt.errors import UnsupportedColumnError
from rustybt.pipeline.expression import AppliedFilter, Classifier, Factor, Filter
from rustybt.pipeline.operation import Elementwise, Extreme, PercentileBetween


class NullFilter(AppliedFilter):
    """Whether the value of a factor or classifier is missing.

    Parameters
    ----------
    term
        The factor or classifier.

    Notes
    -----
    Formula: ``x is missing``.
    Units: a truth value.
    Nulls: never.
    """

    def __init__(self, term: Factor | Classifier) -> None:
        super().__init__(operation=Elementwise("isnull"), inputs=(_nullable(term),))


class NotNullFilter(AppliedFilter):
    """Whether the value of a factor or classifier is not missing.

    Parameters
    ----------
    term
        The factor or classifier.

    Notes
    -----
    Formula: ``x is present``.
    Units: a truth value.
    Nulls: never.
    """

    def __init__(self, term: Factor | Classifier) -> None:
        super().__init__(operation=Elementwise("notnull"), inputs=(_nullable(term),))


class PercentileFilter(AppliedFilter):
    """Whether the value lies between two percentiles; see `Factor.percentile_between`."""

    def __init__(
        self,
        factor: Factor,
        min_percentile: float,
        max_percentile: float,
        mask: Filter | None = None,
    ) -> None:
        operation = PercentileBetween(min_percentile, max_percentile)
        super().__init__(operation=operation, inputs=(_factor(factor),), mask=mask)


class MaximumFilter(AppliedFilter):
    """Whether the value is the largest of the session, or of its group; see `Factor.top`."""

    def __init__(
        self, factor: Factor, groupby: Classifier | None = None, mask: Filter | None = None
    ) -> None:
        same = _factor(factor).top(1, mask, groupby)
        super().__init__(operation=Extreme(1, largest=True), inputs=same.inputs, mask=mask)


def _factor(found: object) -> Factor:
    if not isinstance(found, Factor):
        raise UnsupportedColumnError("factor", found, "a factor")
    return found


def _nullable(found: object) -> Factor | Classifier:
    if not isinstance(found, (Factor, Classifier)):
        raise UnsupportedColumnError("term", found, "a factor or classifier")
    return found
