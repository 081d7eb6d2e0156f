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
    """Write two equities: one is renamed and has actions."""
    equities = pd.DataFrame(
        {
            "symbol": ["AAA", "BBB"],
            "asset_name": ["First", "Second"],
            "start_date": START,
            "end_date": END,
            "first_traded": START,
            "auto_close_date": END + pd.Timedelta(days=1),
            "exchange": "NYSE",
        },
        index=SIDS,
    )
    exchanges = pd.DataFrame(
        [["NYSE", "NEW YORK", "US"]], columns=["exchange", "canonical_name", "country_code"]
    )
    assets.write(equities=equities, exchanges=exchanges)
    sessions = calendar.sessions_in_range(START, END)
    daily.write([(sid, bars(sessions, sid + 1).reindex(sessions).fillna(0)) for sid in SIDS])
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
    adjustments.write(splits=splits, mergers=mergers, dividends=dividends)


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
    np.savez(sys.argv[1], **found)


if __name__ == "__main__":
    main()
