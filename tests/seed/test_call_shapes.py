"""Calls as RustyBT's pages and its code write them: each works, or ends in an error that says what to do.

Fetching through servers, strategies of both arities, `CacheManager`, `BundleMetadata`, the portals and the
settings have the same in tests of their own; here is what stands in no other place.
"""

import asyncio
from datetime import date, datetime

import pandas as pd  # noqa: TID253
import pytest

from rustybt.data import bundles
from rustybt.data.adapters import (
    AlpacaAdapter,
    AlphaVantageAdapter,
    CCXTAdapter,
    CSVAdapter,
    CSVConfig,
    PolygonAdapter,
    SchemaMapping,
    YFinanceAdapter,
)
from rustybt.data.resolutions import resolution_of
from rustybt.errors import (
    NoBarsError,
    NotIngestedError,
    NotRegisteredError,
    RequestError,
    WindowInputError,
)
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import BollingerBands, Returns, SimpleMovingAverage

CLOSE = EquityPricing.close


@pytest.fixture
def path(written):
    return written(["A", "B"], date(2024, 1, 2), date(2024, 1, 12))


# ---------------------------------------------------------------- adapters


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ((["A", "B"], "2024-01-03", "2024-01-05", "1d"), {}),
        ((["A", "B"],), {"start_date": pd.Timestamp("2024-01-03"), "end_date": date(2024, 1, 5)}),
        ((["A", "B"],), {"start": "2024-01-03", "end": "2024-01-05", "frequency": "daily"}),
        ((["A", "B"], datetime(2024, 1, 3)), {"end": "2024-01-05", "timeframe": "1d"}),  # noqa: DTZ001
    ],
)
def test_bars_are_fetched_by_every_name_of_the_arguments(path, args, named):
    adapter = CSVAdapter(file_path=path)
    found = asyncio.run(adapter.fetch(*args, **named))
    assert found["symbol"].to_list() == ["A"] * 3 + ["B"] * 3
    assert found["close"].cast(float).to_list() == [102.0, 103.0, 104.0] * 2

    async def within_a_running_loop():
        return adapter.fetch_sync(*args, **named)

    assert asyncio.run(within_a_running_loop()).equals(found)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: CCXTAdapter("kraken", False, None, None), {"exchange_id": "kraken"}),
        (lambda: CCXTAdapter(exchange_id="kraken"), {"exchange_id": "kraken"}),
        (lambda: CCXTAdapter(exchange="kraken"), {"exchange_id": "kraken"}),
        (lambda: CCXTAdapter(api_key="k", api_secret="s"), {"exchange_id": "binance"}),
        (lambda: YFinanceAdapter(1.0, True, True), {"request_delay": 1.0}),
        (lambda: YFinanceAdapter(fetch_dividends=True, fetch_splits=True), {}),
        (lambda: YFinanceAdapter(rate_limit=2), {"rate_limit": 2}),
        (lambda: PolygonAdapter("free", "stocks"), {"tier": "free", "asset_type": "stocks"}),
        (lambda: PolygonAdapter(api_key="k"), {"tier": "free"}),
        (lambda: AlpacaAdapter(True), {}),
        (lambda: AlpacaAdapter(api_key="k", api_secret="s"), {}),
        (lambda: AlphaVantageAdapter("free", "stocks"), {"tier": "free"}),
        (lambda: AlphaVantageAdapter(api_key="k"), {"asset_type": "stocks"}),
        (lambda: CSVAdapter(CSVConfig("a.csv", SchemaMapping(date_column="day"))), {}),
        (lambda: CSVAdapter(csv_dir="/files"), {}),
    ],
)
def test_adapters_are_made_by_every_documented_call_without_asking_anybody(made, told):
    parameters = made().parameters
    assert told.items() <= parameters.items()
    assert not {"k", "s"} & set(map(str, parameters.values())), "a key among the parameters"


@pytest.mark.parametrize(
    ("name", "of"),
    [
        *((it, it) for it in ("1m", "5m", "15m", "30m", "1h", "2h", "4h", "1d", "1w", "tick")),
        *(("minute", "1m"), ("hourly", "1h"), ("daily", "1d"), ("weekly", "1w")),
        *(("1wk", "1w"), ("1mo", "1mo"), ("1M", "1mo"), ("monthly", "1mo")),
    ],
)
def test_lengths_of_bars_are_known_by_every_documented_name(name, of):
    assert resolution_of(name) == of


def test_a_length_that_nobody_has_is_refused_by_all_that_there_are():
    with pytest.raises(RequestError, match="one of tick, 1m, 5m"):
        resolution_of("1y")


# ---------------------------------------------------------------- bundles


