"""Columns of datasets, and the terms of their latest values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, NoReturn

import numpy as np
from typing_extensions import override

from rustybt.errors import (
    DatasetError,
    TermParameterError,
    UnknownFieldError,
    UnsupportedColumnError,
)
from rustybt.markets import CURRENCIES
from rustybt.pipeline.domain import GENERIC, Domain
from rustybt.pipeline.expression import Classifier, Factor, Filter
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Scope
from rustybt.pipeline.vocabulary.magnitude import BARS, NUMBERS, Magnitude
from rustybt.pipeline.vocabulary.nanmath import Values
from rustybt.pipeline.vocabulary.quantity import Quantity, column, number
from rustybt.pipeline.vocabulary.relation import Joined, Rates, Relation, Taken

_FLOAT: Final = np.dtype(np.float64)
_SQL: Final = {"f": "DOUBLE", "i": "BIGINT", "b": "BOOLEAN", "M": "TIMESTAMP", "O": "VARCHAR"}
_CURRENCY_CODE: Final = 3  # letters


@dataclass(frozen=True)
class Column:
    """A column of a `DataSet`, as its class declares it.

    Parameters
    ----------
    dtype
        ``float``, ``int`` and ``str`` (labels), ``bool``, or ``datetime64[ns]``.
    missing_value
        Number or truth value in place of a missing one. If None a number stays missing and a truth value
        is false; a missing label or day stays missing whatever stands here.
    doc, metadata
        For readers.
    currency_aware
        Whether it is an amount of money, so that `BoundColumn.fx` may convert it.
    """

    dtype: Any
    missing_value: Any = None
    doc: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    currency_aware: bool = False

    def __post_init__(self) -> None:
        known = np.dtype(object if self.dtype is str else self.dtype)
        known = np.dtype(np.int64) if known.kind in "iu" else known
        is_text = self.dtype in (str, object) or isinstance(self.dtype, np.dtype)
        if known.kind not in _SQL or (known.kind == "O" and not is_text):
            expected = "to be float, int, bool, str or datetime64[ns]"
            raise TermParameterError("Column", "dtype", self.dtype, expected)
        object.__setattr__(self, "dtype", known)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BoundColumn(Term):
    """A column of a dataset: input of factors over windows, or `latest`.

    Parameters
    ----------
    dataset, name
        Where it stands.
    price, shares
        Its degrees: a price has (1, 0), a volume (0, 1). They say how actions change it.
    dtype, missing_value
        As `Column` has them.
    currency_aware
        Whether it is an amount of money.
    domain
        Market that the dataset speaks of.
    relation
        Where its values come from; None for the daily bars of the bundle.
    """

    dataset: str
    name: str
    price: int = 0
    shares: int = 0
    dtype: Any = _FLOAT
    missing_value: Any = None
    currency_aware: bool = False
    domain: Domain = GENERIC
    relation: Relation | None = None

    @property
    def latest(self) -> "Latest | LatestFilter | LatestClassifier":
        """The value known before the open of each session: a factor, filter or classifier by dtype."""
        kinds: dict[str, type[Latest | LatestFilter | LatestClassifier]] = {
            "b": LatestFilter,
            "i": LatestClassifier,
            "O": LatestClassifier,
        }
        return kinds.get(self.dtype.kind, Latest)(inputs=(self,))

    def fx(self, currency: str) -> "ConvertedColumn":
        """Return the column in another currency.

        Each value is multiplied by the newest price, of a day before its session, of one unit of the
        asset's currency: that of its exchange (`rustybt.pipeline.domain`), or what stands behind the
        slash of a pair such as ``BTC/USD``. The prices are the dataset ``fx_rates`` of the bundle. A
        currency has none any more where thirty days came with rates of others and without its own, unless
        its last one is ``fixed``: the value is NULL then.

        Parameters
        ----------
        currency
            As ISO 4217 writes it, ``EUR``; also of three to five letters for others.

        Raises
        ------
        TermParameterError
            The column is no amount of money, or the currency is no code.
        """
        if not self.currency_aware:
            expected = "of a column that is an amount of money"
            raise TermParameterError(f"{self!r}.fx", "a currency", currency, expected)
        plain = isinstance(currency, str) and currency.isalnum() and currency.isupper()
        if not plain or len(currency) < _CURRENCY_CODE:
            raise TermParameterError(f"{self!r}.fx", "currency", currency, "such as 'EUR'")
        return ConvertedColumn(
            inputs=(self,), currency=currency, **{it: getattr(self, it) for it in _KEPT}
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        methods = [f"latest.{name}"] if hasattr(Factor, name) else []
        raise UnknownFieldError(repr(self), name, ["latest", "fx", *methods])

    def _refuse(self, word: str) -> NoReturn:
        expected = f"a factor, such as {self!r}.latest"
        raise UnsupportedColumnError(f"{self!r} {word} ...", self, expected)

    def __lt__(self, other: object) -> NoReturn:
        self._refuse("<")

    def __le__(self, other: object) -> NoReturn:
        self._refuse("<=")

    def __gt__(self, other: object) -> NoReturn:
        self._refuse(">")

    def __ge__(self, other: object) -> NoReturn:
        self._refuse(">=")

    def __add__(self, other: object) -> NoReturn:
        self._refuse("+")

    def __sub__(self, other: object) -> NoReturn:
        self._refuse("-")

    def __mul__(self, other: object) -> NoReturn:
        self._refuse("*")

    def __truediv__(self, other: object) -> NoReturn:
        self._refuse("/")

    @property
    @override
    def window_safe(self) -> bool:
        return True

    @property
    @override
    def joined(self) -> Joined | None:
        if self.relation is None:
            return None
        taken = Taken(self._beside, self.name, _SQL[self.dtype.kind])
        return Joined(self.relation, (taken,))

    @property
    def _beside(self) -> str:
        assert self.relation is not None  # noqa: S101 - asked for by `joined` alone
        return f"{self.name}_{self.relation.mark}"

    @property
    def raw(self) -> str:
        """Name of the column of the spine as it was traded."""
        return f"{self.name}_raw"

    @property
    def steady(self) -> str:
        """Name of the column of the spine that no later action changes."""
        return f"{self.name}_q"

    @property
    def generic(self) -> "BoundColumn":
        """The same column of the bars, whatever dataset and domain name it."""
        return replace(self, dataset="EquityPricing", domain=GENERIC)

    def free_of_actions(self) -> Quantity:
        """Return the column to run windows over, with its degrees."""
        if self.relation is not None:
            return self.express()
        filled = self.shares > 0  # the spine has volume 0 where an asset did not trade
        return column(self.steady, price=self.price, shares=self.shares, filled=filled)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return BARS if self.relation is None else NUMBERS

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        if self.relation is None:
            return column(self.name)
        value = column(self._beside)
        if self.dtype.kind == "b":
            if self.missing_value:
                return value.is_missing().either(value)
            return value.is_present().both(value)
        if self.dtype.kind != "f":
            return value
        known = value.finite()  # a frame may write what is missing as NaN
        if self.missing_value is None:
            return known
        return known.filled_from(number(float(self.missing_value)))

    @override
    def __repr__(self) -> str:
        return f"{self.dataset}.{self.name}"


_KEPT: Final = ("dataset", "name", "price", "shares", "currency_aware", "domain", "relation")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ConvertedColumn(BoundColumn):
    """A column in another currency; `BoundColumn.fx` makes it.

    Parameters
    ----------
    currency
        The other one.
    """

    currency: str

    @property
    @override
    def joined(self) -> Joined:
        return Joined(Rates(self.currency, CURRENCIES), (Taken(self._rate, "rate", "DOUBLE"),))

    @property
    def _rate(self) -> str:
        return f"into_{self.currency}"

    @override
    def free_of_actions(self) -> Quantity:
        of = self.inputs[0]
        assert isinstance(of, BoundColumn)  # noqa: S101 - made by `fx` alone
        return of.free_of_actions() * column(self._rate)

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return operands[0].times(NUMBERS)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return inputs[0] * column(self._rate)

    @override
    def __repr__(self) -> str:
        return f"{self.inputs[0]!r}.fx({self.currency!r})"


class _Latest(Term):
    """The last known value of a column."""

    scope: ClassVar[Scope] = Scope.ROW

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return inputs[0]

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return operands[0]

    def compute(self, *inputs: Values) -> Values:
        """Return the values of the input."""
        return inputs[0]

    @override
    def __repr__(self) -> str:
        return f"{self.inputs[0]!r}.latest"


class Latest(_Latest, Factor):
    """The last known value of a column of numbers or days.

    Notes
    -----
    Formula: ``x[-1]``.
    Units: those of the column.
    Nulls: NULL where the last session had no price; 0 where it had no volume.
    """


class LatestFilter(_Latest, Filter):
    """The last known value of a column of truth values; false, or its missing value, where it is missing."""


class LatestClassifier(_Latest, Classifier):
    """The last known value of a column of labels."""

    @property
    def dtype(self) -> Any:
        """Of the labels."""
        of = self.inputs[0]
        return of.dtype if isinstance(of, BoundColumn) else np.dtype(np.int64)


@dataclass(frozen=True)
class Unbound(Relation):
    """The place of values that nobody has named yet."""

    dataset: str

    @property
    @override
    def mark(self) -> str:
        problem = "it is declared and has no rows"
        advice = f"Bind it: {self.dataset}.from_table(...) or {self.dataset}.from_frame(...)."
        raise DatasetError(self.dataset, problem, advice)

    @override
    def queries(self, name: str, columns: Any) -> Any:
        raise AssertionError(name)
