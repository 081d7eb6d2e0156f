"""The frames that every adapter answers: bars, trades and actions, with exact numbers.

Numbers arrive as the source wrote them and are never rounded: a page holds them in the widest decimals,
and `joined` shows a column in 8 places unless a value of it needs more, as the warehouse does.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl

from rustybt.data.resolutions import TICK, is_daily
from rustybt.errors import DataParsingError

EXACT: Final = pl.Decimal(38, 18)
USUAL: Final = pl.Decimal(18, 8)
_TIME: Final = pl.Datetime("us")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MOST_DECIMALS: Final = 18
_ODD: Final = r"[eE]|\.\d{19}"  # an exponent, or decimals that a cast would round in silence

PRICES: Final = ("open", "high", "low", "close", "volume")
BARS: Final[Mapping[str, pl.DataType]] = {
    "timestamp": _TIME,  # begin of the bar, UTC; of days and longer ones midnight of the session's date
    "symbol": pl.String(),
    **dict.fromkeys(PRICES, EXACT),  # as traded; None where the source has none
    "dividend": EXACT,  # cash per share of the ex-date, 0 without
    "split": EXACT,  # new shares per old, 1 without
}
TRADES: Final[Mapping[str, pl.DataType]] = {
    "timestamp": _TIME,  # of the trade, UTC
    "symbol": pl.String(),
    "price": EXACT,
    "size": EXACT,  # in units of the asset
    "side": pl.String(),  # of the taker: buy or sell; None if unknown
    "id": pl.String(),  # of the trade at the source, another for each of an instant; None without
    "seq": pl.Int64(),  # order of the trades of one instant, where the source tells it
}
ACTIONS: Final[Mapping[str, pl.DataType]] = {
    "symbol": pl.String(),
    "session": pl.Date(),  # ex-date, or first session after the split
    "kind": pl.String(),  # split or dividend
    "value": EXACT,  # new shares per old, or cash per share as it was paid
    "pay_date": pl.Date(),  # None if unknown
}
ASSETS: Final[
    Mapping[str, pl.DataType]
] = {  # of `<bundle>.assets`; None where the source does not tell
    "symbol": pl.String(),  # as the rows write it
    "asset_type": pl.String(),
    "name": pl.String(),
    "currency": pl.String(),
    "tick_size": pl.Float64(),
    "lot_size": pl.Float64(),
    "multiplier": pl.Float64(),
    "root_symbol": pl.String(),
    "underlying": pl.String(),
    "expiry": pl.Date(),
    "strike": pl.Float64(),
    "option_right": pl.String(),
}
FUNDING: Final[Mapping[str, pl.DataType]] = {  # of `<bundle>.funding_1h`
    "ts": _TIME,  # instant at which it is exchanged, UTC
    "symbol": pl.String(),
    "rate": pl.Float64(),  # part of the value; longs pay a positive one
}


def schema_of(resolution: str) -> Mapping[str, pl.DataType]:
    """Return the schema of the frame of a resolution: `TRADES` of ticks, `BARS` of all others."""
    return TRADES if resolution == TICK else BARS


def bars(
    symbol: str, begins: Sequence[datetime | int], numbers: Mapping[str, Sequence[Any]]
) -> pl.DataFrame:
    """Return a page of bars of one symbol.

    Parameters
    ----------
    symbol
        Of all rows.
    begins
        Begin of each bar, UTC, as a datetime or milliseconds since 1970.
    numbers
        Of `PRICES`, and of ``dividend`` and ``split`` where the source tells them with the bar, as
        text, Decimal or whole numbers; a float is taken as the shortest text that gives it.

    Raises
    ------
    DataParsingError
        A number is none, is not finite or has more than 18 decimals; rows are of unlike length.
    """
    told = {"dividend": [0] * len(begins), "split": [1] * len(begins)} | dict(numbers)
    columns = {name: exact(symbol, name, told[name]) for name in (*PRICES, "dividend", "split")}
    return _page(BARS, symbol, begins, columns)


def trades(
    symbol: str, times: Sequence[datetime | int], columns: Mapping[str, Sequence[Any]]
) -> pl.DataFrame:
    """Return a page of trades of one symbol in order; `columns` are the others of `TRADES`, as in `bars`.

    Those that are not told are None.
    """
    numbers = {name: exact(symbol, name, columns[name]) for name in ("price", "size")}
    others = {
        name: pl.Series(name, columns.get(name, [None] * len(times)), TRADES[name])
        for name in ("side", "id", "seq")
    }
    return _page(TRADES, symbol, times, {**numbers, **others})


def actions(symbol: str, rows: Iterable[tuple[date, str, Any, date | None]]) -> pl.DataFrame:
    """Return splits and dividends of one symbol from (session, kind, value, pay date), in any order."""
    sessions, kinds, values, paid = list(zip(*rows, strict=True)) or ((), (), (), ())
    return pl.DataFrame(
        {
            "symbol": pl.Series([symbol] * len(sessions), dtype=pl.String()),
            "session": pl.Series(sessions, dtype=pl.Date()),
            "kind": pl.Series(kinds, dtype=pl.String()),
            "value": exact(symbol, "value", values),
            "pay_date": pl.Series(paid, dtype=pl.Date()),
        },
        schema=ACTIONS,
    ).sort("session", "kind")


def assets(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return what is known of assets, by symbol; what a row does not name is None."""
    return pl.DataFrame(list(rows), schema=dict(ASSETS)).sort("symbol")


