"""What a source of bars is, and how its rows are typed.

A source leaves its rows in a `Staging`, as the view ``incoming``, part by part; here each part becomes
exact values in one Parquet file, or a rejected row with its reason. Every source is typed by this one
path, so no adapter can round a price in silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from rustybt.data.sources.columns import NUMBERS, Columns
from rustybt.data.sources.times import TYPED, TimeForm, decide
from rustybt.errors import ColumnTypeError
from warehouse import sqltext
from warehouse.schema import EXACT
from warehouse.session import Session

Told = Literal["columns", "adjusted"]

_BINARY = frozenset({"DOUBLE", "FLOAT"})
_WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)


@dataclass(frozen=True)
class Reject:
    """A row that was not taken: where it stands, from 1, why, and how it reads."""

    file: str
    line: int
    reason: str
    raw: str

    @classmethod
    def of(cls, row: "Refused") -> "Reject":
        """Return a row of a part with numbered rows as a reject."""
        texts = (row.symbol, row.at, *row.texts)
        return cls(row.file, row.line, row.reason, ",".join(text or "" for text in texts))

    @property
    def text(self) -> str:
        """File, line and reason."""
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True)
class Reading:
    """What a source read.

    Parameters
    ----------
    rows
        All rows of the source, the rejected ones included.
    rejects
        In order of file and line.
    tells_actions
        Where the source tells of splits and dividends: in columns of theirs, or in an adjusted close.
    notes
        What was decided on the way, as sentences for people: forms of times, extra columns.
    """

    rows: int
    rejects: tuple[Reject, ...] = ()
    tells_actions: Told | None = None
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """Where bars come from.

    `name` tells the source in reports and lineage, without secrets.
    """

    @property
    def name(self) -> str:
        """The source in words, without secrets."""
        ...

    def stage(self, staging: "Staging") -> Reading:
        """Add all rows to a staging, part by part."""
        ...


@dataclass(frozen=True)
class Refused:
    """A row of a part that cannot be taken.

    `line` is 0 where the reader does not number rows; `texts` are as in `NUMBERS`, None where absent.
    """

    file: str
    line: int
    symbol: str | None
    at: str | None
    texts: tuple[str | None, ...]
    reason: str


@dataclass(frozen=True)
class Part:
    """Rows that one statement read, typed, in two Parquet files.

    `typed` holds those that a cast was proven exact for, `settled` the rest, read with care. `file`
    is None if the rows are of several; `columns` are those of `NUMBERS` that it has.
    """

    typed: str
    settled: str
    file: str | None
    columns: tuple[str, ...]
    adjusted: bool
    numbered: bool


@dataclass
class Staging:
    """A session and a folder in which the rows of one ingest gather.

    Parameters
    ----------
    session
        Private to the ingest.
    folder
        Empty; parts are written here.
    daily
        Whether a row is of a whole day, so that its time of day is nothing.
    """

    session: Session
    folder: Path
    daily: bool = True
    parts: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        for macro in ("ingest/exact_binary_at", "ingest/exact_binary"):
            self.session.execute(sqltext.load(macro))

    def add(
        self, incoming: str, form: TimeForm, *, files: Sequence[str], after: str = ""
    ) -> list[Refused]:
        """Type one part and return the rows of it that cannot be taken.

        Parameters
        ----------
        incoming
            A statement that creates the view ``incoming``.
        form
            How the part writes its times.
        files
            What the part reads; the first is named in errors.
        after
            A statement to run on the cursor that read the part.

        Raises
        ------
        ColumnTypeError
            A column of numbers or times has a type that holds none.
        """
        self.session.execute(incoming)
        types = dict(self.session.rows(sqltext.load("ingest/types")))
        number = len(self.parts)
        part = Part(
            typed=str(self.folder / f"typed{number}.parquet"),
            settled=str(self.folder / f"settled{number}.parquet"),
            # One file is named once, not in each of its rows.
            file=files[0] if len(files) == 1 else None,
            columns=tuple(name for name in NUMBERS if name in types),
            adjusted="adjusted" in types,
            numbered="line" in types,
        )
        families = {name: _family(files[0], name, types[name]) for name in part.columns}
        stage = sqltext.render(
            "ingest/stage",
            **vars(part),
            form=form,
            names=NUMBERS,
            numbers=[
                {"name": name, "cast": f"{name} as cast", "family": family}
                for name, family in families.items()
            ],
            texts=[name for name, family in families.items() if family == "text"],
            binary=[name for name, family in families.items() if family == "binary"],
        )
        self.session.execute(f"{stage};\n{after}" if after else stage)
        return self._settle(part, form)

    def _settle(self, part: "Part", form: TimeForm) -> list[Refused]:
        self.session.execute(
            sqltext.render("ingest/settle", **vars(part), names=NUMBERS, form=form.text)
        )
        self.parts.append(part)
        return [
            Refused(file, line, symbol, at, tuple(texts), reason)
            for file, line, symbol, at, texts, reason in self.session.rows(
                sqltext.load("ingest/refused"), [part.settled]
            )
        ]

    def gather(self) -> int:
        """Return how many rows can be taken, and show them to the own session; see `show`."""
        self.show(self.session)
        return int(self.session.rows(sqltext.load("ingest/count_gathered"))[0][0])

    def show(self, session: Session) -> None:
        """Create in any session the view ``gathered`` over all rows that can be taken.

        A column of numbers is DECIMAL(18,8), or DECIMAL(38,18) if a value of it needs that.
        """
        settled = [part.settled for part in self.parts]
        (wide,) = session.rows(sqltext.load("ingest/widths"), [settled])
        columns = [
            {"name": name, "type": EXACT[it]} for name, it in zip(NUMBERS, wide, strict=True)
        ]
        session.execute(
            sqltext.render(
                "ingest/gathered",
                parts=self.parts,
                settled=settled,
                columns=columns,
                daily=self.daily,
            )
        )


def _family(file: str, column: str, kind: str) -> str:
    if kind == "VARCHAR":
        return "text"
    if kind in _BINARY:
        return "binary"
    if kind in _WHOLE or kind.startswith("DECIMAL"):
        return "exact"
    raise ColumnTypeError(file, column, kind, "numbers, as text or of any width")


def time_form(file: str, kind: str, values: list[str]) -> TimeForm:
    """Return the form of a typed column of times.

    Parameters
    ----------
    file
        Named in errors.
    kind
        DuckDB's type of the column.
    values
        Its first values as text.

    Raises
    ------
    ColumnTypeError
        A column of that type holds no times.
    """
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return TYPED
    if kind == "VARCHAR" or kind in _WHOLE:
        return decide(values)
    raise ColumnTypeError(file, "time", kind, "dates, timestamps, text or whole numbers")


def told_actions(columns: Columns) -> Told | None:
    """Return where a source with these columns tells of actions."""
    if "adjusted" in columns.found:
        return "adjusted"
    return "columns" if {"dividend", "split"} & set(columns.found) else None
