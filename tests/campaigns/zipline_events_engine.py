"""Runs zipline's loaders of events and estimates; the virtual environment of zipline starts it.

Run as ``python zipline_events_engine.py FOLDER``, of which it reads ``job.npz`` and to which it writes
``found.npz``: sessions and sids, and values by the names of `zipline_events.columns_of`.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: TID253 - a program of its own
from zipline.assets import AssetDBWriter, AssetFinder
from zipline.pipeline import Pipeline
from zipline.pipeline.data import Column, DataSet
from zipline.pipeline.domain import US_EQUITIES
from zipline.pipeline.engine import SimplePipelineEngine
from zipline.pipeline.factors import (
    BusinessDaysSincePreviousEvent,
    BusinessDaysUntilNextEvent,
    SimpleMovingAverage,
)
from zipline.pipeline.loaders.earnings_estimates import (
    NextEarningsEstimatesLoader,
    PreviousEarningsEstimatesLoader,
)
from zipline.pipeline.loaders.events import EventsLoader
from zipline_engine import plain

DAYS = np.dtype("datetime64[ns]")
EVENTS = {
    "row": Column(float),
    "value": Column(float),
    "label": Column(object, missing_value=""),
    "count": Column(np.int64, missing_value=-1),
    "flag": Column(bool, missing_value=False),
    "day": Column(DAYS),
}
ESTIMATES = {
    "row": Column(float),
    "eps": Column(float),
    "actual": Column(float),
    "fiscal_year": Column(float),
    "fiscal_quarter": Column(float),
    "day": Column(DAYS),
}


def frames(job: dict, kind: str) -> pd.DataFrame:
    """Return the rows of a kind, with zipline's names of the columns that its loaders look for."""
    part = f"{kind}/"
    held = {name.removeprefix(part): it for name, it in job.items() if name.startswith(part)}
    frame = pd.DataFrame(held)
    return frame.assign(event_date=frame["day"], timestamp=frame["known"])


def dataset(declared: dict, **more: object) -> type:
    """Return a dataset of columns, of the stocks of the United States."""
    return type("Told", (DataSet,), {**declared, **more}).specialize(US_EQUITIES)


def events_of(frame: pd.DataFrame) -> tuple[dict, dict]:
    """Return the terms of events by name, and the loader of each dataset."""
    before, after = dataset(EVENTS), dataset(EVENTS)
    named = [{getattr(it, name): name for name in EVENTS} for it in (after, before)]
    loader = EventsLoader(frame, *named)
    terms = {
        f"{way}/{name}": term
        for way, it in (("previous", before), ("next", after))
        for name, term in latest(it, EVENTS, "value").items()
    }
    terms["previous/weekdays"] = BusinessDaysSincePreviousEvent(inputs=[before.day])
    terms["next/weekdays"] = BusinessDaysUntilNextEvent(inputs=[after.day])
    return terms, {before: loader, after: loader}


def estimates_of(frame: pd.DataFrame, last: pd.Timestamp) -> tuple[dict, dict]:
    """Return the terms of estimates by name, and the loader of each dataset."""
    # zipline raises over rows that become known after the span, or never.
    frame = frame[frame["timestamp"] <= last].copy()
    names = {name: name for name in ESTIMATES}
    terms, loaders = {}, {}
    for way, maker in (
        ("previous", PreviousEarningsEstimatesLoader),
        ("next", NextEarningsEstimatesLoader),
    ):
        for announcements in (1, 2, 3):
            it = dataset(ESTIMATES, num_announcements=announcements)
            loaders[it] = maker(frame, names)
            found = latest(it, ESTIMATES, "eps")
            terms.update({f"{way} {announcements}/{name}": term for name, term in found.items()})
    return terms, loaders


def latest(it: type, names: dict, averaged: str) -> dict:
    """Return the latest values of a dataset by name, and the mean of the last five of one."""
    mean = SimpleMovingAverage(inputs=[getattr(it, averaged)], window_length=5)
    return {**{name: getattr(it, name).latest for name in names}, "mean": mean}


def assets(folder: Path, job: dict) -> AssetFinder:
    """Return the assets of a job, in zipline's own store."""
    frame = pd.DataFrame(
        {
            "symbol": [f"S{sid}" for sid in range(len(job["first"]))],
            "start_date": job["first"],
            "end_date": job["last"],
            "exchange": "NYSE",
        }
    )
    exchanges = pd.DataFrame(
        [["NYSE", "NYSE", "US"]], columns=["exchange", "canonical_name", "country_code"]
    )
    place = str(folder / "assets.sqlite")
    AssetDBWriter(place).write(equities=frame, exchanges=exchanges)
    return AssetFinder(place)


def main() -> None:
    folder = Path(sys.argv[1])
    with np.load(folder / "job.npz") as file:
        job = dict(file)
    span = [pd.Timestamp(it) for it in job["span"]]
    last = US_EQUITIES.data_query_cutoff_for_sessions(pd.DatetimeIndex(span[-1:]))[0]
    finder, found = assets(folder, job), {}
    for terms, loaders in (
        events_of(frames(job, "events")),
        estimates_of(frames(job, "estimates"), last.tz_localize(None)),
    ):
        engine = SimplePipelineEngine(
            lambda column, held=loaders: held[column.dataset], finder, US_EQUITIES
        )
        rows = engine.run_pipeline(Pipeline(terms), *span)
        found["session"] = rows.index.get_level_values(0).values.astype("datetime64[D]")
        found["sid"] = np.array([asset.sid for asset in rows.index.get_level_values(1)])
        found.update({name: values(rows[name]) for name in terms})
    np.savez(folder / "found.npz", **found)


def values(column: pd.Series) -> np.ndarray:
    """Return the values as they are compared: instants as such, others as `plain` has them."""
    return column.to_numpy() if column.dtype.kind == "M" else plain(column)


if __name__ == "__main__":
    main()
