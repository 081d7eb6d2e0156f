"""zipline's way to run a pipeline: an engine that is made once and returns frames.

Its data come from a bundle; zipline's engine is made of loaders and an asset finder, which are refused.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import warehouse as warehouses
from rustybt.assets import AssetFinder
from rustybt.days import Day
from rustybt.errors import EngineError, UnsupportedColumnError
from rustybt.pipeline.compiler.run import held_bars, reach_of, sessions_of
from rustybt.pipeline.domain import GENERIC, Domain
from rustybt.pipeline.expression import checked_count
from rustybt.pipeline.hooks import DelegatingHooks, NoHooks, PipelineHooks
from rustybt.pipeline.pipeline import Pipeline
from rustybt.pipeline.result import PipelineResult

if TYPE_CHECKING:
    import pandas as pd

    from warehouse import Warehouse


class SimplePipelineEngine:
    """Runs pipelines on a bundle.

    Parameters
    ----------
    bundle
        Name of the bundle.
    root
        Folder of the warehouse, as for `warehouse.open`; unused if `warehouse` is given.
    warehouse
        An open warehouse; its snapshots are read. Else one is opened for each run.
    default_domain
        Market of pipelines that name none; a bundle of another calendar is refused.
    default_hooks
        Hooks of every run.

    Raises
    ------
    EngineError
        It is given zipline's loaders or an asset finder, or no bundle.

    Examples
    --------
    >>> from rustybt.pipeline import SimplePipelineEngine
    >>> engine = SimplePipelineEngine("sp500")
    """

    def __init__(
        self,
        bundle: str | None = None,
        *others: Any,
        root: str | Path | None = None,
        warehouse: "Warehouse | None" = None,
        default_domain: Domain = GENERIC,
        default_hooks: PipelineHooks | None = None,
        **named: Any,
    ) -> None:
        if others or named or not isinstance(bundle, str):
            raise EngineError([*([] if bundle is None else [bundle]), *others], named)
        self._bundle, self._root, self._warehouse = bundle, root, warehouse
        self._domain, self._hooks = default_domain, default_hooks or NoHooks()

    def run_pipeline(
        self,
        pipeline: Pipeline,
        start_date: Day,
        end_date: Day,
        hooks: PipelineHooks | None = None,
    ) -> "pd.DataFrame":
        """Return the rows of a pipeline as a frame; see `Pipeline.run` and `PipelineResult.df`.

        Parameters
        ----------
        pipeline
            The pipeline.
        start_date, end_date
            Sessions, both inclusive; days without a session between them do no harm.
        hooks
            Called around the work, beside the default ones.

        Raises
        ------
        UnsupportedColumnError
            It is no pipeline.
        DomainMismatchError
            The pipeline, or the default domain, is of another market than the bundle.
        SpanError
            The span ends before it starts, lies outside the bars of the bundle or holds no session.
        """
        return self._run(pipeline, (start_date, end_date), None, hooks)

    def run_chunked_pipeline(
        self,
        pipeline: Pipeline,
        start_date: Day,
        end_date: Day,
        chunksize: int,
        hooks: PipelineHooks | None = None,
    ) -> "pd.DataFrame":
        """Return the same frame, computed some sessions at a time to need less memory.

        Parameters
        ----------
        pipeline, start_date, end_date, hooks
            As for `run_pipeline`.
        chunksize
            Sessions that are computed at once; at least 1.

        Raises
        ------
        TermParameterError
            The number of sessions is no positive integer.
        """
        size = checked_count("run_chunked_pipeline", "chunksize", chunksize)
        return self._run(pipeline, (start_date, end_date), size, hooks)

    def _run(
        self,
        pipeline: Pipeline,
        span: tuple[Day, Day],
        size: int | None,
        hooks: PipelineHooks | None,
    ) -> "pd.DataFrame":
        given: object = pipeline
        if not isinstance(given, Pipeline):
            raise UnsupportedColumnError("run_pipeline", pipeline, "a Pipeline")
        called = [self._hooks, *([] if hooks is None else [hooks])]
        with self._opened() as warehouse:
            sessions = self._sessions(pipeline, span, warehouse)
            chunks = _Chunks(pipeline, self._bundle, warehouse, called)
            return chunks.rows(sessions, size or len(sessions))

    def _opened(self) -> "AbstractContextManager[Warehouse]":
        if self._warehouse is not None:
            return nullcontext(self._warehouse)
        return warehouses.open(self._root)

    def _sessions(
        self, pipeline: Pipeline, span: tuple[Day, Day], warehouse: "Warehouse"
    ) -> list[date]:
        """Return the sessions of a span that bars are held for, checked as a run does."""
        bundle, plan = self._bundle, pipeline.plan()
        sessions = sessions_of(bundle, warehouse)
        reach = reach_of(plan, *span, sessions, bundle=bundle, warehouse=warehouse)
        calendar = warehouse.snapshot(bundle).calendar
        pipeline.domain(self._domain).check_bundle(bundle, calendar, sessions)
        held = held_bars(bundle, warehouse)
        assert held is not None  # noqa: S101 - else the span is refused
        first, last = max(reach.first or held[0], held[0]), min(reach.last or held[1], held[1])
        return sessions[bisect_left(sessions, first) : bisect_right(sessions, last)]


class _Chunks:
    def __init__(
        self,
        pipeline: Pipeline,
        bundle: str,
        warehouse: "Warehouse",
        hooks: Sequence[PipelineHooks],
    ) -> None:
        self._pipeline, self._bundle, self._warehouse = pipeline, bundle, warehouse
        self._hooks = DelegatingHooks(hooks)
        self._terms = pipeline.plan().terms

    def rows(self, sessions: Sequence[date], size: int) -> "pd.DataFrame":
        ends = sessions[0], sessions[-1]
        with self._hooks.running_pipeline(self._pipeline, *ends):
            parts = [
                self._computed(sessions[at : at + size]) for at in range(0, len(sessions), size)
            ]
            whole = pa.concat_tables(parts)
            assets = AssetFinder(self._warehouse, self._bundle)
            return PipelineResult(whole, self._pipeline.to_sql, assets, {}).df()

    def _computed(self, sessions: Sequence[date]) -> pa.Table:
        ends = sessions[0], sessions[-1]
        with self._hooks.computing_chunk(self._terms, *ends):
            found = self._pipeline.run(*ends, bundle=self._bundle, warehouse=self._warehouse)
            return found.arrow()
