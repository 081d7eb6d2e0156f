"""Lets a statement at the views it can reach, once their files are proved to be as committed.

A view is created when it is first reached, so that opening two hundred bundles costs little and a
damaged file is in nobody's way but of those who would read it.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Final

from warehouse import backtests, sqltext
from warehouse.catalog.macros import macros
from warehouse.catalog.meta import Held, create_meta
from warehouse.catalog.reach import (
    View,
    leaves_something,
    listed,
    lists,
    names_schema,
    reached,
    runs_text,
    words_of,
)
from warehouse.catalog.runs import StoredRuns
from warehouse.catalog.saved import SCHEMA, create_saved, named_in, reads, words_behind
from warehouse.catalog.views import create_view, datasets_of, names, views_of
from warehouse.errors import QueryError, WarehouseError
from warehouse.layout import BundleDir
from warehouse.session import Session
from warehouse.snapshots import integrity, log
from warehouse.snapshots.manifest import Manifest

_RUNS: Final = {backtests.SCHEMA: [it.name for it in backtests.TABLES]}


class Gate:
    """The open bundles of one session, for any number of threads.

    Parameters
    ----------
    session
        In which the views are created.
    saved
        Returns the texts of the saved views by name.
    root
        Of the warehouse, for its stored runs.
    """

    def __init__(
        self, session: Session, saved: Callable[[], Mapping[str, str]], root: Path
    ) -> None:
        self._session = session
        self._saved = saved
        self._runs = StoredRuns(session, root)
        self._saved_shown: dict[str, str] = {}
        self._held: dict[str, Held] = {}
        self._views: dict[str, list[str]] = {}  # that a bundle has, each after those it reads
        self._shown: set[View] = set()
        self._left: set[View] = set()  # that views and macros of the user may read
        self._left_runs: set[str] = set()  # the same of the tables of stored runs
        self._refused: dict[str, WarehouseError] = {}
        self._meta: object = None  # what `meta` was made of
        self._lock = RLock()

    def hold(self, place: BundleDir, manifest: Manifest) -> None:
        """Open a bundle at a snapshot, in place of the one it was open at."""
        bundle, views = manifest.bundle, names(manifest)
        with self._lock:
            self._forget(bundle, but=views)
            self._held[bundle] = (place, manifest)
            self._views[bundle] = views

    def refuse(self, bundle: str, error: WarehouseError) -> None:
        """Answer every statement that names a bundle with an error."""
        with self._lock:
            self._forget(bundle)
            self._refused[bundle] = error

    def admit(self, query: str) -> None:
        """Create the views that a statement can reach.

        Raises
        ------
        DamageError
            A file behind one of them is not as committed.
        QueryError
            A saved view that it reads cannot be created.
        """
        words = words_of(query)
        with self._lock:
            saved = self._saved_for(words)
            words |= words_behind(saved)
            for bundle, error in self._refused.items():
                if names_schema(query, bundle):
                    raise error
            read = reached(words, self._views)
            if leaves_something(words):
                self._left |= read
            self._require(read | self._left)
            self._show(read | self._left)
            for view in listed(words, self._views):
                with suppress(QueryError):  # of a damaged file, which nobody asks to read
                    self._show({view})
            if "meta" in words or lists(words):
                self._show_meta()
            self._show_runs(words)
            self._show_saved(saved, query)

    def _saved_for(self, words: frozenset[str]) -> Mapping[str, str]:
        any_of_them = lists(words) or runs_text(words)
        if not any_of_them and SCHEMA not in words:
            return {}
        # There before its first view, so that one that is not there is called a table, no bundle.
        self._session.execute(sqltext.render("views/schema", schema=SCHEMA))
        views = self._saved()
        self._hide_saved(self._saved_shown.keys() - views.keys())
        return views if any_of_them else named_in(words, views)

    def _show_saved(self, views: Mapping[str, str], query: str) -> None:
        new = {name: it for name, it in views.items() if self._saved_shown.get(name) != it}
        problems = create_saved(self._session, new)
        self._hide_saved(self._saved_shown.keys() & problems.keys())
        self._saved_shown |= {name: it for name, it in new.items() if name not in problems}
        for name, problem in problems.items():
            if reads(query, name):  # else the engine would say that there is no such view
                raise problem

    def _hide_saved(self, names: Collection[str]) -> None:
        for name in names:
            drop = sqltext.render("views/drop", schema=SCHEMA, name=name, macro=False)
            self._session.execute(drop)
            del self._saved_shown[name]

    def _forget(self, bundle: str, but: Collection[str] = ()) -> None:
        """Drop the views of a bundle; those that will be there again are replaced when reached."""
        self._refused.pop(bundle, None)
        held = self._held.pop(bundle, None)
        self._views.pop(bundle, None)
        old = {it for it in self._shown if it[0] == bundle}
        self._shown -= old
        for _, view in old:
            if view not in but:
                macro = held is not None and view in macros(held[1].datasets)
                drop = sqltext.render("views/drop", schema=bundle, name=view, macro=macro)
                self._session.execute(drop)

    def _require(self, views: Collection[View]) -> None:
        for bundle in sorted({bundle for bundle, _ in views} & self._held.keys()):
            place, manifest = self._held[bundle]
            datasets = {
                it for name, view in views if name == bundle for it in datasets_of(manifest, view)
            }
            integrity.require(place, manifest, datasets)

    def _show(self, views: Collection[View]) -> None:
        for bundle in sorted({bundle for bundle, _ in views} & self._held.keys()):
            place, manifest = self._held[bundle]
            wanted = {
                it for name, view in views if name == bundle for it in views_of(manifest, view)
            }
            for view in self._views[bundle]:
                if view in wanted and (bundle, view) not in self._shown:
                    create_view(self._session, place, manifest, view)
                    self._shown.add((bundle, view))

    def _show_runs(self, words: frozenset[str]) -> None:
        read = {name for _, name in reached(words, _RUNS)}
        if leaves_something(words):
            self._left_runs |= read
        read |= self._left_runs
        if read or backtests.SCHEMA in words or lists(words):
            self._runs.show(read)

    def _show_meta(self) -> None:
        held = [self._held[bundle] for bundle in sorted(self._held)]
        state = [(manifest.sha256, log.versions(place)) for place, manifest in held]
        if state != self._meta:
            create_meta(self._session, held)
            self._meta = state
