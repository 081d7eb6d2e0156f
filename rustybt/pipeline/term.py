"""What a term is: a frozen value, named by what it computes and not by where it was made.

Two terms built alike are equal and hash alike, so that a plan computes them once. This module knows
no kind of term; `expression` has the kinds that operators make, `factors` the built-in ones.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from hashlib import blake2b
from typing import Any, ClassVar

from typing_extensions import override

from rustybt.pipeline.vocabulary.frame import Scope
from rustybt.pipeline.vocabulary.magnitude import Magnitude, of_factor
from rustybt.pipeline.vocabulary.quantity import Quantity
from rustybt.pipeline.vocabulary.relation import Joined


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Term(ABC):
    """Something with one value per session and asset.

    Parameters
    ----------
    inputs
        What it is computed from.
    mask
        Filter of the assets it is computed for; all of the universe if None.
    """

    scope: ClassVar[Scope] = Scope.ROW
    ndim: ClassVar[int] = 2
    """2 for a value per session and asset, 1 for one per session, which is no column of a pipeline."""

    _classes: ClassVar["dict[str, type[Term]]"] = {}
    _made: ClassVar["Counter[str]"] = Counter()
    _kind: ClassVar[str] = ""  # of the class: its full name, and how many had that name before it

    inputs: "Sequence[Term]" = ()
    mask: "Term | None" = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        name = f"{cls.__module__}.{cls.__qualname__}"
        # A function that makes classes gives all of them one name.
        cls._kind = f"{name} {Term._made[name]}"
        Term._made[name] += 1
        # The built-in ones alone: a class of a user may have any name.
        if cls.__module__.startswith(f"{__package__}."):
            Term._classes[cls.__name__] = cls

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", tuple(self.inputs))

    @staticmethod
    def class_named(name: str) -> "type[Term]":
        """Return a class of this package, for methods that make terms of classes above their own."""
        return Term._classes[name]

    @property
    def window_safe(self) -> bool:
        """Whether values of several sessions may be compared: they do not depend on adjustment."""
        return False

    @property
    def sessions_before(self) -> int:
        """How many sessions before its own a value needs of its inputs."""
        return 0

    @property
    def joined(self) -> Joined | None:
        """What stands beside the spine for it; None if its inputs are all that it needs."""
        return None

    @property
    def operands(self) -> "tuple[Term, ...]":
        """What its SQL is written over: the inputs, unless its values are computed elsewhere."""
        return tuple(self.inputs)

    @property
    def sources(self) -> "tuple[Term, ...]":
        """The operands, and the mask if its SQL needs one."""
        return (*self.operands, *(() if self.mask is None else (self.mask,)))

    @property
    def needs(self) -> "tuple[Term, ...]":
        """What must be known for it, in SQL or elsewhere."""
        return self.sources

    @abstractmethod
    def express(self, *inputs: Quantity) -> Quantity:
        """Return the value in SQL, in the words of `rustybt.pipeline.vocabulary.frame`.

        Parameters
        ----------
        *inputs
            One per input: columns free of actions for a term over sessions, columns as known at
            the session otherwise.
        """

    @cached_property
    def magnitude(self) -> Magnitude:
        """How large its values can be; a term whose values may overflow is checked when it is computed."""
        return self.grown(*(it.magnitude.of_numbers() for it in self.operands))

    def grown(self, *operands: Magnitude) -> Magnitude:
        """Return how large the values can be that are computed from operands."""
        return of_factor(*operands)

    @cached_property
    def fingerprint(self) -> bytes:
        """A digest of the class and the fields: equal exactly for terms that are equal.

        Processes that make the same classes in the same order have the same digests, unless a parameter
        is an object whose text says where it lies in memory.
        """
        digest = blake2b(self._kind.encode(), digest_size=16)
        for field in fields(self):
            digest.update(_bytes(getattr(self, field.name)) + b"\0")
        return digest.digest()

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Term):
            return NotImplemented
        return self.fingerprint == other.fingerprint

    @override
    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @override
    def __repr__(self) -> str:
        said = (
            (it.name, getattr(self, it.name))
            for it in fields(self)
            if not self._is_default(it.name)
        )
        return f"{type(self).__name__}({', '.join(f'{name}={_text(it)}' for name, it in said)})"

    def _is_default(self, name: str) -> bool:
        default = next(it.default for it in fields(self) if it.name == name)
        return default is not MISSING and repr(getattr(self, name)) == repr(default)


def _text(value: object) -> str:
    return f"[{', '.join(map(repr, value))}]" if isinstance(value, tuple) else repr(value)


def _bytes(value: object) -> bytes:
    # The digests of the inputs stand for them, so that a shared term is visited once.
    if isinstance(value, Term):
        return value.fingerprint
    if isinstance(value, tuple):
        return b"(" + b",".join(map(_bytes, value)) + b")"
    return repr(value).encode()
