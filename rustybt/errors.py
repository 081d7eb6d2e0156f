"""Every error rustybt raises, beside those of `warehouse.errors`.

RustyBTError
├── MissingExtraError               ImportError: an optional package is not installed
├── UnknownSymbolError              LookupError: names the nearest
├── UnknownSidError                 LookupError
├── NotAnAssetError                 TypeError: a symbol or sid where an asset is expected
├── SpanError                       ValueError: a span that the bundle cannot answer
├── OptionError                     ValueError: an option of a run that cannot be
├── StrategyFileError               ValueError: a file that holds no strategy
├── StrategyError                   RuntimeError: raised inside a hook of a strategy
├── HookError                       RuntimeError: a word used in a hook that does not allow it
├── FieldError                      LookupError: no such field of a bar
├── HistoryError                    ValueError: a window of history that cannot be
├── LedgerError                     ArithmeticError: the books do not balance
├── OrderError
│   ├── OrderParametersError        ValueError: an amount, price or style that cannot be
│   └── CannotOrderError            ValueError: the asset has no price to order by
├── SourceError                     a source that cannot be ingested; nothing was committed
│   ├── SourceFileError             ValueError: a file that is empty, unreadable or of unknown kind
│   ├── ColumnsError                ValueError: a missing or ambiguous column
│   ├── ColumnTypeError             TypeError: a column whose type cannot be a number or time
│   ├── DuplicateRowsError          ValueError: two different rows of one symbol and time
│   ├── NothingReadError            ValueError: every row was rejected, or there is none
│   ├── EmptySpanError              ValueError: a span without a session of the calendar
│   ├── WrongRowsError              ValueError: a source answered other rows than it was asked for
│   ├── SymbolsFailedError          symbols that could not be read, with the reason of each
│   └── NoSourceError               LookupError: a bundle that does not know its source
├── UnknownCalendarError            LookupError: names the nearest
├── QualityError                    ValueError: a policy refuses rows; nothing was committed
├── PolicyError                     ValueError: a setting of a policy that cannot be
├── CleanError                      ValueError: snapshots to remove that contradict each other
├── DerivedMetadataError            TypeError: metadata follow from snapshots and are not written
└── PipelineError
    ├── TermParameterError          ValueError: a window length, rank method, count or literal
    ├── TermInputsError             ValueError: inputs that are missing, too many or no terms
    ├── WindowInputError            ValueError: a window over values of unlike adjustment
    ├── UnknownFieldError           AttributeError: names the nearest field of the dataset
    ├── TruthError                  TypeError: `and`, `or` or `if` on a filter
    ├── UnsupportedColumnError      TypeError: an object that cannot be a column or a screen
    ├── ColumnNameError             KeyError: a name that is taken, reserved or unknown
    ├── ScreenError                 ValueError: a second screen
    └── PipelineFileError           ValueError: a file that holds no pipeline
"""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from rustybt.secrets import without_secrets


class RustyBTError(Exception):
    """Root of the errors of this package."""


