"""Results in the forms of pyfolio, quantstats and alphalens, as their documents describe them."""

import numpy as np
import pytest

from rustybt import run_algorithm
from rustybt.errors import OptionError
from rustybt.exports import to_alphalens, to_pyfolio, to_quantstats
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import Returns

CLOSES = {"A": [10.0, 11.0, 12.0, 9.0, 14.0], "B": [5.0, None, 5.25, 5.0, 5.75]}


def handle_data(context, _data):
    day = context.get_datetime().day
    context.order(context.symbol("A"), 10)
    if day == 7:
        context.order(context.symbol("B"), -4)


def nothing(_context, _data):
    """Do nothing."""


@pytest.fixture
def root(make_bundle):
    return make_bundle(CLOSES)


@pytest.fixture
def perf(root):
    return run_algorithm(
        "2020-01-06", "2020-01-10", handle_data=handle_data, capital_base=1e4, root=root
    )


def test_pyfolio_takes_returns_by_session_in_utc(perf):
    found = to_pyfolio(perf).returns
    assert (str(found.index.tz), found.name) == ("UTC", "returns")
    assert found.index.equals(found.index.normalize())
    assert found.tolist() == perf["returns"].tolist()


def test_pyfolio_takes_positions_in_money_with_cash_last(perf):
    found = to_pyfolio(perf).positions
    assert list(found.columns) == ["A", "B", "cash"]
    assert found["A"].tolist() == [0.0, 110.0, 240.0, 270.0, 560.0]
    assert found["B"].tolist() == [0.0, 0.0, -21.0, -20.0, -23.0]
    np.testing.assert_allclose(found.sum(axis=1), perf["portfolio_value"], rtol=1e-12)


def test_pyfolio_takes_a_row_a_fill(perf):
    found = to_pyfolio(perf).transactions
    assert list(found.columns) == [
        "amount", "price", "symbol", "order_id", "commission", "sid", "txn_dollars",
    ]  # fmt: skip
    assert found["symbol"].tolist() == ["A", "A", "B", "A", "A"]
    assert (found["txn_dollars"] == -found["amount"] * found["price"]).all()
    assert (str(found.index.tz), str(found.index[0])) == ("UTC", "2020-01-07 21:00:00+00:00")


def test_a_run_without_a_fill_has_empty_transactions(root):
    perf = run_algorithm("2020-01-06", "2020-01-10", handle_data=nothing, root=root)
    found = to_pyfolio(perf)
    assert (len(found.transactions), list(found.positions.columns)) == (0, ["cash"])


def test_quantstats_takes_returns_by_naive_days(perf):
    found = to_quantstats(perf)
    assert (found.index.tz, found.tolist()) == (None, perf["returns"].tolist())
    assert str(found.index[0]) == "2020-01-06 00:00:00"


def test_a_frame_without_metrics_is_refused(root):
    perf = run_algorithm(
        "2020-01-06", "2020-01-10", handle_data=handle_data, root=root, metrics_set="none"
    )
    for export in (to_pyfolio, to_quantstats):
        with pytest.raises(OptionError, match="with metrics"):
            export(perf)


@pytest.fixture
def result(root):
    pipe = Pipeline()
    pipe.add(Returns(window_length=2), name="change")
    pipe.add(EquityPricing.close.latest, name="close")
    return pipe.run("2020-01-07", "2020-01-10", bundle="small", root=root)


def test_alphalens_takes_a_factor_by_date_and_asset(result):
    import pandas as pd

    factor, _ = to_alphalens(result, "change", "close")
    assert (factor.index.names, factor.name) == (["date", "asset"], "change")
    assert str(factor.index.levels[0].tz) == "UTC"
    assert not factor.isna().any()
    assert factor.loc[pd.Timestamp("2020-01-08", tz="UTC"), "A"] == pytest.approx(0.1)


def test_alphalens_takes_prices_by_date_with_a_column_an_asset(result):
    _, prices = to_alphalens(result, "change", "close")
    assert list(prices.columns) == ["A", "B"]
    assert prices["A"].tolist() == [10.0, 11.0, 12.0, 9.0]


@pytest.mark.parametrize("names", [("chang", "close"), ("change", "price")])
def test_a_column_that_is_not_there_is_named(result, names):
    with pytest.raises(OptionError, match="change, close"):
        to_alphalens(result, *names)
