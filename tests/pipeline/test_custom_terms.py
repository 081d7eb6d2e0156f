"""Terms written in Python see the windows that zipline shows them, and are terms like any other."""

# ruff: noqa: ARG002, RUF012 - classes as users write them

import datetime as dt
import os
import re
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from rustybt.errors import (
    CustomTermError,
    TermInputsError,
    TermParameterError,
    UnknownFieldError,
    UnsupportedColumnError,
    WindowInputError,
)
from rustybt.pipeline import Pipeline
from rustybt.pipeline.compiler.spine import Spine
from rustybt.pipeline.custom import CustomClassifier, CustomFactor, CustomFilter
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import Returns, SimpleMovingAverage
from warehouse.errors import QueryError

CLOSE, VOLUME = EquityPricing.close, EquityPricing.volume
LIQUID = VOLUME.latest > 1200


class Mean(CustomFactor):
    inputs = [CLOSE]
    window_length = 3
    ctx = np.errstate(all="ignore")

    def compute(self, today, assets, out, close):
        present = ~np.isnan(close)
        out[:] = np.where(present, close, 0).sum(axis=0) / present.sum(axis=0)


class DayReturn(CustomFactor):
    inputs = [CLOSE]
    window_length = 2
    window_safe = True

    def compute(self, today, assets, out, close):
        out[:] = close[-1] / close[0] - 1


class Weighted(CustomFactor):
    inputs = [CLOSE, VOLUME]
    window_length = 4
    params = {"weight": 2.0}

    def compute(self, today, assets, out, close, volume, weight):
        out[:] = weight * close[0] * volume[-1] + volume[0]


class Range(CustomFactor):
    inputs = [EquityPricing.high, EquityPricing.low]
    window_length = 4
    outputs = ["oldest", "newest"]

    def compute(self, today, assets, out, high, low):
        out.oldest[:] = high[0]
        out.newest[:] = low[-1]


class Rising(CustomFilter):
    inputs = [CLOSE]
    window_length = 2

    def compute(self, today, assets, out, close):
        out[:] = close[-1] > close[0]


class Parity(CustomClassifier):
    inputs = [CLOSE]
    window_length = 1

    def compute(self, today, assets, out, close):
        out[:] = np.where(assets % 3 == 0, -1, assets % 2)


class Letter(CustomClassifier):
    inputs = [CLOSE]
    window_length = 1
    dtype = object

    def compute(self, today, assets, out, close):
        out[:] = [None if sid == 2 else "AB"[sid % 2] for sid in assets.tolist()]


class Recorder(CustomFactor):
    inputs = [CLOSE]
    window_length = 2
    seen = []

    def compute(self, today, assets, out, close):
        self.seen.append((today, assets.copy(), close.shape))


class Failing(CustomFactor):
    inputs = [CLOSE]
    window_length = 1

    def compute(self, today, assets, out, close):
        if today.day == 18:
            raise ZeroDivisionError("no")


def run(bundle, panel, columns, first=1, last=-1, screen=None):
    pipe = Pipeline(columns, screen=screen)
    sessions = panel.sessions
    return pipe.run(sessions[first], sessions[last], bundle="small", warehouse=bundle)


def alike(got, expected):
    np.testing.assert_allclose(
        np.asarray(got, float), np.asarray(expected, float), rtol=1e-12, atol=1e-12
    )


def test_it_equals_the_same_factor_in_sql(small, panel):
    built_in = SimpleMovingAverage(inputs=[CLOSE], window_length=3)
    rows = run(small, panel, {"python": Mean(), "sql": built_in}).pl()
    alike(rows["python"], rows["sql"])


@pytest.mark.parametrize("first", [1, 2, 5, 12, 15])
def test_windows_are_adjusted_as_known_at_each_session(small, panel, first):
    rows = run(
        small, panel, {"value": Weighted(), "top": Range().oldest, "low": Range().newest}, first
    )
    labels = range(first, len(panel.sessions))
    expected = {"value": [], "top": [], "low": []}
    for label in labels:
        alive = panel.alive(label)
        close, volume, high, low = (
            panel.window(it, label, 4)[:, alive]
            for it in (CLOSE, VOLUME, EquityPricing.high, EquityPricing.low)
        )
        expected["value"].extend(2.0 * close[0] * volume[-1] + volume[0])
        expected["top"].extend(high[0])
        expected["low"].extend(low[-1])
    for name, values in expected.items():
        alike(rows.pl()[name], values)


