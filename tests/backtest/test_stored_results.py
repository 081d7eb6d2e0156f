"""Runs that are stored: what is kept, how it is read back, compared and repeated."""

import json
import logging
import math
import sys
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from terms import day, orders, told

import warehouse
from rustybt import TradingAlgorithm, run_algorithm, runs
from rustybt.assets import AssetFinder
from rustybt.errors import (
    OptionError,
    ReproduceError,
    RunNotStoredError,
    StrategyError,
    UnknownRunError,
)
from rustybt.finance.commission import CommissionModel, NoCommission, PerTrade
from rustybt.finance.slippage import FixedSlippage, NoSlippage
from rustybt.metrics import digest
from warehouse.errors import WarehouseError

CLOSES = {"A": [10.0, 11.0, 12.0, 9.0, 14.0], "B": [5.0, 5.5, 5.25, 5.0, 5.75]}
SPAN = ("2020-01-06", "2020-01-10")


class Buys(TradingAlgorithm):
    units = 10
    stops_on = None

    def initialize(self):
        self.assets = self.symbols("A", "B")

    def handle_data(self, data):  # noqa: ARG002 - the hook's
        for asset in self.assets:
            self.order(asset, self.units)
        self.order(self.assets[0], -1, limit_price=13.0)
        now = self.get_datetime().day
        self.record(
            day=now, ratio=math.nan if now == 7 else 0.5, far=math.inf, word="x", pair=[1, 2]
        )
        if now == self.stops_on:
            raise ValueError("enough")


class Costly(CommissionModel):
    def calculate(self, order, transaction):  # noqa: ARG002 - the model's
        return 1.0


def without_cost(context):
    context.set_slippage(us_futures=NoSlippage())
    context.set_commission(us_futures=NoCommission())


@pytest.fixture
def root(make_bundle):
    return make_bundle(
        CLOSES, actions=[("A", 2, "split", 0.5, None, None), ("B", 3, "dividend", 0.9, "0.5", None)]
    )


@pytest.fixture
def crypto(make_bundle):
    return make_bundle({"A": [1.5, 1.25, 1.75, 2.0, 2.5], "B": [3.0] * 5}, crypto=True)


def run(root, **options):
    algorithm = options.pop("algorithm", Buys)
    return run_algorithm(*SPAN, algorithm=algorithm, capital_base=1e4, root=root, **options)


def correct(root):
    """Commit a snapshot in which every close is another."""
    query = "SELECT * REPLACE (CAST(close + 1 AS DECIMAL(18, 8)) AS close) FROM bars_1d"
    with warehouse.open(root) as wh, wh.begin("small", calendar="XNYS") as txn:
        txn.upsert("bars_1d", txn.session.arrow(query))
        txn.commit()


def asked(root, query):
    with warehouse.open(root) as wh:
        return wh.sql(query).rows()


def test_a_run_is_stored_unless_told_otherwise(root):
    perf = run(root)
    assert asked(root, "SELECT run, name, status FROM backtests.runs") == [
        (perf.attrs["run"], "Buys", "finished")
    ]
    assert "run" not in run(root, store=False).attrs


@pytest.mark.parametrize("place", ["root", "crypto"])
@pytest.mark.parametrize("metrics_set", ["default", "none"])
def test_the_loaded_frame_is_the_one_that_was_returned(request, place, metrics_set):
    import pandas as pd

    root = request.getfixturevalue(place)
    with warehouse.open(root) as wh:
        perf = run(root, metrics_set=metrics_set)
        loaded = runs.load(perf.attrs["run"], root=root, assets=AssetFinder(wh, "small"))
    lists = [it for it in ("orders", "transactions", "positions") if it in perf]
    pd.testing.assert_frame_equal(loaded.drop(columns=lists), perf.drop(columns=lists))
    assert digest(loaded) == digest(perf)
    for name in lists:
        for then, now in zip(perf[name], loaded[name], strict=True):
            assert [
                {key: it.symbol if key == "sid" else it for key, it in row.items()} for row in then
            ] == [
                {key: it.symbol if key == "sid" else it for key, it in row.items()} for row in now
            ]


