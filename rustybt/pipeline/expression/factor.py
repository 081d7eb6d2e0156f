"""Factors: a number for each asset, in each session."""

from typing import Any, ClassVar

import numpy as np

from rustybt.pipeline.expression.arithmetic import Arithmetic
from rustybt.pipeline.expression.section import Sectional
from rustybt.pipeline.expression.series import Serial


class Factor(Arithmetic, Sectional, Serial):
    """A term whose values are numbers, NULL where missing.

    Operators take factors and finite numbers. ``<``, ``<=``, ``>``, ``>=`` and ``!=`` make filters,
    as `eq` does; ``==`` tells whether two terms are the same term, since sets and dictionaries of
    terms need it.
    """

    kind: ClassVar[str] = "Factor"
    dtype: Any = np.dtype(np.float64)
    missing_value: ClassVar[Any] = np.nan

    # A factor is indexed by assets, which makes no sequence of it.
    __iter__: Any = None
    __contains__: Any = None
