"""zipline's form of a bundle: a function that is given writers."""

import pytest

import warehouse
from rustybt.data import bundles
from rustybt.errors import NotRegisteredError, WrongRowsError

pd = pytest.importorskip("pandas")

DAYS = pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-06"])


def frame(days=DAYS, close=10.0):
    prices = {
        name: [close + i for i in range(len(days))] for name in ("open", "high", "low", "close")
    }
    return pd.DataFrame(prices | {"volume": range(100, 100 + len(days))}, index=days)


def assets(symbols=("A", "B")):
    return pd.DataFrame(
        {
            "symbol": list(symbols),
            "asset_name": [f"{it} Inc." for it in symbols],
            "start_date": DAYS[0],
            "end_date": DAYS[-1],
            "exchange": "NYSE",
        },
        index=range(7, 7 + len(symbols)),
    )


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


@pytest.fixture
def name():
    yield "written"
    if "written" in bundles.bundles:
        bundles.unregister("written")


def test_what_a_function_writes_is_a_bundle(name, root) -> None:
    seen = {}

    @bundles.register(name, calendar_name="NYSE", start_session=pd.Timestamp("2020-01-02"))
    def written(
        environ, asset_db_writer, minute_bar_writer, daily_bar_writer, adjustment_writer,
        calendar, start_session, end_session, cache, show_progress, output_dir,
    ):  # fmt: skip
        seen.update(calendar=calendar.name, start=start_session, given=environ["GIVEN"])
        daily_bar_writer.write(iter([(7, frame()), (8, frame(close=20.0))]), show_progress=True)
        minute = pd.date_range("2020-01-02 14:31", periods=3, freq="min")
        minute_bar_writer.write([(7, frame(minute))])
        asset_db_writer.write(equities=assets())
        splits = pd.DataFrame({"sid": [7], "effective_date": DAYS[2:], "ratio": [0.5]})
        dividends = pd.DataFrame(
            {"sid": [8], "ex_date": DAYS[1:2], "pay_date": DAYS[2:], "amount": [0.25]}
        )
        adjustment_writer.write(splits=splits, dividends=dividends)

    assert callable(written)
    assert name in bundles.bundles
    bundles.ingest(name, {"GIVEN": "yes"}, root=root)
    assert seen == {"calendar": "XNYS", "start": pd.Timestamp("2020-01-02"), "given": "yes"}
    with warehouse.open(root) as wh:
        daily = "SELECT symbol, count(*), min(close), max(close) FROM written.bars_1d GROUP BY 1 ORDER BY 1"
        assert wh.sql(daily).rows() == [("A", 3, 10, 12), ("B", 3, 20, 22)]
        assert wh.sql("SELECT count(*) FROM written.bars_1m").rows() == [(3,)]
        told = "SELECT symbol, kind, ratio, amount, pay_date FROM written.adjustments ORDER BY 1"
        split, dividend = wh.sql(told).rows()
        assert split == ("A", "split", 0.5, None, None)
        assert (dividend[0], dividend[1], float(dividend[3])) == ("B", "dividend", 0.25)
        assert dividend[4] == DAYS[2].date()
        assert wh.sql("SELECT name FROM written.assets ORDER BY symbol").rows() == [
            ("A Inc.",), ("B Inc.",),
        ]  # fmt: skip
    assert len(bundles.ingestions_for_bundle(name, root=root)) == 2
    bundles.unregister(name, root=root)
    with pytest.raises(NotRegisteredError):
        bundles.ingest(name, root=root)


def test_dividends_in_shares_are_stored(name, root) -> None:
    def written(environ, asset_db_writer, minute, daily_bar_writer, adjustment_writer, *_):
        daily_bar_writer.write([(7, frame()), (8, frame(close=20.0))])
        asset_db_writer.write(equities=assets())
        adjustment_writer.write(
            stock_dividends=pd.DataFrame(
                {
                    "sid": [7, 7, 8],
                    "payment_sid": [7, 8, 99],
                    "ratio": [0.25, 0.5, 2.0],
                    "ex_date": [DAYS[1], DAYS[2], DAYS[2]],
                    "pay_date": [DAYS[2], pd.NaT, DAYS[2]],
                }
            )
        )

    bundles.register(name, written)
    bundles.ingest(name, root=root)
    query = (
        "SELECT symbol, session, kind, ratio, shares, payment_sid = sid, pay_date "
        "FROM written.adjustments ORDER BY symbol, session"
    )
    at = [it.date() for it in DAYS]
    with warehouse.open(root) as wh:
        assert wh.sql(query).rows() == [
            ("A", at[1], "split", 0.8, 0.25, True, at[2]),
            ("A", at[2], "spinoff", 1.0, 0.5, False, None),
            ("B", at[2], "spinoff", 1.0, 2.0, None, at[2]),
        ]


def test_bars_without_an_asset_are_refused(name, root) -> None:
    def written(environ, asset_db_writer, minute, daily_bar_writer, *_):
        daily_bar_writer.write([(9, frame())])
        asset_db_writer.write(equities=assets())

    assert bundles.register(name, written) is written
    with pytest.raises(WrongRowsError, match=r"an asset of each sid, found bars of \[9\]"):
        bundles.ingest(name, root=root)


def test_one_symbol_of_two_sids_is_refused(name, root) -> None:
    def written(environ, asset_db_writer, minute, daily_bar_writer, *_):
        daily_bar_writer.write([(7, frame()), (8, frame())])
        asset_db_writer.write(equities=assets(("A", "A")))

    bundles.register(name, written)
    with pytest.raises(WrongRowsError, match="two sids of"):
        bundles.ingest(name, root=root)


def test_a_function_that_writes_nothing_is_told(name, root) -> None:
    def written(environ, asset_db_writer, minute, daily, *_):
        assert (asset_db_writer, minute, daily) == (None, None, None)

    bundles.register(name, written, create_writers=False)
    with pytest.raises(WrongRowsError, match="expected bars, found none"):
        bundles.ingest(name, root=root)
