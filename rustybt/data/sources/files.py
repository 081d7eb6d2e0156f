"""Reads one file or a folder of files: ``.csv``, ``.csv.gz``, ``.parquet``.

One long file with a column of symbols, or one file a symbol, named after it. Files that are written
alike are read by one statement, so a folder of hundreds costs little more than one file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rustybt.data.sources.columns import tells_symbols
from rustybt.data.sources.dialect import ENCODINGS, sniff
from rustybt.data.sources.options import ENDINGS, Options, ending, stem
from rustybt.data.sources.parquets import header, stage_parquets
from rustybt.data.sources.source import Reading, Reject
from rustybt.data.sources.span import Outcome, Span
from rustybt.data.sources.staging import Staging
from rustybt.data.sources.texts import stage_texts
from rustybt.errors import SourceError, SourceFileError
from warehouse import sqltext
from warehouse.errors import QueryError


@dataclass(frozen=True)
class FileSource:
    """A file, or the files of a folder (not of its subfolders), as a source of bars or trades.

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
    delimiter
        Of text files, one character; comma, semicolon, tab or bar, as the header has it, if None.
    zone
        By which clock times without a zone are written, such as America/New_York; UTC if None. An hour
        that a clock shows twice is taken for the second, and one that it skips is rejected.
    columns
        Pairs of a canonical name (symbol, at, open, high, low, close, volume, dividend or split; of
        trades symbol, at, price, size, side, id or seq) and the name that the files have for it, where it is no usual one; ``at`` is the time.

    Notes
    -----
    The form of the times is decided for each file from its first rows, and stated in the report: ISO
    dates and timestamps with or without a zone, YYYYMMDD, or epochs in s, ms, us or ns by magnitude.
    Of a daily row the date counts as it is written, in any zone.

    A number is taken as it is written: up to 8 decimals and 10 digits before them as DECIMAL(18,8), up
    to 18 and 20 as DECIMAL(38,18); an exponent is fine where the value is exact. A binary float is taken
    at 8 decimals, else at 18, half to even, if that moves it by at most 1e-12 of itself. Anything else
    is rejected. Empty, NaN, NA, N/A, #N/A, null, None, NaT and - mean missing, in any case of letters.
    """

    path: Path
    date_format: str | None = None
    encoding: str | None = None
    actions_from: str | None = None
    delimiter: str | None = None
    zone: str | None = None
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The fields, the path being absolute."""
        return asdict(self) | {"kind": "files", "path": str(self.path.absolute())}

    def symbols(self) -> list[str] | None:
        """Return the symbols of a folder of one file a symbol; None where a file has a column of them.

        Raises
        ------
        SourceFileError
            The path is missing or holds no file.
        """
        files = _files(self.path)
        if any(self._tells_symbols(file) for file in files):
            return None
        return sorted({stem(file.name) for file in files})

    def stage(self, staging: Staging) -> Reading:
        """Add the rows of the staging's span to it; a file of another symbol is not read.

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
        if self.date_format is not None:
            _require_date_format(self.path, self.date_format, staging)
        if self.zone is not None:
            _require_zone(self.path, self.zone)
        files = self.files(staging.span)
        options = Options(
            self.date_format,
            self.encoding,
            self.actions_from,
            self.delimiter,
            self.zone,
            self.columns,
        )
        texts = [file for file in files if ending(file.name) != ".parquet"]
        parquets = [file for file in files if ending(file.name) == ".parquet"]
        done = [
            *stage_texts(texts, options, staging),
            *stage_parquets(parquets, options, staging),
        ]
        rejects = sorted(
            (it for of in done for it in of.rejects), key=lambda it: (it.file, it.line)
        )
        return Reading(
            rows=staging.gather() + len(rejects) if files else 0,
            rejects=tuple(rejects),
            tells_actions=next((it.told for it in done if it.told), None),
            notes=tuple(note for of in done for note in of.notes),
            outcomes=tuple(
                self._outcomes(files, staging.span, rejects, staging.counts() if files else {})
            ),
        )

    def files(self, span: Span) -> list[Path]:
        """Return the files that may hold rows of a span, sorted; errors as of `stage`."""
        files = _files(self.path)
        if span.symbols is None:
            return files
        wanted = set(span.symbols)
        return [it for it in files if stem(it.name) in wanted or self._tells_symbols(it)]

    def _outcomes(
        self,
        files: Iterable[Path],
        span: Span,
        rejects: Iterable[Reject],
        counts: Mapping[str, tuple[int, int]],
    ) -> Iterable[Outcome]:
        stems = {stem(file.name) for file in files}
        broken = {stem(Path(it.file).name) for it in rejects}
        lost = set(span.symbols or ()) - stems - counts.keys()
        known = {it.casefold(): it for it in self.symbols() or ()} if lost else {}
        for symbol in counts if span.symbols is None else span.symbols:
            taken, refused = counts.get(symbol, (0, 0))
            if refused or symbol in broken:
                yield Outcome(symbol, "partial", taken, "rows of it were rejected")
            elif taken:
                yield Outcome(symbol, "complete", taken)
            elif symbol in stems:
                yield Outcome(symbol, "empty")
            else:
                near = get_close_matches(symbol.casefold(), known, n=1)
                reason = f"not found; the nearest is {known[near[0]]!r}" if near else ""
                yield Outcome(symbol, "not found", reason=reason)

    def _tells_symbols(self, file: Path) -> bool:
        try:
            names = (
                header(file)
                if ending(file.name) == ".parquet"
                else sniff(file, self.encoding, self.delimiter).dialect.header
            )
            return tells_symbols(names, self.columns)
        except SourceError:  # told when the file itself is read
            return False


def _require_date_format(path: Path, pattern: str, staging: Staging) -> None:
    advice = "Expected a strptime pattern such as %d/%m/%Y."
    if "%" not in pattern:
        raise SourceFileError(path, f"the date format {pattern!r} has no % in it", advice)
    try:
        staging.session.rows(sqltext.load("ingest/date_format"), [pattern])
    except QueryError as error:
        problem = f"the date format {pattern!r} is none ({error.problem.splitlines()[0]})"
        raise SourceFileError(path, problem, advice) from error


def _require_zone(path: Path, zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        advice = "Expected a name of the IANA database, such as America/New_York."
        raise SourceFileError(path, f"there is no time zone {zone!r}", advice) from error


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise SourceFileError(path, "there is no such file or folder", "Check the path.")
    path = path.absolute()  # what is said of a file is read elsewhere, too
    _require_text(path)
    kinds = ", ".join(ENDINGS)
    if not path.is_dir():
        if not path.is_file():
            raise SourceFileError(path, "neither a file nor a folder", f"Expected one of {kinds}.")
        if not ending(path.name):
            raise SourceFileError(path, "unknown kind of file", f"Expected one of {kinds}.")
        return [path]
    # A hidden file is another program's, such as the ._A.csv that macOS leaves beside A.csv.
    files = sorted(it for it in path.iterdir() if ending(it.name) and not it.name.startswith("."))
    if not files:
        raise SourceFileError(path, "the folder has no file to ingest", f"Expected {kinds}.")
    for file in files:
        _require_text(file)
        if not file.is_file():  # without a word it would be a symbol that is missing
            advice = "Take it out of the folder, or put the file there that it stands for."
            raise SourceFileError(file, "a folder, a pipe or a link to nothing, no file", advice)
    return files


def _require_text(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise SourceFileError(path, "its name is no UTF-8 text", "Rename it.") from error
