"""What cannot be computed is refused before any data is read, and the message says what to do."""

import datetime as dt

import numpy as np
import pytest

from rustybt.errors import (
    ColumnNameError,
    OptionError,
    PipelineError,
    ScreenError,
    SpanError,
    TermInputsError,
    TermParameterError,
    TruthError,
    UnknownFieldError,
    UnsupportedColumnError,
    WindowInputError,
)
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import (
    RSI,
    VWAP,
    PercentChange,
    Returns,
    SimpleMovingAverage,
)
from warehouse.errors import UnknownBundleError

CLOSE = EquityPricing.close
MEAN = SimpleMovingAverage(inputs=[CLOSE], window_length=3)


def test_unknown_field_names_the_nearest():
    with pytest.raises(UnknownFieldError, match="Nearest name: 'close'"):
        _ = EquityPricing.closing


def test_unknown_field_is_an_attribute_error():
    assert not hasattr(EquityPricing, "vwap")


@pytest.mark.parametrize("length", [None, 0, -1, 2.0, True, "5", 10**30])
def test_window_length_must_be_a_positive_integer(length):
    with pytest.raises(TermParameterError, match=r"SimpleMovingAverage: expected window_length"):
        SimpleMovingAverage(inputs=[CLOSE], window_length=length)


@pytest.mark.parametrize("factor", [Returns, RSI])
def test_changes_need_two_sessions(factor):
    with pytest.raises(TermParameterError, match=r"from 2 to .*, found 1"):
        factor(window_length=1)


def test_window_length_of_numpy_is_an_integer():
    assert SimpleMovingAverage(inputs=[CLOSE], window_length=np.int64(3)) == MEAN


def test_window_over_a_filter_is_refused():
    with pytest.raises(UnsupportedColumnError, match="inputs: expected columns or factors"):
        SimpleMovingAverage(inputs=[CLOSE.latest > 5], window_length=3)


def test_window_length_may_be_an_own_default():
    assert RSI().window_length == 15


@pytest.mark.parametrize("inputs", [(), [CLOSE, CLOSE], ["close"], "close", CLOSE, None])
def test_inputs_must_be_as_many_terms_as_the_factor_takes(inputs):
    with pytest.raises(TermInputsError, match=r"SimpleMovingAverage: expected inputs=\[\.\.\.\]"):
        SimpleMovingAverage(inputs=inputs, window_length=3)


def test_inputs_must_be_given_where_there_is_no_default():
    with pytest.raises(TermInputsError):
        PercentChange(window_length=3)


@pytest.mark.parametrize("term", [MEAN, CLOSE.latest, MEAN / CLOSE.latest, VWAP(window_length=2)])
def test_window_over_prices_of_unlike_adjustment_is_refused_by_name(term):
    with pytest.raises(WindowInputError) as caught:
        SimpleMovingAverage(inputs=[term], window_length=3)
    assert repr(term) in str(caught.value)


@pytest.mark.parametrize(
    "term", [Returns(window_length=2), RSI(), MEAN.rank(), MEAN.zscore(), RSI().demean()]
)
def test_window_over_terms_free_of_units_is_allowed(term):
    assert SimpleMovingAverage(inputs=[term], window_length=3).inputs == (term,)


def test_demean_of_a_price_is_no_safer_than_the_price():
    with pytest.raises(WindowInputError):
        SimpleMovingAverage(inputs=[MEAN.demean()], window_length=3)


@pytest.mark.parametrize("method", ["first", "", None])
def test_unknown_rank_method(method):
    with pytest.raises(TermParameterError, match="ordinal, average, min, max, dense"):
        MEAN.rank(method=method)


@pytest.mark.parametrize("count", [0, -3, 1.5, True])
def test_top_needs_a_positive_count(count):
    with pytest.raises(TermParameterError, match="top: expected N"):
        MEAN.top(count)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf])
def test_literal_must_be_finite(value):
    with pytest.raises(TermParameterError, match="finite"):
        value < MEAN  # noqa: B015 - the comparison is what raises


@pytest.mark.parametrize("other", ["5", None, True, [1.0], CLOSE, MEAN > 1])
def test_arithmetic_takes_factors_and_numbers(other):
    with pytest.raises(TypeError):
        MEAN + other


@pytest.mark.parametrize("other", [5, MEAN, True])
def test_logic_takes_filters(other):
    with pytest.raises(TypeError):
        (MEAN > 1) & other


def test_filter_has_no_truth_value():
    with pytest.raises(TruthError, match=r"Use & \| ~"):
        bool(MEAN > 1)


def test_chained_comparison_is_refused():
    with pytest.raises(TruthError):
        1 < MEAN < 5  # noqa: B015 - the comparison is what raises


def test_eq_takes_numbers_and_factors():
    with pytest.raises(UnsupportedColumnError):
        MEAN.eq("5")


def test_mask_must_be_a_filter():
    with pytest.raises(UnsupportedColumnError, match="mask: expected a filter"):
        MEAN.rank(mask=MEAN)


def test_mask_of_a_factor_must_be_a_filter():
    with pytest.raises(UnsupportedColumnError, match="mask: expected a filter"):
        Returns(window_length=2, mask=MEAN)