def joined(
    source: str, pages: Sequence[pl.DataFrame], schema: Mapping[str, pl.DataType] = BARS
) -> pl.DataFrame:
    """Return pages as one frame by symbol and time, each row once; trades of an instant as they came.

    A column of numbers is Decimal(18, 8), or Decimal(38, 18) where a value of it needs that.

    Parameters
    ----------
    source
        Named in errors.
    pages
        Of that schema, in any order.
    schema
        `BARS`, `TRADES` or `ACTIONS`.

    Raises
    ------
    DataParsingError
        Two bars of one symbol and time differ.
    """
    rows = pl.concat(pages) if pages else pl.DataFrame(schema=dict(schema))
    order = [name for name in ("symbol", "timestamp", "session", "kind") if name in schema]
    rows = rows.unique(maintain_order=True).sort(order, maintain_order=True)
    if schema is BARS:
        twice = rows.filter(pl.struct("symbol", "timestamp").is_duplicated())
        if twice.height:
            symbol, at = twice["symbol"][0], twice["timestamp"][0]
            raise DataParsingError(source, f"it gave two different bars of {symbol} at {at}")
    return rows.with_columns(_narrowed(rows[name]) for name in schema if schema[name] == EXACT)


def latest(pages: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the actions of pages; what a later page tells of a session replaces what one before told.

    Pages of one answer repeat the same actions. One that was fetched later, after a stop, may tell
    them anew: an amount that was revised, or a pay date.

    Parameters
    ----------
    pages
        In the schema of `ACTIONS`, in the order in which they were fetched; at least one.
    """
    numbered = pl.concat([it.with_columns(page=pl.lit(n)) for n, it in enumerate(pages)])
    told = pl.struct("symbol", "session", "kind")
    return numbered.filter(pl.col("page") == pl.col("page").max().over(told)).drop("page")


def with_actions(rows: pl.DataFrame, told: pl.DataFrame, resolution: str) -> pl.DataFrame:
    """Return bars with the splits and dividends of a frame of actions in their columns.

    An action stands with the first bar that begins on its session or later; of weeks and months with
    the bar that its session lies in. Several of one bar are added up or multiplied.
    """
    if told.is_empty() or rows.is_empty():
        return rows
    within = is_daily(resolution) and resolution != "1d"
    placed = (
        told.with_columns(pl.col("session").cast(_TIME).alias("at"))
        .sort("at")
        .join_asof(
            rows.select("symbol", "timestamp").sort("timestamp"),
            left_on="at",
            right_on="timestamp",
            by="symbol",
            strategy="backward" if within else "forward",
            check_sortedness=False,  # it can not be checked by group
        )
        .drop_nulls("timestamp")
    )
    found: dict[tuple[str, datetime], dict[str, Decimal]] = {}
    for symbol, at, kind, value in placed.select("symbol", "timestamp", "kind", "value").rows():
        of_bar = found.setdefault((symbol, at), {"dividend": Decimal(0), "split": Decimal(1)})
        of_bar[kind] = of_bar[kind] + value if kind == "dividend" else of_bar[kind] * value
    if not found:
        return rows
    sums = pl.DataFrame(
        {
            "symbol": pl.Series([symbol for symbol, _ in found], dtype=pl.String()),
            "timestamp": pl.Series([at for _, at in found], dtype=_TIME),
            "dividend": exact("", "dividend", [it["dividend"] for it in found.values()]),
            "split": exact("", "split", [it["split"] for it in found.values()]),
        }
    )
    both = rows.drop("dividend", "split").join(
        sums, on=["symbol", "timestamp"], how="left", maintain_order="left"
    )
    filled = both.with_columns(
        pl.col("dividend").fill_null(pl.lit(0, EXACT)), pl.col("split").fill_null(pl.lit(1, EXACT))
    )
    return filled.with_columns(_narrowed(filled["dividend"]), _narrowed(filled["split"]))


def milliseconds(moment: datetime) -> int:
    """Return an instant, UTC if it has no zone, in milliseconds since 1970, rounded up.

    So what lies in a half-open span of instants lies in that of the milliseconds too.
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return -((_EPOCH - aware) // _MILLISECOND)


def instant(epoch_ms: float) -> datetime:
    """Return milliseconds since 1970 as an instant in UTC without a zone."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).replace(tzinfo=None)


def _page(
    schema: Mapping[str, pl.DataType],
    symbol: str,
    times: Sequence[datetime | int],
    columns: Mapping[str, pl.Series],
) -> pl.DataFrame:
    count = len(times)
    if any(len(column) != count for column in columns.values()):
        lengths = {name: len(column) for name, column in columns.items()}
        raise DataParsingError(symbol, f"expected {count} values in each column, found {lengths}")
    if times and isinstance(times[0], int):
        stamps = pl.Series(times, dtype=pl.Int64()).cast(pl.Datetime("ms")).cast(_TIME)
    else:
        stamps = pl.Series(times, dtype=_TIME)
    named = {"timestamp": stamps, "symbol": pl.Series([symbol] * count, dtype=pl.String())}
    return pl.DataFrame({**named, **columns}).select(*schema)


def exact(symbol: str, name: str, values: Sequence[Any]) -> pl.Series:
    """Return numbers in the widest decimals, none of them rounded."""
    written = pl.Series(name, [None if it is None else str(it) for it in values], pl.String())
    odd = written.str.contains(_ODD)
    if odd.any():
        texts = [_plain(symbol, name, text) for text in written.filter(odd)]
        written = written.scatter(odd.fill_null(value=False).arg_true(), texts)
    numbers = written.cast(EXACT, strict=False)
    lost = numbers.is_null() & written.is_not_null()
    if lost.any():
        found = written.filter(lost)[0]
        raise DataParsingError(symbol, f"{name}: expected a number, found {found!r}")
    return numbers


def _plain(symbol: str, name: str, text: str) -> str:
    """Return a number without an exponent and without decimals that polars would round away."""
    try:
        number = Decimal(text).normalize()
    except ArithmeticError:
        return text  # the cast refuses it
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_MOST_DECIMALS:
        problem = f"{name}: {text} has more than {_MOST_DECIMALS} decimals"
        raise DataParsingError(symbol, problem)
    return f"{number:f}"


def _narrowed(numbers: pl.Series) -> pl.Series:
    narrow = numbers.cast(USUAL, strict=False)
    kept = (narrow.cast(EXACT) == numbers.cast(EXACT)) | numbers.is_null()
    return narrow if kept.fill_null(value=False).all() else numbers.cast(EXACT)
