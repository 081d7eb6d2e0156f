"""What an engine calls around its work, so that a long run can say how far it is.

zipline's names. Hooks around the loading or computing of one term have no place here: one statement
computes all of them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, Protocol, Self

from typing_extensions import override

from rustybt.pipeline.term import Term


class PipelineHooks:
    """Context managers around the work of an engine, to be subclassed; these do nothing."""

    def running_pipeline(
        self,
        pipeline: Any,  # noqa: ARG002 - for subclasses
        start_date: date,  # noqa: ARG002 - for subclasses
        end_date: date,  # noqa: ARG002 - for subclasses
    ) -> AbstractContextManager[None]:
        """Stand around a whole run; both dates are sessions and inclusive."""
        return _nothing()

    def computing_chunk(
        self,
        terms: Sequence[Term],  # noqa: ARG002 - for subclasses
        start_date: date,  # noqa: ARG002 - for subclasses
        end_date: date,  # noqa: ARG002 - for subclasses
    ) -> AbstractContextManager[None]:
        """Stand around the sessions of a run that are computed at once; both dates are inclusive."""
        return _nothing()


class NoHooks(PipelineHooks):
    """Hooks that do nothing."""


class DelegatingHooks(PipelineHooks):
    """Several hooks as one: entered in their order, left in the opposite one.

    Parameters
    ----------
    hooks
        The hooks.
    """

    def __init__(self, hooks: Sequence[PipelineHooks]) -> None:
        self._hooks = tuple(hooks)

    @override
    def running_pipeline(
        self, pipeline: Any, start_date: date, end_date: date
    ) -> AbstractContextManager[None]:
        return _together(it.running_pipeline(pipeline, start_date, end_date) for it in self._hooks)

    @override
    def computing_chunk(
        self, terms: Sequence[Term], start_date: date, end_date: date
    ) -> AbstractContextManager[None]:
        return _together(it.computing_chunk(terms, start_date, end_date) for it in self._hooks)


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Parameters
    ----------
    start_date, end_date
        Sessions of the run, both inclusive.
    state
        ``init`` before the first chunk, then ``computing``, in the end ``success`` or ``error``.
    percent_complete
        From 0 to 100, by days of the calendar.
    current_chunk_bounds
        First and last session of the chunk that is computed; None between chunks.
    execution_time
        Seconds since the run began.
    """

    start_date: date
    end_date: date
    state: Literal["init", "computing", "success", "error"] = "init"
    percent_complete: float = 0.0
    current_chunk_bounds: tuple[date, date] | None = None
    execution_time: float = 0.0


class Publisher(Protocol):
    """Who shows progress."""

    def publish(self, model: Progress) -> None:
        """Show how far a run is; called when it begins and ends, and so for each of its chunks."""


class ProgressHooks(PipelineHooks):
    """Hooks that publish how far a run is.

    Parameters
    ----------
    publisher_factory
        Called once a run; returns its `Publisher`.
    """

    def __init__(self, publisher_factory: Callable[[], Publisher]) -> None:
        self._factory = publisher_factory
        self._publisher: Publisher | None = None
        self._progress = Progress(date.min, date.max)
        self._began = 0.0

    @classmethod
    def with_publisher_factory(cls, factory: Callable[[], Publisher]) -> Self:
        """Return hooks that ask a function for a publisher, once a run."""
        return cls(factory)

    @classmethod
    def with_static_publisher(cls, publisher: Publisher) -> Self:
        """Return hooks whose runs all publish in one place."""
        return cls(lambda: publisher)

    @override
    @contextmanager
    def running_pipeline(self, pipeline: Any, start_date: date, end_date: date) -> Iterator[None]:
        self._publisher, self._began = self._factory(), time.monotonic()
        self._progress = Progress(start_date, end_date)
        self._say()
        try:
            yield
        except BaseException:
            self._say(state="error", current_chunk_bounds=None)
            raise
        self._say(state="success", percent_complete=100.0)

    @override
    @contextmanager
    def computing_chunk(
        self, terms: Sequence[Term], start_date: date, end_date: date
    ) -> Iterator[None]:
        self._say(state="computing", current_chunk_bounds=(start_date, end_date))
        yield
        days = (self._progress.end_date - self._progress.start_date).days + 1
        done = (end_date - self._progress.start_date).days + 1
        self._say(percent_complete=100.0 * done / days, current_chunk_bounds=None)

    def _say(self, **changed: Any) -> None:
        taken = time.monotonic() - self._began
        self._progress = replace(self._progress, execution_time=taken, **changed)
        if self._publisher is not None:
            self._publisher.publish(self._progress)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _together(managers: Iterator[AbstractContextManager[None]]) -> Iterator[None]:
    with ExitStack() as stack:
        for it in managers:
            stack.enter_context(it)
        yield
