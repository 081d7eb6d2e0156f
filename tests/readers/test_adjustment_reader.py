"""The adjustments of a bundle by the words of zipline's reader."""

from datetime import date

import numpy as np
import pandas as pd  # noqa: TID253
import pyarrow as pa
import pytest

from rustybt.data.bundles import add_table, ingest_files, load
from rustybt.data.readers.adjustments import AdjustmentReader, Dividend, StockDividend
from rustybt.errors import NotIngestedError, OptionError

DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
ACTIONS = [
    {"symbol": "A", "session": DAYS[1], "kind": "split", "ratio": 0.5},
    {"symbol": "A", "session": DAYS[2], "kind": "dividend", "amount": 2.0, "pay_date": DAYS[3]},
    {"symbol": "A", "session": DAYS[3], "kind": "spinoff", "ratio": 0.75, "shares": 0.5, "payment_symbol": "B"},
    {"symbol": "B", "session": DAYS[1], "kind": "merger", "ratio": 0.9},
    {"symbol": "B", "session": DAYS[2], "kind": "dividend", "amount": 1.0},
    {"symbol": "B", "session": DAYS[3], "kind": "stock_dividend", "shares": 0.25, "pay_date": "2024-02-01"},
    {"symbol": "C", "session": DAYS[3], "kind": "spinoff", "ratio": 0.5, "shares": 2.0, "payment_symbol": "X"},
]  # fmt: skip
at = pd.Timestamp


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("actions")
    bars = "".join(f"{day},{it},10,10,10,10,9\n" for it in "ABC" for day in DAYS)
    (folder / "bars.csv").write_text("date,symbol,open,high,low,close,volume\n" + bars)
    ingest_files(folder / "bars.csv", "t", root=folder / "root")
    names = dict.fromkeys(name for row in ACTIONS for name in row)
    rows = [
        {name: date.fromisoformat(row[name]) if name in row and name in ("session", "pay_date") else row.get(name) for name in names}
        for row in ACTIONS
    ]  # fmt: skip
    add_table("t", "adjustments", pa.Table.from_pylist(rows), root=folder / "root")
    with load("t", root=folder / "root") as found:
        yield found


@pytest.fixture
def sids(bundle):
    return {it.symbol: it.sid for it in bundle.asset_finder}


def test_ratios_of_an_asset(bundle, sids):
    reader = bundle.adjustment_reader
    assert isinstance(reader, AdjustmentReader)
    assert reader.get_adjustments_for_sid("splits", sids["A"]) == [[at(DAYS[1]), 0.5]]
    assert reader.get_adjustments_for_sid("splits", sids["B"]) == [[at(DAYS[3]), 0.8]]
    assert reader.get_adjustments_for_sid("dividends", sids["A"]) == [[at(DAYS[2]), 0.8]]
    assert reader.get_adjustments_for_sid("mergers", sids["A"]) == [[at(DAYS[3]), 0.75]]
    assert reader.get_adjustments_for_sid("mergers", sids["B"]) == [[at(DAYS[1]), 0.9]]
    assert reader.get_adjustments_for_sid("splits", 99) == []


def test_what_is_paid_on_an_ex_date(bundle, sids):
    reader, finder = bundle.adjustment_reader, bundle.asset_finder
    a, b, c = (finder.retrieve_asset(sids[it]) for it in "ABC")
    paid = reader.get_dividends_with_ex_date([a, b, c], at(DAYS[2]), finder)
    assert paid[0] == Dividend(a, 2.0, at(DAYS[3]))
    assert paid[1][:2] == (b, 1.0)
    assert paid[1].pay_date is pd.NaT
    assert reader.get_dividends_with_ex_date([b.sid], DAYS[2], finder) == paid[1:]
    assert reader.get_dividends_with_ex_date([a], DAYS[1], finder) == []
    shares = reader.get_stock_dividends_with_ex_date([a, b, c], DAYS[3], finder)
    assert [it[:3] for it in shares] == [(a, b, 0.5), (b, b, 0.25), (c, None, 2.0)]
    assert shares[1] == StockDividend(b, b, 0.25, at("2024-02-01"))


def test_tables_with_days_or_with_seconds(bundle, sids):
    tables = bundle.adjustment_reader.unpack_db_to_component_dfs(convert_dates=True)
    assert {name: len(it) for name, it in tables.items()} == {
        "splits": 2, "mergers": 3, "dividends": 2, "dividend_payouts": 2, "stock_dividend_payouts": 3,
    }  # fmt: skip
    days = tables["dividend_payouts"]["pay_date"]
    assert days.tolist() == [at(DAYS[3]), pd.NaT]
    seconds = bundle.adjustment_reader.unpack_db_to_component_dfs()
    told = seconds["dividend_payouts"]
    assert told["ex_date"].tolist() == [at(DAYS[2]).timestamp()] * 2
    np.testing.assert_array_equal(told["pay_date"], [at(DAYS[3]).timestamp(), np.nan])
    np.testing.assert_array_equal(told["record_date"], [np.nan] * 2)
    told["amount"] = 0.0  # a copy
    assert bundle.adjustment_reader.get_df_from_table("dividend_payouts")["amount"].tolist() == [
        2,
        1,
    ]


@pytest.mark.parametrize(
    "ask",
    [
        lambda it: it.get_df_from_table("fees"),
        lambda it: it.get_adjustments_for_sid("dividend_payouts", 1),
    ],
)
def test_a_table_that_there_is_not_is_told(bundle, ask):
    with pytest.raises(OptionError, match="splits, mergers, dividends"):
        ask(bundle.adjustment_reader)


def test_a_bundle_without_a_snapshot_has_none(tmp_path):
    from rustybt.data.adapters import CSVAdapter
    from rustybt.data.bundles import register

    handle = register(
        bundle_name="none", adapter=CSVAdapter(tmp_path), symbols=["A"], start_date="2024-01-02", root=tmp_path
    )  # fmt: skip
    with pytest.raises(NotIngestedError):
        _ = handle.adjustment_reader
