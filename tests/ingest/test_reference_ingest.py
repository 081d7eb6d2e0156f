"""Counts on the reference data."""

import pytest

pytestmark = pytest.mark.reference


def test_sp500_is_stored_whole_with_23_flagged(reference, take):
    report = take(reference / "data" / "sp500_5yr.parquet")
    stored = (report.read, report.added, report.rejected, report.flagged, report.symbols)
    assert stored == (619_040, 619_040, 0, 23, 505)


def test_sp500_has_11_rows_without_a_price_and_12_others_out_of_order(reference, take, ask):
    take(reference / "data" / "sp500_5yr.parquet")
    query = "SELECT kind = 'missing_price', count(DISTINCT (sid, session)) FROM t.flags GROUP BY 1 ORDER BY 1"
    assert ask(query) == [(False, 12), (True, 11)]


def test_told_actions_are_all_stored(reference, take, ask):
    take(reference / "data" / "us_equities_with_actions.parquet")
    query = "SELECT kind, count(*), count(ratio) FROM t.adjustments GROUP BY kind ORDER BY kind"
    assert ask(query) == [("dividend", 796, 796), ("split", 18, 18)]


def test_minutes_are_stored_whole(reference, take):
    path = reference / "data" / "crypto" / "minutes_2018h1.parquet"
    report = take(path, calendar="24/7", resolution="1m")
    assert (report.added, report.rejected, report.flagged) == (768_225, 0, 0)
