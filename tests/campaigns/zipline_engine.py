"""Runs the terms of the campaign in zipline's own engine; the virtual environment of zipline starts it.

Run as ``python zipline_engine.py FOLDER``, of which it reads ``bars.npz``, ``actions.csv`` and ``job.json`` and
to which it writes ``found.npz`` and ``raised.json``. A term that makes zipline raise is named there with
what it said, and costs the others nothing.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TID253 - a program of its own
from zipline.assets import AssetDBWriter, AssetFinder
from zipline.data.adjustments import SQLiteAdjustmentReader, SQLiteAdjustmentWriter
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter
from zipline.pipeline import Pipeline, classifiers, factors, filters
from zipline.pipeline.data import USEquityPricing
from zipline.pipeline.domain import US_EQUITIES
from zipline.pipeline.engine import SimplePipelineEngine
from zipline.pipeline.factors import basic, statistical
from zipline.pipeline.loaders import EquityPricingLoader
from zipline.utils.calendar_utils import get_calendar
from zipline_terms import namespace

FIELDS = "open", "high", "low", "close", "volume"


class Exact(BcolzDailyBarReader):
    """The reader of zipline, its prices the nearest numbers to 3 decimals: it has 0.001 times a count."""

    factor = 1.0  # of all prices; one that is nearly 1 makes roundings fall otherwise

    def load_raw_arrays(self, columns: list, start: object, end: object, assets: list) -> list:
        arrays = super().load_raw_arrays(columns, start, end, assets)
        factors = [1.0 if it == "volume" else self.factor for it in columns]
        return [np.round(it, 3) * factor for it, factor in zip(arrays, factors, strict=True)]


class Bars:
    """The bars of a folder in zipline's own stores."""

    def __init__(self, folder: Path) -> None:
        with np.load(folder / "bars.npz") as found:
            bars = dict(found)
        self.sessions = pd.DatetimeIndex(bars["sessions"])
        self.spans = bars["spans"]  # places of the first and last session, an asset a row
        calendar = get_calendar("XNYS")
        # Windows may begin long before the first bar.
        first, last = calendar.session_offset(self.sessions[0], -800), self.sessions[-1]
        daily = str(folder / "daily.bcolz")
        BcolzDailyBarWriter(daily, calendar, first, last).write(
            (sid, self._frame(bars, sid)) for sid in range(len(self.spans))
        )
        reader = Exact(daily)
        self.finder = self._assets(folder)
        self._actions(folder, reader)
        adjustments = SQLiteAdjustmentReader(str(folder / "adjustments.sqlite"))
        loader = EquityPricingLoader.without_fx(reader, adjustments)
        self.engine = SimplePipelineEngine(lambda _: loader, self.finder, US_EQUITIES)

    def _frame(self, bars: dict, sid: int) -> pd.DataFrame:
        begin, end = self.spans[sid]
        columns = {it: np.nan_to_num(bars[it][begin : end + 1, sid]) for it in FIELDS}
        return pd.DataFrame(columns, index=self.sessions[begin : end + 1])

    def _assets(self, folder: Path) -> AssetFinder:
        begin, end = self.sessions[self.spans[:, 0]], self.sessions[self.spans[:, 1]]
        frame = pd.DataFrame(
            {
                "symbol": [f"S{sid:04}" for sid in range(len(self.spans))],
                "start_date": begin,
                "end_date": end,
                "auto_close_date": end + pd.Timedelta(days=1),
                "exchange": "NYSE",
            }
        )
        exchanges = pd.DataFrame(
            [["NYSE", "NYSE", "US"]], columns=["exchange", "canonical_name", "country_code"]
        )
        place = str(folder / "assets.sqlite")
        AssetDBWriter(place).write(equities=frame, exchanges=exchanges)
        return AssetFinder(place)

    def _actions(self, folder: Path, reader: BcolzDailyBarReader) -> None:
        actions = pd.read_csv(folder / "actions.csv", parse_dates=["session"])
        splits = actions[actions.kind == "split"].rename(columns={"session": "effective_date"})
        paid = actions[actions.kind == "dividend"].rename(columns={"session": "ex_date"})
        paid = paid.assign(**{f"{it}_date": pd.NaT for it in ("declared", "record", "pay")})
        names = ["sid", "amount", "ex_date", "declared_date", "record_date", "pay_date"]
        with SQLiteAdjustmentWriter(str(folder / "adjustments.sqlite"), reader) as writer:
            writer.write(
                splits=splits[["sid", "effective_date", "ratio"]],
                dividends=paid[names],
            )


def run(bars: Bars, columns: dict, screen: object, span: tuple) -> "tuple[dict, dict]":
    """Return the rows of columns, and what those said that raised: halves are tried again apart."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = bars.engine.run_pipeline(Pipeline(columns, screen=screen), *span)
    except Exception as error:  # noqa: BLE001 - whatever zipline raises is a result here
        if len(columns) == 1:
            return {}, {next(iter(columns)): f"{type(error).__name__}: {error}"}
        names = list(columns)
        found, raised = {}, {}
        for part in (names[: len(names) // 2], names[len(names) // 2 :]):
            more, said = run(bars, {it: columns[it] for it in part}, screen, span)
            found, raised = {**found, **more}, {**raised, **said}
        return found, raised
    sessions = rows.index.get_level_values(0).values.astype("datetime64[D]").astype("int64")
    sids = np.array([asset.sid for asset in rows.index.get_level_values(1)], dtype="int64")
    keys = np.stack([sessions, sids])
    return {name: (keys, plain(rows[name])) for name in columns}, {}


def plain(column: pd.Series) -> np.ndarray:
    """Return the values as floats, with NaN for a missing one, or as text, empty for a missing one."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object).fillna("").to_numpy().astype(str)
    values = column.to_numpy().astype(float)
    if column.dtype.kind == "i":
        values = np.where(values == -1, np.nan, values)
    # A NaN that zipline turned into a whole number.
    return np.where(values == np.iinfo("int64").min, np.nan, values)


def main() -> None:
    folder = Path(sys.argv[1])
    job = json.loads((folder / "job.json").read_text())
    Exact.factor = job["factor"]
    bars = Bars(folder)
    span = tuple(pd.Timestamp(it) for it in job["span"])
    kinds = [basic, statistical, factors, classifiers, filters]
    names = namespace(kinds, USEquityPricing, bars.finder.retrieve_asset)
    found, raised, whole = {}, {}, {}
    for number, (text, screen) in enumerate(job["cases"]):
        try:
            term = eval(text, names)
            passing = None if screen is None else eval(screen, names)
        except Exception as error:  # noqa: BLE001 - likewise
            raised[number] = f"made: {type(error).__name__}: {error}"
            continue
        whole.setdefault(screen, (passing, {}))[1][str(number)] = term
    for passing, columns in whole.values():
        listed = list(columns)
        for begin in range(0, len(listed), 40):
            part = {it: columns[it] for it in listed[begin : begin + 40]}
            more, said = run(bars, part, passing, span)
            raised.update(said)
            for number, (keys, values) in more.items():
                found[f"{number}/keys"], found[f"{number}/values"] = keys, values
    np.savez(folder / "found.npz", **found)
    (folder / "raised.json").write_text(json.dumps(raised))


if __name__ == "__main__":
    main()
