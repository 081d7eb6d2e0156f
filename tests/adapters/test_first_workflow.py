"""The first workflow of the manual as it is printed, then the bundle by name, in SQL and in a backtest."""

import ast
import asyncio
from datetime import datetime
from types import FunctionType

import pytest

import warehouse
from rustybt import run_algorithm
from rustybt.api import order, record, symbol
from rustybt.data.bundles import get, ingest

WORKFLOW = """
from rustybt.data.adapters import CCXTAdapter
from rustybt.data.bundles import register
import pandas as pd

# 1. Create adapter
adapter = CCXTAdapter(exchange_id='binance')

# 2. Fetch data
df = await adapter.fetch(
    symbols=['BTC/USDT', 'ETH/USDT'],
    start_date=pd.Timestamp('2024-01-01'),
    end_date=pd.Timestamp('2024-01-31'),
    resolution='1h'
)

# 3. Register as bundle
register(
    bundle_name='crypto_data',
    adapter=adapter,
    symbols=['BTC/USDT', 'ETH/USDT'],
    start_date='2024-01-01',
    end_date='2024-01-31'
)
"""


@pytest.mark.slow
def test_from_an_exchange_to_a_backtest(exchanges, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HTTPS_PROXY", exchanges.proxy_url)
    monkeypatch.setenv("SSL_CERT_FILE", str(exchanges.authority.ca_pem))
    monkeypatch.setenv("RUSTYBT_DATA_DIR", str(tmp_path / "root"))
    scope = {}
    code = compile(WORKFLOW, "workflow", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    asyncio.run(FunctionType(code, scope)())
    assert scope["df"].height == 2 * 31 * 24

    report = ingest("crypto_data")
    assert (report.added, report.failed, report.flagged) == (62, 0, 0)
    days = exchanges.world.coins["BTCUSDT"].bars("1d", _ms("2024-01-01"), _ms("2024-02-01"))
    with warehouse.open() as wh:
        told = "SELECT close FROM crypto_data.bars_1d WHERE symbol = 'BTC/USDT' ORDER BY session"
        assert [close for (close,) in wh.sql(told).rows()] == [it.close for it in days]
        terms = "SELECT symbol, asset_type, currency, tick_size FROM crypto_data.assets ORDER BY 1"
        assert wh.sql(terms).rows() == [
            ("BTC/USDT", "crypto", "USDT", 0.01), ("ETH/USDT", "crypto", "USDT", 0.01),
        ]  # fmt: skip
    assert get("crypto_data").snapshot.calendar == "24/7"

    def initialize(context):
        context.coin = symbol("BTC/USDT")

    def handle_data(context, data):
        if not context.portfolio.positions:
            order(context.coin, 1)
        record(price=data.current(context.coin, "close"))

    result = run_algorithm(
        "2024-01-02", "2024-01-31", initialize, 100_000, handle_data, bundle="crypto_data"
    )
    assert result["price"].iloc[-1] == pytest.approx(float(days[-1].close))
    assert len(result["transactions"].iloc[1]) == 1


def _ms(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() * 1000)
