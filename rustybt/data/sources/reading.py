"""Reads a span of a source, with any number of workers, into one staging.

All or nothing, or what passed: a task that fails is halved until the symbol that fails is found.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, cast

from rustybt.data.sources.files import FileSource
from rustybt.data.sources.source import Reading, Source
from rustybt.data.sources.span import Outcome, Span
from rustybt.data.sources.staging import Staging
from rustybt.data.sources.workers import Answer, Task, Workers, stage
from rustybt.errors import SymbolsFailedError
from warehouse.errors import QueryError

TASKS_PER_WORKER = 4  # so that no worker is left with a last long task
_MEMORY_MB = 300  # for all workers together; more is spilled


@dataclass(frozen=True)
class Crew:
    """How a source is read.

    Parameters
    ----------
    workers
        Processes; with 1 the source is read in this one.
    partial
        Keep what passed, where some symbols fail.
    seconds
        A worker that has not answered a task for so long is killed, and its task has failed.
    """

    workers: int = 1
    partial: bool = False
    seconds: float = 900.0


def read(source: Source, staging: Staging, crew: Crew) -> Reading:
    """Add the rows of the staging's span to it.

    Raises
    ------
    SymbolsFailedError
        A symbol failed or was not found, and the crew does not keep what passed.
    SourceError
        The source cannot be read at all.
    """
    if crew.workers == 1 and not crew.partial:
        reading = source.stage(staging)
    else:
        reading = _read_in_tasks(source, staging, crew)
    bad = {it.symbol: it.reason or it.ending for it in reading.outcomes if it.lost}
    if bad and not crew.partial:
        raise SymbolsFailedError(source.name, bad)
    return reading


def rebuilt(parameters: Mapping[str, Any]) -> Source | None:
    """Return the source that `Source.parameters` tells of, None if it is of no kind known here."""
    fields = dict(parameters)
    if fields.pop("kind", None) != "files":
        return None
    columns = tuple((name, told) for name, told in fields.get("columns", ()))
    return FileSource(**fields | {"path": Path(fields["path"]), "columns": columns})


def _read_in_tasks(source: Source, staging: Staging, crew: Crew) -> Reading:
    names = staging.span.symbols or source.symbols()
    whole = staging.span if names is None else staging.span.of(names)
    folders = (staging.folder / f"task{number}" for number in count())
    pending = whole.cut(crew.workers * TASKS_PER_WORKER if crew.workers > 1 else 1)
    readings = []
    with _answering(source, crew) as answers:
        while pending:
            tasks = [_task(span, next(folders), crew) for span in pending]
            pending = []
            for answer in answers(tasks):
                span = answer.task.span
                failure = answer.failure or _wrong(staging, answer)
                if not failure:
                    staging.parts += answer.parts
                    readings.append(cast("Reading", answer.reading))
                elif crew.partial and span.symbols is not None and len(span.symbols) > 1:
                    pending += span.cut(2)
                else:
                    readings.append(_failed(source, span, failure))
                    if not crew.partial:
                        pending = []
                        break
    return _joined(readings, staging, whole)


@contextmanager
def _answering(source: Source, crew: Crew) -> Iterator[Any]:
    if crew.workers == 1:
        yield lambda tasks: (stage(source, task) for task in tasks)
    else:
        with Workers(source, crew.workers, seconds=crew.seconds) as workers:
            yield workers.run


def _task(span: Span, folder: Path, crew: Crew) -> Task:
    memory = f"{max(_MEMORY_MB // crew.workers, 100)}MB"
    return Task(span, folder, memory, threads=1 if crew.workers > 1 else None)


def _wrong(staging: Staging, answer: Answer) -> str:
    """Say in what the parts of an answer are not what it tells; empty if they are."""
    reading = cast("Reading", answer.reading)
    told = reading.rows - len(reading.rejects)
    try:
        found = staging.rows_in(answer.parts)
    except QueryError as error:
        return f"a worker left no such rows ({error})"
    return "" if found == told else f"a worker told of {told} rows and left {found}"


def _failed(source: Source, span: Span, failure: str) -> Reading:
    if span.symbols is None:
        raise SymbolsFailedError(source.name, {"all": failure})
    return Reading(0, outcomes=tuple(Outcome(it, "failed", reason=failure) for it in span.symbols))


def _joined(readings: Iterable[Reading], staging: Staging, whole: Span) -> Reading:
    each = list(readings)
    rejects = sorted((r for it in each for r in it.rejects), key=lambda it: (it.file, it.line))
    outcomes = {outcome.symbol: outcome for it in each for outcome in it.outcomes}
    order = sorted(outcomes) if whole.symbols is None else whole.symbols
    if staging.parts:
        staging.gather()
    return Reading(
        rows=sum(it.rows for it in each),
        rejects=tuple(rejects),
        tells_actions=next((it.tells_actions for it in each if it.tells_actions), None),
        notes=tuple(dict.fromkeys(note for it in each for note in it.notes)),
        outcomes=tuple(outcomes[symbol] for symbol in order if symbol in outcomes),
    )
