"""Actions that no row of prices tells: dividends in shares, spin-offs, and what is told by hand."""

from datetime import date

import pyarrow as pa
import pytest
from click.testing import CliRunner

from rustybt.cli import main
from rustybt.data.bundles import add_table, ingest_files
from rustybt.errors import BundleTableError

LINES = (
    "date,symbol,open,high,low,close,volume\n"
    "2024-01-02,A,100,100,100,100,1000\n"
    "2024-01-03,A,80,80,80,80,1250\n"
    "2024-01-04,A,60,60,60,60,1000\n"
    "2024-01-05,A,61,61,61,61,1000\n"
    "2024-01-04,B,20,20,20,20,500\n"
    "2024-01-05,B,20,20,20,20,500\n"
)
ADJUSTED = "SELECT close, volume FROM t.bars_1d_adjusted WHERE symbol = 'A' ORDER BY session"
STORED = "SELECT symbol, session, kind, ratio, amount, shares, payment_sid FROM t.adjustments ORDER BY session"


def bundle(folder):
    folder.mkdir()
    (folder / "bars.csv").write_text(LINES)
    ingest_files(folder / "bars.csv", "t", root=folder)


@pytest.fixture
def add(root, copied):
    """Store actions in the bundle ``t`` of two symbols."""
    copied(bundle, root)

    def add(*rows):
        names = dict.fromkeys(name for row in rows for name in row)
        told = pa.table({name: [row.get(name) for row in rows] for name in names})
        return add_table("t", "adjustments", told, root=root)

    return add


def action(day, kind, **more):
    return {"symbol": "A", "session": date.fromisoformat(day), "kind": kind, **more}


def test_a_dividend_in_shares_is_a_split(add, ask):
    add(action("2024-01-03", "stock_dividend", shares=0.25))
    assert ask(STORED) == [("A", date(2024, 1, 3), "split", 0.8, None, 0.25, 1)]
    assert ask(ADJUSTED) == [(80.0, 1250.0), (80.0, 1250.0), (60.0, 1000.0), (61.0, 1000.0)]
    assert ask("SELECT close FROM t.bars_1d_as_of('2024-01-02')")[0] == (100.0,)


def test_a_spin_off_lowers_prices_by_its_value_and_leaves_volumes(add, ask):
    add(action("2024-01-04", "spinoff", amount=20.0, shares=1.0, payment_symbol="B"))
    assert ask(STORED) == [("A", date(2024, 1, 4), "spinoff", 0.75, 20, 1.0, 2)]
    assert ask(ADJUSTED) == [(75.0, 1000.0), (60.0, 1250.0), (60.0, 1000.0), (61.0, 1000.0)]


def test_a_spin_off_of_what_the_bundle_does_not_have_has_its_ratio(add, ask):
    add(action("2024-01-04", "spinoff", ratio=0.75, shares=0.5, payment_symbol="ELSEWHERE"))
    assert ask(STORED) == [("A", date(2024, 1, 4), "spinoff", 0.75, None, 0.5, None)]


def test_dividends_splits_and_mergers_by_hand(add, ask):
    add(
        action("2024-01-03", "split", ratio=0.5),
        action("2024-01-04", "dividend", amount=8.0, pay_date=date(2024, 1, 9)),
        action("2024-01-05", "merger", ratio=0.9),
    )
    assert [row[2:4] for row in ask(STORED)] == [("split", 0.5), ("dividend", 0.9), ("merger", 0.9)]
    assert ask("SELECT pay_date FROM t.adjustments WHERE kind = 'dividend'") == [
        (date(2024, 1, 9),)
    ]
    assert ask(ADJUSTED)[0] == pytest.approx((100 * 0.5 * 0.9 * 0.9, 2000.0))


def test_a_file_by_the_command(add, ask, root, tmp_path):
    path = tmp_path / "actions.csv"
    path.write_text("symbol,session,kind,shares\nA,2024-01-03,stock_dividend,0.25\n")
    told = ["bundle", "add", "t", "adjustments", str(path), "--root", str(root)]
    assert "snapshot 2" in CliRunner().invoke(main, told, catch_exceptions=False).output
    assert [row[2:4] for row in ask(STORED)] == [("split", 0.8)]


def test_an_action_told_again_replaces_itself_alone(add, ask):
    first = add(
        action("2024-01-03", "stock_dividend", shares=0.25),
        action("2024-01-04", "merger", ratio=0.9),
    )
    again = add(action("2024-01-03", "stock_dividend", shares=0.5))
    assert [row[3] for row in ask(STORED)] == [1 / 1.5, 0.9]
    assert again.version == first.version + 1
    assert add(action("2024-01-03", "stock_dividend", shares=0.5)).version == again.version


