"""Datasets beside the bars are known when they were known, from tables, frames, events and estimates."""

# ruff: noqa: ARG002, RUF012 - classes as users write them

import datetime as dt
import importlib
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from rustybt.errors import DatasetError, TermParameterError, UnknownFieldError
from rustybt.pipeline import Classifier, Factor, Filter, Pipeline
from rustybt.pipeline.custom import CustomFactor
from rustybt.pipeline.data import Column, DataSet, DataSetFamily, EquityPricing
from rustybt.pipeline.factors import BusinessDaysSincePreviousEvent, SimpleMovingAverage
from rustybt.pipeline.loaders import next_estimates, next_event, previous_estimates, previous_event

D = [date(2024, 1, day) for day in range(1, 32)]


class Fundamentals(DataSet):
    earnings = Column(float)
    sector = Column(str)
    index = Column(bool)
    tier = Column(int)


ROWS = pl.DataFrame(
    {
        "known": [D[4], D[9], D[9], D[20]],
        "sid": [0, 0, 4, 4],
        "earnings": [1.0, 2.0, 5.0, None],
        "sector": ["Tech", "Tech", "Food", "Food"],
        "index": [True, False, True, None],
        "tier": [1, 2, 3, None],
    },
    schema_overrides={"sid": pl.Int32},
)


def rows_of(bundle, columns, first=date(2024, 1, 3), last=date(2024, 2, 1), **options):
    return Pipeline(columns, **options).run(first, last, bundle="small", warehouse=bundle).pl()


def of(rows, sid, column):
    return dict(rows.filter(sid=sid).select("session", column).iter_rows())


def test_a_row_is_known_from_the_session_after_its_day(small):
    bound = Fundamentals.from_frame(ROWS, time="known")
    found = of(rows_of(small, {"e": bound.earnings.latest}), 0, "e")
    assert [found[D[n]] for n in (3, 4, 7, 9, 10, 30)] == [None, None, 1.0, 1.0, 2.0, 2.0]


def test_a_missing_value_replaces_the_one_before(small):
    bound = Fundamentals.from_frame(ROWS, time="known")
    found = of(rows_of(small, {"e": bound.earnings.latest}), 4, "e")
    assert [found[D[n]] for n in (9, 10, 18, 21)] == [None, 5.0, 5.0, None]


def test_a_delay_holds_rows_back(small):
    bound = Fundamentals.from_frame(ROWS, time="known", delay=timedelta(days=5))
    found = of(rows_of(small, {"e": bound.earnings.latest}), 0, "e")
    assert [found[D[n]] for n in (9, 10, 11)] == [None, 1.0, 1.0]
    assert [found[D[n]] for n in (11, 16)] == [1.0, 2.0]


def test_an_instant_is_known_from_the_next_day_on(small):
    frame = pl.DataFrame(
        {
            "ts": [
                dt.datetime.fromisoformat("2024-01-09T00:00"),
                dt.datetime.fromisoformat("2024-01-09T23:59"),
            ],
            "sid": [0, 0],
            "x": [1.0, 2.0],
        }
    )
    bound = DataSet.from_frame(frame, time="ts", columns={"x": float}, name="Instants")
    found = of(rows_of(small, {"x": bound.x.latest}), 0, "x")
    assert [found[D[n]] for n in (8, 9)] == [None, 2.0]


def test_symbols_name_assets_and_no_key_names_all(small):
    frame = pl.DataFrame(
        {"day": [D[4], D[4]], "ticker": ["A", "B"], "symbol": ["E", "F"], "x": [1.0, 2.0]}
    )
    bound = DataSet.from_frame(frame, time="day", key="symbol", columns={"x": float}, name="S")
    rows = rows_of(small, {"x": bound.x.latest}, D[9])
    assert (of(rows, 4, "x")[D[9]], of(rows, 5, "x")[D[9]], of(rows, 0, "x")[D[9]]) == (
        1.0,
        2.0,
        None,
    )
    market = DataSet.from_frame(frame[:1], time="day", key=None, columns={"x": float}, name="M")
    assert set(rows_of(small, {"x": market.x.latest}, D[9])["x"]) == {1.0}


