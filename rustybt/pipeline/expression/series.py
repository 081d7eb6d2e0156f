"""Methods of factors over sessions: each value beside the earlier ones of its asset."""

from typing import Any

from rustybt.errors import TermParameterError
from rustybt.pipeline.expression.computable import ComputableTerm
from rustybt.pipeline.expression.filter import Filter
from rustybt.pipeline.term import Term


class Serial(ComputableTerm):
    """The methods of factors over sessions."""

    def shift(self, n: int, mask: Filter | None = None) -> Any:
        """Return the value so many sessions ago; NULL where the asset had none.

        Parameters
        ----------
        n
            At least 1: what comes later is not known.
        mask
            Assets it is computed for; the others get NULL. The whole universe if None.

        Raises
        ------
        TermParameterError
            `n` is no positive integer.
        WindowInputError
            The factor has a unit, so that its values of two sessions are adjusted differently.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise TermParameterError("shift", "n", n, "to be an integer of at least 1")
        make: Any = Term.class_named("Shift")
        return make(inputs=(self,), window_length=n + 1, mask=mask)

    def pearsonr(self, target: Term, correlation_length: int, mask: Filter | None = None) -> Any:
        """Return Pearson's correlation with another factor over sessions; see `RollingPearson`.

        Parameters
        ----------
        target
            A factor, a column, or a slice such as ``Returns(window_length=2)[asset]``.
        correlation_length
            Number of sessions, at least 2.
        mask
            Assets it is computed for; the others get NULL. The whole universe if None.
        """
        make: Any = Term.class_named("RollingPearson")
        return make(
            base_factor=self, target=target, correlation_length=correlation_length, mask=mask
        )

    def spearmanr(self, target: Term, correlation_length: int, mask: Filter | None = None) -> Any:
        """Return Spearman's correlation of ranks with another factor over sessions.

        Parameters
        ----------
        target, correlation_length, mask
            As for `pearsonr`; see `RollingSpearman`.
        """
        make: Any = Term.class_named("RollingSpearman")
        return make(
            base_factor=self, target=target, correlation_length=correlation_length, mask=mask
        )

    def linear_regression(
        self, target: Term, regression_length: int, mask: Filter | None = None
    ) -> Any:
        """Return the least squares line of this factor on another one over sessions.

        Parameters
        ----------
        target
            What explains: a factor, a column, or a slice such as ``Returns(window_length=2)[asset]``.
        regression_length
            Number of sessions, at least 2.
        mask
            Assets it is computed for; the others get NULL. The whole universe if None.

        Returns
        -------
        RollingLinearRegression
            With the outputs ``alpha``, ``beta``, ``r_value``, ``p_value`` and ``stderr``.
        """
        make: Any = Term.class_named("RollingLinearRegression")
        return make(
            dependent=self, independent=target, regression_length=regression_length, mask=mask
        )

    def __getitem__(self, asset: Any) -> Any:
        """Return the values of one asset, beside which those of every asset can be set."""
        make: Any = Term.class_named("Slice")
        return make(inputs=(self,), asset=asset)
