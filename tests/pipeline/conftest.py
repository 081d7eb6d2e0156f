"""Small and large bundles for the tests of the pipeline."""

import sys
from collections.abc import Callable, Iterator
from inspect import isabstract
from pathlib import Path

import polars as pl
import pytest

import warehouse
from rustybt.pipeline.factors import WindowedFactor
from rustybt.pipeline.term import Term

sys.path.append(str(Path(__file__).parent))  # for modules that tests share

from panel import Panel
from small_bundles import ACTIONS, commit, small_bars


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden SQL files")


@pytest.fixture(scope="session", autouse=True)
def _compute_always() -> Iterator[None]:
    """Compute every run; the tests of the cache switch it on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUSTYBT_CACHE_SIZE_MB", "0")
        yield


@pytest.fixture(scope="session")
def committed() -> Callable[..., warehouse.Warehouse]:
    """Write a bundle of bars and actions into a folder, and open it; see `commit`."""
    return commit


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
        if cls.__module__.startswith("rustybt.") and not isabstract(cls):
            found.update({repr(term): term for term in cls.examples()})
    return found
