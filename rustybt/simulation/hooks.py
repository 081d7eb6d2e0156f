"""Calls into the text of a strategy: what a hook takes, and where it went wrong."""

import inspect
from collections.abc import Callable
from typing import Any

from rustybt.errors import RustyBTError, StrategyError
from rustybt.simulation.clock import Clock, Phase
from warehouse.errors import WarehouseError

Function = Callable[..., Any]


def arguments_of(method: Function) -> int:
    """Return how many arguments a bound method takes; two for any number."""
    parameters = list(inspect.signature(method).parameters.values())
    if any(it.kind is it.VAR_POSITIONAL for it in parameters):
        return 2
    return sum(it.kind in {it.POSITIONAL_ONLY, it.POSITIONAL_OR_KEYWORD} for it in parameters)


def told(hook: str, call: Function, text: Function, clock: Clock) -> Function:
    """Return a call whose errors say where in the run and in the strategy they were raised.

    Errors of rustybt and of the warehouse pass, as somebody may catch them, with a note that says it.

    Parameters
    ----------
    call
        What is called.
    text
        The function that the strategy wrote, for its lines.

    Raises
    ------
    StrategyError
        From the call, with the error as its cause.
    """

    def called(*arguments: Any) -> None:
        try:
            call(*arguments)
        except Exception as error:
            session = None if clock.phase is Phase.INITIALIZE else clock.session.label
            place = _place(error, text)
            if not isinstance(error, (RustyBTError, WarehouseError)):
                raise StrategyError(hook, session, place, error) from error
            when = "before the first session" if session is None else f"in session {session}"
            error.add_note(f"Raised in {hook} {when}, at {place}.")
            raise

    return called


def _place(error: Exception, function: Function) -> str:
    """Return the line of the strategy where an error came from, the innermost of its file."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    # A hook that cannot be called has no line of its own in the trace.
    found = f"{code.co_filename}, line {code.co_firstlineno}" if code else "a line unknown"
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if code is None or file == code.co_filename:
            found = f"{file}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return found
