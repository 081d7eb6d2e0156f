"""Methods of factors and classifiers under the class names that zipline gives them."""

from collections.abc import Sequence
from typing import Any

from rustybt.errors import TermInputsError
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.expression import AppliedFactor, Classifier, Factor, Filter
from rustybt.pipeline.operation import PeerCount as Counted
from rustybt.pipeline.term import Term


class Clip(AppliedFactor):
    """The value, or the nearer bound where it lies outside them; see `Factor.clip`.

    Parameters
    ----------
    inputs
        One column or factor.
    min_bound, max_bound
        Numbers, both inclusive; infinite for none.
    mask
        Assets that count; the others get NULL. The whole universe if None.

    Raises
    ------
    TermInputsError
        The inputs are not one column or factor.
    TermParameterError
        A bound is no number, or the lower one is the larger.
    """

    def __init__(
        self,
        *,
        inputs: Sequence[Term],
        min_bound: float,
        max_bound: float,
        mask: Filter | None = None,
    ) -> None:
        given: Any = _only(type(self).__name__, inputs, (BoundColumn, Factor))
        value: Any = given.latest if isinstance(given, BoundColumn) else given
        bounded = value.clip(min_bound, max_bound)
        super().__init__(operation=bounded.operation, inputs=bounded.inputs, mask=mask)


class PeerCount(AppliedFactor):
    """How many assets of the session have the same label; see `Classifier.peer_count`.

    Parameters
    ----------
    inputs
        One classifier.
    mask
        Assets that count; the others get NULL. The whole universe if None.

    Raises
    ------
    TermInputsError
        The inputs are not one classifier.
    """

    def __init__(self, *, inputs: Sequence[Term], mask: Filter | None = None) -> None:
        labels = _only(type(self).__name__, inputs, (Classifier,))
        super().__init__(operation=Counted(), inputs=(labels,), mask=mask)


def _only(owner: str, inputs: object, kinds: "tuple[type[Term], ...]") -> Term:
    terms = () if isinstance(inputs, str) or not isinstance(inputs, Sequence) else inputs
    if len(terms) != 1 or not isinstance(terms[0], kinds):
        raise TermInputsError(owner, 1, inputs)
    only: Term = terms[0]
    return only
