"""Errors of pipelines and of their terms."""

from collections.abc import Collection
from datetime import date
from difflib import get_close_matches

from rustybt.errors.root import RustyBTError


class PipelineError(RustyBTError):
    """A pipeline or a term of one that cannot be computed."""


class TermParameterError(PipelineError, ValueError):
    """A parameter of a term that cannot be."""

    def __init__(self, term: str, parameter: str, found: object, expected: str) -> None:
        self.term, self.parameter, self.found, self.expected = term, parameter, found, expected
        super().__init__(f"{term}: expected {parameter} {expected}, found {found!r}.")


class TermInputsError(PipelineError, ValueError):
    """Inputs of a term that are missing, too many or no terms."""

    def __init__(self, term: str, expected: int, found: object) -> None:
        self.term, self.expected, self.found = term, expected, found
        noun = "column or term" if expected == 1 else "columns or terms"
        super().__init__(
            f"{term}: expected inputs=[...] of {expected} {noun}, found {found!r}. "
            "For example inputs=[EquityPricing.close]."
        )


class WindowInputError(PipelineError, ValueError):
    """A window over values that stand in unlike states of adjustment."""

    def __init__(self, term: str, found: str) -> None:
        self.term, self.found = term, found
        super().__init__(
            f"{term}: {found} is not safe to look back on, since its values of two sessions are "
            "adjusted differently. Expected a column such as EquityPricing.close, without .latest, "
            "or a term free of units such as Returns, RSI, .rank() or .zscore()."
        )


class ForeignAssetError(PipelineError, ValueError):
    """A term compares with an asset of another bundle, whose number another asset has here."""

    def __init__(self, found: object, own: object, bundle: str) -> None:
        self.found, self.own, self.bundle = found, own, bundle
        super().__init__(
            f"{found!r} is an asset of another bundle: in {bundle!r} its number is that of {own!r}. "
            f"Look it up: bundles.load({bundle!r}).asset_finder.lookup_symbol(...)."
        )


class UnknownFieldError(PipelineError, AttributeError):
    """A dataset has no field of this name; the nearest is named."""

    def __init__(self, dataset: str, found: str, known: Collection[str]) -> None:
        self.dataset, self.found, self.known = dataset, found, tuple(known)
        near = get_close_matches(found, self.known, n=1, cutoff=0.5)
        hint = f" Nearest name: {near[0]!r}." if near else ""
        super().__init__(f"{dataset} has no {found!r}; it has {', '.join(self.known)}.{hint}")


class TruthError(PipelineError, TypeError):
    """A filter has no truth value of its own; it has one per session and asset."""

    def __init__(self, term: str) -> None:
        self.term = term
        super().__init__(
            f"{term} has a value per session and asset, so it is neither true nor false. "
            "Use & | ~ instead of and, or, not, and parentheses around comparisons."
        )


class UnsupportedColumnError(PipelineError, TypeError):
    """An object that cannot be a column or a screen of a pipeline."""

    def __init__(self, role: str, found: object, expected: str) -> None:
        self.role, self.found, self.expected = role, found, expected
        super().__init__(f"{role}: expected {expected}, found {found!r}.")


