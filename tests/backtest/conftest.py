"""Small bundles, and the reference bundle, written the way ingest writes them."""

import warnings
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import warehouse

EXACT = pa.decimal128(18, 8)
PRICES = [(name, EXACT) for name in ("open", "high", "low", "close", "volume")]
BARS = pa.schema([("session", pa.date32()), ("sid", pa.int32()), ("symbol", pa.string()), *PRICES])
ASSETS = pa.schema(
    [
        ("sid", pa.int32()),
        ("symbol", pa.string()),
        ("exchange", pa.string()),
        ("asset_type", pa.string()),
        ("first_session", pa.date32()),
        ("last_session", pa.date32()),
    ]
)
ADJUSTMENTS = pa.schema(
    [
        ("sid", pa.int32()),
        ("symbol", pa.string()),
        ("session", pa.date32()),
        ("kind", pa.string()),
        ("ratio", pa.float64()),
        ("amount", EXACT),
        ("pay_date", pa.date32()),
    ]
)
SESSIONS = pa.schema(
    [("session", pa.date32()), ("open_at", pa.timestamp("us")), ("close_at", pa.timestamp("us"))]
)
FIRST = date(2020, 1, 6)  # a Monday


def weekdays(count: int, first: date = FIRST) -> list[date]:
    """Return so many weekdays from `first` on."""
    days = (first + timedelta(days=it) for it in range(2 * count + 7))
    return [it for it in days if it.weekday() < 5][:count]


def exact(value: object) -> Decimal | None:
    """Return a price as a stored decimal."""
    return None if value is None else round(Decimal(str(value)), 8)


