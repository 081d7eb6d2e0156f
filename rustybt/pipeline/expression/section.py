"""Methods of factors over one session: each value beside those of the other assets."""

from typing import Any

from rustybt.errors import TermParameterError, UnsupportedColumnError
from rustybt.pipeline.expression.classifier import Classifier
from rustybt.pipeline.expression.computable import ComputableTerm, applied
from rustybt.pipeline.expression.filter import Filter
from rustybt.pipeline.operation import (
    Demean,
    Extreme,
    PercentileBetween,
    PercentileRank,
    QuantileLabel,
    Rank,
    SectionOperation,
    Summary,
    Winsorize,
    ZScore,
)
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import RankMethod


class Sectional(ComputableTerm):
    """The methods of factors over one session.

    Everywhere `mask` is a filter of the assets that count, the others getting NULL or false, and
    `groupby` a classifier: assets are compared with those of the same label, and get NULL or false
    where theirs is missing. Another object raises UnsupportedColumnError.
    """

    def demean(self, mask: Filter | None = None, groupby: Classifier | None = None) -> Any:
        """Return the value less the mean of the session.

        Parameters
        ----------
        mask
            Assets that count; the others get NULL. The whole universe if None.
        groupby
            Assets are compared with those of the same label.
        """
        return self._sectional("Factor", Demean(), mask, groupby)

    def zscore(
        self,
        mask: Filter | None = None,
        groupby: Classifier | None = None,
        *,
        window_length: int | None = None,
    ) -> Any:
        """Return the distance from the mean in population standard deviations.

        Parameters
        ----------
        mask
            Assets that count; the others get NULL. The whole universe if None.
        groupby
            Assets are compared with those of the same label.
        window_length
            If given, each asset is compared with its own last sessions, so many of them, and not
            with the other assets of the session; see `RollingZScore`.

        Raises
        ------
        TermParameterError
            Both `groupby` and `window_length` are given.
        WindowInputError
            There is a window, and the factor has a unit.
        """
        if window_length is None:
            return self._sectional("Factor", ZScore(), mask, groupby)
        if groupby is not None:
            expected = "to be None where window_length is given"
            raise TermParameterError("zscore", "groupby", groupby, expected)
        make: Any = Term.class_named("RollingZScore")
        return make(inputs=(self,), timeperiod=window_length, mask=mask)

    def winsorize(
        self,
        min_percentile: float,
        max_percentile: float,
        mask: Filter | None = None,
        groupby: Classifier | None = None,
    ) -> Any:
        """Return the value, drawn in where it is among the smallest or largest of the session.

        Parameters
        ----------
        min_percentile, max_percentile
            Fractions from 0 to 1: the share of assets below and up to which values stay.
        mask
            Assets that count; the others get NULL. The whole universe if None.
        groupby
            Assets are compared with those of the same label.

        Raises
        ------
        BadPercentileBoundsError
            The fractions are not ``0 <= min_percentile < max_percentile <= 1``.
        """
        return self._sectional("Factor", Winsorize(min_percentile, max_percentile), mask, groupby)

    def rank(
        self,
        method: RankMethod = "ordinal",
        ascending: bool = True,  # noqa: FBT001, FBT002 - zipline's order of parameters
        mask: Filter | None = None,
        groupby: Classifier | None = None,
    ) -> Any:
        """Return the rank in the session, from 1, as a float.

        Parameters
        ----------
        method
            What equal values get: ``ordinal`` distinct ranks in the order of sids, ``min``, ``max``
            or ``average`` of those, ``dense`` the number of distinct values up to theirs.
        ascending
            Whether the smallest value has rank 1.
        mask
            Assets that are ranked; the others get NULL. The whole universe if None.
        groupby
            Assets are ranked among those of the same label.

        Raises
        ------
        TermParameterError
            There is no such method.
        """
        return self._sectional("Factor", Rank(method, ascending), mask, groupby)

    def percentile_rank(self, mask: Filter | None = None, groupby: Classifier | None = None) -> Any:
        """Return the rank in the session as a share of the assets that have a value.

        Above 0 and at most 1; equal values get the mean of their ranks, as pandas has it in
        ``rank(pct=True)``.

        Parameters
        ----------
        mask
            Assets that are ranked; the others get NULL. The whole universe if None.
        groupby
            Assets are ranked among those of the same label.
        """
        return self._sectional("Factor", PercentileRank(), mask, groupby)

    def top(
        self,
        N: int,  # noqa: N803 - zipline's name
        mask: Filter | None = None,
        groupby: Classifier | None = None,
    ) -> Filter:
        """Return whether the value is one of the `N` largest of the session.

        Parameters
        ----------
        N
            At least 1. Equal values at the edge pass in the order of their sids.
        mask
            Assets that count; the others get false. The whole universe if None.
        groupby
            The `N` largest of each label pass.

        Raises
        ------
        TermParameterError
            `N` is no positive integer.
        """
        made: Filter = self._sectional("Filter", Extreme(N, largest=True), mask, groupby)
        return made

    def bottom(
        self,
        N: int,  # noqa: N803 - zipline's name
        mask: Filter | None = None,
        groupby: Classifier | None = None,
    ) -> Filter:
        """Return whether the value is one of the `N` smallest of the session; see `top`."""
        made: Filter = self._sectional("Filter", Extreme(N, largest=False), mask, groupby)
        return made

    def percentile_between(
        self, min_percentile: float, max_percentile: float, mask: Filter | None = None
    ) -> Filter:
        """Return whether the value lies between two percentiles of the session, both inclusive.

        Parameters
        ----------
        min_percentile, max_percentile
            From 0 to 100.
        mask
            Assets that count; the others get false. The whole universe if None.

        Raises
        ------
        BadPercentileBoundsError
            The percentiles are not ``0 <= min_percentile < max_percentile <= 100``.
        """
        operation = PercentileBetween(min_percentile, max_percentile)
        made: Filter = self._sectional("Filter", operation, mask, None)
        return made

    def quantiles(self, bins: int, mask: Filter | None = None) -> Classifier:
        """Return the number of the quantile of the session that the value belongs to, from 0.

        Parameters
        ----------
        bins
            How many quantiles; at least 1.
        mask
            Assets that count; the others get no label. The whole universe if None.

        Raises
        ------
        TermParameterError
            `bins` is no positive integer.
        """
        QuantileLabel(bins)  # says what is wrong before a class is looked for
        make: Any = Term.class_named("Quantiles")
        made: Classifier = make(inputs=(self,), bins=bins, mask=mask)
        return made

    def quartiles(self, mask: Filter | None = None) -> Classifier:
        """Return the quarter of the session that the value belongs to, 0 to 3; see `quantiles`."""
        return self.quantiles(4, mask)

    def quintiles(self, mask: Filter | None = None) -> Classifier:
        """Return the fifth of the session that the value belongs to, 0 to 4; see `quantiles`."""
        return self.quantiles(5, mask)

    def deciles(self, mask: Filter | None = None) -> Classifier:
        """Return the tenth of the session that the value belongs to, 0 to 9; see `quantiles`."""
        return self.quantiles(10, mask)

    def mean(self, mask: Filter | None = None, *, window_length: int | None = None) -> Any:
        """Return the mean of the session, one number for all assets, or a moving average.

        Parameters
        ----------
        mask
            Assets that count. The whole universe if None.
        window_length
            If given, the result is `SimpleMovingAverage` of this factor over so many sessions.
        """
        if window_length is None:
            return self._sectional("Factor", Summary("mean"), mask, None)
        make: Any = Term.class_named("SimpleMovingAverage")
        return make(inputs=(self,), window_length=window_length, mask=mask)

    def stddev(self, mask: Filter | None = None) -> Any:
        """Return the population standard deviation of the session, one number for all assets."""
        return self._sectional("Factor", Summary("stddev"), mask, None)

    def max(self, mask: Filter | None = None) -> Any:
        """Return the largest value of the session, one number for all assets."""
        return self._sectional("Factor", Summary("max"), mask, None)

    def min(self, mask: Filter | None = None) -> Any:
        """Return the smallest value of the session, one number for all assets."""
        return self._sectional("Factor", Summary("min"), mask, None)

    def median(self, mask: Filter | None = None) -> Any:
        """Return the median of the session, one number for all assets."""
        return self._sectional("Factor", Summary("median"), mask, None)

    def sum(self, mask: Filter | None = None) -> Any:
        """Return the sum of the session, one number for all assets; 0 without values."""
        return self._sectional("Factor", Summary("sum"), mask, None)

    def notnull_count(self, mask: Filter | None = None) -> Any:
        """Return how many assets of the session have a value, one number for all assets."""
        return self._sectional("Factor", Summary("notnull_count"), mask, None)

    def _sectional(
        self,
        kind: str,
        operation: SectionOperation,
        mask: Filter | None,
        groupby: Classifier | None,
    ) -> Any:
        if groupby is None:
            return applied(kind, operation, self, mask=mask)
        given: object = groupby
        if not isinstance(given, Classifier):
            expected = "a classifier, such as factor.quantiles(5)"
            raise UnsupportedColumnError("groupby", groupby, expected)
        return applied(kind, operation, self, groupby, mask=mask)
