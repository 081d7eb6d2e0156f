"""The pipeline users build: named columns and a screen."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import warehouse as warehouses
from rustybt.days import Day, day_of
from rustybt.errors import ColumnNameError, OptionError, ScreenError, UnsupportedColumnError
from rustybt.pipeline.compiler.compile import KEYS, Reach, compile_plan
from rustybt.pipeline.compiler.plan import Plan, plan
from rustybt.pipeline.compiler.python_stage import demands
from rustybt.pipeline.compiler.run import run_plan, stream_plan
from rustybt.pipeline.compiler.streamed import BATCH_ROWS, PipelineStream
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.domain import GENERIC, Domain, infer_domain
from rustybt.pipeline.expression import ComputableTerm, Filter
from rustybt.pipeline.graph import Picture, TermGraph
from rustybt.pipeline.result import PipelineResult
from rustybt.pipeline.term import Term
from warehouse.errors import SavedViewError

if TYPE_CHECKING:
    from warehouse import Warehouse


class Pipeline:
    """Named factors, filters and classifiers, computed for all assets of a bundle at once.

    Parameters
    ----------
    columns
        Terms by name, in the order of the result.
    screen
        Filter of the rows that come out; all living assets if None. It does not change what is
        computed: a rank still ranks the whole universe, or its own mask.
    domain
        Market of `rustybt.pipeline.domain`; that of its terms if it is generic. A bundle of another
        calendar is refused.

    Raises
    ------
    UnsupportedColumnError
        A column is no factor, filter or classifier, or the screen is no filter.
    ColumnNameError
        A name is empty or that of a key of the result.
    """

    def __init__(
        self,
        columns: Mapping[str, Term] | None = None,
        screen: Filter | None = None,
        domain: Domain = GENERIC,
    ) -> None:
        if not isinstance(domain, Domain):
            raise UnsupportedColumnError("domain", domain, "a Domain, such as US_EQUITIES")
        self._domain = domain
        self._columns: dict[str, Term] = {}
        self._screen: Filter | None = None
        given: object = {} if columns is None else columns
        if not isinstance(given, Mapping):
            raise UnsupportedColumnError("columns", columns, "a dictionary of terms by name")
        for name, term in given.items():
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
            A factor, filter or classifier; of a column of a dataset, its ``latest``.
        name
            What it is called in the result.
        overwrite
            Whether a column of that name is replaced.

        Raises
        ------
        UnsupportedColumnError
            The term is no factor, filter or classifier, has one value per session, or several
            outputs.
        ColumnNameError
            The name is taken, empty or that of a key of the result.
        """
        if isinstance(term, BoundColumn):
            raise UnsupportedColumnError(
                f"Column {name!r}", term, f"a factor, such as {term}.latest"
            )
        if not isinstance(term, ComputableTerm):
            expected = "a factor, filter or classifier"
            raise UnsupportedColumnError(f"Column {name!r}", term, expected)
        if term.ndim == 1:
            expected = "a value per asset; one per session is set beside a factor: factor - term"
            raise UnsupportedColumnError(f"Column {name!r}", term, expected)
        if outputs := getattr(term, "outputs", ()):
            expected = f"one output of the factor, of {', '.join(f'.{it}' for it in outputs)}"
            raise UnsupportedColumnError(f"Column {name!r}", term, expected)
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

    def domain(self, default: Domain = GENERIC) -> Domain:
        """Return the market of the pipeline: its own, else that of its terms, else `default`.

        Raises
        ------
        AmbiguousDomainError
            Its terms belong to several, or to another than its own.
        """
        return infer_domain([self.plan().domain], default)

    def plan(self) -> Plan:
        """Return what the pipeline needs; no data is read."""
        return plan(self._columns, self._screen, self._domain)

    def run(
        self,
        start: Day,
        end: Day,
        *,
        bundle: str,
        root: str | Path | None = None,
        warehouse: "Warehouse | None" = None,
        cache: bool = True,
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
        cache
            Whether columns are kept beside the snapshot and read again, so that only terms and
            sessions that are new are computed; `PipelineResult.cached` tells. Terms that run code
            of the user or read rows beside the bars are always computed. The settings
            ``cache.max_size_mb``, ``cache.enabled`` and ``cache.disk_cache`` say how much is kept.

        Raises
        ------
        UnknownBundleError
            There is no such bundle.
        SpanError
            The span ends before it starts, lies outside the bars of the bundle or holds no session.
        OptionError
            `start` or `end` is no date.
        """
        if warehouse is None:
            with warehouses.open(root) as opened:
                return self.run(start, end, bundle=bundle, warehouse=opened, cache=cache)
        return run_plan(self.plan(), start, end, bundle=bundle, warehouse=warehouse, cache=cache)

    def stream(
        self,
        start: Day,
        end: Day,
        *,
        bundle: str,
        root: str | Path | None = None,
        warehouse: "Warehouse | None" = None,
        batch_rows: int = BATCH_ROWS,
    ) -> PipelineStream:
        """Compute the pipeline a few sessions at a time, for results larger than memory.

        Parameters
        ----------
        start, end, bundle, root, warehouse
            As for `run`. A warehouse that is given stays open until the stream is read.
        batch_rows
            Rows of a batch at most.

        Returns
        -------
        PipelineStream
            A context manager; iterates Arrow batches of the rows that `run` gives, in its order.
            Nothing is kept of them.

        Raises
        ------
        UnknownBundleError, SpanError
            As for `run`.
        OptionError
            `start` or `end` is no date, or `batch_rows` no positive number.
        """
        if isinstance(batch_rows, bool) or not isinstance(batch_rows, int) or batch_rows < 1:
            raise OptionError("batch_rows", batch_rows, "a number of at least 1")
        with ExitStack() as opened:
            held = warehouse or opened.enter_context(warehouses.open(root))
            return stream_plan(
                self.plan(),
                start,
                end,
                bundle=bundle,
                warehouse=held,
                open_until=opened,
                batch_rows=batch_rows,
            )

    def to_sql(
        self,
        start: Day | None = None,
        end: Day | None = None,
        *,
        bundle: str | None = None,
        pretty: bool = True,
    ) -> str:
        """Return the SELECT that computes the pipeline, for any DuckDB client over the views.

        The values of terms in Python stand in tables that exist only while a pipeline runs, so a
        statement with such terms is to be read and not to be run elsewhere.

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

    def save(
        self,
        name: str,
        *,
        bundle: str,
        root: str | Path | None = None,
        warehouse: "Warehouse | None" = None,
        replace: bool = False,
    ) -> str:
        """Save the pipeline as a view, ``SELECT * FROM pipelines.<name>``, and return its SQL.

        The view covers all sessions, follows the snapshot that is open, and is part of the next
        ``catalog.duckdb``, so that any DuckDB client reads it.

        Parameters
        ----------
        name
            1 to 63 of ``a-z``, ``0-9`` and ``_``, the first no digit.
        bundle, root, warehouse
            As for `run`.
        replace
            Whether a view of that name is replaced.

        Raises
        ------
        UnknownBundleError
            There is no such bundle.
        SavedViewError
            The name cannot be, or is taken, or Python computes a term.
        """
        if warehouse is None:
            with warehouses.open(root) as opened:
                return self.save(name, bundle=bundle, warehouse=opened, replace=replace)
        if computed := demands(self.plan()):
            problem = f"Python computes {', '.join(map(repr, computed))} while a pipeline runs"
            raise SavedViewError(name, f"{problem}, and a view cannot")
        text = self.to_sql(bundle=warehouse.snapshot(bundle).bundle)
        warehouse.save_view(name, text, replace=replace)
        return text

    def show_graph(self, format: Picture = "svg") -> TermGraph:  # noqa: A002 - zipline's name
        """Return the graph of the terms, which a notebook draws and ``print`` writes in DOT.

        Parameters
        ----------
        format
            What a notebook draws, ``svg``, ``png`` or ``jpeg``; it needs Graphviz's ``dot``.

        Raises
        ------
        OptionError
            There is no such format.
        """
        return TermGraph(self._columns, self._screen, form=format)

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
