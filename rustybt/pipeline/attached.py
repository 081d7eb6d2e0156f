"""Pipelines of a running strategy: computed some sessions ahead, read one session at a time."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from typing import TYPE_CHECKING, Final

from rustybt.assets import AssetFinder
from rustybt.errors import OptionError, PipelineNameError
from rustybt.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    import pandas as pd

    from warehouse import Warehouse

_ROWS: Final = 2_000_000  # of one chunk, so that memory does not grow with the length of a run
_SESSIONS: Final = 252  # of one chunk at least, since each looks back anew


@dataclass
class _Attached:
    pipeline: Pipeline
    sizes: Iterator[int]
    eager: bool
    begin: int = 0  # numbers of the sessions that `frame` has, half open
    until: int = 0
    frame: "pd.DataFrame | None" = None
    edges: list[int] = field(default_factory=list)  # first row of each of its sessions, and the end


class AttachedPipelines:
    """The pipelines that a strategy has attached, over the sessions of its run.

    Parameters
    ----------
    warehouse, bundle
        Where they are computed.
    assets
        Whose assets stand in the index of the frames.
    sessions
        Labels of the run, in order.
    """

    def __init__(
        self,
        warehouse: "Warehouse",
        bundle: str,
        assets: AssetFinder,
        sessions: Sequence[date],
    ) -> None:
        self._warehouse, self._bundle, self._assets = warehouse, bundle, assets
        self._sessions = sessions
        self._attached: dict[str, _Attached] = {}

    def attach(
        self, pipeline: Pipeline, name: str, chunks: int | Iterable[int] | None, *, eager: bool
    ) -> None:
        """Keep a pipeline under a name; see `TradingAlgorithm.attach_pipeline`.

        Raises
        ------
        OptionError
            It is no pipeline, or a chunk is no positive number of sessions.
        PipelineNameError
            The name is taken.
        """
        if not isinstance(pipeline, Pipeline):
            raise OptionError("pipeline", pipeline, "a Pipeline")
        if not isinstance(name, str) or not name:
            raise OptionError("name", name, "a name as text")
        if name in self._attached:
            raise PipelineNameError(name, self._attached, taken=True)
        pipeline.plan()  # what cannot be computed is told before the first session
        self._attached[name] = _Attached(pipeline, self._sizes(chunks), eager)

    def prepare(self, session: date) -> None:
        """Compute the eager pipelines for a session, unless its chunk has been computed."""
        for attached in self._attached.values():
            if attached.eager:
                self._reach(attached, session)

    def output(self, name: str, session: date) -> "pd.DataFrame":
        """Return the rows of one session.

        Returns
        -------
        pandas.DataFrame
            Indexed by `rustybt.assets.Asset`, unnamed; without rows if no asset passes.

        Raises
        ------
        PipelineNameError
            No pipeline was attached under the name.
        """
        if name not in self._attached:
            raise PipelineNameError(name, self._attached, taken=False)
        attached = self._attached[name]
        number = self._reach(attached, session) - attached.begin
        assert attached.frame is not None  # noqa: S101 - it was just reached
        return attached.frame.iloc[attached.edges[number] : attached.edges[number + 1]]

    def _reach(self, attached: _Attached, session: date) -> int:
        number = bisect_left(self._sessions, session)
        while number >= attached.until:
            attached.begin = attached.until
            size = next(attached.sizes, len(self._sessions))
            attached.until = min(attached.begin + size, len(self._sessions))
            if number < attached.until:
                self._compute(attached)
        return number

    def _compute(self, attached: _Attached) -> None:
        labels = self._sessions[attached.begin : attached.until]
        result = attached.pipeline.run(
            labels[0], labels[-1], bundle=self._bundle, warehouse=self._warehouse
        )
        frame = result.df(self._assets)
        rows = frame.index.get_level_values(0).searchsorted([*map(_timestamp, labels)]).tolist()
        attached.edges = [*rows, len(frame)]
        attached.frame = frame.set_axis(frame.index.get_level_values(1), axis="index")

    def _sizes(self, chunks: int | Iterable[int] | None) -> Iterator[int]:
        if chunks is None:
            return repeat(max(_SESSIONS, _ROWS // max(len(self._assets), 1)))
        return map(_size, repeat(chunks) if isinstance(chunks, int) else chunks)


def _timestamp(label: date) -> "pd.Timestamp":
    import pandas as pd

    return pd.Timestamp(label)


def _size(size: object) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise OptionError("chunks", size, "a number of sessions of at least 1, or several")
    return size
