"""Bars as markets and vendors make them: stored as they are, flagged, or rejected; never changed."""

import pytest

import warehouse
from rustybt.data.bundles.ingest import ingest
from rustybt.data.sources import FileSource

H = "date,symbol,open,high,low,close,volume\n"
BEFORE = "2024-01-02,A,10,12,9,11,100\n"

# (day, open, high, low, close, volume) -> stored, rejected, kinds of flags that must be among those found
CASES = {
    ("2024-01-03", "10", "12", "9", "11", "100"): (2, 0, set()),
    ("2024-01-03", "10", "8", "9", "11", "100"): (2, 0, {"high_not_highest", "low_not_lowest"}),
    ("2024-01-03", "10", "12", "11", "11", "100"): (2, 0, {"low_not_lowest"}),
    ("2024-01-03", "13", "12", "9", "11", "100"): (2, 0, {"high_not_highest"}),
    ("2024-01-03", "10", "12", "9", "13", "100"): (2, 0, {"high_not_highest"}),
    ("2024-01-03", "-1", "12", "-1", "11", "100"): (2, 0, {"price_not_positive"}),
    ("2024-01-03", "0", "12", "0", "11", "100"): (2, 0, {"price_not_positive"}),
    ("2024-01-03", "0", "0", "0", "0", "0"): (2, 0, {"price_not_positive"}),
    ("2024-01-03", "11", "11", "11", "11", "0"): (2, 0, set()),
    ("2024-01-03", "10", "12", "9", "11", "-5"): (2, 0, {"volume_negative"}),
    ("2024-01-03", "10", "12", "9", "11", ""): (2, 0, {"volume_missing"}),
    ("2024-01-03", "", "", "", "", ""): (2, 0, {"missing_price", "volume_missing"}),
    ("2024-01-03", "", "12", "9", "11", "5"): (2, 0, {"missing_price"}),
    ("2024-01-03", "10", "", "9", "11", "5"): (2, 0, {"missing_price"}),
    ("2024-01-03", "10", "12", "", "11", "5"): (2, 0, {"missing_price"}),
    ("2024-01-03", "10", "12", "9", "NaN", "5"): (2, 0, {"missing_price"}),
    ("2024-01-03", "inf", "12", "9", "11", "5"): (1, 1, set()),
    ("2024-01-03", "10", "inf", "9", "11", "5"): (1, 1, set()),
    ("2024-01-03", "10", "12", "-inf", "11", "5"): (1, 1, set()),
    ("2024-01-03", "10", "1e300", "9", "11", "5"): (1, 1, set()),
    ("2024-01-03", "10", "12", "9", "11", "1e300"): (1, 1, set()),
    ("2024-01-03", "10", "12", "9", "11", "0.5"): (2, 0, set()),
    ("2024-01-03", "10", "12", "9", "11", "1e13"): (2, 0, set()),
    ("2024-01-03", "5", "6", "4.5", "5.5", "200"): (2, 0, set()),
    ("2024-01-03", "1000", "1200", "900", "1100", "1"): (2, 0, set()),
    ("2024-01-03", "0.0001", "0.0001", "0.0001", "0.0001", "1"): (2, 0, set()),
    ("2024-01-06", "10", "12", "9", "11", "100"): (2, 0, {"not_a_session"}),
    ("2024-01-07", "10", "12", "9", "11", "100"): (2, 0, {"not_a_session"}),
    ("2024-01-01", "10", "12", "9", "11", "100"): (2, 0, {"not_a_session"}),
    ("2024-07-03", "10", "12", "9", "11", "100"): (2, 0, set()),
    ("2001-09-12", "10", "12", "9", "11", "100"): (2, 0, {"not_a_session"}),
    ("2024-03-11", "10", "12", "9", "11", "100"): (2, 0, set()),
    ("2024-02-29", "10", "12", "9", "11", "100"): (2, 0, set()),
    ("1970-01-02", "10", "12", "9", "11", "100"): (2, 0, set()),
    ("1899-12-31", "10", "12", "9", "11", "100"): (1, 1, set()),
    ("2101-01-03", "10", "12", "9", "11", "100"): (1, 1, set()),
    ("2023-12-29", "10", "12", "9", "11", "100"): (2, 0, set()),
    ("2024-01-02", "10", "12", "9", "11", "100"): (1, 0, set()),
    ("2024-01-02", "10.0", "12.00", "9", "11", "1e2"): (1, 0, set()),
    ("2024-06-28", "10", "12", "9", "11", "100"): (2, 0, set()),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What became of the bars, each after the same one and of a symbol of its own."""
    root = tmp_path_factory.mktemp("odd")
    symbols = {bar: f"S{number:02}" for number, bar in enumerate(CASES)}
    lines = [
        f"{BEFORE.replace('A', symbol)}{bar[0]},{symbol},{','.join(bar[1:])}\n"
        for bar, symbol in symbols.items()
    ]
    (root / "bars.csv").write_text(H + "".join(lines))
    report = ingest(FileSource(root / "bars.csv"), "t", root=root)
    with warehouse.open(root) as wh:
        stored = dict(wh.sql("SELECT symbol, count(*) FROM t.bars_1d GROUP BY symbol").rows())
        flags = wh.sql("SELECT symbol, session::VARCHAR, kind FROM t.flags").rows()
    return {
        bar: (
            stored[symbol],
            sum(f",{symbol}," in it.raw for it in report.rejects),
            {kind for of, session, kind in flags if (of, session) == (symbol, bar[0])},
        )
        for bar, symbol in symbols.items()
    }


@pytest.mark.parametrize("bar", CASES, ids=",".join)
def test_a_bar_is_stored_flagged_or_rejected(outcomes, bar):
    stored, rejected, kinds = CASES[bar]
    assert outcomes[bar][:2] == (stored, rejected)
    assert kinds <= outcomes[bar][2]


def test_rows_come_out_sorted_whatever_their_order(take, ask):
    days = ["2024-01-05", "2024-01-02", "2024-01-04", "2024-01-03"]
    take(H + "".join(f"{day},{symbol},1,2,1,2,10\n" for day in days for symbol in "BA"))
    assert ask("SELECT count(*), count(DISTINCT (sid, session)) FROM t.bars_1d") == [(8, 8)]
