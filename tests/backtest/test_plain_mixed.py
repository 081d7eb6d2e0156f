"""Random runs over futures, a perpetual, an option and shares in two currencies, to the last digit."""

import sys
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from plain_mixed import COST, YEARLY, Plain, made
from terms import orders, told

from rustybt.finance.commission import PerContract, PerShare
from rustybt.finance.ledger import Ledger
from rustybt.finance.slippage import NoSlippage


def lived(make_bundle, world):
    """Return a run of a world, and check the identity of its books in each bar."""
    root = make_bundle(world.closes)
    names = sorted(set().union(*world.terms.values()))
    told(
        root,
        symbol=list(world.terms),
        **{name: [it.get(name) for it in world.terms.values()] for name in names},
    )
    days = list(world.rates)
    rates = list(world.rates.values())
    told(
        root, "fx_rates", date=days, base=["EUR"] * len(days), quote=["USD"] * len(days), rate=rates
    )
    at, symbols, funding = (list(it) for it in zip(*world.funding, strict=True))
    told(root, "funding_1h", ts=at, symbol=symbols, rate=funding)

    def prepare(context):
        context.set_slippage(us_futures=NoSlippage())
        context.set_commission(us_futures=PerContract(COST, 0.0))
        context.set_borrow_cost(YEARLY)
        context.schedule_function(balanced)

    def balanced(context, data):
        ledger, finder = context.ledger, context.asset_finder
        worth = Decimal(0)
        with localcontext(prec=100):
            for sid, units in ledger.quantities.items():
                asset = finder.retrieve_asset(sid)
                price = Decimal(repr(data.current(asset, "price")))
                price *= Decimal(repr(asset.multiplier))
                worth += units * price * context._run.holdings.rate(asset)
            owed = sum(
                ledger.balance(f"notional {it}".strip()) * rate
                for it, rate in (("", 1), ("EUR", euro(context)))
            )
            total = float(ledger.cash + owed + worth)
        assert total == context.portfolio.portfolio_value

    def euro(context):
        return context._run.holdings.rate(context.symbol("GER"))

    return orders(
        root,
        world.plan,
        sessions=len(world.days),
        capital=world.capital,
        commission=PerShare(COST),
        prepare=prepare,
        currency="USD",
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_random_run_is_that_of_the_plain_backtest(make_bundle, seed):
    world = made(seed)
    plain = Plain(world)
    cash, value = zip(*plain.live(), strict=True)
    seen = lived(make_bundle, world)
    assert seen.perf["ending_cash"].tolist() == [float(it) for it in cash]
    assert seen.perf["portfolio_value"].tolist() == [float(it) for it in value]
    assert len(plain.reasons) > 10
    again = Ledger.replay(seen.ledger.journal)
    assert (again._balances, again.quantities) == (seen.ledger._balances, seen.ledger.quantities)


def test_the_random_runs_know_every_ending():
    reasons = set()
    for seed in range(12):
        plain = Plain(made(seed))
        plain.live()
        reasons |= set(plain.reasons)
    assert reasons == {None, "liquidation", "liquidated", "margin", "expiry"}
