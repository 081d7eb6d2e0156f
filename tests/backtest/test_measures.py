"""Measures of risk against empyrical-reloaded 0.7.1, which gave the golden numbers; zipline's classic report."""

import math
from datetime import date, timedelta

import pytest

from rustybt import run_algorithm
from rustybt.metrics.classic import Day, risk_report
from rustybt.metrics.risk import Risk

GOLDEN = {
    21: {
        "algo_volatility": 0.23071218483816586,
        "benchmark_volatility": 0.11188616114962564,
        "benchmark_period_return": -0.0003647053238731157,
        "alpha": 1.3786342953971973,
        "beta": 0.061853273155264905,
        "sharpe": 3.7627661521602946,
        "sortino": 6.403023112770564,
        "max_drawdown": -0.0500815613396017,
        "calmar_ratio": 26.348398563527233,
        "var_95": -0.018836,
        "var_99": -0.0189544,
        "cvar_95": -0.01891,
        "cvar_99": -0.018984,
    },
    90: {
        "algo_volatility": 0.2274932244829589,
        "benchmark_volatility": 0.1136581241923003,
        "benchmark_period_return": -0.0022627056167585646,
        "alpha": 0.44803471840485654,
        "beta": -0.003015215482828099,
        "sharpe": 1.6285285016378672,
        "sortino": 2.5250982305221776,
        "max_drawdown": -0.05148902042540545,
        "calmar_ratio": 7.992690045579119,
        "var_95": -0.018718949999999998,
        "var_99": -0.01898576,
        "cvar_95": -0.0189056,
        "cvar_99": -0.019,
    },
}


def nothing(_context, _data):
    """Do nothing."""


def recording(context, _data):
    context.record(x=1)


def returns(count):
    """Return pairs of a strategy's and a benchmark's returns, rounded so that they are decimals."""
    return [
        (round(math.sin(7 * k + 1) * 0.02 + 0.001, 6), round(math.cos(3 * k) * 0.01, 6))
        for k in range(count)
    ]


def test_the_loss_of_one_session_has_no_deviation():
    risk = Risk()
    risk.add(-0.01, 0.0)
    found = risk.measures()
    assert found["sortino"] is None
    assert found["calmar_ratio"] is not None


@pytest.mark.parametrize("count", GOLDEN)
def test_measures_are_those_of_empyrical(count):
    risk = Risk()
    for value, benchmark in returns(count):
        risk.add(value, benchmark)
    found = risk.measures()
    assert {name: found[name] for name in GOLDEN[count]} == pytest.approx(GOLDEN[count], rel=1e-9)


def test_wins_and_profits_are_counted():
    risk = Risk()
    for value in (0.02, -0.01, 0.0, 0.01):
        risk.add(value, 0.0)
    assert (risk.measures()["win_rate"], risk.measures()["profit_factor"]) == (
        0.5,
        pytest.approx(3),
    )


def test_a_benchmark_that_is_as_good_as_constant_has_no_beta():
    risk = Risk()
    for value in (0.01, -0.01, 0.02):
        risk.add(value, value * 1e-16)
    assert risk.measures()["beta"] is None


def test_the_classic_report_has_a_window_from_every_month():
    days = [Day(date(2020, 1, 1) + timedelta(days=it), 0.001, 0.0, 1.0 + it) for it in range(400)]
    report = risk_report(days)
    assert {name: len(it) for name, it in report.items()} == {
        "one_month": 14,
        "three_month": 12,
        "six_month": 9,
        "twelve_month": 3,
    }
    february = report["one_month"][1]
    assert (february["period_label"], february["trading_days"]) == ("2020-02", 29)
    assert february["algorithm_period_return"] == pytest.approx(1.001**29 - 1)
    assert (february["max_leverage"], february["beta"]) == (60.0, None)


def test_the_classic_set_adds_its_report(make_bundle):
    root = make_bundle({"A": [10.0] * 30})
    options = {"handle_data": nothing, "root": root, "store": False}
    perf = run_algorithm("2020-01-06", "2020-02-14", metrics_set="classic", **options)
    assert [it["trading_days"] for it in perf.attrs["risk_report"]["one_month"]] == [20, 10]
    plain = run_algorithm("2020-01-06", "2020-02-14", **options)
    assert plain.equals(perf)
    assert "risk_report" not in plain.attrs


def test_no_metrics_leave_hours_and_what_was_recorded(make_bundle):
    root = make_bundle({"A": [10.0] * 5})
    perf = run_algorithm(
        "2020-01-06",
        "2020-01-10",
        handle_data=recording,
        root=root,
        metrics_set="none",
    )
    assert list(perf.columns) == ["period_open", "period_close", "x"]
