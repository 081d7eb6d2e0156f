"""What a migration takes its rows from: a source to ingest, and the same read again to compare."""

from typing import Any, Protocol

from rustybt.data.migration.verify import Checked
from rustybt.data.resolutions import Resolution
from rustybt.data.sources import Source, Span
from warehouse import Transaction


class Origin(Protocol):
    """Bars of one resolution with all that stands beside them."""

    @property
    def resolution(self) -> Resolution:
        """What a row is, such as ``1d``."""
        ...

    @property
    def calendar(self) -> str | None:
        """Name of the exchange calendar that the files name; None if they name none."""
        ...

    @property
    def source(self) -> Source:
        """The bars, as an ingest takes them."""
        ...

    @property
    def terms(self) -> Any:
        """Terms of assets, as an ingest takes them; None if there are none."""
        ...

    @property
    def former_symbols(self) -> Any:
        """Symbols that assets had before, as an ingest takes them; None if there are none."""
        ...

    def actions(self, span: Span) -> Any:
        """Return the actions of a span of days, as an ingest takes them; None if there are none."""
        ...

    def check(self, txn: Transaction, span: Span) -> Checked:
        """Read everything again, and compare it with what a transaction holds.

        Raises
        ------
        MigrationError
            Something differs.
        """
        ...