def test_a_registered_function_stays_a_function():
    def function(*_):
        return None

    try:
        assert bundles.register("curried", function, "NYSE") is function
        assert bundles.register("decorated", calendar_name="NYSE")(function) is function
        assert {"curried", "decorated"} <= bundles.bundles.keys()
    finally:
        bundles.unregister("curried")
        bundles.unregister("decorated")


def test_a_registered_adapter_is_a_handle_that_ingests(root, path):
    handle = bundles.register(
        bundle_name="files", adapter=CSVAdapter(path), symbols=["A"], start_date="2024-01-03"
    )
    with pytest.raises(NotIngestedError):
        _ = handle.calendar
    assert handle.ingest(start_date="2024-01-04", end_date="2024-01-05").added == 2
    assert bundles.get("files").overview() == (1, date(2024, 1, 4), date(2024, 1, 5))


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (("files", ["A", "B"], "2024-01-03", "2024-01-05", "1d"), {}),
        (("files", ["A", "B"]), {"start": "2024-01-03", "end": "2024-01-05", "frequency": "daily"}),
        (("files", ["A", "B"]), {"start_date": date(2024, 1, 3), "end_date": date(2024, 1, 5)}),
    ],
)
def test_an_adapter_fills_a_bundle(root, path, args, named):
    adapter = CSVAdapter(path)
    assert adapter.ingest_to_bundle(*args, **named).added == 6
    assert bundles.get("files").overview() == (2, date(2024, 1, 3), date(2024, 1, 5))

    async def awaited():
        return await adapter.ingest_to_bundle(*args, **named)

    again = asyncio.run(awaited())
    assert (again.new, again.bundle) == (False, "files")
    # What is registered is ingested again by its name.
    assert not bundles.ingest("files").new


@pytest.mark.parametrize("named", [{"end": "2024-01-05"}, {"start": "2024-01-03", "end": "2024-01-05", "mode": "append"}])  # fmt: skip
def test_an_adapter_asked_for_what_cannot_be_registers_nothing(root, path, named):
    with pytest.raises(RequestError):
        CSVAdapter(path).ingest_to_bundle("files", ["A"], **named)
    assert bundles.names() == []
    with pytest.raises(NotRegisteredError):
        bundles.ingest("files")


def test_a_loaded_bundle_is_what_was_known_and_closes(root, path):
    bundles.ingest_files(path, "daily")
    with bundles.load("daily") as bundle:
        daily = bundle.equity_daily_bar_reader
        asset = bundle.asset_finder.lookup_symbol("A")
        assert bundle.calendar == daily.trading_calendar == "XNYS"
        assert daily.get_value(asset.sid, date(2024, 1, 3), "close") == 102.0
        (closes,) = daily.load_raw_arrays(["close"], date(2024, 1, 3), date(2024, 1, 4), [asset])
        assert closes.tolist() == [[102.0], [103.0]]
        with pytest.raises(NoBarsError, match="bars_1d"):
            _ = bundle.equity_minute_bar_reader.extent
    with pytest.raises(Exception, match="closed"):
        bundle.overview()


# ---------------------------------------------------------------- pipeline


def test_terms_that_only_the_pages_have(root, path):
    bundles.ingest_files(path, "daily")
    returns = Returns(window_length=2)
    pipe = Pipeline(
        {
            "before": returns.shift(1),
            "mean": returns.mean(window_length=3),
            "score": returns.zscore(window_length=3),
            "upper": BollingerBands(inputs=[CLOSE], window_length=3).upper,
            "percent": BollingerBands(inputs=[CLOSE], window_length=3).percent,
            "sma": SimpleMovingAverage(inputs=[CLOSE], window_length=3),
        }
    )
    found = pipe.run("2024-01-10", "2024-01-11", bundle="daily").pl()
    # Closes of the three sessions before the 10th are 104, 105 and 106.
    first = found.row(0, named=True)
    assert first["sma"] == 105.0
    assert first["upper"] == pytest.approx(105 + 2 * (2 / 3) ** 0.5)
    assert first["percent"] == pytest.approx(
        (106 - 105 + 2 * (2 / 3) ** 0.5) / (4 * (2 / 3) ** 0.5)
    )
    assert first["before"] == pytest.approx(105 / 104 - 1)
    assert first["mean"] == pytest.approx((104 / 103 + 105 / 104 + 106 / 105) / 3 - 1)
    assert first["score"] == pytest.approx(-1.2247, abs=0.02)


def test_prices_of_unlike_sessions_are_not_compared():
    with pytest.raises(WindowInputError, match=r"EquityPricing\.close"):
        CLOSE.latest.shift(1)
