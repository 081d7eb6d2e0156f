"""Filters as classes: what they refuse, and what no other test says of them."""

import datetime as dt

import numpy as np
import pytest

from rustybt.assets import Asset, AssetFinder
from rustybt.errors import (
    NotAnAssetError,
    TermInputsError,
    TermParameterError,
    TruthError,
    UnsupportedColumnError,
)
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import Returns
from rustybt.pipeline.filters import (
    All,
    AllPresent,
    Any,
    ArrayPredicate,
    AtLeastN,
    MaximumFilter,
    NotNullFilter,
    NullFilter,
    PercentileFilter,
    SingleAsset,
    StaticAssets,
    StaticSids,
)

CLOSE = EquityPricing.close
DAY = Returns(window_length=2)
UP = DAY > 0
ASSET = Asset(2, "C", "XNYS", "equity", dt.date(2024, 1, 2), dt.date(2024, 2, 1))


def symbols(small, panel, screen) -> set[str]:
    pipe = Pipeline({"close": CLOSE.latest}, screen=screen)
    span = panel.sessions[1], panel.sessions[-1]
    return set(pipe.run(*span, bundle="small", warehouse=small).pl()["symbol"])


def test_single_asset_is_that_asset(small, panel):
    asset = AssetFinder(small, "small").lookup_symbol("E")
    assert symbols(small, panel, SingleAsset(asset)) == {"E"}


def test_static_assets_are_those_assets(small, panel):
    finder = AssetFinder(small, "small")
    chosen = [finder.lookup_symbol("A"), finder.lookup_symbol("F")]
    assert symbols(small, panel, StaticAssets(chosen)) == {"A", "F"}


def test_static_sids_take_numbers_of_numpy():
    assert StaticSids(np.array([1, 2])) == StaticSids(frozenset({2, 1}))


@pytest.mark.parametrize("sids", ["12", [1.5], [True], 5, None])
def test_static_sids_must_be_whole_numbers(sids):
    with pytest.raises(TermParameterError, match="StaticSids: expected sids"):
        StaticSids(sids)


@pytest.mark.parametrize("asset", ["A", 3, None])
def test_single_asset_must_be_an_asset(asset):
    with pytest.raises(NotAnAssetError):
        SingleAsset(asset)


def test_static_assets_must_be_assets():
    with pytest.raises(NotAnAssetError):
        StaticAssets([ASSET, "A"])


@pytest.mark.parametrize("kind", [All, Any, AtLeastN])
@pytest.mark.parametrize("term", [DAY, CLOSE, DAY.quantiles(2)])
def test_windows_over_truth_take_filters(kind, term):
    with pytest.raises(UnsupportedColumnError, match="inputs: expected a filter"):
        kind(inputs=[term], window_length=3)


@pytest.mark.parametrize("term", [UP, DAY.quantiles(2)])
def test_all_present_takes_columns_and_factors(term):
    with pytest.raises(UnsupportedColumnError, match="expected columns or factors"):
        AllPresent(inputs=[term], window_length=3)


@pytest.mark.parametrize("count", [0, 4, 1.5, True, None])
def test_count_must_fit_the_window(count):
    with pytest.raises(TermParameterError, match="AtLeastN: expected N"):
        AtLeastN(inputs=[UP], window_length=3, N=count)


def test_window_length_must_be_given():
    with pytest.raises(TermParameterError, match="All: expected window_length"):
        All(inputs=[UP])


def test_inputs_must_be_given():
    with pytest.raises(TermInputsError):
        Any(window_length=3)


@pytest.mark.parametrize("given", [UP, CLOSE, 5])
def test_null_filters_take_what_can_be_missing(given):
    with pytest.raises(UnsupportedColumnError, match="term: expected a factor or classifier"):
        NullFilter(given)
    with pytest.raises(UnsupportedColumnError, match="term: expected a factor or classifier"):
        NotNullFilter(given)


@pytest.mark.parametrize("given", [UP, CLOSE, 5])
def test_filters_of_values_take_factors(given):
    with pytest.raises(UnsupportedColumnError, match="factor: expected a factor"):
        MaximumFilter(given)
    with pytest.raises(UnsupportedColumnError, match="factor: expected a factor"):
        PercentileFilter(given, 0, 50)


@pytest.mark.parametrize("pair", [(DAY, UP), (UP, DAY), (DAY.quantiles(2), DAY), (DAY, 5.0)])
def test_if_else_takes_two_of_a_kind(pair):
    with pytest.raises(UnsupportedColumnError, match="if_else: if_false"):
        UP.if_else(*pair)


def test_if_else_takes_labels_of_a_kind():
    numbers = DAY.quantiles(2)
    with pytest.raises(UnsupportedColumnError, match="a classifier of int64"):
        UP.if_else(numbers, numbers.relabel(str))


def test_if_else_takes_terms():
    with pytest.raises(UnsupportedColumnError, match="if_else: if_true"):
        UP.if_else(5.0, 6.0)


def test_filter_has_no_truth_value():
    with pytest.raises(TruthError):
        bool(All(inputs=[UP], window_length=3))


def test_array_predicate_is_a_function_of_python(small, panel):
    term = ArrayPredicate(CLOSE.latest, np.greater, (60,))
    pipe = Pipeline({"got": term, "wanted": CLOSE.latest > 60})
    span = panel.sessions[1], panel.sessions[-1]
    frame = pipe.run(*span, bundle="small", warehouse=small).pl()
    assert frame["got"].to_list() == frame["wanted"].to_list()
    assert frame["got"].any()


@pytest.mark.parametrize("given", [(CLOSE, np.greater), (DAY.mean(), np.greater), (5, np.greater)])
def test_array_predicate_takes_a_term(given):
    with pytest.raises(UnsupportedColumnError, match="ArrayPredicate: term"):
        ArrayPredicate(*given)


@pytest.mark.parametrize(
    "given", [(DAY, "greater"), (DAY, np.greater, 60), (DAY, np.greater, ([],))]
)
def test_array_predicate_takes_a_function_and_its_arguments(given):
    with pytest.raises(TermParameterError, match="ArrayPredicate: expected op"):
        ArrayPredicate(*given)