def test_assets_of_a_loaded_frame_need_no_bundle(root):
    perf = run(root)
    loaded = runs.load("Buys", root=root)
    told = {row["sid"].symbol: row["sid"].last_session for row in loaded["positions"].iloc[-1]}
    assert told == {
        row["sid"].symbol: row["sid"].last_session for row in perf["positions"].iloc[-1]
    }


def test_sql_sees_fills_positions_orders_and_days(root):
    perf = run(root)
    fills = sum(map(len, perf["transactions"]))
    held = sum(map(len, perf["positions"]))
    query = """
        SELECT (SELECT count(*) FROM backtests.fills), (SELECT count(*) FROM backtests.positions),
            (SELECT count(DISTINCT id) FROM backtests.orders),
            (SELECT arg_max(portfolio_value, session) FROM backtests.daily),
            (SELECT recorded ->> '$.day' FROM backtests.daily ORDER BY session LIMIT 1)"""
    assert asked(root, query) == [(fills, held, 15, perf["portfolio_value"].iloc[-1], "6")]


def test_a_stored_fill_says_why_it_is_no_order_of_the_strategy(make_bundle):
    closes = {
        "ENDS": [100.0] * 5,
        "GONE": [10.0, 11.0, 12.0, None, None],
        "SPY": [100.0] * 5,
        "THIN": [100.0, 101.0, 120.0, 120.0, 120.0],
    }
    terms = {
        "symbol": ["ENDS", "THIN"],
        "asset_type": ["future"] * 2,
        "multiplier": [1.0] * 2,
        "expiry": [day(1), day(40)],
        "maintenance_margin": [1.0, 230.0],
    }
    root = told(make_bundle(closes), **terms)
    plan = {0: [("ENDS", 1), ("GONE", 5), ("SPY", 1), ("THIN", -1)]}
    perf = orders(root, plan, sessions=5, prepare=without_cost, capital=400.0).perf
    asked_for = "SELECT symbol, amount, reason FROM backtests.fills ORDER BY ALL"
    assert asked(root, asked_for) == [
        ("ENDS", -1.0, "expiry"),
        ("ENDS", 1.0, ""),
        ("GONE", -5.0, "delisting"),
        ("GONE", 5.0, ""),
        ("SPY", 1.0, ""),
        ("THIN", -1.0, ""),
        ("THIN", 1.0, "liquidation"),
    ]
    ledger = asked(root, "SELECT DISTINCT kind FROM backtests.ledger")
    assert {("expiry",), ("delisting",), ("liquidation",)} <= set(ledger)
    loaded = runs.load(perf.attrs["run"], root=root)
    for then, now in zip(perf["transactions"], loaded["transactions"], strict=True):
        assert [it.get("reason") for it in then] == [it.get("reason") for it in now]
    assert digest(loaded) == digest(perf)


def test_the_stored_ledger_balances_and_ends_at_the_cash(root):
    perf = run(root)
    unbalanced = asked(
        root,
        """SELECT entry FROM backtests.ledger GROUP BY entry
        HAVING sum(exact_value::DECIMAL(38, 20)) <> 0""",
    )
    assert unbalanced == []
    cash = asked(root, "SELECT exact_value FROM backtests.ledger WHERE account = 'cash'")
    assert float(sum(Decimal(it) for (it,) in cash)) == perf["ending_cash"].iloc[-1]


def test_the_stored_digest_is_that_of_the_result(root):
    perf = run(root)
    assert asked(root, "SELECT digest FROM backtests.runs") == [(digest(perf),)]


def test_a_run_says_where_it_comes_from(root):
    run(root, tags=["a", "b"], name="first", params={"units": 3}, slippage=FixedSlippage(0.1))
    told = runs.show("first", root=root)
    with warehouse.open(root) as wh:
        snapshot = wh.snapshot("small")
    assert (told["snapshot"], told["snapshot_sha256"]) == (snapshot.version, snapshot.sha256)
    assert (told["tags"], told["parameters"]) == (["a", "b"], {"units": 3})
    assert told["settings"]["slippage"]["model"].endswith("FixedSlippage")
    assert "class Buys" in told["source"]
    assert set(told["versions"]) >= {"python", "duckdb", "numpy"}
    assert len(told["rustybt_sha256"]) == len(told["source_sha256"]) == 64


