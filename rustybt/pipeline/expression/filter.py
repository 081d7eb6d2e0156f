"""Filters: which assets, in each session."""

from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from rustybt.errors import TruthError, UnsupportedColumnError
from rustybt.pipeline.expression.computable import ComputableTerm, applied
from rustybt.pipeline.operation import Elementwise, IfElse


class Filter(ComputableTerm):
    """A term whose values are true or false; false where a value it needs is missing."""

    kind: ClassVar[str] = "Filter"
    dtype: Any = np.dtype(bool)
    missing_value: ClassVar[Any] = False

    @property
    @override
    def window_safe(self) -> bool:
        return True

    def __and__(self, other: "Filter") -> "Filter":
        return self._with("&", other)

    def __or__(self, other: "Filter") -> "Filter":
        return self._with("|", other)

    def __invert__(self) -> "Filter":
        made: Filter = applied("Filter", Elementwise("~"), self)
        return made

    def __bool__(self) -> bool:
        raise TruthError(repr(self))

    def if_else(self, if_true: ComputableTerm, if_false: ComputableTerm) -> Any:
        """Return one term where the filter is true and another where it is false.

        Parameters
        ----------
        if_true, if_false
            Two factors, two filters, or two classifiers of the same kind of labels.

        Raises
        ------
        UnsupportedColumnError
            They are no terms, or of two kinds.
        """
        first: object = if_true
        second: object = if_false
        if not isinstance(first, ComputableTerm):
            expected = "a factor, filter or classifier"
            raise UnsupportedColumnError("if_else: if_true", if_true, expected)
        same = isinstance(second, ComputableTerm) and if_false.kind == if_true.kind
        if not same or np.dtype(if_false.dtype) != np.dtype(if_true.dtype):
            expected = f"a {if_true.kind.lower()} of {np.dtype(if_true.dtype)}, as if_true is"
            raise UnsupportedColumnError("if_else: if_false", if_false, expected)
        return applied(if_true.kind, IfElse(), self, if_true, if_false)

    def _with(self, word: str, other: "Filter") -> "Filter":
        if not isinstance(other, Filter):
            return NotImplemented
        made: Filter = applied("Filter", Elementwise(word), self, other)
        return made


def check_mask(mask: object) -> None:
    """Refuse a mask that is neither a filter nor None.

    Raises
    ------
    UnsupportedColumnError
        It is something else.
    """
    if mask is not None and not isinstance(mask, Filter):
        raise UnsupportedColumnError("mask", mask, "a filter")
