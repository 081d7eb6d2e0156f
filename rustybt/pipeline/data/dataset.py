"""Datasets: named columns, and the rows that stand behind them.

A class declares columns; `from_table` and `from_frame` say where their values come from. A row is known
from the first session after its day on.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Final

import pyarrow as pa

from rustybt.errors import DatasetError, UnknownFieldError
from rustybt.pipeline.data.column import BoundColumn, Column, Unbound
from rustybt.pipeline.domain import GENERIC, Domain
from rustybt.pipeline.vocabulary.relation import Key, Latest, Relation, Rows, TableRelation

NO_DELAY: Final = timedelta()
_KEYS: Final[tuple[Key, ...]] = ("sid", "symbol")
_TIMES: Final = (
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_null,  # of a column without any value
)


class Fields(type):
    """Class of datasets: their declared columns become terms, an unknown one names the nearest."""

    domain: Domain

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> None:
        super().__init__(name, bases, body)
        domain = body.get("domain", GENERIC)
        for key, declared in body.items():
            if isinstance(declared, Column):
                made = _bound(name, key, declared, domain, Unbound(name))
                type.__setattr__(cls, key, made)

    @property
    def columns(cls) -> dict[str, BoundColumn]:
        """The columns by name, in their order."""
        found: dict[str, BoundColumn] = {}
        for base in reversed(cls.__mro__):
            found |= {name: it for name, it in vars(base).items() if isinstance(it, BoundColumn)}
        return found

    def specialize(cls, domain: Domain) -> "Fields":
        """Return the dataset of one market.

        Raises
        ------
        DatasetError
            It belongs to another market already.
        """
        if cls.domain not in (GENERIC, domain):
            advice = f"Specialize a dataset that is generic to get one of {domain!r}."
            raise DatasetError(cls.__name__, f"it is of {cls.domain!r}", advice)
        made = {name: replace(it, domain=domain) for name, it in cls.columns.items()}
        return Fields(
            cls.__name__, cls.__bases__, {**made, "domain": domain, "__doc__": cls.__doc__}
        )

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnknownFieldError(cls.__name__, name, cls.columns)

    def __repr__(cls) -> str:
        return cls.__name__ if cls.domain == GENERIC else f"{cls.__name__}<{cls.domain!r}>"


class DataSet(metaclass=Fields):
    """Columns with one value per session and asset, to be subclassed.

    Examples
    --------
    >>> from rustybt.pipeline.data import Column, DataSet
    >>> class Fundamentals(DataSet):
    ...     earnings = Column(float, currency_aware=True)
    ...     sector = Column(str)
    >>> Fundamentals.earnings
    Fundamentals.earnings
    """

    domain = GENERIC

    @classmethod
    def from_table(
        cls,
        table: str,
        *,
        time: str,
        key: Key | None = "sid",
        columns: Mapping[str, Any] | None = None,
        name: str | None = None,
        delay: timedelta = NO_DELAY,
    ) -> Any:
        """Return the dataset with the rows of a table or view behind it.

        Parameters
        ----------
        table
            ``bundle.dataset``, or any table or view that a query could name. A name of one part is
            one of the bundle that the pipeline runs on, if it is a dataset of a bundle.
        time
            Column of the day or of the instant in UTC at which a row became known. It is known to
            every session whose day is a later one, until a newer row of the asset takes its place.
        key
            ``sid`` or ``symbol``: the column that says of which asset a row is, in the numbers of the
            bundle that the pipeline runs on or as its source writes symbols. None: rows hold for all
            assets.
        columns
            Names in the table, and their types or `Column`; those that the class declares if None.
        name
            Of the dataset; that of the class if None.
        delay
            Time that passes until a row is known, not negative.

        Returns
        -------
        type
            A dataset class, whose attributes are the columns.

        Raises
        ------
        DatasetError
            The name of the table, the key or the delay cannot be, or no column is declared. When a
            pipeline is to run: the times of the table are none.
        """
        rows = rows_of(name or cls.__name__, table, time=time, key=key, delay=delay)
        return bind(cls, Latest(rows), columns, name)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        time: str,
        key: Key | None = "sid",
        columns: Mapping[str, Any] | None = None,
        name: str | None = None,
        delay: timedelta = NO_DELAY,
    ) -> Any:
        """Return the dataset with the rows of a frame behind it; see `from_table`.

        Parameters
        ----------
        frame
            An Arrow table, or a frame of polars or pandas, of one row a time and asset. Its times are
            days, instants or their text.

        Raises
        ------
        DatasetError
            It is no frame, or one of objects, or it lacks its time or key, or its times are none.
        """
        called = name or cls.__name__
        rows = frame_rows(called, frame, time=time, key=key, delay=delay)
        return bind(cls, Latest(rows), columns, name)


class DataSetFamily(metaclass=Fields):
    """A dataset with more dimensions than session and asset, to be subclassed.

    `extra_dims` names the dimensions and their choices; `slice` picks one of each.
    """

    domain = GENERIC
    extra_dims: Sequence[tuple[str, Sequence[Hashable] | set[Any]]] = ()

    @classmethod
    def from_table(cls, table: str, **options: Any) -> Any:
        """Return the family with a table behind it that has a column a dimension; see `DataSet`."""
        rows = rows_of(cls.__name__, table, **options)
        return _family(cls, rows)

    @classmethod
    def from_frame(cls, frame: Any, **options: Any) -> Any:
        """Return the family with a frame behind it that has a column a dimension; see `DataSet`."""
        return _family(cls, frame_rows(cls.__name__, frame, **options))

    @classmethod
    def slice(cls, *choices: Any, **named: Any) -> Any:
        """Return the dataset of one choice of each dimension, in their order or by name.

        Raises
        ------
        DatasetError
            A dimension is missing or unknown, or has no such choice.
        """
        dims = dict(cls.extra_dims)
        chosen = dict(zip(dims, choices, strict=False)) | named
        if len(choices) > len(dims) or chosen.keys() != dims.keys():
            advice = f"Choose one of each: {', '.join(dims)}."
            raise DatasetError(cls.__name__, f"{[*choices, *named]} are not its dimensions", advice)
        for dim, value in chosen.items():
            if value not in dims[dim]:
                known = ", ".join(sorted(map(repr, dims[dim])))
                raise DatasetError(cls.__name__, f"{dim} has no {value!r}", f"Choices: {known}.")
        return _sliced(cls, chosen)


class DataSetFamilySlice(DataSet):
    """What `DataSetFamily.slice` returns is a subclass of it."""


def bind(cls: Any, relation: Relation, columns: Mapping[str, Any] | None, name: str | None) -> Any:
    """Return a dataset of the columns of a class, or of others, over a relation.

    Raises
    ------
    DatasetError
        No column is declared, or a day of a frame is none.
    """
    called = name or cls.__name__
    if isinstance(relation, TableRelation) and relation.rows.frame is not None:
        check_times(called, relation.rows.frame.schema, relation.times)
    if columns is None:
        made = {
            key: replace(it, relation=relation, dataset=called) for key, it in cls.columns.items()
        }
    else:
        declared = {
            key: it if isinstance(it, Column) else Column(it) for key, it in columns.items()
        }
        made = {key: _bound(called, key, it, cls.domain, relation) for key, it in declared.items()}
    if not made:
        advice = "Pass columns={name: type}, or declare a class with columns."
        raise DatasetError(called, "it has no columns", advice)
    return Fields(called, (DataSet,), {**made, "domain": cls.domain})


def rows_of(
    dataset: str,
    table: str,
    *,
    time: str,
    key: Key | None = "sid",
    delay: timedelta = NO_DELAY,
) -> Rows:
    """Return where rows stand and when each is known; see `DataSet.from_table`.

    Raises
    ------
    DatasetError
        The name of the table, the key or the delay cannot be.
    """
    parts = tuple(table.split(".")) if isinstance(table, str) else ()
    if not parts or not all(parts):
        raise DatasetError(dataset, f"{table!r} names no table", "Write 'bundle.dataset'.")
    if key is not None and key not in _KEYS:
        raise DatasetError(dataset, f"key {key!r} is no key", "Expected 'sid', 'symbol' or None.")
    if delay < NO_DELAY:
        advice = "A row is known at its time at the earliest."
        raise DatasetError(dataset, f"a delay of {delay} looks ahead", advice)
    return Rows(parts, time, key, key or "", delay)


def frame_rows(dataset: str, frame: Any, **options: Any) -> Rows:
    """Return the rows of a frame; see `DataSet.from_frame`.

    Raises
    ------
    DatasetError
        It is no frame, or one of objects, or it lacks its time or key, or its times are none.
    """
    table = _arrow(dataset, frame)
    digest = blake2b(digest_size=6)
    for batch in table.to_batches():
        for buffer in (it for array in batch.columns for it in array.buffers() if it is not None):
            digest.update(buffer)
    digest.update(str(table.schema).encode())
    rows = rows_of(dataset, f"frame_{digest.hexdigest()}", **options)
    for needed in (rows.time, *([rows.key_column] if rows.key else [])):
        if needed not in table.column_names:
            advice = f"Its columns are {', '.join(table.column_names)}."
            raise DatasetError(dataset, f"the frame has no column {needed!r}", advice)
    check_times(dataset, table.schema, [rows.time])
    return replace(rows, frame=table)


def check_times(dataset: str, schema: pa.Schema, times: Sequence[str]) -> None:
    """Check that columns hold days or instants, or their text; what rows lack is told where they are read.

    Raises
    ------
    DatasetError
        One is of another type.
    """
    for name in times:
        kind = schema.field(name).type if name in schema.names else pa.null()
        if not _is_time(kind):
            advice = "Expected dates, timestamps or their text."
            raise DatasetError(dataset, f"the times in {name!r} are of type {kind}", advice)


def _is_time(kind: pa.DataType) -> bool:
    said = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(is_one(said) for is_one in _TIMES)


def _arrow(dataset: str, frame: Any) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame.combine_chunks()
    if not hasattr(frame, "__arrow_c_stream__"):
        found = type(frame).__name__
        raise DatasetError(dataset, f"{found} is no frame", "Pass one of Arrow, polars or pandas.")
    try:
        return pa.table(frame).combine_chunks()
    except pa.ArrowException as error:
        # Of a frame of objects Arrow says which column, and what stands in it.
        advice = "Expected columns of numbers, text, truth values, dates or timestamps."
        raise DatasetError(dataset, "; ".join(map(str, error.args)), advice) from error


def _bound(
    dataset: str, name: str, declared: Column, domain: Domain, relation: Relation
) -> BoundColumn:
    return BoundColumn(
        dataset=dataset,
        name=name,
        dtype=declared.dtype,
        missing_value=declared.missing_value,
        currency_aware=declared.currency_aware,
        domain=domain,
        relation=relation,
    )


def _family(cls: Any, rows: Rows) -> Any:
    made = {key: replace(it, relation=Latest(rows)) for key, it in cls.columns.items()}
    body = {**made, "domain": cls.domain, "extra_dims": cls.extra_dims}
    return Fields(cls.__name__, (DataSetFamily,), body)


def _sliced(cls: Any, chosen: Mapping[str, Any]) -> Any:
    said = ", ".join(f"{dim}={value!r}" for dim, value in chosen.items())
    name = f"{cls.__name__}.slice({said})"
    made = {}
    for key, it in cls.columns.items():
        relation = it.relation
        if isinstance(relation, Latest):
            relation = Latest(replace(relation.rows, where=tuple(chosen.items())))
        made[key] = replace(it, dataset=name, relation=relation)
    return Fields(name, (DataSetFamilySlice,), {**made, "domain": cls.domain})
