"""Errors of a run and of what a strategy asks for."""

from collections.abc import Collection
from datetime import date, datetime
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


class LookaheadError(RustyBTError, ValueError):
    """Bars were asked for that are known later than the simulated time."""

    def __init__(self, known: datetime, now: datetime) -> None:
        self.known, self.now = known, now
        super().__init__(
            f"The bar is known at {known:%Y-%m-%d %H:%M} UTC, and the simulated time is "
            f"{now:%Y-%m-%d %H:%M} UTC; expected a bar that is known by then."
        )


class HistoryError(RustyBTError, ValueError):
    """A window of history that cannot be."""

    def __init__(self, bar_count: object, problem: str) -> None:
        self.bar_count = bar_count
        super().__init__(f"history of {bar_count!r} bars: {problem}.")


class ResolutionError(RustyBTError, LookupError):
    """A bundle that has no bars of the resolution asked for."""

    def __init__(self, bundle: str, asked: str, held: Collection[str]) -> None:
        self.bundle, self.asked, self.held = bundle, asked, tuple(held)
        found = " and ".join(f"bars_{it}" for it in held) or "no bars"
        super().__init__(f"Bundle {bundle!r} has no bars_{asked}; it holds {found}.")


class MissingRateError(RustyBTError, LookupError):
    """A currency that has no price in that of the account yet, or no more, or none at all.

    `last` is the day of the last one before the session, None if there was none.
    """

    def __init__(
        self, base: str | None, quote: str, session: date, who: str, last: date | None = None
    ) -> None:
        self.base, self.quote, self.session, self.last = base, quote, session, last
        if base is None:
            found = f"{who} has no currency. Say it: add_table(bundle, 'assets', …) with `currency`"
        elif last is not None:
            found = (
                f"{base} in {quote} has ended: the last of fx_rates is of {last}, and thirty later ones of "
                f"other currencies came without it before session {session}, in which {who} needs it. "
                "Store what is missing or, if the currency was replaced, its fixed rate: "
                "add_table(bundle, 'fx_rates', …) with `fixed`"
            )
        else:
            found = (
                f"fx_rates has none of {base} in {quote} of a day before session {session}, which {who} "
                "needs. Store it: add_table(bundle, 'fx_rates', …)"
            )
        super().__init__(f"Expected a price of one currency in another: {found}.")


class ExpiryError(RustyBTError, LookupError):
    """An option that expires while what it is on has no price."""

    def __init__(self, symbol: str, underlying: str, session: date, problem: str) -> None:
        self.symbol, self.underlying, self.session = symbol, underlying, session
        super().__init__(
            f"The option {symbol!r} expires in session {session} and is settled at the close of "
            f"{underlying!r}: {problem}. Ingest its bars into the same bundle."
        )


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
    """An order for an asset that is not listed yet, or by value for one that has no price."""

    def __init__(self, symbol: str, session: date, problem: str) -> None:
        self.symbol, self.session = symbol, session
        super().__init__(
            f"Cannot order {symbol!r} in session {session}: {problem}. "
            "Ask data.can_trade(asset) first."
        )


class TradingControlError(OrderError, RuntimeError):
    """An order that breaks a limit which the strategy has set."""

    def __init__(self, symbol: str, amount: float, now: datetime, control: str) -> None:
        self.symbol, self.amount, self.now, self.control = symbol, amount, now, control
        super().__init__(
            f"The order of {amount:+g} {symbol!r} at {now:%Y-%m-%d %H:%M} breaks {control}."
        )


class AccountControlError(RustyBTError, RuntimeError):
    """An account that breaks a limit which the strategy has set."""

    def __init__(self, now: datetime, control: str) -> None:
        self.now, self.control = now, control
        super().__init__(f"The account at {now:%Y-%m-%d %H:%M} breaks {control}.")


class FetchFileError(RustyBTError, ValueError):
    """A file of `fetch_csv` that cannot be used."""

    def __init__(self, url: str, problem: str) -> None:
        self.url, self.problem = url, problem
        super().__init__(f"fetch_csv of {url}: {problem}.")