def test_windows_of_stored_rows_are_those_of_computed_ones(small, panel, monkeypatch):
    stored = []
    real = Spine.as_stored

    def noted(self, names, *rest):
        stored.append(set(names))
        return real(self, names, *rest)

    monkeypatch.setattr(Spine, "as_stored", noted)
    columns = {"weighted": Weighted(), "oldest": Range().oldest, "newest": Range().newest}
    mask = EquityPricing.volume.latest > 0
    columns |= {"masked": Mean(mask=mask), "of_changes": Mean(inputs=[Returns(window_length=2)])}
    expected = run(small, panel, columns).pl()
    assert not stored
    # Most of two years: what is kept of the snapshot is read, for all sessions.
    span = panel.sessions[1], "2025-12-31"
    got = Pipeline(columns).run(*span, bundle="small", warehouse=small, cache=False).pl()
    scales = {"price_scale", "split_scale"}
    assert {"close", "volume"} in [it - scales for it in stored]
    assert {"high", "low"} in [it - scales for it in stored]
    assert got.filter(pl.col("session") <= panel.sessions[-1]).equals(expected)


def test_rows_that_no_action_changes_are_the_stored_ones(small, panel):
    rows = run(small, panel, {"top": Range().oldest}).pl().filter(symbol="E")
    labels = [label for label in range(1, len(panel.sessions)) if panel.alive(label)[4]]
    assert rows["top"].to_list() == [
        None if label < 4 else float(panel.raw["high"][label - 4, 4]) for label in labels
    ]


def test_it_is_a_term_like_any_other(small, panel):
    columns = {
        "arithmetic": 2 * Mean() + 1,
        "rank": Mean().rank(),
        "window": SimpleMovingAverage(inputs=[DayReturn()], window_length=3),
        "bought": (Mean() > 50) & Rising(),
        "mean": Mean(),
    }
    built_in = {
        "arithmetic": 2 * SimpleMovingAverage(inputs=[CLOSE], window_length=3) + 1,
        "rank": SimpleMovingAverage(inputs=[CLOSE], window_length=3).rank(),
        "window": SimpleMovingAverage(inputs=[Returns(window_length=2)], window_length=3),
    }
    rows = run(small, panel, columns, 6).pl()
    expected = run(small, panel, built_in, 6).pl()
    for name in built_in:
        alike(rows[name], expected[name])


def test_custom_of_a_custom(small, panel):
    class Smoothed(CustomFactor):
        inputs = [DayReturn()]
        window_length = 3

        def compute(self, today, assets, out, returns):
            out[:] = returns.sum(axis=0)

    rows = run(small, panel, {"nested": Smoothed()}, 8).pl()
    day = Returns(window_length=2)
    expected = run(
        small, panel, {"mean": SimpleMovingAverage(inputs=[day], window_length=3)}, 8
    ).pl()
    present = rows["nested"].is_not_null()
    assert present.sum() > 40
    alike(rows.filter(present)["nested"], 3 * expected.filter(present)["mean"])


def test_a_mask_leaves_assets_out(small, panel):
    Recorder.seen.clear()
    rows = run(small, panel, {"value": Mean(mask=LIQUID), "liquid": LIQUID, "mean": Mean()}, 6).pl()
    assert rows.filter(~rows["liquid"])["value"].null_count() == (~rows["liquid"]).sum()
    kept = rows.filter("liquid")
    assert kept["value"].to_list() == kept["mean"].to_list()


def test_compute_gets_the_living_assets_and_a_timestamp(small, panel):
    import pandas as pd

    Recorder.seen.clear()
    run(small, panel, {"value": Recorder()}, 8, 8)
    ((today, assets, shape),) = Recorder.seen
    alive = np.flatnonzero(panel.alive(8))
    assert (today, assets.tolist(), shape) == (
        pd.Timestamp(panel.sessions[8]),
        alive.tolist(),
        (2, alive.size),
    )
    assert assets.dtype == np.int64


def test_compute_may_write_into_its_windows_and_assets(small, panel):
    class Writing(Weighted):
        def compute(self, today, assets, out, close, volume, weight):
            super().compute(today, assets, out, close, volume, weight)
            close[:], volume[:], assets[:] = np.nan, -1, -1

    for mask in (None, LIQUID):
        columns = {"plain": Weighted(mask=mask), "writing": Writing(mask=mask)}
        rows = run(small, panel, columns).pl()
        assert rows["plain"].count() > 20
        assert rows["writing"].equals(rows["plain"])