def test_column_itself_is_no_pipeline_column():
    with pytest.raises(UnsupportedColumnError, match=r"EquityPricing\.close\.latest"):
        Pipeline().add(CLOSE, "close")


@pytest.mark.parametrize("term", [5, "close", None, SimpleMovingAverage])
def test_only_terms_are_columns(term):
    with pytest.raises(UnsupportedColumnError, match="expected a factor, filter or classifier"):
        Pipeline({"x": term})


def test_name_that_is_taken():
    pipe = Pipeline({"mean": MEAN})
    with pytest.raises(ColumnNameError, match="'mean' already exists"):
        pipe.add(MEAN, "mean")


def test_name_that_is_taken_is_a_key_error():
    assert issubclass(ColumnNameError, KeyError)


def test_overwrite_replaces_the_column():
    pipe = Pipeline({"mean": MEAN})
    pipe.add(RSI(), "mean", overwrite=True)
    assert pipe.columns == {"mean": RSI()}


@pytest.mark.parametrize("name", ["session", "SID", "symbol"])
def test_name_of_a_key_is_reserved(name):
    with pytest.raises(ColumnNameError, match="key of the result"):
        Pipeline({name: MEAN})


@pytest.mark.parametrize("name", ["", 5, "a\0b"])
def test_name_must_be_text(name):
    with pytest.raises(ColumnNameError):
        Pipeline().add(MEAN, name)


def test_remove_returns_the_term():
    pipe = Pipeline({"mean": MEAN})
    assert pipe.remove("mean") == MEAN
    assert pipe.columns == {}


def test_remove_of_an_unknown_column():
    with pytest.raises(ColumnNameError, match="is not one of mean"):
        Pipeline({"mean": MEAN}).remove("men")


def test_second_screen_is_refused():
    pipe = Pipeline(screen=MEAN > 1)
    with pytest.raises(ScreenError, match="overwrite=True"):
        pipe.set_screen(MEAN > 2)


def test_second_screen_may_overwrite():
    pipe = Pipeline(screen=MEAN > 1)
    pipe.set_screen(MEAN > 2, overwrite=True)
    assert pipe.screen == (MEAN > 2)


def test_screen_must_be_a_filter():
    with pytest.raises(UnsupportedColumnError, match="screen: expected a filter"):
        Pipeline(screen=MEAN)


def test_end_before_start(small):
    with pytest.raises(SpanError, match="ends before it starts"):
        Pipeline({"m": MEAN}).run("2024-02-01", "2024-01-02", bundle="small", warehouse=small)


def test_span_without_sessions_names_the_nearest(small):
    with pytest.raises(SpanError, match="nearest are 2024-01-12 and 2024-01-16"):
        Pipeline({"m": MEAN}).run("2024-01-13", "2024-01-15", bundle="small", warehouse=small)


def test_span_beyond_the_bundle_names_what_it_holds(small):
    with pytest.raises(SpanError, match="bars of 2024-01-02 to 2024-02-01"):
        Pipeline({"m": MEAN}).run("1999-01-13", "1999-02-15", bundle="small", warehouse=small)


@pytest.mark.parametrize("day", ["soon", "2024-13-01", 20240101, 1.5, np.datetime64("NaT")])
def test_day_that_is_none(day):
    with pytest.raises(OptionError, match="start"):
        Pipeline({"m": MEAN}).to_sql(day)


def test_not_a_time_is_no_day():
    import pandas as pd

    with pytest.raises(OptionError, match="end"):
        Pipeline({"m": MEAN}).to_sql("2024-01-02", pd.NaT)


@pytest.mark.parametrize("span", [("2023-01-03", "2023-12-29"), ("2024-02-02", "2024-03-01")])
def test_span_outside_the_bars_is_refused(small, span):
    with pytest.raises(SpanError, match=r"no bars there.*bars of 2024-01-02 to 2024-02-01"):
        Pipeline({"m": MEAN}).run(*span, bundle="small", warehouse=small)


def test_unknown_bundle(small):
    with pytest.raises(UnknownBundleError, match="small"):
        Pipeline({"m": MEAN}).run("2024-01-12", "2024-01-15", bundle="smal", warehouse=small)


def test_all_errors_of_the_pipeline_have_one_root():
    classes = [ColumnNameError, ScreenError, TermInputsError, TermParameterError, TruthError]
    assert all(issubclass(it, PipelineError) for it in classes)


def test_terms_are_equal_by_value():
    assert SimpleMovingAverage(inputs=[CLOSE], window_length=3) == MEAN
    assert len({MEAN.rank(), MEAN.rank(), MEAN.rank(ascending=False)}) == 2


def test_terms_of_other_parameters_differ():
    assert not SimpleMovingAverage(inputs=[CLOSE], window_length=4) == MEAN  # noqa: SIM201 - != is a filter
    assert not MEAN == 5  # noqa: SIM201 - != is a filter


def test_numbers_of_numpy_are_numbers():
    assert np.float64(2) * MEAN == 2.0 * MEAN


def test_a_date_is_a_day():
    text = Pipeline({"m": MEAN}).to_sql(dt.date(2024, 1, 2))
    assert "2024-01-02" in text
