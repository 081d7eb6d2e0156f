"""The classifiers of pipelines: labels by which assets are grouped and chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from rustybt.errors import TermInputsError, TermParameterError
from rustybt.pipeline.custom import CustomClassifier
from rustybt.pipeline.data.column import LatestClassifier as Latest
from rustybt.pipeline.expression import (
    AppliedClassifier,
    Classifier,
    ConstantLabel,
    Factor,
    Filter,
)
from rustybt.pipeline.operation import FillNull, IfElse, QuantileLabel
from rustybt.pipeline.operation import Relabel as Replacement
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.quantity import Quantity, column

__all__ = [
    "Classifier",
    "CustomClassifier",
    "Everything",
    "Latest",
    "Quantiles",
    "Relabel",
    "Sid",
]


class Everything(ConstantLabel):
    """The label 0 for every asset, so that all are one group.

    Notes
    -----
    Formula: ``0``.
    Units: a label.
    Nulls: never missing.
    """

    def __init__(self) -> None:
        super().__init__(value=0)

    @override
    def __repr__(self) -> str:
        return "Everything()"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Sid(Classifier):
    """The sid of the asset, for filters of single assets.

    Notes
    -----
    Formula: ``sid``.
    Units: a label.
    Nulls: never missing.
    """

    @override
    def express(self, *inputs: Quantity) -> Quantity:
        return column("sid")


class Quantiles(AppliedClassifier):
    """The number of the quantile of the session that a factor belongs to; see `Factor.quantiles`.

    Parameters
    ----------
    inputs
        One factor.
    bins
        How many quantiles; at least 1.
    mask
        Assets that count; the others get no label. The whole universe if None.

    Raises
    ------
    TermInputsError
        The inputs are not one factor.
    TermParameterError
        `bins` is no positive integer.
    UnsupportedColumnError
        The mask is no filter.
    """

    def __init__(self, *, inputs: Sequence[Term], bins: int, mask: Filter | None = None) -> None:
        given: object = inputs
        one = isinstance(given, Sequence) and len(given) == 1 and isinstance(given[0], Factor)
        if not one:
            raise TermInputsError(type(self).__name__, 1, inputs)
        super().__init__(operation=QuantileLabel(bins), inputs=inputs, mask=mask)


class Relabel(AppliedClassifier):
    """Other labels in place of those of a classifier; see `Classifier.relabel`.

    Parameters
    ----------
    labels
        The classifier.
    pairs
        For each label its other; the others become missing.
    """

    def __init__(self, labels: Classifier, pairs: "Sequence[tuple[int | str, int | str]]") -> None:
        super().__init__(operation=Replacement(tuple(pairs)), inputs=(labels,))

    @classmethod
    def by(cls, labels: Classifier, relabeler: "Callable[[Any], int | str | None]") -> Classifier:
        """Return the classifier of what a function makes of each label.

        Raises
        ------
        TermParameterError
            It is no function, or its results are no labels of one kind.
        """
        if not callable(relabeler):
            raise TermParameterError("relabel", "relabeler", relabeler, "to be a function")
        known = known_labels(labels)
        if known is None:
            return RelabelOfData(labels, relabeler)
        found = [(label, relabeler(label)) for label in known]
        pairs = [(label, other) for label, other in found if other is not None]
        kinds = {type(other) for _, other in pairs}
        if not (kinds <= {int} or kinds <= {str}) or -1 in [other for _, other in pairs]:
            expected = "to return text for all labels, or whole numbers other than -1, or None"
            raise TermParameterError("relabel", "relabeler", dict(found), expected)
        return cls(labels, pairs)


class RelabelOfData(CustomClassifier):
    """Other labels in place of those that only the data say; see `Classifier.relabel`.

    Parameters
    ----------
    labels
        The classifier, of whose kind the other labels are: text or whole numbers.
    relabeler
        Takes a label and returns another; called once a session for each label.
    """

    params: Any = ("relabeler",)

    def __init__(self, labels: Classifier, relabeler: "Callable[[Any], int | str | None]") -> None:
        super().__init__([labels], 1, dtype=labels.dtype, relabeler=relabeler)

    @override
    def compute(self, today: Any, assets: Any, out: Any, *inputs: Any, **params: Any) -> None:
        labels, missing_value = inputs[0][-1], self.missing_value
        absent = {None, getattr(self.inputs[0], "missing_value", None)}
        others = {it: params["relabeler"](it) for it in set(labels.tolist()) - absent}
        for place, label in enumerate(labels.tolist()):
            other = others.get(label)
            out[place] = missing_value if other is None else other


def known_labels(term: Term) -> "tuple[int | str, ...] | None":
    """Return all labels that a classifier can have; None if only the data say."""
    if isinstance(term, Classifier) and term.labels is not None:
        return term.labels
    if not isinstance(term, AppliedClassifier):
        return None
    if isinstance(term.operation, QuantileLabel):
        return tuple(range(term.operation.bins))
    if isinstance(term.operation, Replacement):
        return tuple(dict.fromkeys(other for _, other in term.operation.pairs))
    if not isinstance(term.operation, (FillNull, IfElse)):
        return None
    parts = [known_labels(it) for it in term.inputs if isinstance(it, Classifier)]
    return (
        None if None in parts else tuple(dict.fromkeys(it for part in parts for it in part or ()))
    )
