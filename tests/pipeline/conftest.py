"""Small and large bundles for the tests of the pipeline."""

import datetime as dt
import warnings
from collections.abc import Callable, Iterable, Sequence
from inspect import isabstract
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import warehouse
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.expression import Constant
from rustybt.pipeline.factors import WindowedFactor
from rustybt.pipeline.frame import Scope
from rustybt.pipeline.term import Term


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden SQL files")


def xnys(first: dt.date, last: dt.date) -> pl.DataFrame:
    """Sessions of XNYS in whole years around a span, as the dataset has them."""
    import exchange_calendars

    with warnings.catch_warnings():  # exchange_calendars is behind pandas in its deprecations
        warnings.simplefilter("ignore")
        calendar = exchange_calendars.get_calendar(
            "XNYS", start=f"{first.year}-01-01", end=f"{last.year + 1}-12-31"
        )
    frame = pl.from_pandas(calendar.schedule.reset_index())
    return frame.select(
        session=pl.col(frame.columns[0]).cast(pl.Date),
        open_at=pl.col("open").dt.replace_time_zone(None).cast(pl.Datetime("us")),
        close_at=pl.col("close").dt.replace_time_zone(None).cast(pl.Datetime("us")),
    )


def commit(
    root: Path, bars: pl.DataFrame, actions: Iterable[dict] = (), *, bundle: str = "small"
) -> warehouse.Warehouse:
    """Write a bundle of bars (symbol, date, prices, volume) and of actions, and open it."""
    symbols = sorted(bars["symbol"].unique())
    sids = {symbol: sid for sid, symbol in enumerate(symbols)}
    exact = pl.Decimal(18, 8)
    prices = ["open", "high", "low", "close", "volume"]
    daily = bars.select(
        pl.col("date").alias("session"),
        pl.col("symbol").replace_strict(sids, return_dtype=pl.Int32).alias("sid"),
        "symbol",
        *[pl.col(name).cast(exact) for name in prices],
    )
    assets = daily.group_by("sid", "symbol").agg(
        exchange=pl.lit("XNYS"),
        asset_type=pl.lit("equity"),
        first_session=pl.col("session").min(),
        last_session=pl.col("session").max(),
    )
    adjustments = pl.DataFrame(
        [{"sid": sids[it["symbol"]], **it} for it in actions],
        schema={
            "sid": pl.Int32,
            "symbol": pl.String,
            "session": pl.Date,
            "kind": pl.String,
            "ratio": pl.Float64,
            "amount": exact,
            "pay_date": pl.Date,
        },
    )
    with warehouse.open(root) as writer, writer.begin(bundle, calendar="XNYS") as txn:
        txn.upsert("bars_1d", daily)
        txn.replace("assets", assets.sort("sid"))
        txn.replace("adjustments", adjustments)
        txn.replace("sessions", xnys(bars["date"].min(), bars["date"].max()))
        txn.commit(lineage={"source": "test"})
    return warehouse.open(root)


# A split of A, a dividend of C; B has a gap, C comes late, D goes early; E and F trade alike.
ACTIONS = (
    {
        "symbol": "A",
        "session": dt.date(2024, 1, 12),
        "kind": "split",
        "ratio": 0.5,
        "amount": None,
        "pay_date": None,
    },
    {
        "symbol": "C",
        "session": dt.date(2024, 1, 18),
        "kind": "dividend",
        "ratio": 0.97,
        "amount": 0.9,
        "pay_date": None,
    },
)


def small_bars() -> pl.DataFrame:
    """Six assets over 22 sessions of January and February 2024, prices of two decimals."""
    sessions = xnys(dt.date(2024, 1, 1), dt.date(2024, 1, 1))["session"].to_list()[:22]
    rows = []
    for number, symbol in enumerate("ABCDEF"):
        steps = min(number, 4)
        for day, session in enumerate(sessions):
            wave = (day * (7 + steps) + 3 * steps) % 11 - 5
            close = 50 + 10 * steps + wave * 0.75 + day * 0.1
            if symbol == "A" and session >= ACTIONS[0]["session"]:
                close /= 2
            close = round(close, 2)
            rows.append(
                {
                    "symbol": symbol,
                    "date": session,
                    "open": round(close - 0.3, 2),
                    "high": round(close + 0.8, 2),
                    "low": round(close - 0.9, 2),
                    "close": close,
                    "volume": 1000.0 + 37 * ((day * (3 + steps)) % 13),
                }
            )
    bars = pl.DataFrame(rows)
    gone = (
        ((pl.col("symbol") == "B") & (pl.col("date") == sessions[9]))
        | ((pl.col("symbol") == "C") & (pl.col("date") < sessions[6]))
        | ((pl.col("symbol") == "D") & (pl.col("date") > sessions[15]))
    )
    missing = (pl.col("symbol") == "A") & (pl.col("date") == sessions[13])
    return bars.filter(~gone).with_columns(close=pl.when(~missing).then(pl.col("close")))