def test_the_kind_of_latest_follows_the_dtype(small):
    bound = Fundamentals.from_frame(ROWS, time="known")
    kinds = [type(it.latest).__mro__ for it in bound.columns.values()]
    assert [
        Factor in kinds[0],
        Classifier in kinds[1],
        Filter in kinds[2],
        Classifier in kinds[3],
    ] == [True] * 4


def test_labels_and_truth_values(small):
    bound = Fundamentals.from_frame(ROWS, time="known")
    rows = rows_of(
        small,
        {
            "sector": bound.sector.latest,
            "food": bound.sector.latest.eq("Food"),
            "index": bound.index.latest,
            "tier": bound.tier.latest,
        },
        D[10],
    )
    assert of(rows, 4, "sector")[D[10]] == "Food"
    assert of(rows, 4, "food")[D[10]]
    assert (
        of(rows, 4, "index")[D[18]],
        of(rows, 4, "index")[D[21]],
        of(rows, 1, "index")[D[18]],
    ) == (True, False, False)
    assert (of(rows, 4, "tier")[D[18]], of(rows, 4, "tier")[D[21]]) == (3, None)


def test_windows_and_python_look_back_on_what_was_known(small):
    bound = Fundamentals.from_frame(ROWS, time="known")

    class Mean(CustomFactor):
        inputs = [bound.earnings]
        window_length = 3
        ctx = np.errstate(all="ignore")

        def compute(self, today, assets, out, x):
            out[:] = np.nansum(x, axis=0) / (~np.isnan(x)).sum(axis=0)

    rows = rows_of(
        small,
        {"sql": SimpleMovingAverage(inputs=[bound.earnings], window_length=3), "python": Mean()},
        D[8],
    )
    assert of(rows, 0, "sql")[D[10]] == pytest.approx((1 + 1 + 2) / 3)
    assert rows["sql"].null_count() > 0
    np.testing.assert_allclose(rows["sql"].to_numpy(), rows["python"].to_numpy(), rtol=1e-12)


def test_a_missing_value_of_its_own(small):
    bound = DataSet.from_frame(
        ROWS, time="known", name="F", columns={"earnings": Column(float, 0.0)}
    )
    found = of(rows_of(small, {"e": bound.earnings.latest}), 4, "e")
    assert (found[D[8]], found[D[21]]) == (0.0, 0.0)


@pytest.mark.parametrize(("own", "missing"), [(True, True), (False, False), (None, False)])
def test_a_truth_value_in_place_of_a_missing_one(small, own, missing):
    columns = {"index": Column(bool, own)}
    bound = DataSet.from_frame(ROWS, time="known", name="F", columns=columns)
    rows = rows_of(small, {"i": bound.index.latest, "not": ~bound.index.latest}, D[10])
    assert [of(rows, sid, "i")[D[n]] for sid, n in ((0, 10), (4, 10), (4, 21), (1, 10))] == [
        False,
        True,
        missing,
        missing,
    ]
    assert (rows["not"] == ~rows["i"]).all()


def test_a_table_of_the_warehouse(small):
    bound = DataSet.from_table(
        "adjustments", time="session", columns={"ratio": float, "kind": str}, name="Actions"
    )
    rows = rows_of(small, {"ratio": bound.ratio.latest, "kind": bound.kind.latest})
    assert (of(rows, 0, "ratio")[D[11]], of(rows, 0, "ratio")[D[15]]) == (None, 0.5)
    assert of(rows, 2, "kind")[D[18]] == "dividend"
    qualified = DataSet.from_table(
        "small.adjustments", time="session", columns={"ratio": float}, name="Actions"
    )
    assert (
        rows_of(small, {"ratio": qualified.ratio.latest})["ratio"].to_list()
        == rows["ratio"].to_list()
    )


def test_the_statement_shows_the_asof_join():
    bound = DataSet.from_table("other.facts", time="day", columns={"x": float}, name="Facts")
    text = Pipeline({"x": bound.x.latest}).to_sql(bundle="small")
    assert "ASOF LEFT JOIN" in text
    assert "other.facts" in text.replace('"', "")


