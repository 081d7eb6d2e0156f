"""The pipeline users build: named columns and a screen."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import warehouse as warehouses
from rustybt.days import Day, day_of
from rustybt.errors import ColumnNameError, ScreenError, UnsupportedColumnError
from rustybt.pipeline.compile import KEYS, Reach, compile_plan
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.expression import Factor, Filter
from rustybt.pipeline.plan import Plan, plan
from rustybt.pipeline.result import PipelineResult
from rustybt.pipeline.run import run_plan
from rustybt.pipeline.term import Term

if TYPE_CHECKING:
    from warehouse import Warehouse


class Pipeline:
    """Named factors and filters, computed for all assets of a bundle at once.

    Parameters
    ----------
    columns
        Terms by name, in the order of the result.
    screen
        Filter of the rows that come out; all living assets if None. It does not change what is
        computed: a rank still ranks the whole universe, or its own mask.

    Raises
    ------
    UnsupportedColumnError
        A column is no factor or filter, or the screen is no filter.
    ColumnNameError
        A name is empty or that of a key of the result.
    """

    def __init__(
        self, columns: Mapping[str, Term] | None = None, screen: Filter | None = None
    ) -> None:
        self._columns: dict[str, Term] = {}
        self._screen: Filter | None = None
        for name, term in (columns or {}).items():
            self.add(term, name)
        if screen is not None:
            self.set_screen(screen)

    @property
    def columns(self) -> Mapping[str, Term]:
        """The terms by name; a copy."""
        return dict(self._columns)

    @property
    def screen(self) -> Filter | None:
        """The filter of the rows that come out."""
        return self._screen

    def add(self, term: Term, name: str, overwrite: bool = False) -> None:  # noqa: FBT001, FBT002 - as in zipline
        """Add a column.

        Parameters
        ----------
        term
            A factor or filter; of a column of a dataset, its ``latest``.
        name
            What it is called in the result.
        overwrite
            Whether a column of that name is replaced.

        Raises
        ------
        UnsupportedColumnError
            The term is no factor or filter.
        ColumnNameError
            The name is taken, empty or that of a key of the result.
        """
        if isinstance(term, BoundColumn):
            raise UnsupportedColumnError(
                f"Column {name!r}", term, f"a factor, such as {term}.latest"
            )
        if not isinstance(term, (Factor, Filter)):
            raise UnsupportedColumnError(f"Column {name!r}", term, "a factor or filter")
        self._check_name(name, overwrite=overwrite)
        self._columns[name] = term

    def remove(self, name: str) -> Term:
        """Remove a column and return its term.

        Raises
        ------
        ColumnNameError
            There is no such column.
        """
        if name not in self._columns:
            raise ColumnNameError(name, f"is not one of {', '.join(self._columns) or 'none'}")
        return self._columns.pop(name)

    def set_screen(self, screen: Filter, overwrite: bool = False) -> None:  # noqa: FBT001, FBT002 - as in zipline
        """Set the filter of the rows that come out.

        Raises
        ------
        UnsupportedColumnError
            The screen is no filter.
        ScreenError
            There is one already, and `overwrite` is false.
        """
        if not isinstance(screen, Filter):
            raise UnsupportedColumnError("screen", screen, "a filter, such as factor > 0")
        if self._screen is not None and not overwrite:
            raise ScreenError(repr(self._screen))
        self._screen = screen

    def plan(self) -> Plan:
        """Return what the pipeline needs; no data is read."""
        return plan(self._columns, self._screen)

    def run(
        self,
        start: Day,
        end: Day,
        *,
        bundle: str,
        root: str | Path | None = None,
        warehouse: "Warehouse | None" = None,
    ) -> PipelineResult:
        """Compute the pipeline.

        A row of session N holds what was known before the open of N: bars up to the session before,
        adjusted by the actions in force at N. An asset has rows from the session after its first
        bar to that of its last.

        Parameters
        ----------
        start, end
            Sessions, both inclusive; days without a session between them do no harm.
        bundle
            Name of the bundle.
        root
            Folder of the warehouse, as for `warehouse.open`; unused if `warehouse` is given.
        warehouse
            An open warehouse; its snapshots are read.

        Raises
        ------
        UnknownBundleError
            There is no such bundle.
        SpanError
            The span ends before it starts, lies outside the bars of the bundle or holds no session.
        OptionError
            `start` or `end` is no date.
        """
        if warehouse is not None:
            return run_plan(self.plan(), start, end, bundle=bundle, warehouse=warehouse)
        with warehouses.open(root) as opened:
            return run_plan(self.plan(), start, end, bundle=bundle, warehouse=opened)

    def to_sql(
        self,
        start: Day | None = None,
        end: Day | None = None,
        *,
        bundle: str | None = None,
        pretty: bool = True,
    ) -> str:
        """Return the SELECT that computes the pipeline, for any DuckDB client over the views.

        Parameters
        ----------
        start, end
            Sessions that come out, both inclusive; all if None.
        bundle
            Schema of the views; if None their names stand alone, for use after ``USE bundle``.
        pretty
            Whether the text is broken into lines.
        """
        reach = Reach(
            None if start is None else day_of("start", start),
            None if end is None else day_of("end", end),
        )
        return compile_plan(self.plan(), reach, bundle).text(pretty=pretty)

    def __repr__(self) -> str:
        said = [f"{name}={term!r}" for name, term in self._columns.items()]
        said += [] if self._screen is None else [f"screen={self._screen!r}"]
        return f"Pipeline({', '.join(said)})"

    def _check_name(self, name: str, *, overwrite: bool) -> None:
        if not isinstance(name, str) or not name or "\0" in name:
            raise ColumnNameError(name, "needs a name that is text and not empty")
        if name.lower() in KEYS:
            raise ColumnNameError(name, f"has the name of a key of the result: {', '.join(KEYS)}")
        if name in self._columns and not overwrite:
            raise ColumnNameError(name, "already exists; pass overwrite=True to replace it")
