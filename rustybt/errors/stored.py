"""Errors of stored runs, and of what is made of many runs."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from rustybt.errors.root import RustyBTError

if TYPE_CHECKING:
    import pandas as pd

_SHOWN: Final = 200  # characters of what was found


class RunError(RustyBTError):
    """A stored run that cannot be had, made or repeated."""


class UnknownRunError(RunError, LookupError):
    """No stored run has this name or id; the nearest is named."""

    def __init__(self, run: object, known: Collection[str]) -> None:
        self.run = run
        self.nearest = get_close_matches(str(run), known, n=1, cutoff=0.4)
        if not known:
            hint = "None is stored."
        else:
            hint = f"Nearest name: {self.nearest[0]!r}." if self.nearest else "None is similar."
        super().__init__(
            f"No stored run has the name or id {run!r}. {hint} `rustybt runs list` names all."
        )


class RunNotStoredError(RunError, RuntimeError):
    """A run that ended well and could not be stored; the result is in `perf`."""

    def __init__(self, perf: "pd.DataFrame | None", problem: object) -> None:
        self.perf = perf
        super().__init__(
            f"The run was not stored: {problem}. Where it need not be, leave out `store=True`; "
            "the result of a finished run is this error's attribute `perf`."
        )


class ReproduceError(RunError, ValueError):
    """A stored run that cannot be repeated."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"The run cannot be repeated: {problem}.")


class SweepError(RunError, ValueError):
    """A sweep that cannot be: its parameters, its splits or its workers."""

    def __init__(self, what: str, found: object, expected: str) -> None:
        self.what, self.found = what, found
        text = repr(found)
        told = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        super().__init__(f"Sweep with {what} {told}: expected {expected}.")