def test_a_slice_of_a_family(small):
    class Estimates(DataSetFamily):
        extra_dims = [("horizon", {1, 2})]
        value = Column(float)

    frame = pl.DataFrame({"day": [D[4]] * 2, "sid": [0, 0], "horizon": [1, 2], "value": [1.5, 2.5]})
    family = Estimates.from_frame(frame, time="day")
    rows = rows_of(
        small,
        {"one": family.slice(1).value.latest, "two": family.slice(horizon=2).value.latest},
        D[9],
    )
    assert (of(rows, 0, "one")[D[9]], of(rows, 0, "two")[D[9]]) == (1.5, 2.5)
    with pytest.raises(DatasetError, match="horizon has no 3"):
        family.slice(3)
    with pytest.raises(DatasetError, match="dimensions"):
        family.slice()


EVENTS = pl.DataFrame(
    {
        "known": [date(2023, 12, 1), date(2023, 12, 1), D[14]],
        "sid": [0, 0, 0],
        "event": [D[9], D[22], D[17]],
        "value": [1.0, 2.0, 3.0],
    }
)


def test_events_before_and_after(small):
    options = {
        "day": "event",
        "columns": {"event": "datetime64[ns]", "value": float},
        "time": "known",
    }
    last = previous_event("Last", EVENTS, **options)
    then = next_event("Next", EVENTS, **options)
    rows = rows_of(
        small,
        {
            "last": last.value.latest,
            "next": then.value.latest,
            "since": BusinessDaysSincePreviousEvent(inputs=[last.event]),
        },
    )
    assert [of(rows, 0, "last").get(D[n]) for n in (8, 9, 10, 17, 18, 22)] == [None, 1, 1, 3, 3, 2]
    assert [of(rows, 0, "next").get(D[n]) for n in (8, 9, 10, 11, 15, 17, 18, 22, 23)] == [
        1,
        1,
        2,
        2,
        3,
        3,
        2,
        2,
        None,
    ]
    assert (of(rows, 0, "since")[D[9]], of(rows, 0, "since")[D[11]]) == (0.0, 2.0)
    assert of(rows, 1, "last")[D[10]] is None


def by_definition(events, session, sid, way):
    """The value of the event before or after a session, as the rows known by then say."""
    known = [it for it in events if it["sid"] == sid and it["known"] < session]
    near = [
        it
        for it in known
        if (it["event"] <= session if way == "previous" else it["event"] >= session)
    ]
    days = [it["event"] for it in near]
    if not near:
        return None
    day = max(days) if way == "previous" else min(days)
    return max((it for it in near if it["event"] == day), key=lambda it: it["known"])["value"]


@pytest.mark.parametrize(("way", "make"), [("previous", previous_event), ("next", next_event)])
def test_many_events_with_corrections_and_odd_names(small, way, make):
    rng = np.random.default_rng(3)
    start = date(2023, 12, 20)
    events = [
        {
            "sid": int(rng.integers(0, 3)),
            "known": start + timedelta(days=int(rng.integers(0, 40))),
            "event": start + timedelta(days=int(rng.integers(0, 50))),
            "value": float(number),
        }
        for number in range(300)
    ]
    # Of one asset, day of the event and day it became known there is one row.
    events = list({(it["sid"], it["known"], it["event"]): it for it in events}.values())
    frame = pl.DataFrame(events).with_columns(  # names that the statement uses itself
        place=pl.lit(7), counts_from=pl.lit("x"), happens=pl.lit(1.5), announced=pl.lit(None)
    )
    dataset = make("Odd", frame, day="event", columns={"value": float}, time="known")
    rows = rows_of(small, {"v": dataset.value.latest}).filter(pl.col("sid") < 4)
    expected = [
        by_definition(events, session, sid, way)
        for session, sid in rows.select("session", "sid").iter_rows()
    ]
    assert rows["v"].to_list() == expected
    assert rows["v"].n_unique() > 5


