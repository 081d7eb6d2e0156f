"""How a command says what it is doing: a bar or a spinner on a terminal, plain lines elsewhere.

All of it goes to stderr.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rustybt.cli.output import say

if TYPE_CHECKING:
    from rustybt.data.bundles.watching import Fetching
    from rustybt.simulation.loop import Progress as Step

PLAIN_SECONDS: Final = 10.0  # between lines of progress where there is no terminal
LONG_SECONDS: Final = 3.0  # of waiting for a page or for a limit, from which on it is said

ShowWords = Callable[[str], None]
ShowStep = Callable[["Step"], None]


@contextmanager
def words_progress(*, shown: bool = True) -> Iterator[ShowWords]:
    """Give a function that shows in words what is being done."""
    if not shown:
        yield lambda _: None
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("") as status:
            yield status.update
    else:
        yield say


@contextmanager
def fetch_progress(
    *, shown: bool = True
) -> Iterator[tuple[ShowWords, Callable[["Fetching"], None]]]:
    """Give a function for what is being done, and one for how far a fetch is."""
    if not shown:
        yield lambda _: None, lambda _: None
    elif sys.stderr.isatty():
        with _fetch_bar() as shows:
            yield shows
    else:
        yield say, _FetchLines()


@contextmanager
def _fetch_bar() -> Iterator[tuple[ShowWords, Callable[["Fetching"], None]]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[speed]:,.0f}/s{task.fields[waits]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None, rows=0, speed=0.0, waits="")

        def show(step: "Fetching") -> None:
            bar.update(
                task,
                total=step.total,
                completed=step.done,
                rows=step.rows,
                speed=step.speed,
                waits=_waits(step),
            )

        yield lambda words: bar.update(task, description=words), show


class _FetchLines:
    """How far a fetch is as a few lines: one now and then."""

    def __init__(self) -> None:
        self._said = time.perf_counter()

    def __call__(self, step: "Fetching") -> None:
        if time.perf_counter() - self._said > PLAIN_SECONDS:
            self._said = time.perf_counter()
            say(
                f"{step.done:,} of {step.total:,} symbols, {step.rows:,} rows, "
                f"{step.speed:,.0f}/s{_waits(step)}"
            )


def _waits(step: "Fetching") -> str:
    if step.waits >= LONG_SECONDS:
        return f", waiting {step.waits:,.0f} s for the limit of {step.account}"
    return f", no page for {step.quiet:,.0f} s" if step.quiet >= LONG_SECONDS else ""


@contextmanager
def run_progress(*, shown: bool = True) -> Iterator[ShowStep | None]:
    """Give a function that shows how far a backtest is, its value and its speed."""
    if not shown:
        yield None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[ShowStep]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[session]}"),
        BarColumn(),
        TextColumn("{task.fields[value]:,.2f}"),
        TextColumn("{task.fields[speed]:,.0f} bars/s"),
        TimeRemainingColumn(),
    )
    began = time.perf_counter()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", session="", value=0.0, speed=0.0)

        def show(step: "Step") -> None:
            bar.update(
                task,
                total=step.total,
                completed=step.done,
                session=step.session,
                value=step.value,
                speed=step.bars / (time.perf_counter() - began),
            )

        yield show


class _Lines:
    """Progress as a few lines: one now and then, and one at the end."""

    def __init__(self) -> None:
        self._began = self._said = time.perf_counter()

    def __call__(self, step: "Step") -> None:
        now = time.perf_counter()
        if step.done == step.total or now - self._said > PLAIN_SECONDS:
            self._said = now
            speed = step.bars / max(now - self._began, 1e-9)
            say(
                f"{step.session}: {step.done:,} of {step.total:,} sessions, "
                f"value {step.value:,.2f}, {speed:,.0f} bars/s"
            )
