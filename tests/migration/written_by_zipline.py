"""Run by zipline's Python: ingests a small bundle under $ZIPLINE_ROOT and writes what its readers say.

Argument: the target, ``.npz``: by frequency and sid an array of fields by labels, and the labels.
"""

import sys

import numpy as np
import pandas as pd  # noqa: TID253 - it is run by another Python
from zipline.data.bundles import ingest, load, register

FIELDS = ["open", "high", "low", "close", "volume"]
START, END = pd.Timestamp("2023-06-26"), pd.Timestamp("2023-07-14")
SIDS = [0, 7]
HALF = pd.Timestamp("2023-07-05")
SHARING = {3: (START, HALF), 5: (HALF + pd.Timedelta(days=2), END)}  # of one symbol


def bars(index, seed: int) -> pd.DataFrame:
    """Random walks in thousandths, some bars missing."""
    random = np.random.default_rng(seed)
    close = np.round(20 + 30 * seed + np.cumsum(random.normal(0, 0.05, len(index))), 3)
    frame = pd.DataFrame(
        {"open": close, "high": close + 0.25, "low": close - 0.125, "close": close}, index=index
    )
    frame["volume"] = random.integers(1, 5000, len(index))
    return frame[random.random(len(index)) > 0.1]


def written(
    environ, assets, minutes, daily, adjustments, calendar, start, end, cache, progress, folder
):
    """Write two equities, and two that have one symbol after each other."""
    begins = [START, START, *(it for it, _ in SHARING.values())]
    ends = pd.Series([END, END, *(it for _, it in SHARING.values())], [*SIDS, *SHARING])
    equities = pd.DataFrame(
        {
            "symbol": ["AAA", "BBB", "CCC", "CCC"],
            "asset_name": ["First", "Second", "Third", "Fourth"],
            "start_date": begins,
            "end_date": ends,
            "first_traded": begins,
            "auto_close_date": ends + pd.Timedelta(days=1),
            "exchange": "NYSE",
        },
        index=ends.index,
    )
    exchanges = pd.DataFrame(
        [["NYSE", "NEW YORK", "US"]], columns=["exchange", "canonical_name", "country_code"]
    )
    assets.write(equities=equities, exchanges=exchanges)
    sessions = calendar.sessions_in_range(START, END)
    lives = {**dict.fromkeys(SIDS, (START, END)), **SHARING}
    spans = {sid: calendar.sessions_in_range(*life) for sid, life in lives.items()}
    daily.write([(sid, bars(it, sid + 1).reindex(it).fillna(0)) for sid, it in spans.items()])
    index = calendar.sessions_minutes(sessions[0], sessions[-1])
    minutes.write([(sid, bars(index, sid + 2)) for sid in SIDS])
    splits = pd.DataFrame(
        {"sid": [0, 7], "ratio": [0.5, 1 / 3], "effective_date": sessions[[4, 9]]}
    )
    mergers = pd.DataFrame({"sid": [7], "ratio": [0.9], "effective_date": sessions[[6]]})
    days = dict(
        zip(
            ("declared_date", "ex_date", "record_date", "pay_date"),
            sessions[[1, 3, 4, 8]],
            strict=True,
        )
    )
    dividends = pd.DataFrame([{"sid": 0, "amount": 0.37, **days}])
    shares = pd.DataFrame([{"sid": 7, "payment_sid": 7, "ratio": 0.05, **days}])
    adjustments.write(splits=splits, mergers=mergers, dividends=dividends, stock_dividends=shares)


def main() -> None:
    """Ingest, read, and write the arrays."""
    register("small", written, calendar_name="XNYS", start_session=START, end_session=END)
    ingest("small", show_progress=False)
    bundle = load("small")
    found = {}
    for name, reader in (
        ("daily", bundle.equity_daily_bar_reader),
        ("minute", bundle.equity_minute_bar_reader),
    ):
        calendar = reader.trading_calendar
        labels = calendar.sessions_in_range(START, END)
        if name == "minute":
            labels = calendar.sessions_minutes(labels[0], labels[-1])
        arrays = reader.load_raw_arrays(FIELDS, labels[0], labels[-1], SIDS)
        found[f"{name}-labels"] = labels.values.astype("datetime64[m]").astype("int64")
        found[name] = np.array(arrays, float)
    tables = bundle.adjustment_reader.unpack_db_to_component_dfs(convert_dates=True)
    for name in ("splits", "mergers", "dividends"):
        of = tables[name]
        found[name] = np.array(
            [
                of["sid"],
                of["effective_date"].values.astype("datetime64[D]").astype("int64"),
                of["ratio"],
            ],
            float,
        )
    shares = tables["stock_dividend_payouts"]
    found["shares"] = np.array(
        [
            shares["sid"],
            *(
                shares[it].values.astype("datetime64[D]").astype("int64")
                for it in ("ex_date", "pay_date")
            ),
            shares["ratio"],
            shares["payment_sid"],
        ],
        float,
    )
    days = pd.date_range(START, END)
    named = [bundle.asset_finder.lookup_symbol("CCC", day).sid for day in days]
    found["named"] = np.array([days.values.astype("datetime64[D]").astype("int64"), named])
    np.savez(sys.argv[1], **found)


if __name__ == "__main__":
    main()