def test_estimates_of_the_quarters_around(small):
    frame = pl.DataFrame(
        {
            "known": [D[0], D[0], D[9], D[18]],
            "sid": [0, 0, 0, 0],
            "event_date": [D[11], date(2024, 4, 11), D[11], date(2024, 4, 12)],
            "fiscal_year": [2023, 2024, 2023, 2024],
            "fiscal_quarter": [4, 1, 4, 1],
            "eps": [1.0, 2.0, 1.5, 2.5],
        }
    )
    options = {"columns": {"eps": float}, "time": "known"}
    columns = {
        "next": next_estimates("N", frame, **options).eps.latest,
        "second": next_estimates("N2", frame, announcements=2, **options).eps.latest,
        "last": previous_estimates("P", frame, **options).eps.latest,
    }
    rows = rows_of(small, columns)
    assert [of(rows, 0, "next")[D[n]] for n in (3, 10, 11, 15, 22)] == [1.0, 1.5, 1.5, 2.0, 2.5]
    assert [of(rows, 0, "second")[D[n]] for n in (3, 11, 15)] == [2.0, 2.0, None]
    assert [of(rows, 0, "last")[D[n]] for n in (10, 11, 15)] == [None, 1.5, 1.5]


def shown(bundle, make, frame, column, days, **options):
    """The values of the first asset on some days of January."""
    columns = {column: float}
    dataset = make("Told", frame, columns=columns, time="known", **options)
    found = of(rows_of(bundle, {"x": getattr(dataset, column).latest}), 0, "x")
    return [found[D[n]] for n in days]


def test_an_event_within_a_day_is_past_from_the_next_day_on(small):
    at = [dt.datetime.fromisoformat(f"2024-01-{it}") for it in ("09T00:00", "11T16:30", "11T18:00")]
    frame = pl.DataFrame(
        {"known": [D[1], D[1], D[2]], "sid": [0] * 3, "at": at, "value": [1.0, 2.0, 3.0]}
    )
    days = (7, 8, 9, 10, 11, 15)
    past = [None, 1.0, 1.0, 1.0, 3.0, 3.0]
    to_come = [1.0, 1.0, 3.0, 3.0, None, None]
    assert shown(small, previous_event, frame, "value", days, day="at") == past
    assert shown(small, next_event, frame, "value", days, day="at") == to_come


def quarters(days, fiscal, **columns):
    """Estimates of the first asset, all known on the second of January."""
    rows = len(days)
    held = {"known": [D[1]] * rows, "sid": [0] * rows, "event_date": days, **columns}
    years, numbers = zip(*fiscal, strict=True)
    return pl.DataFrame({**held, "fiscal_year": years, "fiscal_quarter": numbers})


def test_a_quarter_announced_within_a_day_is_past_from_the_next_day_on(small):
    at = [dt.datetime.fromisoformat(f"2024-01-{it}") for it in ("09T00:00", "11T16:30", "11T08:00")]
    frame = quarters(at, [(2023, 3), (2023, 4), (2024, 1)], eps=[1.0, 2.0, 3.0])
    days = (7, 8, 9, 10, 11)
    assert shown(small, previous_estimates, frame, "eps", days) == [None, 1.0, 1.0, 1.0, 2.0]
    assert shown(small, next_estimates, frame, "eps", days) == [1.0, 1.0, 3.0, 3.0, None]


def test_of_quarters_announced_on_one_day_the_later_is_the_last(small):
    frame = quarters([D[9], D[9]], [(2023, 4), (2023, 3)], eps=[4.0, 3.0])
    terms = {
        f"{make.__name__} {number}": make(
            "Told", frame, columns={"eps": float}, time="known", announcements=number
        ).eps.latest
        for make in (previous_estimates, next_estimates)
        for number in (1, 2)
    }
    rows = rows_of(small, terms)
    found = {name: [of(rows, 0, name)[D[n]] for n in (8, 9, 10)] for name in terms}
    assert found == {
        "previous_estimates 1": [None, 4.0, 4.0],
        "previous_estimates 2": [None, 3.0, 3.0],
        "next_estimates 1": [3.0, 3.0, None],
        "next_estimates 2": [4.0, 4.0, None],
    }


def test_an_estimate_of_an_unknown_quarter_hides_no_other(small):
    unknown = [(2023, 3), (None, 4), (2023, None)]
    frame = quarters([D[9], D[10], D[11]], unknown, eps=[3.0, 4.0, 5.0])
    assert shown(small, previous_estimates, frame, "eps", (8, 9, 10, 15)) == [None, 3.0, 3.0, 3.0]
    assert shown(small, next_estimates, frame, "eps", (8, 9, 10)) == [3.0, 3.0, None]


def test_a_declared_dataset_without_rows_is_refused_before_data():
    with pytest.raises(DatasetError, match=r"from_table"):
        Pipeline({"e": Fundamentals.earnings.latest}).plan()