def test_rows_that_come_again_replace_what_rows_can_tell(add, ask, take):
    add(
        action("2024-01-03", "stock_dividend", shares=0.25),
        action("2024-01-04", "spinoff", ratio=0.75),
        action("2024-01-05", "dividend", amount=6.0),
    )
    header, *lines = LINES.splitlines()
    again = [f"{it},0,1" if it.startswith("2024-01-0") else it for it in lines]
    take("\n".join([f"{header},dividend,split", *again]) + "\n")
    assert [row[2] for row in ask(STORED)] == ["split", "spinoff"]


def test_a_backtest_holds_the_shares_that_a_dividend_pays(add, root):
    from rustybt import run_algorithm
    from rustybt.finance import commission, slippage

    add(action("2024-01-04", "stock_dividend", shares=0.25))

    def initialize(context):
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())

    def handle_data(context, data):
        if not context.portfolio.positions:
            context.order(context.symbol("A"), 8)

    result = run_algorithm(
        "2024-01-02", "2024-01-05", initialize, 10_000, handle_data, bundle="t", root=root
    )
    assert [it[0]["amount"] for it in result["positions"][1:]] == [8, 10, 10]
    assert result["portfolio_value"].iloc[2] == 10_000 - 8 * 80 + 10 * 60


@pytest.mark.parametrize(
    ("held", "received", "kept"), [(8, 4, 0), (9, 4, 10), (1, 0, 10), (-8, -4, 0)]
)
def test_a_backtest_receives_the_shares_of_a_spin_off(add, root, held, received, kept):
    from rustybt import run_algorithm
    from rustybt.finance import commission, slippage

    add(action("2024-01-04", "spinoff", amount=20.0, shares=0.5, payment_symbol="B"))

    def initialize(context):
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())

    def handle_data(context, data):
        if not context.portfolio.positions:
            context.order(context.symbol("A"), held)

    result = run_algorithm(
        "2024-01-02", "2024-01-05", initialize, 10_000, handle_data, bundle="t", root=root
    )
    # B has its first price, 20, at the close of the 4th, the ex-date: the shares come with it.
    for day, price in ((-2, 60), (-1, 61)):
        shares = {it["sid"].symbol: it["amount"] for it in result["positions"].iloc[day]}
        assert shares == {"A": held, **({"B": received} if received else {})}
        assert result["ending_cash"].iloc[day] == 10_000 - held * 80 + kept
        worth = held * price + held * 0.5 * 20
        assert result["portfolio_value"].iloc[day] == 10_000 - held * 80 + worth


def test_a_backtest_without_the_spun_off_asset_keeps_what_it_has(add, root):
    from rustybt import run_algorithm

    add(action("2024-01-04", "spinoff", ratio=0.75, shares=0.5, payment_symbol="ELSEWHERE"))

    def handle_data(context, data):
        if not context.portfolio.positions:
            context.order(context.symbol("A"), 8)

    result = run_algorithm(
        "2024-01-02", "2024-01-05", None, 10_000, handle_data, bundle="t", root=root
    )
    assert [it["sid"].symbol for it in result["positions"].iloc[-1]] == ["A"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([action("2024-01-03", "bonus", ratio=1.0)], "kind bonus"),
        ([action("2024-01-03", "stock_dividend", ratio=0.8)], "shares NULL"),
        ([action("2024-01-03", "stock_dividend", shares=-0.5)], "shares -0.5"),
        ([action("2024-01-03", "dividend", ratio=0.8)], "amount NULL"),
        ([action("2024-01-03", "split", ratio=0.0)], "a split with ratio 0.0"),
        ([action("2024-01-03", "merger", ratio=float("inf"))], "ratio inf"),
        ([action("2024-01-03", "spinoff", shares=1.0)], "exactly one of ratio and amount"),
        ([action("2024-01-03", "spinoff", ratio=-0.5)], "ratio or amount -0.5"),
        ([action("2024-01-03", "spinoff", ratio=0.5, shares=0.0)], "shares 0.0"),
        ([action("2024-01-03", "split", ratio=0.5, shares=None), action("2024-01-03", "stock_dividend", ratio=None, shares=1.0)], "two of kind split"),
        ([action("2024-01-03", "split", ratio=0.5) | {"symbol": "Z"}], "found Z"),
        ([action("2024-01-03", "split", size=0.5)], "any of ratio, amount, pay_date, shares"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_stored(add, ask, rows, words):
    with pytest.raises(BundleTableError, match=words):
        add(*rows)
    assert ask("SELECT count(*) FROM t.adjustments") == [(0,)]
