"""The columns of each dataset: type, unit, source. Views, files and comments follow it.

A price or volume column is shown as DECIMAL(18,8), or as DECIMAL(38,18) where a value needs it. A file
holds the narrowest type that loses none of its values, so files of one column differ.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal

from warehouse.errors import SchemaError

EXACT = ("DECIMAL(18,8)", "DECIMAL(38,18)")  # as shown, from narrow to wide
DECIMALS = (0, 2, 4, 6, 8)  # that a file may hold a column with; few, so that files are often alike
_WHOLE = 10  # digits before the point of the narrow type
_SHORT = 9  # digits that fit 32 bits, which are read fastest

Period = Literal["all", "year", "month", "day"]
Types = tuple[tuple[str, str], ...]  # names of exact columns and the types of a file
Needs = tuple[tuple[str, int, int], ...]  # names of them, digits before the point and after it


def narrowest(whole: int, decimals: int) -> str:
    """Return the type of a file for values of so many digits before the point and so many after.

    `decimals` is one of `DECIMALS`, or more. The type always goes into one of `EXACT` without a check
    of each value, as it never has more digits before the point.
    """
    if whole > _WHOLE or decimals > DECIMALS[-1]:
        return EXACT[1]
    digits = _SHORT if whole + decimals <= _SHORT else _WHOLE + decimals
    return f"DECIMAL({digits},{decimals})"


def types_of(needs: Needs, stored: Types | None = None) -> Types:
    """Return the types of a file for what its rows need.

    Over a stored file the types hold its values, too, and are its types where they suffice; a column
    that `stored` does not name is of the narrow type.
    """
    if stored is None:
        return tuple((name, narrowest(whole, decimals)) for name, whole, decimals in needs)
    held = dict(stored)
    return tuple((name, _holding(held.get(name, EXACT[0]), *need)) for name, *need in needs)


def size_of(exact: str) -> tuple[int, int]:
    """Return the digits of an exact type and how many of them stand behind the point."""
    digits, decimals = exact.removeprefix("DECIMAL(").removesuffix(")").split(",")
    return int(digits), int(decimals)


def _holding(stored: str, whole: int, decimals: int) -> str:
    digits, after = size_of(stored)
    before = digits - after
    if whole <= before and decimals <= after:
        return stored
    return narrowest(max(whole, before), max(decimals, after))


@dataclass(frozen=True)
class Column:
    """One column: its DuckDB type and, for people, its unit and source."""

    name: str
    type: str
    comment: str

    @property
    def exact(self) -> bool:
        """Whether the column may be widened to the second type of `EXACT`."""
        return self.type == EXACT[0]


@dataclass(frozen=True)
class Dataset:
    """A table of a bundle.

    `key` is unique and gives the order inside a file; `period` is what one partition spans, of
    the time column `time`.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    period: Period = "all"
    time: str = ""
    nullable: tuple[str, ...] = ()  # columns of the key that may be NULL
    optional: tuple[Column, ...] = ()  # columns that rows and older files may lack; NULL there
    names: tuple[str, ...] = field(init=False)
    exact: tuple[str, ...] = field(init=False)  # columns that may be widened

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))
        object.__setattr__(self, "exact", tuple(it.name for it in self.columns if it.exact))

    def typed(self, wide: Collection[str]) -> tuple[Column, ...]:
        """Return the columns, those named being of the wider exact type."""
        return tuple(replace(it, type=EXACT[1]) if it.name in wide else it for it in self.columns)


_SESSION = Column("session", "DATE", "Trading session of the bundle's calendar")
_TS = Column("ts", "TIMESTAMP", "Start of the bar, UTC, microseconds")
_SID = Column("sid", "INTEGER", "Stable number of the asset in its bundle; see assets")
_SYMBOL = Column("symbol", "VARCHAR", "Symbol the asset traded under")
_PRICES = (
    Column("open", EXACT[0], "First price, trade currency, as traded; NULL if the source has none"),
    Column(
        "high", EXACT[0], "Highest price, trade currency, as traded; NULL if the source has none"
    ),
    Column("low", EXACT[0], "Lowest price, trade currency, as traded; NULL if the source has none"),
    Column("close", EXACT[0], "Last price, trade currency, as traded; NULL if the source has none"),
    Column("volume", EXACT[0], "Units traded, as traded; NULL if the source has none"),
)

