"""Every snippet of the manual as it is printed, and what is there after it."""

import json
import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

import warehouse
from rustybt import run_algorithm
from rustybt.algorithm import TradingAlgorithm
from rustybt.data.adapters import CSVAdapter
from rustybt.data.bundles import get, ingest, ingest_files, register
from rustybt.data.data_portal import DataPortal
from tests.seed.printed import execute, text_of
from warehouse import config

STOCKS = ["AAPL", "GOOGL", "MSFT"]


def ask(query):
    with warehouse.open() as wh:
        return wh.sql(query).rows()


def of_pipeline(printed):
    """Return a strategy with the printed hook, whose pipeline is attached as the page says."""

    class Strategy(TradingAlgorithm):
        before_trading_start = printed["before_trading_start"]

        def initialize(self, context):
            context.seen = []
            self.attach_pipeline(printed["pipe"], "my_pipe")

        def handle_data(self, context, _data):
            context.seen.append(context.pipeline_output)

    return Strategy()


# ---------------------------------------------------------------- workflows


def test_strategy_of_the_second_workflow_trades_above_its_mean(crypto_data, tmp_path):
    strategy = execute("strategy", tmp_path)["MyStrategy"]
    result = run_algorithm("2024-01-20", "2024-01-25", algorithm=strategy, bundle=crypto_data)
    # Closes rise each day, so each day orders 100, which the next one fills.
    held = [sum(it["amount"] for it in day) for day in result["positions"]]
    assert held == [0, 100, 200, 300, 400, 500]


def test_pipeline_of_the_third_workflow_runs_by_itself(crypto_data, tmp_path):
    pipe = execute("pipeline", tmp_path)["pipe"]
    found = pipe.run("2024-01-30", "2024-01-31", bundle=crypto_data).arrow()
    assert found.column_names == ["session", "sid", "symbol", "sma_20", "rsi"]
    # The closes of the twenty days before: 111 to 130 on the 30th, all of them gains.
    assert found["sma_20"].to_pylist() == [119.5, 119.5, 120.5, 120.5]
    assert found["rsi"].to_pylist() == [100.0] * 4


def test_hook_of_the_third_workflow_reads_the_attached_pipeline(crypto_data, tmp_path):
    strategy = of_pipeline(execute("pipeline", tmp_path))
    run_algorithm("2024-01-29", "2024-01-31", algorithm=strategy, bundle=crypto_data)
    assert [list(it.columns) for it in strategy.seen] == [["sma_20", "rsi"]] * 3
    assert [it["sma_20"].tolist() for it in strategy.seen] == [
        [118.5] * 2,
        [119.5] * 2,
        [120.5] * 2,
    ]
    assert [it.symbol for it in strategy.seen[0].index] == ["BTC/USDT", "ETH/USDT"]


@pytest.mark.slow
def test_the_three_workflows_one_after_the_other(exchanges, root, tmp_path):
    frame = execute("fetching", tmp_path)["df"]
    assert frame.height == 2 * 31 * 24
    report = ingest("crypto_data")
    assert (report.added, report.failed, report.flagged) == (62, 0, 0)
    days = exchanges.world.coins["BTCUSDT"].bars("1d", _ms("2024-01-01"), _ms("2024-02-01"))
    told = "SELECT close FROM crypto_data.bars_1d WHERE symbol = 'BTC/USDT' ORDER BY session"
    assert [close for (close,) in ask(told)] == [it.close for it in days]
    terms = "SELECT symbol, asset_type, currency, tick_size FROM crypto_data.assets ORDER BY 1"
    assert ask(terms) == [
        ("BTC/USDT", "crypto", "USDT", 0.01), ("ETH/USDT", "crypto", "USDT", 0.01),
    ]  # fmt: skip
    assert get("crypto_data").snapshot.calendar == "24/7"

    closes = [float(it.close) for it in days]
    strategy = execute("strategy", tmp_path)["MyStrategy"]
    result = run_algorithm("2024-01-20", "2024-01-31", algorithm=strategy, bundle="crypto_data")
    above = [closes[it] > sum(closes[it - 19 : it + 1]) / 20 for it in range(19, 31)]
    ordered = {it["created"].date() for day in result["orders"] for it in day}
    assert {it.date() for it, buys in zip(result.index, above, strict=True) if buys} == ordered

    strategy = of_pipeline(execute("pipeline", tmp_path))
    run_algorithm("2024-01-25", "2024-01-31", algorithm=strategy, bundle="crypto_data")
    means = [it["sma_20"].iloc[0] for it in strategy.seen]
    assert means == pytest.approx([sum(closes[it - 20 : it]) / 20 for it in range(24, 31)])


