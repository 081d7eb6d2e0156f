"""A filter by a function of Python."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from typing_extensions import override

from rustybt.errors import TermParameterError, UnsupportedColumnError
from rustybt.pipeline.custom import CustomFilter
from rustybt.pipeline.expression import ComputableTerm


class ArrayPredicate(CustomFilter):
    """Whether a function of Python says so of the value.

    Parameters
    ----------
    term
        Factor, filter or classifier.
    op
        Takes the values of one session, an array in the order of sids with NaN, -1 or None where
        missing, and `opargs`; returns an array of truth values.
    opargs
        Further arguments, hashable.

    Raises
    ------
    UnsupportedColumnError
        `term` is no term that has a value per asset.
    TermParameterError
        `op` is no function, or `opargs` is no sequence of hashable values.

    Notes
    -----
    Formula: ``op(x, *opargs)``.
    Units: a truth value.
    Nulls: what the function says of them.
    """

    params: Any = ("op", "opargs")

    def __init__(
        self, term: ComputableTerm, op: Callable[..., Any], opargs: Sequence[Any] = ()
    ) -> None:
        name, given = type(self).__name__, (term, op, opargs)
        if not isinstance(given[0], ComputableTerm) or term.ndim == 1:
            raise UnsupportedColumnError(f"{name}: term", term, "a factor, filter or classifier")
        if not callable(given[1]):
            raise TermParameterError(name, "op", op, "to be a function")
        if isinstance(given[2], str) or not isinstance(given[2], Sequence):
            raise TermParameterError(name, "opargs", opargs, "to be a sequence of arguments")
        super().__init__([term], 1, op=op, opargs=tuple(opargs))

    @override
    def _check_input(self, term: Any) -> None:
        """Accept any term: no value of an earlier session is looked at."""

    @override
    def compute(self, today: Any, assets: Any, out: Any, *inputs: Any, **params: Any) -> None:
        out[:] = np.asarray(params["op"](inputs[0][-1], *params["opargs"]), dtype=bool)