class MissingExtraError(RustyBTError, ImportError):
    """A package of an optional extra is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(
            f"The package {package!r} is not installed; `pip install 'rustybt[{extra}]'` brings it."
        )


class UnknownSymbolError(RustyBTError, LookupError):
    """No asset of the bundle has this symbol; the nearest is named."""

    def __init__(self, symbol: str, known: Collection[str], bundle: str) -> None:
        self.symbol, self.bundle = symbol, bundle
        self.nearest = get_close_matches(symbol, known, n=1, cutoff=0.4)
        hint = f"Nearest symbol: {self.nearest[0]!r}." if self.nearest else "None is similar."
        super().__init__(
            f"No symbol {symbol!r} among the {len(known)} of bundle {bundle!r}. {hint} "
            f"`SELECT symbol FROM {bundle}.assets` lists them."
        )


class UnknownSidError(RustyBTError, LookupError):
    """No asset of the bundle has this sid."""

    def __init__(self, sid: object, bundle: str, count: int) -> None:
        self.sid, self.bundle = sid, bundle
        super().__init__(
            f"No sid {sid!r} among the {count} of bundle {bundle!r}. "
            f"`SELECT sid, symbol FROM {bundle}.assets` lists them."
        )


class NotAnAssetError(RustyBTError, TypeError):
    """Something else where an asset is expected."""

    def __init__(self, found: object) -> None:
        self.found = found
        super().__init__(
            f"Expected an Asset, found {found!r} of type {type(found).__name__}. "
            "symbol('AAPL') in initialize gives the asset of a symbol."
        )


class SpanError(RustyBTError, ValueError):
    """A span of sessions that the bundle cannot answer."""

    def __init__(
        self, start: date, end: date, problem: str, *, bundle: str, held: tuple[date, date] | None
    ) -> None:
        self.start, self.end, self.bundle, self.held = start, end, bundle, held
        span = "no bars" if held is None else f"bars of {held[0]} to {held[1]}"
        super().__init__(f"{start} to {end}: {problem}. Bundle {bundle!r} holds {span}.")


class OptionError(RustyBTError, ValueError):
    """An option of a run that cannot be."""

    def __init__(self, option: str, found: object, expected: str) -> None:
        self.option, self.found, self.expected = option, found, expected
        super().__init__(f"Option {option}: expected {expected}, found {found!r}.")


class StrategyFileError(RustyBTError, ValueError):
    """A file from which no strategy can be taken."""

    def __init__(self, file: str, problem: str, advice: str) -> None:
        self.file, self.problem = file, problem
        super().__init__(f"{file}: {problem}. {advice}")


class StrategyError(RustyBTError, RuntimeError):
    """A strategy raised; the error it raised is the cause."""

    def __init__(self, hook: str, session: date | None, place: str, error: Exception) -> None:
        self.hook, self.session, self.place = hook, session, place
        when = "before the first session" if session is None else f"in session {session}"
        super().__init__(f"{hook} raised {type(error).__name__} {when}, at {place}: {error}")


class HookError(RustyBTError, RuntimeError):
    """A word of the API used in a hook that does not allow it."""

    def __init__(self, word: str, hook: str, allowed: str) -> None:
        self.word, self.hook = word, hook
        super().__init__(f"{word} cannot be used in {hook}; use it in {allowed}.")


class FieldError(RustyBTError, LookupError):
    """A bar has no field of this name."""

    def __init__(self, field: object, known: Collection[str]) -> None:
        self.field = field
        super().__init__(f"No field {field!r} of a bar; expected one of {', '.join(known)}.")


class HistoryError(RustyBTError, ValueError):
    """A window of history that cannot be."""

    def __init__(self, bar_count: object, problem: str) -> None:
        self.bar_count = bar_count
        super().__init__(f"history of {bar_count!r} bars: {problem}.")


class LedgerError(RustyBTError, ArithmeticError):
    """The books do not balance; the run cannot be trusted and is ended."""

    def __init__(self, what: str, difference: Decimal) -> None:
        self.what, self.difference = what, difference
        super().__init__(
            f"The ledger does not balance: {what} is off by {difference}, expected 0. "
            "This is a defect of rustybt; report it with the strategy."
        )


class OrderError(RustyBTError):
    """An order that was refused."""


class OrderParametersError(OrderError, ValueError):
    """An amount, price or style of an order that cannot be."""

    def __init__(self, parameter: str, found: object, expected: str) -> None:
        self.parameter, self.found = parameter, found
        super().__init__(f"Order with {parameter} {found!r}: expected {expected}.")


class CannotOrderError(OrderError, ValueError):
    """An order by value, for an asset that has no price."""

    def __init__(self, symbol: str, session: date, problem: str) -> None:
        self.symbol, self.session = symbol, session
        super().__init__(
            f"Cannot order {symbol!r} by value in session {session}: {problem}. "
            "Ask data.can_trade(asset) first."
        )


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


class PipelineFileError(PipelineError, ValueError):
    """A file from which no pipeline can be taken."""

    def __init__(self, file: str, problem: str) -> None:
        self.file, self.problem = file, problem
        super().__init__(
            f"{file}: {problem}. Expected a Pipeline, or a function `make_pipeline()` that returns one; "
            "`FILE:NAME` says which."
        )


class SourceError(RustyBTError):
    """A source that cannot be ingested; nothing was committed. Its message has no secrets."""

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))


class SourceFileError(SourceError, ValueError):
    """A file from which no rows can be read."""

    def __init__(self, file: object, problem: str, advice: str) -> None:
        self.file, self.problem = str(file), problem
        super().__init__(f"{file}: {problem}. {advice}")


class ColumnsError(SourceError, ValueError):
    """A column that is missing or that two columns could be."""

    def __init__(
        self, file: str, found: Collection[str], problem: str, accepted: Collection[str] = ()
    ) -> None:
        self.file, self.found, self.problem, self.accepted = file, tuple(found), problem, accepted
        names = f" Accepted names: {', '.join(accepted)}." if accepted else ""
        super().__init__(f"{file}: {problem}. Found: {', '.join(found)}.{names}")


class ColumnTypeError(SourceError, TypeError):
    """A column whose type cannot hold what is wanted of it."""

    def __init__(self, file: str, column: str, kind: str, expected: str) -> None:
        self.file, self.column, self.kind = file, column, kind
        super().__init__(f"{file}: column {column}: expected {expected}, found {kind}.")


class DuplicateRowsError(SourceError, ValueError):
    """Two different rows of one symbol and time in one source; `examples` shows some."""

    def __init__(self, count: int, examples: Collection[str]) -> None:
        self.count, self.examples = count, tuple(examples)
        shown = "".join(f"\n  {example}" for example in examples)
        super().__init__(
            f"{count} symbols and times stand in the source with different values. "
            f"Nothing was committed; keep one row of each and run it again:{shown}"
        )


class NothingReadError(SourceError, ValueError):
    """No row of a source could be taken."""

    def __init__(self, source: str, rejected: int, first: str | None) -> None:
        self.source, self.rejected = source, rejected
        problem = "it has no rows" if first is None else f"all {rejected} rows were rejected"
        example = "" if first is None else f" The first: {first}"
        super().__init__(f"{source}: {problem}, so nothing was committed.{example}")


class EmptySpanError(SourceError, ValueError):
    """A span of days in which the calendar has no session."""

    def __init__(self, calendar: str, first: date, last: date) -> None:
        self.calendar, self.first, self.last = calendar, first, last
        problem = "ends before it begins" if last < first else "holds no session"
        super().__init__(
            f"The span {first} to {last} (both included) {problem} of the calendar {calendar!r}, so "
            "nothing was read. Name a span with at least one session."
        )


class WrongRowsError(SourceError, ValueError):
    """A source that answered other rows than it was asked for."""

    def __init__(self, source: str, problem: str) -> None:
        self.source, self.problem = source, problem
        super().__init__(f"{source}: {problem}. Nothing of it was taken; its adapter is at fault.")


class SymbolsFailedError(SourceError):
    """Symbols that could not be read, in an ingest of all or nothing; `reasons` has each."""

    def __init__(self, source: str, reasons: Mapping[str, str]) -> None:
        self.source, self.reasons = source, dict(reasons)
        shown = "".join(f"\n  {symbol}: {why}" for symbol, why in list(self.reasons.items())[:10])
        more = f"\n  and {len(self.reasons) - 10} more" if len(self.reasons) > 10 else ""
        super().__init__(
            f"{source}: {len(self.reasons)} symbols could not be read, so nothing was committed. "
            f"On error 'partial' takes the others:{shown}{more}"
        )


class NoSourceError(SourceError, LookupError):
    """A bundle that does not know how to read its source again."""

    def __init__(self, bundle: str) -> None:
        self.bundle = bundle
        super().__init__(
            f"No snapshot of bundle {bundle!r} says how its source is read again. Pass source=…"
        )


class UnknownCalendarError(RustyBTError, LookupError):
    """No exchange calendar has this name, or it does not reach the wanted years."""

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(f"Calendar {name!r}: {problem}. Expected a name such as XNYS or 24/7.")


class QualityError(RustyBTError, ValueError):
    """Rows that the policy of a bundle refuses; `counts` has how many each check found."""

    def __init__(self, counts: Mapping[str, int], examples: Collection[str]) -> None:
        self.counts, self.examples = dict(counts), tuple(examples)
        found = ", ".join(f"{count} of {name}" for name, count in counts.items())
        shown = "".join(f"\n  {example}" for example in examples)
        super().__init__(
            f"The policy of the bundle refuses errors, and there are {found}. Nothing was committed; "
            f"correct the rows, or `rustybt bundle quality NAME --set on_error=keep`:{shown}"
        )


class PolicyError(RustyBTError, ValueError):
    """A setting of a policy that does not exist or cannot have the value."""

    def __init__(
        self, setting: str, found: object, expected: str, known: Collection[str] = ()
    ) -> None:
        self.setting, self.found, self.expected = setting, found, expected
        near = get_close_matches(setting, known, n=1)
        hint = f" Nearest: {near[0]}." if near else ""
        super().__init__(f"Setting {setting}={found}: expected {expected}.{hint}")


class CleanError(RustyBTError, ValueError):
    """What `bundles.clean` was asked for contradicts itself or cannot be."""

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(f"Expected {expected}, found {found}. No snapshot was removed.")


class DerivedMetadataError(RustyBTError, TypeError):
    """A call of RustyBT that would write metadata by hand; here they follow from the snapshots."""

    def __init__(self, call: str, instead: str) -> None:
        self.call, self.instead = call, instead
        super().__init__(
            f"{call} has nothing to write to: metadata follow from the snapshots of a bundle and are "
            f"stored nowhere else. Instead: {instead}."
        )