def test_a_strategy_that_raises_leaves_what_was_before(root):
    with pytest.raises(StrategyError) as caught:
        run(root, params={"stops_on": 8})
    told = runs.show("Buys", root=root)
    assert (told["status"], told["sessions"]) == ("failed", 2)
    assert "ValueError in session 2020-01-08" in told["error"]
    assert told["run"] in caught.value.__notes__[0]
    assert len(runs.load("Buys", root=root)) == 2


def test_an_interrupt_leaves_what_was_before(root):
    def handle_data(context, data):
        if context.get_datetime().day == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_algorithm(*SPAN, handle_data=handle_data, root=root)
    assert asked(root, "SELECT status, sessions, error FROM backtests.runs") == [
        ("interrupted", 3, "KeyboardInterrupt in session 2020-01-09")
    ]


def test_a_failure_before_the_first_session_is_stored_too(root):
    def initialize(context):
        raise RuntimeError("no")

    with pytest.raises(StrategyError):
        run_algorithm(*SPAN, initialize=initialize, root=root)
    assert asked(root, "SELECT status, sessions, final_value FROM backtests.runs") == [
        ("failed", 0, None)
    ]
    assert len(runs.load(asked(root, "SELECT run FROM backtests.runs")[0][0], root=root)) == 0


@pytest.fixture
def unwritable(root, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_, **__: False)  # root may write anywhere
    return root


def test_a_folder_that_is_not_ours_is_run_on_and_not_stored(unwritable):
    assert "run" not in run(unwritable).attrs
    assert not (unwritable / "backtests").exists()


def test_a_run_that_must_be_stored_and_cannot_is_refused_at_once(unwritable):
    with pytest.raises(RunNotStoredError, match="cannot be written"):
        run(unwritable, store=True)


def test_a_failure_to_store_is_logged_and_the_result_is_there(root, caplog):
    (root / "backtests").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        assert len(run(root)) == 5
    assert "not stored" in caplog.text


def test_a_failure_to_store_what_must_be_has_the_result(root):
    (root / "backtests").write_text("in the way")
    with pytest.raises(RunNotStoredError) as caught:
        run(root, store=True)
    assert len(caught.value.perf) == 5


def test_a_name_means_the_newest_run(root):
    run(root, name="same")
    second = run(root, name="same", params={"units": 1}).attrs["run"]
    assert runs.show("same", root=root)["run"] == second
    assert runs.frame(root=root)["name"].tolist() == ["same", "same"]


@pytest.mark.parametrize("ask", [runs.show, runs.load, runs.delete, runs.reproduce, runs.compare])
def test_an_unknown_run_names_the_nearest(root, ask):
    run(root, name="momentum")
    with pytest.raises(UnknownRunError, match="Nearest name: 'momentum'"):
        ask("momentun", root=root)


def test_an_empty_warehouse_says_that_none_is_stored(tmp_path):
    with pytest.raises(UnknownRunError, match="None is stored"):
        runs.show("x", root=tmp_path / "none")


def test_deleting_removes_those_named_alone(root):
    for name in "abc":
        run(root, name=name)
    assert len(runs.delete("a", "b", root=root)) == 2
    assert runs.frame(root=root)["name"].tolist() == ["c"]
    with pytest.raises(UnknownRunError):
        runs.delete("c", "a", root=root)
    assert len(runs.frame(root=root)) == 1


def test_comparing_shows_what_differs(root):
    one = run(root, name="one").attrs["run"]
    two = run(root, name="two", params={"units": 3}, dividends="pay_date").attrs["run"]
    found = runs.compare("one", "two", root=root, differing=True)
    assert found.loc["settings.dividends"].tolist() == ["ex_date", "pay_date"]
    assert found.loc["parameters.units"].tolist() == [None, 3]
    assert list(found.columns) == [one, two]
    assert not {"bundle", "snapshot", "settings.commission"} & set(found.index)
    assert "bundle" in runs.compare("one", "two", root=root).index


