"""Factors, filters and classifiers over all assets at once, compiled to one SELECT."""

from rustybt.pipeline import classifiers, factors, filters
from rustybt.pipeline.compiler.plan import Plan as ExecutionPlan
from rustybt.pipeline.custom import CustomClassifier, CustomFactor, CustomFilter
from rustybt.pipeline.data import BoundColumn as LoadableTerm
from rustybt.pipeline.domain import Domain
from rustybt.pipeline.engine import SimplePipelineEngine
from rustybt.pipeline.expression import Classifier, ComputableTerm, Factor, Filter
from rustybt.pipeline.graph import TermGraph
from rustybt.pipeline.pipeline import Pipeline
from rustybt.pipeline.result import PipelineResult
from rustybt.pipeline.sqlfactor import SqlFactor
from rustybt.pipeline.term import Term

__all__ = [
    "Classifier",
    "ComputableTerm",
    "CustomClassifier",
    "CustomFactor",
    "CustomFilter",
    "Domain",
    "ExecutionPlan",
    "Factor",
    "Filter",
    "LoadableTerm",
    "Pipeline",
    "PipelineResult",
    "SimplePipelineEngine",
    "SqlFactor",
    "Term",
    "TermGraph",
    "classifiers",
    "factors",
    "filters",
]
