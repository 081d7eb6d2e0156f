"""How the rows of every source are typed.

A source leaves its rows as the view ``incoming``, part by part; here each part becomes exact values in
one Parquet file, or a rejected row with its reason. All sources are typed by this one path, so no
adapter can round a price in silence.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rustybt.data.resolutions import TICK, Period, is_daily, period_of
from rustybt.data.sources.columns import Fields, fields_of
from rustybt.data.sources.span import Span
from rustybt.data.sources.times import TimeForm
from rustybt.errors import ColumnTypeError
from warehouse import sqltext
from warehouse.schema import EXACT
from warehouse.session import Session

WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_BINARY = frozenset({"DOUBLE", "FLOAT"})
_MACROS = (
    "exact_binary_at",
    "exact_binary",
    "written_day",
    "epoch_of_unit",
    "local_instant",
    "local_written",
    "is_missing",
    "side_of",
    "words_problem",
)


@dataclass(frozen=True)
class Refused:
    """A row of a part that cannot be taken.

    `line` is 0 where the reader does not number rows; `texts` are those of the numbers and words of
    `Fields`, None where absent.
    """

    file: str
    line: int
    symbol: str | None
    at: str | None
    texts: tuple[str | None, ...]
    reason: str


@dataclass(frozen=True)
class Part:
    """Rows that were read together, typed, in two Parquet files.

    `typed` holds those that a cast was proven exact for, `settled` the rest, read with care; it is
    None if there is no rest, and then `typed` has no column ``raw``. `file` is None if the rows are
    of several; `columns` are the numbers that it has.
    """

    typed: str
    settled: str | None
    file: str | None
    columns: tuple[str, ...]
    adjusted: bool
    numbered: bool


@dataclass(frozen=True)
class Repeated:
    """How many rows say again what another says, and how many rows contradict one another.

    `examples` shows some of these.
    """

    count: int = 0
    contradictions: int = 0
    examples: tuple[str, ...] = ()


@dataclass
class Staging:
    """A session and a folder in which the rows of one ingest gather.

    Parameters
    ----------
    session
        Private to the ingest.
    folder
        Empty; parts are written here.
    span
        The rows that are wanted; others are left out, whatever a source adds.
    """

    session: Session
    folder: Path
    span: Span = field(default_factory=Span)
    parts: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        for macro in _MACROS:
            self.session.execute(sqltext.load(f"ingest/{macro}"))
        if self.span.symbols is not None:
            # A bound list: to build an Arrow array of Python values, Arrow imports pandas.
            self.session.execute(sqltext.load("ingest/wanted"), [list(self.span.symbols)])

    @property
    def fields(self) -> Fields:
        """What the rows have beside a symbol and a time."""
        return fields_of(self.span.resolution)

    @property
    def ticks(self) -> bool:
        """Whether a row is a trade."""
        return self.span.resolution == TICK

    @property
    def daily(self) -> bool:
        """Whether a row is of whole days, so that its time of day is nothing."""
        return is_daily(self.span.resolution)

    @property
    def period(self) -> Period | None:
        """What a row spans that is of several sessions; None for all others."""
        return period_of(self.span.resolution)

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
            columns=tuple(name for name in self.fields.numbers if name in types),
            adjusted="adjusted" in types,
            numbered="line" in types,
        )
        families = {name: _family(files[0], name, types[name]) for name in part.columns}
        stage = sqltext.render(
            "ingest/stage",
            **vars(part),
            form=form,
            daily=self.daily,
            span=self.span,
            fields=self.fields,
            words=[name for name in self.fields.words if name in types],
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
            sqltext.render("ingest/settle", **vars(part), fields=self.fields, form=form.text)
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
        if self.ticks:
            self.session.execute(
                sqltext.render("ingest/gathered_ticks", parts=self.parts, columns=self._columns())
            )
        else:
            self.show(self.session)
        return int(self.session.rows(sqltext.load("ingest/count_gathered"))[0][0])

    def repeated(self) -> Repeated:
        """Find the rows that say again what others say; after `gather`.

        The trades are put in order by the way, as `show` needs them.
        """
        session = self.session
        if self.ticks:
            session.execute(sqltext.render("ingest/ordered_ticks", path=self._ticks))
            session.execute(sqltext.render("ingest/repeated_ticks", path=self._ticks))
            contradictory = sqltext.render("ingest/contradictory_ticks", path=self._ticks)
        else:
            session.execute(sqltext.load("ingest/repeated"))
            contradictory = sqltext.load("ingest/contradictions")
        count = int(session.rows(sqltext.load("ingest/duplicates"))[0][0])
        if not count:
            return Repeated()
        found = session.rows(contradictory)
        examples = (f"{symbol} {at}: {told} ({file})" for _, symbol, at, file, told in found)
        return Repeated(count, found[0][0] if found else 0, tuple(examples))

    def rows_in(self, parts: Sequence[Part]) -> int:
        """Return how many rows of some parts can be taken."""
        query = sqltext.render("ingest/part_rows", groups=_alike(parts), settled=_settled(parts))
        return int(self.session.rows(query)[0][0]) if parts else 0

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return for each symbol how many rows can be taken, and how many cannot; after `gather`."""
        query = sqltext.render("ingest/symbol_counts", settled=_settled(self.parts))
        rows = self.session.rows(query)
        return {symbol: (taken, refused) for symbol, taken, refused in rows}

    def show(self, session: Session) -> None:
        """Create in any session the view ``gathered`` over all rows that can be taken.

        A column of numbers is DECIMAL(18,8), or DECIMAL(38,18) if a value of it needs that. Trades are
        shown each once, in order, after `repeated`.
        """
        if self.ticks:
            session.execute(sqltext.render("ingest/shown_ticks", path=self._ticks))
            return
        session.execute(
            sqltext.render(
                "ingest/gathered",
                groups=_alike(self.parts),
                settled=_settled(self.parts),
                columns=self._columns(),
                daily=self.daily,
                period=self.period,
            )
        )

    @property
    def _ticks(self) -> str:
        return str(self.folder / "ticks.parquet")

    def _columns(self) -> list[dict[str, str]]:
        """Return the columns of numbers with the types that all their values need."""
        settled, numbers = _settled(self.parts), self.fields.numbers
        wide: tuple[bool, ...] = (False,) * len(numbers)
        if settled:
            query = sqltext.render("ingest/widths", numbers=numbers)
            (wide,) = self.session.rows(query, [settled])
        return [{"name": name, "type": EXACT[it]} for name, it in zip(numbers, wide, strict=True)]


def _settled(parts: Iterable[Part]) -> list[str]:
    return [part.settled for part in parts if part.settled is not None]


def _alike(parts: Iterable[Part]) -> list[dict[str, Any]]:
    groups: dict[Any, list[str]] = defaultdict(list)
    for part in parts:
        groups[part.file, part.columns, part.adjusted, part.settled is None].append(part.typed)
    names = ("file", "columns", "adjusted", "plain")
    return [dict(zip(names, shape, strict=True), typed=typed) for shape, typed in groups.items()]


def _family(file: str, column: str, kind: str) -> str:
    if kind == "VARCHAR":
        return "text"
    if kind in _BINARY:
        return "binary"
    if kind in WHOLE or kind.startswith("DECIMAL"):
        return "exact"
    raise ColumnTypeError(file, column, kind, "numbers, as text or of any width")
