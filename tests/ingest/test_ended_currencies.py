"""A currency that ended: nothing is converted by its last rate for ever, unless that one is fixed."""

import math
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import warehouse
from rustybt import run_algorithm
from rustybt.data.bundles import add_table, ingest_files
from rustybt.data.calendars import sessions
from rustybt.data.fx import ecb_rates
from rustybt.errors import BundleTableError, MissingRateError
from rustybt.finance.commission import NoCommission
from rustybt.finance.slippage import NoSlippage
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing

FIRST, LAST = date(2006, 12, 18), date(2007, 4, 30)
SESSIONS = [
    it
    for it in sessions("XNYS", FIRST, LAST)["session"].to_pylist()
    if FIRST <= it <= LAST
]  # fmt: skip
PARITY = 239.64  # tolars for one euro from 2007 on


@pytest.fixture
def root(tmp_path):
    """A bundle of a share that trades in tolars at 1000."""
    rows = "".join(f"{day},A,1000,1000,1000,1000,9\n" for day in SESSIONS)
    (tmp_path / "bars.csv").write_text("date,symbol,open,high,low,close,volume\n" + rows)
    folder = tmp_path / "root"
    ingest_files(tmp_path / "bars.csv", "t", calendar="XNYS", root=folder)
    add_table("t", "assets", pa.table({"symbol": ["A"], "currency": ["SIT"]}), root=folder)
    return folder


def told(root, *rows):
    names = ("date", "base", "quote", "rate", "fixed")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=False))
    add_table("t", "fx_rates", pa.table(columns), root=root)


def weekdays(first, last):
    days = (first + timedelta(days=it) for it in range((last - first).days + 1))
    return [it for it in days if it.weekday() < 5]


def european(root, *, base="EUR"):
    """Store rates of or in euros on each weekday, of which the tolar has none after 2006."""
    days = weekdays(FIRST - timedelta(days=7), LAST)
    rows = [(day, "USD", 1.25 + number / 1000) for number, day in enumerate(days)]
    rows += [(day, "SIT", 240.0) for day in days if day.year == 2006]
    if base == "EUR":
        told(root, *((day, "EUR", quote, rate) for day, quote, rate in rows))
    else:
        told(root, *((day, quote, "EUR", 1 / rate) for day, quote, rate in rows))
    return {day: rate for day, quote, rate in rows if quote == "USD"}


def converted(root, currency):
    """Return the closes in a currency by the session that knows them."""
    pipe = Pipeline({"close": EquityPricing.close.fx(currency).latest})
    with warehouse.open(root) as wh:
        found = pipe.run(SESSIONS[1], SESSIONS[-1], bundle="t", warehouse=wh).pl()
    return dict(found.select("session", "close").iter_rows())


def held(root, until, currency="EUR"):
    """Return the values of a portfolio of one share, bought in the second session."""

    def initialize(context):
        context.set_commission(NoCommission())
        context.set_slippage(NoSlippage())

    def handle_data(context, data):
        if context.get_datetime().date() == SESSIONS[0]:
            context.order(context.symbol("A"), 1)

    return run_algorithm(
        SESSIONS[0], until, initialize, 100.0, handle_data, bundle="t", root=root, currency=currency, store=False
    )  # fmt: skip


# Rates of others came on each weekday, and that is the thirtieth of 2007, without the tolar.
ENDED = date(2007, 2, 9)


@pytest.mark.parametrize("base", ["EUR", "each"])
def test_a_price_in_a_currency_that_ended_is_null(root, base):
    european(root, base=base)
    for currency in ("EUR", "USD"):
        found = converted(root, currency)
        for session, close in found.items():
            assert (close is None) == (session > ENDED), (currency, session)
    assert found[SESSIONS[1]] == pytest.approx(1000 / 240 * 1.255)


def test_nothing_is_converted_into_a_currency_that_ended(root):
    european(root)
    add_table("t", "assets", pa.table({"symbol": ["A"], "currency": ["USD"]}), root=root)
    for session, close in converted(root, "SIT").items():
        assert (close is None) == (session > ENDED), session


