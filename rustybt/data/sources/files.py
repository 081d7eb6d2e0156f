"""Reads one file or a folder of files: ``.csv``, ``.csv.gz``, ``.parquet``.

One long file with a column of symbols, or one file a symbol, named after it. Files that are written
alike are read by one statement, so a folder of hundreds costs little more than one file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from rustybt.data.sources.dialect import ENCODINGS
from rustybt.data.sources.options import Options
from rustybt.data.sources.parquets import stage_parquets
from rustybt.data.sources.source import Reading, Staging
from rustybt.data.sources.texts import stage_texts
from rustybt.errors import SourceFileError

ENDINGS = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True)
class FileSource:
    """A file, or the files of a folder (not of its subfolders), as a source of bars.

    Parameters
    ----------
    path
        ``.csv``, ``.csv.gz`` or ``.parquet``, or a folder of these. Without a column of symbols the
        name of a file is its symbol: ``BRK.B.csv`` holds BRK.B.
    date_format
        A strptime pattern for times that are not ISO, YYYYMMDD or epochs.
    encoding
        Of text files: utf-8 (also if None), utf-16 or latin-1.
    actions_from
        Name of a column of adjusted closes, from which splits and dividends are derived.

    Notes
    -----
    The form of the times is decided for each file from its first rows, and stated in the report: ISO
    dates and timestamps with or without a zone, YYYYMMDD, or epochs in s, ms, us or ns by magnitude.
    Without a zone a time is UTC.

    A number is taken as it is written: up to 8 decimals and 10 digits before them as DECIMAL(18,8), up
    to 18 and 20 as DECIMAL(38,18); an exponent is fine where the value is exact. A binary float is taken
    at 8 decimals, else at 18, half to even, if that moves it by at most 1e-12 of itself. Anything else
    is rejected. Empty, NaN, NA, N/A, #N/A, null, None, NaT and - mean missing, in any case of letters.
    """

    path: Path
    date_format: str | None = None
    encoding: str | None = None
    actions_from: str | None = None

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def stage(self, staging: Staging) -> Reading:
        """Add all rows of all files to a staging.

        Raises
        ------
        SourceFileError
            A file is missing, empty, of another kind or not text of the encoding.
        ColumnsError
            A file lacks a required column, or two columns could be the same.
        ColumnTypeError
            A column of a Parquet file has a type that cannot be what it is named.
        """
        if self.encoding not in (None, *ENCODINGS):
            raise SourceFileError(
                self.path, f"unknown encoding {self.encoding}", f"Known: {', '.join(ENCODINGS)}."
            )
        files = _files(self.path)
        staging.session.load("stems", _stems(files))
        options = Options(self.date_format, self.encoding, self.actions_from)
        texts = [file for file in files if file.suffix != ".parquet"]
        parquets = [file for file in files if file.suffix == ".parquet"]
        done = [
            *stage_texts(texts, options, staging),
            *stage_parquets(parquets, options, staging),
        ]
        rejects = sorted(
            (it for of in done for it in of.rejects), key=lambda it: (it.file, it.line)
        )
        return Reading(
            rows=staging.gather() + len(rejects),
            rejects=tuple(rejects),
            tells_actions=next((it.told for it in done if it.told), None),
            notes=tuple(note for of in done for note in of.notes),
        )


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise SourceFileError(path, "there is no such file or folder", "Check the path.")
    kinds = ", ".join(ENDINGS)
    if path.is_file():
        if not path.name.endswith(ENDINGS):
            raise SourceFileError(path, "unknown kind of file", f"Expected one of {kinds}.")
        return [path]
    files = sorted(it for it in path.iterdir() if it.is_file() and it.name.endswith(ENDINGS))
    if not files:
        raise SourceFileError(path, "the folder has no file to ingest", f"Expected {kinds}.")
    return files


def _stems(files: Sequence[Path]) -> pa.Table:
    stems = [_stem(file.name) for file in files]
    return pa.table({"file": [str(file) for file in files], "symbol": stems})


def _stem(name: str) -> str:
    ending = next(it for it in sorted(ENDINGS, key=len, reverse=True) if name.endswith(it))
    return name.removesuffix(ending)
