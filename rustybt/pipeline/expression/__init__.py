"""Factors, filters and classifiers: the kinds of terms, with the operators and methods that make new ones."""

from rustybt.pipeline.expression.applied import (
    Applied,
    AppliedClassifier,
    AppliedFactor,
    AppliedFilter,
    Constant,
    ConstantLabel,
)
from rustybt.pipeline.expression.checks import LONGEST, checked_count, checked_number
from rustybt.pipeline.expression.classifier import Classifier
from rustybt.pipeline.expression.computable import ComputableTerm
from rustybt.pipeline.expression.factor import Factor
from rustybt.pipeline.expression.filter import Filter, check_mask
from rustybt.pipeline.expression.windowed import Windowed

__all__ = [
    "LONGEST",
    "Applied",
    "AppliedClassifier",
    "AppliedFactor",
    "AppliedFilter",
    "Classifier",
    "ComputableTerm",
    "Constant",
    "ConstantLabel",
    "Factor",
    "Filter",
    "Windowed",
    "check_mask",
    "checked_count",
    "checked_number",
]
