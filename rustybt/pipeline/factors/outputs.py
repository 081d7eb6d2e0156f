"""Factors of several outputs: bands, lines and what a regression gives."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import isabstract
from typing import Any, ClassVar, Self

from typing_extensions import override

from rustybt.errors import TermParameterError, UnknownFieldError
from rustybt.pipeline.factors.window import WindowedFactor
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.nanmath import Array
from rustybt.pipeline.vocabulary.quantity import Quantity
from rustybt.pipeline.vocabulary.relation import Joined


class MultiFactor(WindowedFactor):
    """A factor over a window with named outputs, each of which is a factor.

    ``bands.upper`` is one; a name of Python or of `Factor` is reached by ``bands.output("lower")``
    as well. The factor itself is no column of a pipeline, its outputs are.
    """

    outputs: ClassVar[tuple[str, ...]] = ()

    def output(self, name: str) -> "RecarrayField":
        """Return the factor of one output.

        Raises
        ------
        UnknownFieldError
            There is no such output.
        """
        if name not in self.outputs:
            raise UnknownFieldError(self._name, name, self.outputs)
        return RecarrayField(of=self, name=name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.output(name)

    @property
    def unpacked(self) -> tuple[str, ...]:
        """The outputs that ``a, b = factor`` gives, in order."""
        return type(self).outputs

    def __iter__(self) -> "Iterator[RecarrayField]":
        """Iterate the factors of the outputs, in order, as zipline's do."""
        return iter([self.output(name) for name in self.unpacked])

    @classmethod
    @abstractmethod
    def instances(cls) -> tuple[Self, ...]:
        """Return small instances, whose outputs are the examples."""

    @classmethod
    @override
    def examples(cls) -> "tuple[RecarrayField, ...]":
        return tuple(it.output(name) for it in cls.instances() for name in cls.outputs)

    @abstractmethod
    def express_outputs(self, *inputs: Quantity) -> Mapping[str, Quantity]:
        """Return the outputs by name, in SQL; see `Term.express`."""

    @abstractmethod
    def compute_outputs(self, *windows: Array) -> Mapping[str, Array]:
        """Return the outputs by name, on arrays; see `WindowedFactor.compute`."""

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        raise TermParameterError(self._name, "output", None, f"one of {', '.join(self.outputs)}")

    @override
    def compute(self, *windows: Array) -> Array:
        raise TermParameterError(self._name, "output", None, f"one of {', '.join(self.outputs)}")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RecarrayField(WindowedFactor):
    """One output of a `MultiFactor`, made by naming it.

    Notes
    -----
    Formula: that of the output.
    Units: those of the output.
    Nulls: those of the output.
    """

    of: MultiFactor
    name: str
    window_length: int | None = field(default=None, init=False)

    @override
    def __post_init__(self) -> None:
        # Its window is that of the factor, which has checked it.
        for said in ("inputs", "mask", "window_length"):
            object.__setattr__(self, said, getattr(self.of, said))

    @property
    @override
    def window_safe(self) -> bool:
        return self.of.window_safe

    @property
    @override
    def sessions_before(self) -> int:
        return self.of.sessions_before

    @property
    @override
    def operands(self) -> tuple[Term, ...]:
        return self.of.operands

    @property
    @override
    def joined(self) -> Joined | None:
        return self.of.joined

    @property
    @override
    def needs(self) -> tuple[Term, ...]:
        # What Python computes must be known as a whole.
        return super().needs if self.joined is None else (self.of,)

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return self.of.express_outputs(*inputs)[self.name]

    @override
    def compute(self, *windows: Array) -> Array:
        return self.of.compute_outputs(*windows)[self.name]

    @classmethod
    @override
    def examples(cls) -> "tuple[RecarrayField, ...]":
        waiting, found = [MultiFactor], []
        while waiting:
            kind = waiting.pop()
            waiting += kind.__subclasses__()
            found += [] if isabstract(kind) else list(kind.examples())
        return tuple(found)

    @override
    def __repr__(self) -> str:
        return f"{self.of!r}.{self.name}"
