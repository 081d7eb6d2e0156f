"""Rows of a pipeline a few at a time, for results that are larger than memory.

A chunk of sessions is computed when its first row is asked for, with the sessions that its windows look
back on, so memory depends on the number of assets and columns and not on the span.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

import pyarrow as pa
from typing_extensions import override

from rustybt.pipeline.compiler.compile import Reach
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.plan import Plan
from warehouse.closing import Closing

Compute = Callable[[Plan, Reach], pa.Table]

BATCH_ROWS: Final = 131_072
_VALUES: Final = 4_000_000  # of one chunk: its rows times its columns
_ROWS: Final = 250_000  # of one chunk at most


class PipelineStream(Closing):
    """Arrow batches of ``session``, ``sid``, ``symbol`` and the columns, by session and sid.

    Iterates `pyarrow.RecordBatch`, once. Closing it early is allowed.
    """

    def __init__(self, chunks: Iterator[pa.Table], batch_rows: int, open_until: ExitStack) -> None:
        self._chunks, self._batch_rows, self._open_until = chunks, batch_rows, open_until
        self._first: pa.Table | None = None

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns; the first rows are computed for it."""
        if self._first is None:
            self._first = next(self._chunks)
        return self._first.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        if self._first is not None:
            yield from self._first.to_batches(max_chunksize=self._batch_rows)
            self._first = None
        for chunk in self._chunks:
            yield from chunk.combine_chunks().to_batches(max_chunksize=self._batch_rows)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand the remaining batches over by the Arrow PyCapsule interface."""
        reader = pa.RecordBatchReader.from_batches(self.schema, iter(self))
        return reader.__arrow_c_stream__(requested_schema)

    @override
    def close(self) -> None:
        """End it, and what was opened for it."""
        self._open_until.close()


def chunks(
    plan: Plan, span: tuple[int, int], rows: LivingRows, compute: Compute
) -> Iterator[pa.Table]:
    """Yield the rows of a plan, some sessions at a time; at least one table.

    Parameters
    ----------
    plan
        What to compute.
    span
        Numbers of the sessions that come out, half open and not empty.
    rows
        Those of the bundle.
    compute
        Returns the rows of the plan over some sessions.
    """
    first, until = span
    most = max(1, min(_ROWS, _VALUES // (len(plan.columns) + 1)))
    while first < until:
        end = rows.reaching(first, until, most)
        read_from = rows.sessions[max(0, first - plan.lookback - 1)]
        yield compute(plan, Reach(rows.sessions[first], rows.sessions[end - 1], read_from))
        first = end