class Panel:
    """A pipeline evaluated by its NumPy definitions; everything is adjusted from the raw bars, window by window."""

    def __init__(
        self, bars: pl.DataFrame, actions: Sequence[dict], sessions: Sequence[dt.date]
    ) -> None:
        self.sessions = list(sessions)
        self.symbols = sorted(bars["symbol"].unique())
        grid = pl.DataFrame({"date": self.sessions}).join(
            pl.DataFrame({"symbol": self.symbols}), how="cross"
        )
        dense = grid.join(bars, on=["date", "symbol"], how="left").sort("date", "symbol")
        shape = len(self.sessions), len(self.symbols)
        self.raw = {
            name: dense[name].to_numpy().astype(float).reshape(shape)
            for name in ("open", "high", "low", "close", "volume")
        }
        self.raw["volume"] = np.nan_to_num(self.raw["volume"])
        self.actions = actions
        traded = dense["high"].is_not_null().to_numpy().reshape(shape)
        self.first = traded.argmax(axis=0)
        self.last = len(self.sessions) - 1 - traded[::-1].argmax(axis=0)

    def alive(self, label: int) -> np.ndarray:
        return (self.first < label) & (label <= self.last)

    def window(self, column: BoundColumn, label: int, length: int) -> np.ndarray:
        """The sessions before a label, oldest first, as they are known at its open."""
        rows = range(label - length, label)
        values = np.array([self.raw[column.name][max(row, 0)] for row in rows])
        values[[row < 0 for row in rows]] = 0 if column.shares else np.nan
        for action in self.actions:
            effective = self.sessions.index(action["session"])
            asset = self.symbols.index(action["symbol"])
            before = np.array([row < effective for row in rows])
            if effective <= label and column.price:
                values[before, asset] *= action["ratio"]
            if effective <= label and column.shares and action["kind"] == "split":
                values[before, asset] /= action["ratio"]
        return values

    def evaluate(self, term: Term, label: int) -> np.ndarray:
        """The values of a term at a label, in the order of the symbols."""
        if isinstance(term, Constant):
            return np.full(len(self.symbols), term.value)
        if isinstance(term, BoundColumn):
            return self.window(term, label, 1)[0]
        with np.errstate(all="ignore"):
            if term.scope is Scope.SERIES:
                windows = [self._looked_at(it, label, term.window_length) for it in term.inputs]
                values = term.compute(*windows)
                return values if term.mask is None else self._within(term.mask, values, label)
            inputs = [self.evaluate(it, label) for it in term.inputs]
            if term.scope is Scope.SECTION:
                inputs = [np.where(self.alive(label), it, np.nan) for it in inputs]
                if term.mask is not None:
                    inputs = [self._within(term.mask, it, label) for it in inputs]
            return term.compute(*inputs)

    def _within(self, mask: Term, values: np.ndarray, label: int) -> np.ndarray:
        return np.where(self.evaluate(mask, label), values, np.nan)

    def _looked_at(self, term: Term, label: int, length: int) -> np.ndarray:
        if isinstance(term, BoundColumn):
            return self.window(term, label, length)
        labels = range(label - length + 1, label + 1)
        return np.array(
            [np.where(self.alive(it), self.evaluate(term, it), np.nan) for it in labels]
        )


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> warehouse.Warehouse:
    return commit(tmp_path_factory.mktemp("small"), small_bars(), ACTIONS)


@pytest.fixture(scope="session")
def sp500(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> warehouse.Warehouse:
    """Every 13th of the sorted symbols, the universe of the oracle."""
    bars = pl.read_parquet(reference / "data/sp500_5yr.parquet")
    symbols = sorted(bars["symbol"].unique())[::13]
    bars = bars.filter(pl.col("symbol").is_in(symbols)).unique(["symbol", "date"], keep="first")
    return commit(tmp_path_factory.mktemp("sp500"), bars, bundle="sp500")


@pytest.fixture(scope="session")
def equities(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> warehouse.Warehouse:
    """Twelve stocks with splits and dividends."""
    bars = pl.read_parquet(reference / "data/us_equities_with_actions.parquet")
    before = bars.sort("symbol", "date").with_columns(
        before=pl.col("close").shift(1).over("symbol")
    )
    splits = before.filter(pl.col("split") != 1).select(
        "symbol",
        session="date",
        kind=pl.lit("split"),
        ratio=1 / pl.col("split"),
        amount=pl.lit(None),
        pay_date=pl.lit(None),
    )
    dividends = before.filter(pl.col("dividend") != 0).select(
        "symbol",
        session="date",
        kind=pl.lit("dividend"),
        ratio=1 - pl.col("dividend") / pl.col("before"),
        amount="dividend",
        pay_date=pl.lit(None),
    )
    actions = [*splits.to_dicts(), *dividends.to_dicts()]
    return commit(tmp_path_factory.mktemp("equities"), bars, actions, bundle="equities")


@pytest.fixture(scope="session")
def panel() -> Panel:
    """The bars of `small`, to be evaluated without SQL."""
    bars = small_bars()
    return Panel(bars, ACTIONS, sorted(bars["date"].unique()))


@pytest.fixture
def update_golden(pytestconfig: pytest.Config) -> bool:
    """Whether golden files are rewritten: `pytest tests/pipeline --update-golden`."""
    return bool(pytestconfig.getoption("--update-golden", default=False))


@pytest.fixture
def bars() -> pl.DataFrame:
    """The bars of `small`."""
    return small_bars()


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., warehouse.Warehouse]:
    """Write a bundle `small` of given bars, with more actions, and open it."""
    return lambda bars, more=(): commit(tmp_path / "warehouse", bars, [*ACTIONS, *more])


@pytest.fixture(scope="session")
def example_columns() -> dict[str, Term]:
    """Every example of every factor, as columns of a pipeline."""
    waiting, found = [WindowedFactor], {}
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if not isabstract(cls):
            found.update({repr(term): term for term in cls.examples()})
    return found
