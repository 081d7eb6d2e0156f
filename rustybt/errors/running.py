"""Errors of a run and of what a strategy asks for."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from rustybt.errors.root import RustyBTError


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