_TERMS = (
    Column("name", "VARCHAR", "Name for people; NULL if unknown"),
    Column(
        "currency",
        "VARCHAR",
        "Trade currency, ISO 4217 or the code of a coin; NULL for that of the exchange or pair",
    ),
    Column("tick_size", "DOUBLE", "Step of prices, trade currency; NULL for that of the kind"),
    Column("lot_size", "DOUBLE", "Step of quantities, units; NULL for that of the kind"),
    Column("multiplier", "DOUBLE", "Units of the underlying in one contract; NULL is 1"),
    Column("root_symbol", "VARCHAR", "Symbol that the contracts of a future share, such as ES"),
    Column("underlying", "VARCHAR", "Symbol of what an option is on, in the same bundle"),
    Column("expiry", "DATE", "Last trading session of a contract; NULL for what does not expire"),
    Column("strike", "DOUBLE", "Strike price of an option, trade currency"),
    Column("option_right", "VARCHAR", "call or put"),
    Column(
        "initial_margin",
        "DOUBLE",
        "Needed to open: trade currency a contract for a future, else a fraction of the value; "
        "NULL asks for none",
    ),
    Column(
        "maintenance_margin",
        "DOUBLE",
        "Needed to hold, as initial_margin; below it positions are liquidated",
    ),
    Column(
        "borrow_rate", "DOUBLE", "What a short pays a year, a fraction of its value; NULL for none"
    ),
)
ASSETS = Dataset(
    "assets",
    "One row per asset and listing spell",
    (
        _SID,
        Column("symbol", "VARCHAR", "Symbol, as the source writes it"),
        Column(
            "exchange", "VARCHAR", "Exchange calendar the asset trades by, such as XNYS or 24/7"
        ),
        Column(
            "asset_type",
            "VARCHAR",
            "equity, etf, adr, crypto, perpetual, forex, future or option",
        ),
        Column("first_session", "DATE", "Session of the first stored bar"),
        Column("last_session", "DATE", "Session of the last stored bar"),
        *_TERMS,
    ),
    key=("sid",),
    optional=_TERMS,
)
_PAID_IN_SHARES = (
    Column(
        "shares",
        "DOUBLE",
        "Shares paid for each that is held, by a dividend in shares or a spin-off; NULL for others",
    ),
    Column(
        "payment_sid",
        "INTEGER",
        "Asset whose shares are paid; NULL if none are, or if the bundle does not have it",
    ),
)
ADJUSTMENTS = Dataset(
    "adjustments",
    "Splits, dividends, spin-offs and mergers, in force from their session on",
    (
        _SID,
        _SYMBOL,
        Column("session", "DATE", "First session with the action: ex-date or split date"),
        Column("kind", "VARCHAR", "split (a dividend in shares, too), dividend, spinoff or merger"),
        Column(
            "ratio",
            "DOUBLE",
            "Multiplies every earlier price; split: old shares per new, dividend: "
            "1 - amount / last close before; NULL if no earlier close is stored; spinoff: likewise, or "
            "as told; merger: as told",
        ),
        Column(
            "amount",
            EXACT[0],
            "Per share, trade currency: cash of a dividend, value of a spinoff; NULL if none is told",
        ),
        Column("pay_date", "DATE", "Day the cash or the shares are paid; NULL if unknown"),
        *_PAID_IN_SHARES,
    ),
    key=("sid", "session", "kind"),
    optional=_PAID_IN_SHARES,
)
_BREAK = (
    Column("break_at", "TIMESTAMP", "Begin of the midday break, UTC; NULL where there is none"),
    Column("resume_at", "TIMESTAMP", "End of the midday break, UTC; NULL where there is none"),
)
FORMER_SYMBOLS = Dataset(
    "former_symbols",
    "Symbols that an asset had before its present one; the view symbols has both",
    (
        _SID,
        Column("symbol", "VARCHAR", "Symbol it traded under"),
        Column("first_session", "DATE", "First day of the symbol"),
        Column("last_session", "DATE", "Last day of the symbol"),
    ),
    key=("sid", "first_session"),
)
SESSIONS = Dataset(
    "sessions",
    "Sessions of the exchange calendar, from the year of the first bar to the year after the last",
    (
        _SESSION,
        Column("open_at", "TIMESTAMP", "Opening, UTC"),
        Column("close_at", "TIMESTAMP", "Close, UTC; earlier on half days"),
        *_BREAK,
    ),
    key=("session",),
    optional=_BREAK,
)
FLAGS = Dataset(
    "flags",
    "Doubtful rows that were stored, one row per doubt",
    (
        Column("dataset", "VARCHAR", "Dataset of the row"),
        _SID,
        _SYMBOL,
        _SESSION,
        Column("ts", "TIMESTAMP", "Start of the bar, UTC; NULL in a daily dataset"),
        Column("kind", "VARCHAR", "Name of the check, a file of sql/checks"),
        Column("detail", "VARCHAR", "What was found"),
    ),
    key=("dataset", "sid", "session", "ts", "kind"),
    nullable=("ts",),
)
REJECTS = Dataset(
    "rejects",
    "Rows of a source that could not be typed or keyed, and are in no other dataset",
    (
        Column("txn", "VARCHAR", "Transaction of the ingest that rejected it"),
        Column("file", "VARCHAR", "Absolute path of the file, or name of the source"),
        Column("line", "BIGINT", "Line of the file, from 1; row of a Parquet file"),
        Column("reason", "VARCHAR", "What was expected and found"),
        Column("raw", "VARCHAR", "The row as it stood"),
    ),
    key=("txn", "file", "line"),
)
QUALITY = Dataset(
    "quality",
    "What the checks found when they last ran; meta.quality says whether that still holds",
    (
        Column("dataset", "VARCHAR", "Dataset of bars that was checked, with its actions"),
        Column("kind", "VARCHAR", "Name of the check, a file of sql/checks"),
        Column("severity", "VARCHAR", "error, warn, info or off, by the policy of the bundle"),
        Column("verdict", "VARCHAR", "passed, failed or not checked"),
        Column("found", "BIGINT", "Offending rows; NULL if not checked"),
        Column("sample", "VARCHAR", "The first ten of them, JSON"),
        Column("rows", "BIGINT", "Bars that were checked"),
        Column("content", "VARCHAR", "SHA-256 of what was checked, hex"),
        Column("snapshot", "BIGINT", "Version that was checked"),
        Column("checked_at", "TIMESTAMP", "When, UTC"),
    ),
    key=("dataset", "kind"),
)
POLICY = Dataset(
    "policy",
    "Settings of the checks that are not the default",
    (
        Column("setting", "VARCHAR", "on_error, <check>.severity or <check>.<parameter>"),
        Column("value", "VARCHAR", "As it was set"),
    ),
    key=("setting",),
)
_FIXED_RATE = (
    Column(
        "fixed",
        "BOOLEAN",
        "Whether it holds on all later days: of a currency that was replaced; NULL is no",
    ),
)
FX_RATES = Dataset(
    "fx_rates",
    "Prices of currencies in one another, a row a day and pair; one that does not come again ends",
    (
        Column("date", "DATE", "Day of the rate, known to sessions after it"),
        Column("base", "VARCHAR", "Currency of which one unit is priced, ISO 4217"),
        Column("quote", "VARCHAR", "Currency that the price is in, ISO 4217"),
        Column("rate", "DOUBLE", "Units of quote for one of base, positive"),
        *_FIXED_RATE,
    ),
    key=("base", "quote", "date"),
    optional=_FIXED_RATE,
)
FUNDING_1H = Dataset(
    "funding_1h",
    "Funding of perpetuals, one row per asset and instant at which it is exchanged",
    (
        Column("ts", "TIMESTAMP", "Instant of the exchange, UTC, microseconds"),
        _SID,
        _SYMBOL,
        Column("rate", "DOUBLE", "Fraction of the value; longs pay a positive one, shorts get it"),
    ),
    key=("sid", "ts"),
    period="year",
    time="ts",
)
TRADES = Dataset(
    "trades",
    "Trades, as traded, one row each",
    (
        Column("ts", "TIMESTAMP", "Instant of the trade, UTC, microseconds"),
        _SESSION,
        _SID,
        _SYMBOL,
        Column("price", EXACT[0], "Price of one unit, trade currency, as traded"),
        Column("size", EXACT[0], "Units traded, as traded"),
        Column("side", "VARCHAR", "What the taker did: buy or sell; NULL if unknown"),
        Column("id", "VARCHAR", "Of the trade at its source; NULL if the source has none"),
        Column(
            "seq",
            "BIGINT",
            "Order of the trades of one asset and instant: as the source numbers them, else as they came",
        ),
    ),
    key=("sid", "ts", "seq"),
    period="day",
    time="ts",
)
_FIXED = {
    it.name: it
    for it in (
        *(ASSETS, FORMER_SYMBOLS, ADJUSTMENTS, SESSIONS, FLAGS, REJECTS, QUALITY, POLICY),
        *(FX_RATES, FUNDING_1H, TRADES),
    )
}
_BARS = re.compile(r"bars_(\d+(?:m|h|d|w|mo))")
_RESAMPLED = re.compile(r"resampled_(\d+(?:m|h|d|w|mo))")
_OF_TRADES = re.compile(r"(time|tick|volume|dollar)_bars_\d+(?:_\d+)?")
COMPLETE = Column(
    "complete", "BOOLEAN", "Whether all of its time is known; false for a last bar that may change"
)


