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
    from rustybt.simulation.loop import Progress as Step

PLAIN_SECONDS: Final = 10.0  # between lines of progress where there is no terminal

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