def columns(schema: pa.Schema, rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Return rows as an Arrow table of a schema."""
    return pa.Table.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema
    )


def write_bundle(
    root: Path,
    closes: dict[str, list[Any]],
    actions: Sequence[tuple[Any, ...]],
    *,
    name: str,
    crypto: bool,
) -> None:
    """Commit what `make_bundle` was asked for."""
    count = max(map(len, closes.values()))
    days = weekdays(count + 20)
    if crypto:
        days = [FIRST + timedelta(days=it) for it in range(count + 20)]
    calendar, kind = ("24/7", "crypto") if crypto else ("XNYS", "equity")
    bars, assets = [], []
    for sid, symbol in enumerate(sorted(closes)):
        traded = [(days[i], it) for i, it in enumerate(closes[symbol]) if it is not None]
        for day, it in traded:
            *prices, volume = it if isinstance(it, tuple) else (it, 1_000_000)
            four = [exact(price) for price in prices] * (4 // len(prices))
            bars.append((day, sid, symbol, *four, exact(volume)))
        assets.append((sid, symbol, calendar, kind, traded[0][0], traded[-1][0]))
    sids = {symbol: sid for sid, symbol in enumerate(sorted(closes))}
    rows = [
        (sids[symbol], symbol, days[number], kind, ratio, exact(amount), pay)
        for symbol, number, kind, ratio, amount, pay in actions
    ]
    hours = [
        (day, datetime.combine(day, time(14, 30)), datetime.combine(day, time(21))) for day in days
    ]
    with warehouse.open(root) as wh, wh.begin(name, calendar=calendar) as txn:
        txn.upsert("bars_1d", columns(BARS, bars))
        txn.replace("assets", columns(ASSETS, assets))
        txn.replace("adjustments", columns(ADJUSTMENTS, rows))
        txn.replace("sessions", columns(SESSIONS, hours))
        txn.commit(lineage={"source": "a test"})


Maker = Callable[..., Path]


@pytest.fixture
def make_bundle(tmp_path: Path, copied: Callable[..., None]) -> Maker:
    """Return a function that writes a bundle and returns the root of its warehouse.

    `closes` gives one list a symbol, an entry a session: None for no bar, a close, a pair of close
    and volume, or open, high, low, close and volume. `actions` are (symbol, session number, kind, ratio, amount, pay date).
    """

    def make(
        closes: dict[str, list[Any]],
        *,
        actions: Sequence[tuple[Any, ...]] = (),
        name: str = "small",
        crypto: bool = False,
        root: Path = tmp_path / "data",
    ) -> Path:
        def commit(folder: Path) -> None:
            write_bundle(folder, closes, actions, name=name, crypto=crypto)

        copied(commit, root, repr((closes, actions, name, crypto)))
        return root

    return make


REFERENCE_STAGES = {
    "bars_1d": """
        SELECT date AS session, (dense_rank() OVER (ORDER BY symbol) - 1)::INTEGER AS sid, symbol,
            open::DECIMAL(18, 8) AS open, high::DECIMAL(18, 8) AS high, low::DECIMAL(18, 8) AS low,
            close::DECIMAL(18, 8) AS close, volume::DECIMAL(18, 8) AS volume
        FROM read_parquet($file)""",
    "assets": """
        SELECT (dense_rank() OVER (ORDER BY symbol) - 1)::INTEGER AS sid, symbol,
            'XNYS' AS exchange, 'equity' AS asset_type,
            min(date) AS first_session, max(date) AS last_session
        FROM read_parquet($file) GROUP BY symbol""",
    "adjustments": """
        WITH numbered AS (
            SELECT *, (dense_rank() OVER (ORDER BY symbol) - 1)::INTEGER AS sid,
                lag(close) OVER (PARTITION BY symbol ORDER BY date) AS before
            FROM read_parquet($file))
        SELECT sid, symbol, date AS session, 'split' AS kind, 1 / split AS ratio,
            NULL::DECIMAL(18, 8) AS amount, NULL::DATE AS pay_date
        FROM numbered WHERE split <> 1
        UNION ALL
        SELECT sid, symbol, date, 'dividend', 1 - dividend / before, dividend::DECIMAL(18, 8), NULL
        FROM numbered WHERE dividend <> 0""",
}


@pytest.fixture(scope="session")
def us_equities(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a warehouse with twelve US stocks, sids in sorted order of their symbols."""
    import exchange_calendars

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its use of pandas is its own affair
        calendar = exchange_calendars.get_calendar("XNYS", start="1999-01-04", end="2022-12-30")
        schedule = calendar.schedule
    hours = pa.table(
        {
            "session": pa.array([it.date() for it in schedule.index], pa.date32()),
            **{
                f"{name}_at": pa.array(
                    [it.replace(tzinfo=None).to_pydatetime() for it in schedule[name]],
                    pa.timestamp("us"),
                )
                for name in ("open", "close")
            },
        }
    )
    root = tmp_path_factory.mktemp("us_equities")
    file = str(reference / "data" / "us_equities_with_actions.parquet")
    with warehouse.open(root) as wh, wh.begin("us_equities", calendar="XNYS") as txn:
        txn.upsert("bars_1d", txn.session.arrow(REFERENCE_STAGES["bars_1d"], {"file": file}))
        for name in ("assets", "adjustments"):
            txn.replace(name, txn.session.arrow(REFERENCE_STAGES[name], {"file": file}))
        txn.replace("sessions", hours)
        txn.commit(lineage={"source": "reference"})
    return root


MINUTES = pa.schema([("ts", pa.timestamp("us")), *BARS])
Hours = tuple[datetime, datetime]


@pytest.fixture
def make_minutes(tmp_path: Path) -> Maker:
    """Return a function that writes a bundle of minutes and returns the root of its warehouse.

    `hours` are opening and close of each session, `closes` give by symbol a close, or a pair of
    close and volume, by instant; opens are 1 lower, highs 2 higher and lows 3 lower than closes.
    """

    def make(
        hours: Sequence[Hours],
        closes: dict[str, dict[datetime, Any]],
        *,
        actions: Sequence[tuple[Any, ...]] = (),
        daily: dict[str, dict[date, float]] | None = None,
        calendar: str = "XNYS",
        root: Path = tmp_path / "data",
    ) -> Path:
        kind = "crypto" if calendar == "24/7" else "equity"
        sids = {symbol: sid for sid, symbol in enumerate(sorted(closes))}
        bars, days = [], []
        for symbol, traded in closes.items():
            for ts, it in sorted(traded.items()):
                close, volume = it if isinstance(it, tuple) else (it, 1_000)
                prices = [exact(close + step) for step in (-1, 2, -3, 0)]
                bars.append((ts, ts.date(), sids[symbol], symbol, *prices, exact(volume)))
        for symbol, traded_days in (daily or {}).items():
            for day, close in traded_days.items():
                days.append((day, sids[symbol], symbol, *[exact(close)] * 4, exact(1e6)))
        assets = []
        for symbol, sid in sids.items():
            traded_in = [it.date() for it in closes[symbol]] + [*(daily or {}).get(symbol, ())]
            assets.append((sid, symbol, calendar, kind, min(traded_in), max(traded_in)))
        rows = [
            (sids[symbol], symbol, day, action, ratio, exact(amount), pay)
            for symbol, day, action, ratio, amount, pay in actions
        ]
        with warehouse.open(root) as wh, wh.begin("minutes", calendar=calendar) as txn:
            txn.upsert("bars_1m", columns(MINUTES, bars))
            if days:
                txn.upsert("bars_1d", columns(BARS, days))
            txn.replace("assets", columns(ASSETS, assets))
            txn.replace("adjustments", columns(ADJUSTMENTS, rows))
            labels = [(opened.date(), opened, closed) for opened, closed in hours]
            txn.replace("sessions", columns(SESSIONS, labels))
            txn.commit(lineage={"source": "a test"})
        return root

    return make