def dataset(name: str) -> Dataset:
    """Return the dataset of a name.

    Raises
    ------
    SchemaError
        There is none of that name.
    """
    if name in _FIXED:
        return _FIXED[name]
    if match := _BARS.fullmatch(name):
        return _bars(name, match[1])
    if match := _RESAMPLED.fullmatch(name):
        return _resampled(name, match[1])
    if match := _OF_TRADES.fullmatch(name):
        return _of_trades(name, match[1])
    known = ", ".join((*_FIXED, "bars_1d", "bars_1m"))
    raise SchemaError(name, f"there is no such dataset; expected one of {known}")


def _bars(name: str, resolution: str) -> Dataset:
    if resolution.endswith(("d", "w", "mo")):
        return Dataset(
            name,
            f"Bars of {resolution}, as traded, one row per asset and session",
            (_SESSION, _SID, _SYMBOL, *_PRICES),
            key=("sid", "session"),
            period="year",
            time="session",
        )
    return Dataset(
        name,
        f"Bars of {resolution}, as traded, one row per asset and instant",
        (_TS, _SESSION, _SID, _SYMBOL, *_PRICES),
        key=("sid", "ts"),
        period="month",
        time="ts",
    )


def is_resampled(name: str) -> bool:
    """Return whether a dataset holds bars that were made of shorter ones or of trades, and stored."""
    return bool(_RESAMPLED.fullmatch(name) or _OF_TRADES.fullmatch(name))


