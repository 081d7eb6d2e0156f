"""The result frame, its measures, its checksum and its files."""

import math
import os
import statistics
import subprocess
import sys
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import warehouse
from rustybt.errors import OptionError
from rustybt.metrics import digest, summary
from rustybt.metrics.daily import COLUMNS
from rustybt.metrics.risk import Risk
from rustybt.metrics.storage import to_arrow, write
from rustybt.runner import run_algorithm

CLOSES = {"A": [10.0, 11.0, 12.0, 9.0, 14.0], "B": [5.0, 5.5, 5.25, 5.0, 5.75]}
RUN = """
from rustybt.runner import run_algorithm
from rustybt.metrics import digest

def handle_data(context, data):
    for asset in context.symbols("A", "B"):
        context.order(asset, 10)
    context.record(last={"B", "A"} and data.current(asset, "close"))

def perf(root, **options):
    return run_algorithm("2020-01-06", "2020-01-10", capital_base=1000.0, handle_data=handle_data,
                         root=root, **options)
"""
names: dict[str, object] = {}
exec(RUN, names)
perf_of = names["perf"]


@pytest.fixture
def root(make_bundle):
    return make_bundle(CLOSES)


@pytest.fixture
def perf(root):
    return perf_of(root)


def test_the_columns_have_a_fixed_order_and_recorded_ones_come_last(perf):
    assert tuple(perf.columns) == (*COLUMNS, "last")


def test_the_index_is_the_close_of_the_session(perf):
    assert [str(it) for it in perf.index[:2]] == [
        "2020-01-06 21:00:00+00:00",
        "2020-01-07 21:00:00+00:00",
    ]


def test_a_period_opens_a_minute_after_the_session(perf):
    assert str(perf["period_open"].iloc[0]) == "2020-01-06 14:31:00+00:00"


def test_an_order_is_listed_when_placed_and_when_filled(perf):
    first = [[it["id"] for it in day if it["id"] <= 2] for day in perf["orders"]]
    assert first == [[1, 2], [1, 2], [], [], []]


def test_a_transaction_tells_its_order(perf):
    bought = perf["transactions"].iloc[1][0]
    assert (bought["sid"].symbol, bought["amount"], bought["order_id"]) == ("A", 10, 1)
    assert bought["price"] == 11.0 + 11.0 * 0.0005


def test_the_digest_is_the_same_again(root, perf):
    assert digest(perf_of(root)) == digest(perf)


def test_the_digest_tells_another_result(root, perf):
    assert digest(perf_of(root, commission=None, dividends="pay_date")) == digest(perf)
    changed = perf.copy()
    changed.loc[changed.index[1], "pnl"] += 1e-12
    assert digest(changed) != digest(perf)


