"""Errors of sources, of their quality and of the upkeep of bundles."""

from collections.abc import Collection, Mapping
from datetime import date
from difflib import get_close_matches

from rustybt.errors.root import RustyBTError
from rustybt.secrets import without_secrets
from warehouse.errors import UnknownBundleError


class SourceError(RustyBTError):
    """A source that cannot be ingested; nothing was committed. Its message has no secrets."""

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))


class SourceFileError(SourceError, ValueError):
    """A file from which no rows can be read."""

    def __init__(self, file: object, problem: str, advice: str) -> None:
        self.file, self.problem = str(file), problem
        super().__init__(f"{file}: {problem}. {advice}")


class LegacyFileError(SourceError, ValueError):
    """A file or folder of zipline or pandas that is not laid out so, half written or damaged."""

    def __init__(self, path: object, problem: str, advice: str) -> None:
        self.path, self.problem = str(path), problem
        super().__init__(f"{path}: {problem}. {advice}")


class MigrationError(SourceError, RuntimeError):
    """What a migration would commit is not what its files hold, read a second time."""

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(
            f"{name}: {problem}. Nothing was committed; does another program write to the files?"
        )


class NoBarsError(SourceError, LookupError):
    """A day or sid of which a reader of bars knows nothing."""

    def __init__(self, what: object, held: str) -> None:
        self.what = what
        super().__init__(f"No bars of {what}; expected {held}.")


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
    """Two different rows of one symbol and time in one source; `examples` shows some.

    `resolution` says what a row was read as: of minutes read as sessions those of a day contradict.
    """

    def __init__(self, count: int, examples: Collection[str], *, resolution: str) -> None:
        self.count, self.examples, self.resolution = count, tuple(examples), resolution
        shown = "".join(f"\n  {example}" for example in examples)
        times = {"1d": "days", "1w": "weeks", "1mo": "months"}.get(resolution, "times")
        shorter = {"1d": "minute", "1w": "session", "1mo": "session"}.get(resolution)
        name = "1m" if shorter == "minute" else "1d"
        minutes = ""
        if shorter:
            minutes = (
                f' If a row is a {shorter}, say so: --resolution {name}, or resolution="{name}".'
            )
        super().__init__(
            f"{count} symbols and {times} stand in the source with different values. Nothing was "
            f"committed; keep one row of each and run it again.{minutes}{shown}"
        )


class BundleTableError(RustyBTError, ValueError):
    """A table beside the bars of a bundle that cannot be stored; nothing was committed."""

    def __init__(self, dataset: str, problem: str) -> None:
        self.dataset, self.problem = dataset, problem
        super().__init__(f"Table {dataset!r}: {problem}.")


class NothingReadError(SourceError, ValueError):
    """No row of a source could be taken."""

    def __init__(self, source: str, rejected: int, first: str | None, *, span: str = "") -> None:
        self.source, self.rejected = source, rejected
        many = "its only row was" if rejected == 1 else f"all {rejected} rows were"
        problem = f"it has no rows{span}" if first is None else f"{many} rejected"
        example = "" if first is None else f" The first: {first}"
        super().__init__(f"{source}: {problem}, so nothing was committed.{example}")


class EmptySpanError(SourceError, ValueError):
    """A span of days in which the calendar has no session."""

    def __init__(self, calendar: str, first: date, last: date) -> None:
        self.calendar, self.first, self.last = calendar, first, last
        held = f"holds no session of the calendar {calendar!r}"
        problem = "ends before it begins" if last < first else held
        super().__init__(
            f"The span {first} to {last} (both included) {problem}, so nothing was read. "
            "Name a span with at least one session."
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
        count = "1 symbol" if len(self.reasons) == 1 else f"{len(self.reasons)} symbols"
        super().__init__(
            f"{source}: {count} could not be read, so nothing was committed. "
            f"On error 'partial' takes the others:{shown}{more}"
        )


class NoSourceError(SourceError, LookupError):
    """A bundle that does not know how to read its source again."""

    def __init__(self, bundle: str) -> None:
        self.bundle = bundle
        super().__init__(
            f"No snapshot of bundle {bundle!r} says how its source is read again. Pass source=…"
        )


class NotRegisteredError(SourceError, UnknownBundleError):
    """No bundle of this name is registered; the nearest is named."""

    def __init__(self, bundle: str, known: Collection[str]) -> None:
        self.bundle = bundle
        near = get_close_matches(bundle, known, n=1)
        hint = f" Nearest: {near[0]!r}." if near else ""
        Exception.__init__(
            self,
            f"No bundle {bundle!r} is registered, so nothing says what it is fetched from.{hint} "
            f"`rustybt ingest SOURCE --bundle {bundle} …`, or register(bundle_name=…, adapter=…), does; "
            "files are ingested by `rustybt ingest csv PATH --bundle …` each time.",
        )


class NotIngestedError(RustyBTError, LookupError):
    """A bundle that is registered and has no snapshot yet."""

    def __init__(self, bundle: str) -> None:
        self.bundle = bundle
        super().__init__(
            f"Bundle {bundle!r} has no snapshot yet. ingest({bundle!r}), or `rustybt ingest -b "
            f"{bundle}`, makes its first."
        )


class NoFailureError(SourceError, LookupError):
    """Failed symbols alone were wanted, and the last ingest of the bundle got all."""

    def __init__(self, bundle: str) -> None:
        self.bundle = bundle
        super().__init__(
            f"The last ingest of bundle {bundle!r} got all of its symbols; expected some that failed. "
            "Without --failed-only it looks for what is new."
        )


class SpecificationError(SourceError, ValueError):
    """What a bundle is fetched from cannot be stored or read."""

    def __init__(self, bundle: str, problem: str) -> None:
        self.bundle, self.problem = bundle, problem
        super().__init__(f"Specification of bundle {bundle!r}: {problem}.")


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