def _resampled(name: str, resolution: str) -> Dataset:
    of = _bars(f"bars_{resolution}", resolution)
    return Dataset(
        name,
        f"Bars of {resolution}, computed from what was shorter and stored",
        (*of.columns, COMPLETE),
        key=of.key,
        period=of.period,
        time="session",
    )


def _of_trades(name: str, kind: str) -> Dataset:
    timed = kind == "time"
    first = "Begin" if timed else "First trade"
    last = "End; that of the session" if timed else "Last trade"
    number = Column(
        "number", "BIGINT", "Of the bar in its session, from 0; a great trade skips some"
    )
    return Dataset(
        name,
        "Bars out of trades, stored; begun anew with each session",
        (
            Column("ts", "TIMESTAMP", f"{first}, UTC, microseconds"),
            Column("until", "TIMESTAMP", f"{last}, UTC, microseconds"),
            *(_SESSION, _SID, _SYMBOL),
            *(() if timed else (number,)),
            *_PRICES,
            Column("trades", "BIGINT", "How many trades it is made of"),
            COMPLETE,
        ),
        key=("sid", "ts") if timed else ("sid", "session", "number"),
        period="month",
        time="session",
    )


def holds_market(name: str) -> bool:
    """Whether a dataset holds what was traded: bars or trades."""
    return name == TRADES.name or _BARS.fullmatch(name) is not None


BASIC = ("assets", "former_symbols", "sessions", "adjustments", "flags", "rejects")
"""Every bundle has their views."""