def test_what_compute_leaves_alone_is_missing(small, panel):
    assert run(small, panel, {"value": Recorder()}).pl()["value"].null_count() > 0


def test_a_filter_screens(small, panel):
    rows = run(small, panel, {"rising": Rising()}, 3, screen=Rising()).pl()
    assert rows["rising"].all()
    assert 0 < len(rows) < len(run(small, panel, {"rising": Rising()}, 3).pl())


def test_labels_of_whole_numbers(small, panel):
    rows = run(small, panel, {"parity": Parity(), "odd": Parity().eq(1)}, 8).pl()
    assert [None if sid % 3 == 0 else sid % 2 for sid in rows["sid"]] == rows["parity"].to_list()
    assert rows["odd"].to_list() == [it == 1 for it in rows["parity"]]


def test_labels_of_text(small, panel):
    rows = run(small, panel, {"letter": Letter(), "starts": Letter().startswith("A")}, 8).pl()
    assert rows["letter"].to_list() == [None if sid == 2 else "AB"[sid % 2] for sid in rows["sid"]]
    assert rows["starts"].to_list() == [it == "A" for it in rows["letter"]]


def test_outputs_can_be_unpacked(small, panel):
    oldest, newest = Range()
    assert oldest == Range().oldest
    assert newest == Range().newest


def test_an_unknown_output_is_named():
    with pytest.raises(UnknownFieldError, match="oldest, newest"):
        _ = Range().middle


def test_an_error_inside_names_the_factor_and_the_session(small, panel):
    with pytest.raises(CustomTermError, match=r"Failing\.compute .* session 2024-01-18") as caught:
        run(small, panel, {"value": Failing()})
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.session == dt.date(2024, 1, 18)


def test_equal_terms_are_computed_once(small, panel):
    Recorder.seen.clear()
    run(small, panel, {"one": Recorder(), "two": Recorder()}, 8, 9)
    assert len(Recorder.seen) == 2


def test_parameters_have_defaults():
    assert Weighted() == Weighted(weight=2.0)
    assert not Weighted() == Weighted(weight=3.0)  # noqa: SIM201 - != is a filter


def test_parameters_by_name_alone_must_be_given():
    class Named(Weighted):
        params = ("weight",)

    with pytest.raises(TermParameterError, match="weight"):
        Named()
    assert Named(weight=1.0).arguments == {"weight": 1.0}


def test_an_unknown_parameter_is_refused():
    with pytest.raises(TermParameterError, match="one of weight"):
        Weighted(wait=3)


def test_a_parameter_must_be_hashable():
    with pytest.raises(TermParameterError, match="hashable"):
        Weighted(weight=[3])


@pytest.mark.parametrize("length", [0, -1, None, 1.5, True])
def test_window_length_must_be_positive(length):
    class Bad(CustomFactor):
        inputs = [CLOSE]
        window_length = length

        def compute(self, today, assets, out, close): ...

    with pytest.raises(TermParameterError, match="Bad: expected window_length"):
        Bad()


def test_inputs_must_be_given():
    class Without(CustomFactor):
        window_length = 2

        def compute(self, today, assets, out): ...

    with pytest.raises(TermInputsError, match="Without"):
        Without()


def test_prices_as_known_are_no_input():
    with pytest.raises(WindowInputError, match="latest"):
        Mean(inputs=[CLOSE.latest])


def test_a_custom_factor_is_not_safe_to_look_back_on():
    with pytest.raises(WindowInputError, match="Mean"):
        SimpleMovingAverage(inputs=[Mean()], window_length=3)


def test_mask_must_be_a_filter():
    with pytest.raises(UnsupportedColumnError, match="mask"):
        Mean(mask=Mean())


def test_dtype_must_fit_the_kind():
    with pytest.raises(TermParameterError, match="dtype"):
        Mean(dtype=bool)


@pytest.mark.parametrize("name", ["top", "two words", 5])
def test_names_of_outputs_must_be_free(name):
    with pytest.raises(TermParameterError, match="outputs"):
        Range(outputs=[name, "newest"])


def test_a_factor_of_several_outputs_is_no_column_and_no_input(small, panel):
    with pytest.raises(UnsupportedColumnError, match=r"one output of the factor, of \.oldest"):
        Pipeline({"value": Range()})
    with pytest.raises(TermParameterError, match="Range: expected output one of oldest"):
        run(small, panel, {"value": Range().rank()}, 8, 8)