def test_a_run_is_repeated_on_its_snapshot(root):
    run(root, commission=PerTrade(2.5), benchmark_returns={"2020-01-07": 0.01}, params={"units": 2})
    correct(root)
    again = runs.reproduce("Buys", algorithm=Buys, root=root)
    assert again.same
    assert again.digest == digest(again.perf) == again.stored_digest
    assert again.differences == ()
    assert len(runs.frame(root=root)) == 1
    assert digest(run(root, params={"units": 2})) != again.digest
    assert not runs.reproduce("Buys", algorithm=Buys, root=root, options={"capital_base": 5e4}).same


def test_capital_that_is_no_float_is_repeated_to_the_last_digit(root):
    capital = Decimal("10000.12345678901234567890")
    perf = run_algorithm(*SPAN, algorithm=Buys, capital_base=capital, root=root)
    again = runs.reproduce(perf.attrs["run"], algorithm=Buys, root=root)
    assert (again.same, digest(perf)) == (True, again.digest)


def test_functions_are_given_again(root):
    def handle_data(context, data):
        context.order(context.symbol("A"), context.units)

    name = run_algorithm(*SPAN, handle_data=handle_data, root=root, params={"units": 4}).attrs[
        "run"
    ]
    assert runs.reproduce(name, functions={"handle_data": handle_data}, root=root).same
    with pytest.raises(ReproduceError, match="give it again"):
        runs.reproduce(name, root=root)


def test_a_run_that_failed_is_not_repeated(root):
    with pytest.raises(StrategyError):
        run(root, params={"stops_on": 8})
    with pytest.raises(ReproduceError, match="failed"):
        runs.reproduce("Buys", algorithm=Buys, root=root)


def test_a_model_of_a_users_own_is_given_again(root):
    run(root, commission=Costly())
    with pytest.raises(ReproduceError, match="Costly"):
        runs.reproduce("Buys", algorithm=Buys, root=root)
    again = runs.reproduce("Buys", algorithm=Buys, root=root, options={"commission": Costly()})
    assert again.same


def test_a_snapshot_that_is_gone_is_told(root):
    run(root)
    correct(root)
    with warehouse.open(root) as wh:
        wh.vacuum("small", keep=1, days=0)
    assert runs.reproduce("Buys", algorithm=Buys, root=root).same
    with warehouse.open(root) as wh:
        wh.vacuum("small", keep=1, days=0, runs=False)
    with pytest.raises(ReproduceError, match="snapshot is gone"):
        runs.reproduce("Buys", algorithm=Buys, root=root)


@pytest.mark.parametrize(
    "options",
    [
        {"params": {"unit": 3}},
        {"params": {"order": 3}},
        {"params": {"not a name": 3}},
        {"metrics_set": "all"},
        {"name": " "},
        {"name": 3},
        {"tags": "abc"},
        {"tags": [1]},
        {"sweep": ""},
    ],
)
def test_options_that_cannot_be_are_refused_and_nothing_is_stored(root, options):
    with pytest.raises(OptionError):
        run(root, **options)
    assert not (root / "backtests").exists()


def test_secrets_of_settings_are_not_stored(root, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "abcdefgh12345")

    def handle_data(context, data):
        raise ValueError("token=abcdefgh12345 is bad")

    with pytest.raises(StrategyError):
        run_algorithm(*SPAN, handle_data=handle_data, root=root)
    ((error,),) = asked(root, "SELECT error FROM backtests.runs")
    assert "abcdefgh12345" not in error


def test_what_is_recorded_is_json_in_sql(root):
    run(root)
    rows = asked(root, "SELECT recorded FROM backtests.daily ORDER BY session")
    assert [json.loads(it)["ratio"] for (it,) in rows] == [0.5, None, 0.5, 0.5, 0.5]


def test_a_damaged_file_of_a_run_is_refused(root):
    name = run(root).attrs["run"]
    path = root / "backtests" / f"run={name}" / "fills.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WarehouseError, match="damaged"):
        runs.load(name, root=root)
