"""Frames that pandas stored in HDF5 as an origin, a frame a symbol."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from rustybt.data.migration.verify import FIELDS, Checked, check_bars
from rustybt.data.readers.legacy.client import Wanted, read_tables
from rustybt.data.resolutions import BARS, Resolution, is_daily, step_of
from rustybt.data.sources import Span
from rustybt.data.sources.table import TableSource
from rustybt.errors import LegacyFileError
from warehouse import Transaction, sqltext

_MACROS: Final = ("ingest/exact_binary_at", "ingest/exact_binary")
_DAY: Final = np.timedelta64(1, "D")
_STEPS: Final[dict[np.timedelta64, Resolution]] = {
    np.timedelta64(step_of(it), "us"): it for it in BARS if not is_daily(it)
}


@dataclass(frozen=True)
class FramesOrigin:
    """The frames of a file; the names of the frames are the symbols.

    Parameters
    ----------
    path
        Of the file.
    """

    path: Path
    calendar: None = None
    terms: None = None
    former_symbols: None = None

    @cached_property
    def rows(self) -> pa.Table:
        """The bars of all frames: ``symbol``, ``ts`` and `FIELDS` as doubles.

        Raises
        ------
        LegacyFileError
            The file holds no frames of bars, or is damaged.
        """
        return self._read()

    @cached_property
    def resolution(self) -> Resolution:
        """What a row is: days if all times are midnights, else by the least time between two rows.

        Raises
        ------
        LegacyFileError
            That is no length of bars.
        """
        times = self.rows["ts"].to_numpy()
        if (times == times.astype("datetime64[D]")).all():
            return "1d"
        symbols = self.rows["symbol"].combine_chunks().dictionary_encode().indices.to_numpy()
        order = np.lexsort((times, symbols))
        apart = np.diff(times[order])[np.diff(symbols[order]) == 0]
        apart = apart[apart > np.timedelta64(0, "us")]
        least = apart.min() if len(apart) else None
        if least not in _STEPS:
            found = "one row a frame" if least is None else f"rows {least.item()} apart"
            known = ", ".join(_STEPS.values())
            problem = f"expected bars of {known} or of days, found {found}"
            raise LegacyFileError(self.path, problem, "Nothing was taken of it.")
        return _STEPS[least]

    @property
    def source(self) -> TableSource:
        """The bars."""
        return TableSource(str(self.path), self.rows)

    def actions(self, _: Span) -> None:
        """Return None: frames tell none."""
        return

    def check(self, txn: Transaction, span: Span) -> Checked:
        """Compare what a transaction holds with the file, read again; see `Origin`."""
        session = txn.session
        session.load("again_frames", self._read())
        for macro in _MACROS:
            session.execute(sqltext.load(macro))
        daily = is_daily(self.resolution)
        session.execute(sqltext.render("migration/again_frames", daily=daily, fields=FIELDS))
        symbols, bars = check_bars(txn, str(self.path), span, [None])
        return Checked(symbols, bars, notes=(f"Rows were taken for bars of {self.resolution}.",))

    def _read(self) -> pa.Table:
        (found,) = read_tables([Wanted("hdf5_pandas", str(self.path.resolve()), {})])
        bars, names = found.tables["bars"], found.tables["symbols"]["symbol"]
        numbers = pa.array(bars["sid"].to_numpy() - 1)
        return bars.drop_columns("sid").append_column("symbol", names.take(numbers))