def test_what_python_computes_is_never_taken_from_the_cache(small, panel):
    Recorder.seen.clear()
    for _ in range(2):
        run(small, panel, {"value": Recorder()}, 8, 8)
    assert len(Recorder.seen) == 2


class Count(CustomFactor):
    inputs = [CLOSE]
    window_length = 2
    dtype = np.int64

    def compute(self, today, assets, out, close):
        there = ~np.isnan(close[-1])
        out[there] = 10 * assets[there] + today.day


class Day(CustomFactor):
    inputs = [CLOSE]
    window_length = 1
    dtype = np.dtype("datetime64[ns]")

    def compute(self, today, assets, out, close):
        out[~np.isnan(close[-1])] = np.datetime64(today)


def test_whole_numbers_that_compute_leaves_alone_are_missing(small, panel):
    rows = run(small, panel, {"n": Count(), "more": Count() + 1, "close": CLOSE.latest}).pl()
    there = rows["close"].is_not_null()
    assert not there.all()
    day = rows["session"].dt.day()
    assert rows["n"].dtype == pl.Int64
    assert rows["n"].to_list() == [
        10 * sid + at if here else None
        for sid, at, here in zip(rows["sid"], day, there, strict=True)
    ]
    assert rows["more"].to_list() == [None if it is None else it + 1.0 for it in rows["n"]]


def test_days_that_compute_leaves_alone_are_missing(small, panel):
    result = run(small, panel, {"day": Day(), "there": Day().notnull(), "close": CLOSE.latest})
    rows = result.pl()
    assert rows["there"].to_list() == rows["close"].is_not_null().to_list()
    assert rows["day"].is_null().to_list() == rows["close"].is_null().to_list()
    known = rows.filter("there")
    assert known["day"].dt.date().to_list() == known["session"].to_list()
    assert result.df()["day"].isna().sum() == rows["day"].null_count() > 0


def test_labels_of_python_group_and_count(small, panel):
    columns = {
        "close": CLOSE.latest,
        "letter": Letter(),
        "apart": CLOSE.latest.demean(groupby=Letter()),
        "peers": Letter().peer_count(),
        "starts": Letter().startswith("A"),
    }
    rows = run(small, panel, columns).pl()
    mean = pl.col("close").mean().over("session", "letter")
    expected = rows.select(
        pl.when(pl.col("letter").is_not_null()).then(pl.col("close") - mean)
    ).to_series()
    np.testing.assert_allclose(rows["apart"].to_numpy(), expected.to_numpy(), atol=1e-12)
    assert rows["starts"].to_list() == (rows["letter"] == "A").fill_null(value=False).to_list()
    counted = rows.filter(pl.col("letter").is_not_null())
    assert (
        counted["peers"].to_list()
        == counted.select(pl.len().over("session", "letter")).to_series().to_list()
    )


def test_statement_of_a_term_in_python_names_the_table_of_its_values(small, panel):
    term = Count()
    result = run(small, panel, {"n": term})
    assert term.table in result.sql
    with pytest.raises(QueryError, match=term.table):
        small.sql(result.sql)


NAMING = """
from rustybt.pipeline import Pipeline
from rustybt.pipeline.custom import CustomFactor
from rustybt.pipeline.data import EquityPricing

def made(power):
    class Power(CustomFactor):
        inputs = [EquityPricing.close]
        window_length = 2
        def compute(self, today, assets, out, close):
            out[:] = close[-1] ** power
    return Power

square, cube = made(2), made(3)
assert square() == square()
assert not square() == cube()
print(Pipeline({"a": square(), "b": cube(), "c": square(window_length=3)}).to_sql(bundle="small"))
"""


def test_statement_of_a_term_in_python_is_the_same_in_every_process():
    def said(seed):
        command = [sys.executable, "-c", "import decimal, csv\n" * seed + NAMING]
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    text = said(1)
    assert text == said(2)
    assert len(set(re.findall(rb"Power_\w{8}\b", text))) == 3


@pytest.mark.parametrize("name", ["s", "k", "alive", "close", "price_scale"])
def test_column_may_be_named_as_what_a_run_uses_itself(small, panel, name):
    columns = {name: Letter(), "day": Day(), "close_": CLOSE.latest}
    plain = run(small, panel, {"letter": Letter()}).pl()
    assert run(small, panel, columns).pl()[name].to_list() == plain["letter"].to_list()