def _ms(day):
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() * 1000)


# ---------------------------------------------------------------- performance


def test_printed_cache_is_used_by_the_data_portal(crypto_data, tmp_path):
    cache = execute("cache", tmp_path)["cache"]
    assert cache.disk.folder == tmp_path / "cache"
    portal = DataPortal(crypto_data)
    ask = "BTC/USDT", "2024-01-31", 5, "1d", "close"
    asset = portal.asset_finder.lookup_symbol(ask[0])
    for _ in range(2):
        window = portal.get_history_window([asset], *ask[1:], "daily")
        assert window[asset].tolist() == [127.0, 128.0, 129.0, 130.0, 131.0]
    found = cache.get_stats()
    assert (found["miss_count"], found["entry_count"]) == (1, 1)
    assert list((tmp_path / "cache").glob("*.arrow"))


@pytest.fixture(params=["registered", "ingested"])
def bundle(request, root, written, tmp_path):
    """A handle of a bundle of three stocks, without a row of the printed span."""
    path = written([*STOCKS, "IBM"], date(2019, 12, 30), date(2024, 1, 5))
    if request.param == "registered":
        return register(
            bundle_name="stocks", adapter=CSVAdapter(path), symbols=STOCKS, start_date="2019-12-30"
        )
    first = tmp_path / "first.csv"
    frame = pl.read_csv(path)
    frame.filter(pl.col("date") < "2020-01-01").write_csv(first)
    ingest_files(first, "stocks")
    frame.write_csv(first)
    return get("stocks")


@pytest.mark.slow
def test_printed_ingest_takes_three_symbols_with_four_workers(bundle, tmp_path):
    execute("parallel", tmp_path, bundle=bundle)
    found = ask(
        "SELECT symbol, min(session), max(session), count(*) FROM stocks.bars_1d "
        "WHERE session >= '2020-01-01' GROUP BY symbol ORDER BY symbol"
    )
    ends = date(2020, 1, 1), date(2024, 1, 1)  # both are included
    weekdays = sum((ends[0] + timedelta(it)).weekday() < 5 for it in range(1462))
    assert found == [(symbol, *ends, weekdays) for symbol in STOCKS]


# ---------------------------------------------------------------- configuration


def test_printed_environment_holds_for_what_its_shell_starts(tmp_path):
    asked = Path(__file__).with_name("told.py")
    done = subprocess.run(
        ["sh", "-ec", f"{text_of('environment', tmp_path)}\n{sys.executable} {asked}"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["data.root_dir"] == [f"{tmp_path}/data", "$RUSTYBT_DATA_DIR"]
    assert told["cache.max_size_mb"] == [2048, "$RUSTYBT_CACHE_SIZE_MB"]
    assert told["cache.dir"] == [f"{tmp_path}/cache", "$RUSTYBT_CACHE_DIR"]
    assert told["polygon"] == {"api_key": "your_key_here"}
    assert told["alpaca"] == {"api_key": "your_key_here", "api_secret": "your_secret_here"}


def test_printed_configuration_is_read_line_by_line(tmp_path, monkeypatch):
    for it in config.SETTINGS:
        if it.variable:
            monkeypatch.delenv(it.variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".rustybt/config.yaml"
    file.parent.mkdir()
    file.write_text(text_of("configuration", tmp_path))
    found = config.load()
    assert {name: it.value for name, it in found} == {
        "adapters.ccxt.rate_limit": 10,
        "adapters.yfinance.rate_limit": 2,
        "cache.dir": "~/.rustybt/cache",
        "cache.disk_cache": True,
        "cache.enabled": True,
        "cache.max_size_mb": 2048,
        "data.compression": "snappy",
        "data.default_format": "parquet",
        "data.root_dir": f"{tmp_path}/data",
    }
    assert found.found["data.compression"].origin == f"{file}:5"
    assert found.found["cache.dir"].origin == "default"
    with warehouse.open() as wh:
        assert wh.root == tmp_path / "data"