def test_the_digest_does_not_depend_on_process_hash_seed_threads_or_place(
    root, perf, make_bundle, tmp_path
):
    moved = make_bundle(CLOSES, root=tmp_path / "elsewhere")
    for seed, threads, place in (("0", "1", root), ("4711", "2", moved)):
        found = subprocess.run(
            [sys.executable, "-c", f"{RUN}\nprint(digest(perf({str(place)!r})))"],
            env={**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == digest(perf)


def test_a_benchmark_gives_alpha_and_beta(root):
    benchmark = {
        date(2020, 1, 6 + it): value for it, value in enumerate([0.0, 0.01, -0.01, 0.02, 0.0])
    }
    perf = perf_of(root, benchmark_returns=benchmark)
    returns, other = perf["returns"].to_numpy(), np.array(list(benchmark.values()))
    beta = np.cov(returns, other)[0, 1] / other.var(ddof=1)
    assert perf["beta"].iloc[-1] == pytest.approx(beta)
    alpha = (1 + returns.mean() - beta * other.mean()) ** 252 - 1
    assert perf["alpha"].iloc[-1] == pytest.approx(alpha)
    assert perf["benchmark_period_return"].iloc[-1] == pytest.approx(np.prod(1 + other) - 1)


def test_without_a_benchmark_there_is_no_alpha(perf):
    assert perf[["alpha", "beta"]].isna().all(axis=None)


returns_of_days = st.lists(
    st.floats(-0.5, 0.5).map(lambda it: round(it, 6)), min_size=2, max_size=60
)


@given(returns_of_days)
def test_running_measures_are_those_of_the_whole_series(values):
    risk = Risk()
    for value in values:
        risk.add(value, 0.0)
    found = risk.measures()
    deviation = statistics.stdev(values)
    assert found["algo_volatility"] == pytest.approx(deviation * math.sqrt(252), abs=1e-12)
    if deviation > 1e-6:
        sharpe = statistics.fmean(values) / deviation * math.sqrt(252)
        assert found["sharpe"] == pytest.approx(sharpe, rel=1e-9, abs=1e-9)
    growth = np.concatenate([[1.0], np.cumprod(1 + np.array(values))])
    drawdown = (growth / np.maximum.accumulate(growth) - 1).min()
    assert found["max_drawdown"] == pytest.approx(drawdown, abs=1e-12)
    assert found["var_95"] == pytest.approx(np.percentile(values, 5), abs=1e-12)
    beyond = [it for it in values if it <= np.percentile(values, 5)]
    assert found["cvar_95"] <= max(beyond) + 1e-12


def test_measures_that_are_not_defined_are_none():
    risk = Risk()
    risk.add(0.0, 0.0)
    found = risk.measures()
    undefined = ("algo_volatility", "sharpe", "sortino", "alpha", "beta", "profit_factor")
    assert [found[name] for name in undefined] == [None] * len(undefined)


def test_the_summary(perf):
    found = summary(perf)
    assert (found.first_session, found.sessions, found.fills) == (date(2020, 1, 6), 5, 8)
    assert found.final_value == perf["portfolio_value"].iloc[-1]
    assert "final value" in str(found)


def test_duckdb_reads_the_parquet_file(perf, tmp_path):
    write(perf, tmp_path / "out.parquet")
    query = "SELECT sum(len(transactions)), max(positions[1].symbol) FROM read_parquet(?)"
    with warehouse.open(tmp_path / "none") as wh:
        assert wh.sql(query, [str(tmp_path / "out.parquet")]).rows() == [(8, "A")]


def test_pandas_reads_the_parquet_file(perf, tmp_path):
    import pandas as pd

    write(perf, tmp_path / "out.parquet")
    found = pd.read_parquet(tmp_path / "out.parquet")
    assert found["portfolio_value"].tolist() == perf["portfolio_value"].tolist()


def test_undefined_measures_are_null_numbers(perf):
    assert str(to_arrow(perf).schema.field("alpha").type) == "double"


def test_csv_has_the_lists_as_json(perf, tmp_path):
    write(perf, tmp_path / "out.csv")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 6


def test_csv_has_recorded_lists_as_json(root, tmp_path):
    def handle_data(context, _data):
        context.record(pair=[1, 2])

    perf = run_algorithm("2020-01-06", "2020-01-10", handle_data=handle_data, root=root)
    write(perf, tmp_path / "out.csv")
    assert '"[1, 2]"' in (tmp_path / "out.csv").read_text()


def test_another_ending_is_refused_and_nothing_is_left(perf, tmp_path):
    with pytest.raises(OptionError, match=r"\.parquet or \.csv"):
        write(perf, tmp_path / "out.xlsx")
    assert list(tmp_path.glob("*out*")) == []


def test_progress_tells_sessions_bars_and_value(root):
    steps = []
    perf = perf_of(root, progress=steps.append)
    assert [(it.done, it.total, it.bars) for it in steps] == [(n, 5, 2 * n) for n in range(1, 6)]
    assert steps[-1].value == perf["portfolio_value"].iloc[-1]


def test_the_stream_is_given_back_when_a_run_fails(root):
    with warehouse.open(root) as wh:
        with pytest.raises(OptionError):
            run_algorithm(
                "2020-01-06",
                "2020-01-10",
                handle_data=lambda context, _: context.record(pnl=1),
                warehouse=wh,
            )
        assert wh.sql("SELECT count(*) FROM small.bars_1d").rows() == [(10,)]
