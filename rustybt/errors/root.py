"""The root of the errors of rustybt, and those of more than one part of it."""

from collections.abc import Collection, Sequence
from datetime import date
from difflib import get_close_matches


class RustyBTError(Exception):
    """Root of the errors of this package."""


def with_notes(error: BaseException) -> str:
    """Return what an error says and the notes on it, as one text; its class if it says nothing."""
    said = str(error) or type(error).__name__
    notes: list[str] = getattr(error, "__notes__", [])
    return " ".join((said if said.endswith(".") or not notes else f"{said}.", *notes))


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


class AmbiguousSymbolError(RustyBTError, LookupError):
    """A symbol that several assets have at the same time."""

    def __init__(
        self, symbol: str, found: Sequence[tuple[int, str, str, date, date]], bundle: str
    ) -> None:
        self.symbol, self.found, self.bundle = symbol, tuple(found), bundle
        told = "; ".join(
            f"{name!r} on {exchange} from {first} to {last} (sid {sid})"
            for sid, name, exchange, first, last in found
        )
        super().__init__(
            f"The symbol {symbol!r} means {len(found)} assets of bundle {bundle!r}: {told}. Say which: "
            "by a date, a country code, the symbol as it is written there, or the sid."
        )


class UnknownRootError(RustyBTError, LookupError):
    """No future of the bundle has this root symbol and an expiry."""

    def __init__(self, root_symbol: str, known: Collection[str], bundle: str) -> None:
        self.root_symbol, self.bundle = root_symbol, bundle
        held = ", ".join(sorted(known)) or "none"
        super().__init__(
            f"No future with the root symbol {root_symbol!r} and an expiry in bundle {bundle!r}; its "
            f"root symbols: {held}. Both are columns of {bundle}.assets: "
            "add_table(bundle, 'assets', …) stores them."
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
    """Something else where an asset, or a continuous future, is expected."""

    def __init__(self, found: object, *, continuous: bool = False) -> None:
        self.found = found
        expected, remedy = "an Asset", "symbol('AAPL') in initialize gives the asset of a symbol."
        if continuous:
            expected = "a ContinuousFuture"
            remedy = "continuous_future('ES') in initialize gives that of a root symbol."
        super().__init__(
            f"Expected {expected}, found {found!r} of type {type(found).__name__}. {remedy}"
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


class RowOrderError(RustyBTError, RuntimeError):
    """The rows that a pipeline streams over came out of order, so its windows would be wrong."""

    def __init__(self, source: str, order: str = "by asset and session, without a gap") -> None:
        self.source = source
        super().__init__(
            f"Expected the rows of {source} {order}; found others. Nothing was computed. "
            "Remove the folder of derived files of the bundle, and report it if it comes back."
        )


class MissingProgramError(RustyBTError, OSError):
    """A program beside Python that is not installed."""

    def __init__(self, program: str, purpose: str, advice: str) -> None:
        self.program = program
        super().__init__(f"The program {program!r}, which {purpose}, is not found. {advice}")


class WorkersError(RustyBTError, TypeError):
    """Something that worker processes are to use and cannot import."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"Worker processes cannot import what they are to use: {problem}. Move its classes and "
            "functions to the top of a module, put the lines of a script that start workers under "
            "`if __name__ == '__main__':`, or use one worker."
        )