def test_a_run_ends_with_an_error_that_says_what_to_do(root):
    european(root)
    assert held(root, ENDED)["portfolio_value"].notna().all()
    with pytest.raises(MissingRateError) as caught:
        held(root, LAST)
    assert caught.value.last == date(2006, 12, 29)
    for words in (
        "SIT in EUR has ended",
        "of 2006-12-29",
        "session 2007-02-12",
        "which A needs",
        "`fixed`",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize("pair", [("EUR", "SIT", PARITY), ("SIT", "EUR", 1 / PARITY)])
def test_a_fixed_rate_holds_for_ever_and_into_others_too(root, pair):
    dollars = european(root)
    told(root, (date(2007, 1, 1), *pair, True))
    for session, close in converted(root, "EUR").items():
        rate = PARITY if session > date(2007, 1, 1) else 240
        assert close == pytest.approx(1000 / rate), session
    for session, close in converted(root, "USD").items():
        newest = max(it for it in dollars if it < session)
        rate = PARITY if newest >= date(2007, 1, 1) else 240
        assert close == pytest.approx(1000 / rate * dollars[newest]), session
    values = held(root, LAST)["portfolio_value"]
    assert values.iloc[-1] == pytest.approx(100 - 1000 / 240 + 1000 / PARITY)


def test_a_fixed_rate_is_not_known_before_its_day_and_ends_with_a_newer_one(root):
    european(root)
    fixed, newer, ended = date(2007, 2, 15), date(2007, 2, 23), date(2007, 4, 6)
    told(root, (fixed, "EUR", "SIT", PARITY, True))
    told(root, (newer, "EUR", "SIT", 300.0, False))
    for session, close in converted(root, "EUR").items():
        if ENDED < session <= fixed:
            assert close is None
        elif session > fixed:
            rate = PARITY if session <= newer else 300.0
            assert close == (None if session > ended else pytest.approx(1000 / rate))


def test_a_rate_that_no_other_overtakes_is_carried(root):
    told(root, (date(2006, 12, 1), "EUR", "SIT", 240.0))
    assert list(converted(root, "EUR").values()) == pytest.approx(
        [1000 / 240] * (len(SESSIONS) - 1)
    )


def test_a_gap_of_weeks_is_bridged_and_a_pause_is_one(root):
    days = weekdays(FIRST - timedelta(days=7), LAST)
    told(root, *((day, "EUR", "USD", 1.25) for day in days))
    gap, pause = days[6:34], days[40:80]
    told(root, *((day, "EUR", "SIT", 240.0) for day in days if day not in gap + pause))
    for session, close in converted(root, "EUR").items():
        assert (close is None) == (pause[29] < session <= days[80]), session


def test_a_column_that_is_no_truth_is_refused(root):
    with pytest.raises(BundleTableError, match="any of fixed"):
        add_table("t", "fx_rates", pa.table({"date": [FIRST], "base": ["EUR"], "quote": ["SIT"], "rate": [240.0], "for_ever": [True]}), root=root)  # fmt: skip


@pytest.fixture(scope="module")
def rates(reference):
    """Those of the bank for the three, the dollar and two more that never ended."""
    table = ecb_rates(reference / "data/fx/ecb_reference_rates.csv")
    wanted = pa.array(["SIT", "CYP", "SKK", "USD", "GBP", "JPY"])
    return table.filter(pc.is_in(table["quote"], wanted))


@pytest.mark.reference
@pytest.mark.parametrize(
    ("code", "last", "parity"),
    [("SIT", date(2006, 12, 29), PARITY), ("CYP", date(2007, 12, 31), 0.585274), ("SKK", date(2008, 12, 31), 30.126)],
)  # fmt: skip
def test_currencies_that_joined_the_euro(rates, tmp_path, code, last, parity):
    folder = tmp_path / "root"
    span = [
        it
        for it in sessions("XNYS", last, last + timedelta(days=70))["session"].to_pylist()
        if last - timedelta(days=20) <= it <= last + timedelta(days=70)
    ]
    rows = "".join(f"{day},A,1000,1000,1000,1000,9\n" for day in span)
    (tmp_path / "bars.csv").write_text("date,symbol,open,high,low,close,volume\n" + rows)
    ingest_files(tmp_path / "bars.csv", "t", calendar="XNYS", root=folder)
    add_table("t", "assets", pa.table({"symbol": ["A"], "currency": [code]}), root=folder)
    add_table("t", "fx_rates", rates, root=folder)
    pipe = Pipeline(
        {"eur": EquityPricing.close.fx("EUR").latest, "usd": EquityPricing.close.fx("USD").latest}
    )

    def closes():
        with warehouse.open(folder) as wh:
            return pipe.run(span[1], span[-1], bundle="t", warehouse=wh).pl().to_dicts()

    found = closes()
    assert found[0]["eur"] is not None
    for row in found:
        assert (row["eur"] is None) == (row["usd"] is None)
        if row["session"] > last + timedelta(days=45):
            assert row["eur"] is None, row
    told(folder, (last + timedelta(days=1), "EUR", code, parity, True))
    with warehouse.open(folder) as wh:
        dollars = dict(
            wh.sql("SELECT date, rate FROM t.fx_rates WHERE base = 'EUR' AND quote = 'USD'").rows()
        )
    for row in closes():
        assert not math.isnan(row["eur"])
        if row["session"] > last + timedelta(days=5):
            newest = max(it for it in dollars if it < row["session"])
            assert row["eur"] == pytest.approx(1000 / parity)
            assert row["usd"] == pytest.approx(1000 / parity * dollars[newest])
