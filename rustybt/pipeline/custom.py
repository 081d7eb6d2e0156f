"""Terms that users write in Python: a `compute` over the windows of one session.

A term here says what it needs and what it gives; `rustybt.pipeline.compiler.python_stage` cuts the windows and
calls it.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from typing_extensions import override

from rustybt.errors import (
    TermInputsError,
    TermParameterError,
    UnknownFieldError,
    WindowInputError,
)
from rustybt.pipeline.computed import NAMELESS, ComputedTerm
from rustybt.pipeline.expression import Classifier, Factor, Filter, check_mask
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.magnitude import NUMBERS, Magnitude
from rustybt.pipeline.vocabulary.quantity import Quantity, column
from rustybt.pipeline.vocabulary.relation import Joined

if TYPE_CHECKING:
    import pandas as pd

_FLOAT: Final = np.dtype(np.float64)


@dataclass(frozen=True, eq=False, repr=False, init=False)
class CustomTerm(ComputedTerm):
    """What custom factors, filters and classifiers have in common.

    Parameters
    ----------
    inputs
        Columns, or terms whose values of several sessions may be compared.
    window_length
        Number of sessions that `compute` sees of each input, the last being the one before.
    mask
        Assets it is computed for; the others are missing. The whole universe if None.
    outputs
        Names of several values, of each of which ``term.name`` is the term.
    **params
        Values of the parameters that the class names, hashable.

    Attributes
    ----------
    params
        On a class: names of parameters, or names with their defaults.
    dtype, missing_value
        Of the values; what `out` holds before `compute` fills it, and what is missing.
    window_safe
        On a class: whether windows of other terms may look back on the values.
    ctx
        Context manager in which `compute` runs, such as ``numpy.errstate(all="ignore")``.

    Raises
    ------
    TermInputsError
        The inputs are missing or are no terms.
    WindowInputError
        An input is adjusted differently in each session.
    TermParameterError
        The window length is missing or not positive, or a parameter is unknown, missing or cannot
        be hashed.
    UnsupportedColumnError
        The mask is no filter.
    """

    ctx: ClassVar[AbstractContextManager[Any]] = nullcontext()
    allowed: ClassVar[str] = ""  # kinds of dtypes, as numpy's letters

    window_length: int = 0
    outputs: tuple[str, ...] = ()
    params: Any = ()
    dtype: Any = _FLOAT
    missing: Any = None

    def __init__(
        self,
        inputs: Sequence[Term] | None = None,
        window_length: int | None = None,
        mask: Filter | None = None,
        *,
        outputs: Sequence[str] | None = None,
        dtype: Any = None,
        **params: Any,
    ) -> None:
        cls = type(self)
        known = np.dtype(cls.dtype if dtype is None else dtype)
        values = {
            "inputs": cls.inputs if inputs is None else inputs,
            "mask": cls.mask if mask is None else mask,
            "window_length": cls.window_length if window_length is None else window_length,
            "outputs": tuple(cls.outputs if outputs is None else outputs),
            "params": _filled(cls.__name__, cls.params, params),
            "dtype": known,
            "missing": _declared(cls, "missing_value"),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check()

    def _check(self) -> None:
        name = type(self).__name__
        given: object = self.inputs
        if isinstance(given, str) or not isinstance(given, Sequence) or not given:
            raise TermInputsError(name, 1, given)
        if not all(isinstance(it, Term) for it in given):
            raise TermInputsError(name, len(given), given)
        object.__setattr__(self, "inputs", tuple(given))
        for term in self.inputs:
            self._check_input(term)
        check_mask(self.mask)
        length: object = self.window_length
        if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 1:
            expected = "to be an integer of at least 1"
            raise TermParameterError(name, "window_length", length or None, expected)
        if self.dtype.kind not in self.allowed:
            kinds = ", ".join(_NAMES[it] for it in self.allowed)
            raise TermParameterError(name, "dtype", self.dtype, f"to be one of {kinds}")
        for it in self.outputs:
            if not isinstance(it, str) or not it.isidentifier():
                raise TermParameterError(name, "outputs", it, "to be names of Python")
            if hasattr(CustomFactor, it):
                raise TermParameterError(name, "outputs", it, "to be no names that factors have")

    def _check_input(self, term: Term) -> None:
        if not term.window_safe:
            raise WindowInputError(type(self).__name__, repr(term))

    @abstractmethod
    def compute(self, today: "pd.Timestamp", assets: Any, out: Any, *inputs: Any) -> None:
        """Write the values of one session into `out`.

        Parameters
        ----------
        today
            The session, whose open nothing here is later than.
        assets
            Sids of the assets that are alive and pass the mask, int64, in order.
        out
            One value an asset, or a record array of the outputs; missing at first.
        *inputs
            One array an input, of shape (window_length, assets), oldest first, adjusted as known at
            the session. Parameters follow by name.
        """

    @property
    @override
    def look_back(self) -> int:
        return self.window_length - 1

    @property
    @override
    def sources(self) -> tuple[Term, ...]:
        return ()  # the mask is needed before: `compute` sees no other asset

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return self.outputs or (NAMELESS,)

    @property
    @override
    def empty(self) -> Any:
        return super().empty if self.missing is None else self.missing

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        if self.outputs:
            expected = f"one of {', '.join(self.outputs)}"
            raise TermParameterError(type(self).__name__, "output", None, expected)
        return super().express(*inputs)

    @property
    def arguments(self) -> dict[str, Any]:
        """The parameters by name."""
        return dict(self.params)

    @override
    def __repr__(self) -> str:
        said = [f"inputs=[{', '.join(map(repr, self.inputs))}]"]
        said.append(f"window_length={self.window_length}")
        said += [] if self.mask is None else [f"mask={self.mask!r}"]
        said += [f"{name}={value!r}" for name, value in self.params]
        return f"{type(self).__name__}({', '.join(said)})"


class CustomFactor(CustomTerm, Factor):
    """A factor whose `compute` is Python; see `CustomTerm`.

    Its values are floats, or whole numbers or datetimes by `dtype`. Not safe to look back on unless the
    class says ``window_safe = True``: its values may be prices.

    Examples
    --------
    >>> import numpy as np
    >>> from rustybt.pipeline.data import EquityPricing
    >>> class Range(CustomFactor):
    ...     inputs = [EquityPricing.high, EquityPricing.low]
    ...     window_length = 10
    ...
    ...     def compute(self, today, assets, out, high, low):
    ...         out[:] = np.nanmax(high, axis=0) - np.nanmin(low, axis=0)
    >>> Range(window_length=5).window_length
    5
    """

    allowed: ClassVar[str] = "fiM"
    window_safe: ClassVar[bool] = False

    def __getattr__(self, name: str) -> Any:
        outputs = () if name.startswith("__") else self.__dict__.get("outputs", ())
        if name in outputs:
            return CustomOutput(inputs=(self,), name=name)
        raise UnknownFieldError(type(self).__name__, name, outputs or ("no outputs",))

    def __iter__(self) -> Iterator[Factor]:
        """Iterate the factors of the outputs, in order."""
        if not self.outputs:
            raise TermParameterError(type(self).__name__, "outputs", (), "more than one name")
        return iter([CustomOutput(inputs=(self,), name=it) for it in self.outputs])


class CustomFilter(CustomTerm, Filter):
    """A filter whose `compute` is Python; see `CustomTerm`. Missing is false."""

    allowed: ClassVar[str] = "b"
    dtype: Any = np.dtype(np.bool_)
    missing_value: ClassVar[Any] = False


class CustomClassifier(CustomTerm, Classifier):
    """A classifier whose `compute` is Python; see `CustomTerm`.

    Its values are whole numbers, -1 where missing, or text by ``dtype = object``, None where missing;
    `missing_value` on a class says otherwise.
    """

    allowed: ClassVar[str] = "iO"
    dtype: Any = np.dtype(np.int64)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CustomOutput(Factor):
    """One output of a custom factor, made by naming it."""

    name: str

    @property
    @override
    def window_safe(self) -> bool:
        return self.inputs[0].window_safe

    @property
    @override
    def operands(self) -> tuple[Term, ...]:
        return ()  # a factor of several outputs has no value of its own

    @property
    @override
    def needs(self) -> tuple[Term, ...]:
        return tuple(self.inputs)

    @property
    @override
    def joined(self) -> Joined | None:
        return self.inputs[0].joined

    @override
    def grown(self, *operands: Magnitude) -> Magnitude:
        return NUMBERS

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        of = self.inputs[0]
        assert isinstance(of, CustomTerm)  # noqa: S101 - made by it alone
        return column(of.column_of(self.name))

    @override
    def __repr__(self) -> str:
        return f"{self.inputs[0]!r}.{self.name}"


def _declared(cls: type, name: str) -> Any:
    """Return what a class of a user says; what classes of ours say holds for one dtype alone."""
    for each in cls.__mro__:
        if name in vars(each) and not each.__module__.startswith("rustybt."):
            return vars(each)[name]
    return None


_NAMES: Final = {"f": "float64", "i": "int64", "b": "bool", "M": "datetime64[ns]", "O": "object"}


def _filled(term: str, declared: Any, given: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    defaults = dict(declared) if isinstance(declared, Mapping) else {}
    names = tuple(declared)
    for name in given:
        if name not in names:
            known = ", ".join(names) or "none"
            raise TermParameterError(term, "parameter", name, f"to be one of {known}")
    values = {**defaults, **given}
    for name in names:
        if name not in values:
            raise TermParameterError(term, name, None, "a value, since it has no default")
        try:
            hash(values[name])
        except TypeError:
            expected = "to be hashable, since equal terms are computed once"
            raise TermParameterError(term, name, values[name], expected) from None
    return tuple((name, values[name]) for name in names)
