"""Domains, currencies, and the assets that symbols name."""

import datetime as dt
from datetime import date

import polars as pl
import pytest

from rustybt.data import bundles
from rustybt.errors import (
    AmbiguousDomainError,
    DatasetError,
    DomainMismatchError,
    TermParameterError,
    UnknownFieldError,
    UnknownSymbolError,
    UnsupportedColumnError,
)
from rustybt.pipeline import Pipeline, domain
from rustybt.pipeline.data import Column, CryptoPricing, DataSet, EquityPricing, USEquityPricing
from rustybt.pipeline.domain import CRYPTO, GENERIC, US_EQUITIES, EquitySessionDomain
from rustybt.pipeline.factors import SimpleMovingAverage

SPAN = date(2024, 1, 11), date(2024, 1, 19)
CLOSE = EquityPricing.close


def test_every_market_names_a_calendar_that_there_is():
    from exchange_calendars import get_calendar_names

    assert {it.calendar_name for it in domain.EQUITIES.values()} <= set(get_calendar_names())


def test_markets_are_names_of_the_module():
    assert domain.JP_EQUITIES.calendar_name == "XTKS"
    with pytest.raises(UnknownFieldError, match="US_EQUITIES"):
        _ = domain.US_EQUITY


def test_the_domain_is_that_of_the_terms():
    assert Pipeline({"c": CLOSE.latest}).domain(US_EQUITIES) == US_EQUITIES
    assert Pipeline({"c": CLOSE.latest}).domain() == GENERIC
    assert Pipeline({"c": USEquityPricing.close.latest}).domain() == US_EQUITIES
    assert Pipeline({"c": CLOSE.latest}, domain=CRYPTO).domain(US_EQUITIES) == CRYPTO


def test_two_domains_are_refused_before_data_is_read(small):
    columns = {"us": USEquityPricing.close.latest, "coin": CryptoPricing.close.latest}
    with pytest.raises(AmbiguousDomainError, match="US_EQUITIES, CRYPTO"):
        Pipeline(columns).run(*SPAN, bundle="small", warehouse=small)
    with pytest.raises(AmbiguousDomainError):
        Pipeline({"us": USEquityPricing.close.latest}, domain=CRYPTO).domain()


def test_a_bundle_of_another_calendar_is_refused_by_name(small):
    with pytest.raises(DomainMismatchError, match=r"CRYPTO: expected the calendar 24/7.*'small'"):
        Pipeline({"c": CryptoPricing.close.latest}).run(*SPAN, bundle="small", warehouse=small)


def test_a_specialized_dataset_reads_the_same_bars(small):
    columns = {"us": USEquityPricing.close.latest, "any": CLOSE.latest}
    rows = Pipeline(columns).run(*SPAN, bundle="small", warehouse=small).pl()
    assert rows["us"].to_list() == rows["any"].to_list()


def test_a_specialized_dataset_is_not_specialized_again():
    with pytest.raises(DatasetError, match="US_EQUITIES"):
        USEquityPricing.specialize(CRYPTO)


def test_a_dataset_declares_its_domain():
    class Japanese(DataSet):
        domain = domain.JP_EQUITIES
        x = Column(float)

    assert Japanese.x.domain == domain.JP_EQUITIES


def test_sessions_of_ones_own(small):
    held = EquitySessionDomain([date(2024, 1, 11)], "US")
    Pipeline({"c": CLOSE.latest}, domain=held).run(*SPAN, bundle="small", warehouse=small)
    lacking = EquitySessionDomain([date(2024, 1, 13)], "US")
    with pytest.raises(DomainMismatchError, match="without 2024-01-13"):
        Pipeline({"c": CLOSE.latest}, domain=lacking).run(*SPAN, bundle="small", warehouse=small)


def test_a_domain_must_be_one():
    with pytest.raises(UnsupportedColumnError, match="Domain"):
        Pipeline(domain="US")


def rates(warehouse, rows):
    frame = pl.DataFrame(rows, schema=["date", "base", "quote", "rate"], orient="row")
    with warehouse.begin("small") as txn:
        txn.replace("fx_rates", frame.with_columns(pl.col("rate").cast(pl.Float64)))
        txn.commit(lineage={"source": "rates"})
    warehouse.refresh()


@pytest.mark.parametrize(
    ("rows", "factors"),
    [
        (
            [(date(2024, 1, 10), "USD", "CHF", 0.8), (date(2024, 1, 16), "USD", "CHF", 0.5)],
            (0.8, 0.5),
        ),
        (
            [(date(2024, 1, 10), "CHF", "USD", 1.25), (date(2024, 1, 16), "CHF", "USD", 2.0)],
            (0.8, 0.5),
        ),
        (
            [(date(2024, 1, 10), "EUR", it, rate) for it, rate in (("USD", 1.25), ("CHF", 1.0))]
            + [(date(2024, 1, 16), "EUR", it, rate) for it, rate in (("USD", 2.0), ("CHF", 1.0))],
            (0.8, 0.5),
        ),
    ],
)
def test_a_price_in_another_currency(build, bars, rows, factors):
    with build(bars) as warehouse:
        rates(warehouse, rows)
        columns = {
            "franc": CLOSE.fx("CHF").latest,
            "dollar": CLOSE.fx("USD").latest,
            "close": CLOSE.latest,
            "mean": SimpleMovingAverage(inputs=[CLOSE.fx("CHF")], window_length=2),
        }
        found = Pipeline(columns).run(
            date(2024, 1, 10), SPAN[1], bundle="small", warehouse=warehouse
        )
        of_e = found.pl().filter(symbol="E")
    close, franc = (dict(of_e.select("session", it).iter_rows()) for it in ("close", "franc"))
    assert of_e["dollar"].to_list() == of_e["close"].to_list()
    assert franc[date(2024, 1, 10)] is None
    assert franc[date(2024, 1, 16)] == pytest.approx(factors[0] * close[date(2024, 1, 16)])
    assert franc[date(2024, 1, 17)] == pytest.approx(factors[1] * close[date(2024, 1, 17)])
    mean = dict(of_e.select("session", "mean").iter_rows())
    assert mean[date(2024, 1, 17)] == pytest.approx(
        (franc[date(2024, 1, 16)] + franc[date(2024, 1, 17)]) / 2
    )


def test_without_rates_the_error_names_the_dataset(small):
    with pytest.raises(DatasetError, match="fx_rates"):
        Pipeline({"c": CLOSE.fx("EUR").latest}).run(*SPAN, bundle="small", warehouse=small)


def test_only_money_has_a_currency():
    with pytest.raises(TermParameterError, match="amount of money"):
        EquityPricing.volume.fx("EUR")
    with pytest.raises(TermParameterError, match="'EUR'"):
        CLOSE.fx("euro")


def test_the_currency_of_an_asset(small):
    rows = Pipeline({"c": EquityPricing.currency.latest}).run(
        *SPAN, bundle="small", warehouse=small
    )
    assert set(rows.pl()["c"]) == {"USD"}


def test_a_symbol_names_an_asset(small):
    with bundles.load("small", root=small.root).warehouse:
        finder = bundles.load("small", root=small.root).asset_finder
        assert finder.lookup_symbol("b").symbol == "B"
        assert (
            finder.lookup_symbol("B", as_of_date=dt.datetime.fromisoformat("2024-01-12")).sid == 1
        )
        with pytest.raises(UnknownSymbolError, match="Nearest symbol: 'A'"):
            finder.lookup_symbol("AA")