def test_an_unknown_column_names_the_nearest():
    with pytest.raises(UnknownFieldError, match="earnings"):
        _ = Fundamentals.earning


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"key": "name"}, "no key"),
        ({"delay": timedelta(days=-1)}, "looks ahead"),
        ({"time": "when"}, "'when'"),
    ],
)
def test_a_frame_that_cannot_be(options, said):
    with pytest.raises(DatasetError, match=said):
        Fundamentals.from_frame(ROWS, **{"time": "known", **options})


class Moment:
    """An object that is no time."""


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("times", [[Moment()], [20240105], [1.5], [True], [[D[4]]]])
def test_times_that_are_none(library, times):
    frame = importlib.import_module(library).DataFrame({"when": times, "sid": [0], "x": [1.0]})
    with pytest.raises(DatasetError, match=r"when.*Expected"):
        DataSet.from_frame(frame, time="when", columns={"x": float}, name="F")


@pytest.mark.parametrize(
    ("table", "time"), [("bars_1d", "sid"), ("small.bars_1d", "close"), ("adjustments", "ratio")]
)
def test_times_of_a_table_that_are_none(small, table, time):
    bound = DataSet.from_table(table, time=time, columns={"x": float}, name="T")
    pipe = Pipeline({"x": bound.x.latest})
    said = rf"{table.split('.')[-1]}: the times in '{time}' are of type"
    for run in (pipe.run, pipe.stream):
        with pytest.raises(DatasetError, match=said):
            run("2024-01-03", "2024-01-31", bundle="small", warehouse=small)


def test_days_of_events_that_are_none(small):
    options = {"day": "ratio", "time": "session", "columns": {"amount": float}}
    events = next_event("E", "small.adjustments", **options)
    with pytest.raises(DatasetError, match="ratio"):
        rows_of(small, {"x": events.amount.latest})
    frame = pl.DataFrame({"session": [D[4]], "sid": [0], "ratio": [0.5], "amount": [1.0]})
    with pytest.raises(DatasetError, match=r"E: the times in 'ratio' are of type double"):
        previous_event("E", frame, **options)


def test_values_that_are_objects():
    import pandas as pd

    frame = pd.DataFrame({"when": [D[4]], "sid": [0], "x": [Moment()]})
    with pytest.raises(DatasetError, match=r"Moment.*column x"):
        DataSet.from_frame(frame, time="when", columns={"x": float}, name="F")


def test_times_are_days_or_instants_or_their_text(small):
    import pandas as pd

    beside = {"sid": [0], "x": [1.0]}
    frames = [
        pd.DataFrame({"when": [D[4]], **beside}),
        pd.DataFrame({"when": ["2024-01-05"], **beside}),
        pd.DataFrame({"when": [pd.Timestamp("2024-01-05", tz="UTC")], **beside}),
        pd.DataFrame({"when": pd.Categorical(["2024-01-05"]), **beside}),
        pl.DataFrame({"when": ["2024-01-05 10:00"], **beside}),
        pl.DataFrame({"when": ["2024-01-05"], **beside}).cast({"when": pl.Categorical}),
    ]
    for frame in frames:
        bound = DataSet.from_frame(frame, time="when", columns={"x": float}, name="F")
        found = of(rows_of(small, {"x": bound.x.latest}), 0, "x")
        assert [found[D[n]] for n in (4, 7)] == [None, 1.0], frame


def test_a_frame_without_rows_says_nothing(small):
    frame = pl.DataFrame({"when": [], "sid": [], "x": []})
    bound = DataSet.from_frame(frame, time="when", columns={"x": float}, name="F")
    assert rows_of(small, {"x": bound.x.latest})["x"].is_null().all()


@pytest.mark.parametrize("table", ["", "a..b", 5])
def test_a_table_needs_a_name(table):
    with pytest.raises(DatasetError, match="names no table"):
        Fundamentals.from_table(table, time="known")


def test_a_dtype_that_cannot_be():
    with pytest.raises(TermParameterError, match="dtype"):
        Column(complex)


def test_prices_alone_have_no_dataset_beside_them():
    assert Pipeline({"c": EquityPricing.close.latest}).plan().joined == ()
