"""A warehouse for untrusted SQL; made by ``warehouse.open(path, safe=True)``."""

import dataclasses
import logging
import os
import warnings
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from typing_extensions import override

from warehouse import backtests, errors, sqltext
from warehouse.catalog.views import relations
from warehouse.closing import Closing
from warehouse.errors import SafeLimitError
from warehouse.layout import backtests_dir, bundles_dir
from warehouse.query.result import Result
from warehouse.safe.limits import Limits
from warehouse.safe.process import ask
from warehouse.safe.values import encode
from warehouse.session import Parameters
from warehouse.snapshots.manifest import Manifest

log = logging.getLogger(__name__)


class Opened(Protocol):
    """What safe mode needs of the warehouse it reads: its pinned snapshots."""

    root: Path

    def bundles(self) -> list[str]:
        """Return the names of the open bundles."""

    def snapshot(self, bundle: str) -> Manifest:
        """Return the snapshot of a bundle."""

    def sql(self, query: str, params: Parameters = None) -> Result:
        """Run a statement that is trusted."""

    def saved_views(self) -> dict[str, str]:
        """Return the texts of the saved views by name."""

    def close(self) -> None:
        """Give the pins back."""


class SafeWarehouse(Closing):
    """Runs each statement in a confined process of its own, over snapshots that stay.

    Parameters
    ----------
    opened
        The warehouse to read; `close` closes it.
    limits
        Bounds of each statement.
    """

    def __init__(self, opened: Opened, limits: Limits) -> None:
        self.root, self.limits = opened.root, limits
        self.missing: tuple[str, ...] = ()
        self._opened = opened
        held = {name: opened.snapshot(name) for name in opened.bundles()}
        self._versions = {name: manifest.version for name, manifest in held.items()}
        self._views = opened.sql(sqltext.load("safe/meta_views")).rows()
        self._views += [(name, it) for name, manifest in held.items() for it in relations(manifest)]
        self._views += [(backtests.SCHEMA, it.name) for it in backtests.TABLES]

    def bundles(self) -> list[str]:
        """Return the names of the bundles, sorted."""
        return sorted(self._versions)

    def sql(self, query: str, params: Parameters = None) -> Result:
        """Run one SELECT over the views.

        `missing` then names the layers of `warehouse.safe.confine` that this machine did not
        provide; a `RuntimeWarning` says so at the first statement.

        Parameters
        ----------
        query
            DuckDB SQL over ``<bundle>.bars_1d``, ``<bundle>.assets``, ``meta.bundles``,
            ``backtests.runs``, saved views ``pipelines.<name>`` …
        params
            Values for ``?`` (sequence) or ``$name`` (mapping): bool, int, float, str, None, date,
            datetime, Decimal, and lists of these.

        Raises
        ------
        SafeSqlError
            It, or a saved view that it reads, is not one SELECT over these views and the allowed
            functions; nothing was run.
        SafeLimitError
            It took more time, memory, rows or bytes than `limits` give it; no rows are returned.
        QueryError
            DuckDB refused it; the message is DuckDB's.
        """
        job = {
            "query": query,
            "params": encode(params),
            "root": os.fspath(self.root),
            "versions": self._versions,
            "views": self._views,
            "saved": self._opened.saved_views(),
            "limits": dataclasses.asdict(self.limits),
        }
        readable = [os.fspath(of(self.root)) for of in (bundles_dir, backtests_dir)]
        answer = ask(job, self.limits, readable=readable)
        self._report(answer.reply["missing"])
        if error := answer.reply.get("error"):
            raise getattr(errors, error["kind"])(**error["facts"])
        for told in answer.reply["left_out"]:
            log.warning("A stored run is left out: %s", told)
        return Result(_table(answer.rows))

    @override
    def close(self) -> None:
        """Give the snapshots back; results stay."""
        self._opened.close()

    def _report(self, missing: list[Any]) -> None:
        if missing and not self.missing:
            warnings.warn(
                f"Safe mode runs without {' and '.join(missing)} on this machine; "
                "see warehouse/safe/README.md for what that leaves open.",
                RuntimeWarning,
                stacklevel=3,
            )
        self.missing = tuple(missing)


def _table(rows: bytes) -> pa.Table:
    try:
        table = pa.ipc.open_stream(rows).read_all()
        table.validate(full=True)  # the bytes come from a process that nobody trusts
    except (pa.ArrowException, OSError) as error:
        raise SafeLimitError("the process did not finish its answer", "run it again") from error
    return table