class ColumnNameError(PipelineError, KeyError):
    """A name of a column that is taken, reserved or unknown."""

    __str__ = Exception.__str__  # KeyError prints the repr of its message

    def __init__(self, name: object, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(f"Column {name!r} {problem}.")


class ScreenError(PipelineError, ValueError):
    """A pipeline has a screen already."""

    def __init__(self, screen: str) -> None:
        self.screen = screen
        super().__init__(
            f"The pipeline has the screen {screen} already. "
            "Join them with `pipe.screen & other`, or pass overwrite=True."
        )


class PipelineNameError(PipelineError, LookupError):
    """A name under which a pipeline is attached already, or none is."""

    def __init__(self, name: str, known: Collection[str], *, taken: bool) -> None:
        self.name, self.known, self.taken = name, tuple(known), taken
        problem = "is attached already" if taken else "was never attached"
        names = ", ".join(map(repr, self.known)) or "none"
        super().__init__(
            f"Pipeline {name!r} {problem}; attached: {names}. "
            "attach_pipeline(pipeline, name) in initialize attaches one."
        )


class PipelineFileError(PipelineError, ValueError):
    """A file from which no pipeline can be taken."""

    def __init__(self, file: str, problem: str) -> None:
        self.file, self.problem = file, problem
        super().__init__(
            f"{file}: {problem}. Expected a Pipeline, or a function `make_pipeline()` that returns one; "
            "`FILE:NAME` says which."
        )


class BadPercentileBoundsError(PipelineError, ValueError):
    """Percentiles that are out of order or out of range."""

    def __init__(self, method: str, lowest: object, highest: object, largest: int) -> None:
        self.method, self.lowest, self.highest = method, lowest, highest
        super().__init__(
            f"{method}: expected 0 <= min_percentile < max_percentile <= {largest}, "
            f"found {lowest!r} and {highest!r}."
        )


class InvalidClassifierComparisonError(PipelineError, TypeError):
    """Labels have no order, so none comes before another."""

    def __init__(self, operator: str, term: str) -> None:
        self.operator, self.term = operator, term
        super().__init__(
            f"{operator} on {term}: labels have no order. Expected eq, != or element_of; "
            "a rank or quantile is compared as the factor it was made of."
        )


class CustomTermError(PipelineError, RuntimeError):
    """The `compute` of a custom term raised; the error it raised is the cause."""

    def __init__(self, term: str, session: date, error: Exception) -> None:
        self.term, self.session = term, session
        super().__init__(
            f"{term}.compute raised {type(error).__name__} for session {session}: {error}"
        )


class AmbiguousDomainError(PipelineError, ValueError):
    """Terms of several markets in one pipeline; nothing was read."""

    def __init__(self, domains: Collection[str]) -> None:
        self.domains = tuple(domains)
        super().__init__(
            f"The terms belong to {len(self.domains)} domains: {', '.join(self.domains)}. "
            "A pipeline has one; use columns of one, or of a dataset that is generic."
        )


class DomainMismatchError(PipelineError, ValueError):
    """A domain beside a pipeline or bundle of another; nothing was read."""

    def __init__(self, domain: str, expected: str, where: str, found: str) -> None:
        self.domain, self.expected, self.where, self.found = domain, expected, where, found
        super().__init__(f"Domain {domain}: expected {expected}, found {found} in {where!r}.")


class DatasetError(PipelineError, ValueError):
    """A dataset whose declaration, or whose table, cannot be."""

    def __init__(self, dataset: str, problem: str, advice: str) -> None:
        self.dataset, self.problem = dataset, problem
        super().__init__(f"{dataset}: {problem}. {advice}")


class SqlFactorError(PipelineError, ValueError):
    """An expression that is none of a SqlFactor; `position` is that of the character, from 1."""

    def __init__(self, expression: str, position: int | None, problem: str, allowed: str) -> None:
        self.expression, self.position, self.problem = expression, position, problem
        where = "" if position is None else f" at position {position}"
        super().__init__(f"SqlFactor {expression!r}{where}: {problem}. Allowed: {allowed}.")


class EngineError(PipelineError, TypeError):
    """An engine that is made of other things than the name of a bundle."""

    def __init__(self, given: Collection[object], named: Collection[str]) -> None:
        self.given, self.named = tuple(given), tuple(named)
        found = ", ".join([*(type(it).__name__ for it in given), *(f"{it}=" for it in named)])
        super().__init__(
            "SimplePipelineEngine: expected the name of a bundle, as in "
            f"SimplePipelineEngine('sp500', root=...), found {found or 'nothing'}. Bars and assets come "
            "from the bundle; DataSet.from_table and DataSet.from_frame bring in other data."
        )
