"""Classifiers: what they refuse, and the form in which labels come out."""

import re

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from rustybt.errors import (
    InvalidClassifierComparisonError,
    TermInputsError,
    TermParameterError,
    UnsupportedColumnError,
)
from rustybt.pipeline import Classifier, Pipeline
from rustybt.pipeline.classifiers import Everything, Quantiles, RelabelOfData
from rustybt.pipeline.data import DataSet, EquityPricing
from rustybt.pipeline.factors import Returns

CLOSE = EquityPricing.close.latest
DAY = Returns(window_length=2)
HALVES = DAY.quantiles(2)
NAMES = HALVES.relabel({0: "low", 1: "high"}.get)


@pytest.fixture(scope="module")
def result(small, panel):
    pipe = Pipeline({"half": HALVES, "name": NAMES, "all": Everything()})
    return pipe.run(panel.sessions[1], panel.sessions[-1], bundle="small", warehouse=small)


def test_missing_labels_are_null_in_arrow(result):
    table = result.arrow()
    assert table.schema.field("half").type == pa.int64()
    assert table["half"].null_count == table["name"].null_count > 0


def test_numbers_are_int64_in_a_frame_with_minus_one_for_missing(result):
    column = result.df()["half"]
    assert column.dtype == np.dtype("int64")
    assert set(column) == {-1, 0, 1}


def test_text_is_categorical_in_a_frame(result):
    import pandas as pd

    column = result.df()["name"]
    assert isinstance(column.dtype, pd.CategoricalDtype)
    assert set(column.cat.categories) == {"high", "low"}
    assert column.isna().any()


def test_everything_is_one_group(result):
    assert set(result.df()["all"]) == {0}


@pytest.mark.parametrize("operator", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_labels_have_no_order(operator):
    with pytest.raises(InvalidClassifierComparisonError, match="labels have no order"):
        getattr(HALVES, operator)(1)


def test_invalid_comparison_is_a_type_error():
    with pytest.raises(TypeError):
        HALVES < 1  # noqa: B015 - the comparison is what raises


@pytest.mark.parametrize("label", ["low", 1.0, None, True, -1])
def test_label_must_be_of_the_kind_of_numbers(label):
    with pytest.raises(TermParameterError, match="a whole number other than -1"):
        HALVES.eq(label)


@pytest.mark.parametrize("label", [1, None, b"low"])
def test_label_must_be_of_the_kind_of_text(label):
    with pytest.raises(TermParameterError, match="to be text"):
        NAMES != label  # noqa: B015, SIM300 - the comparison is what raises


@pytest.mark.parametrize("choices", ["low", 5, None])
def test_element_of_takes_a_collection(choices):
    with pytest.raises(TermParameterError, match="element_of: expected choices"):
        NAMES.element_of(choices)


@pytest.mark.parametrize("choices", [[1], ["low", None]])
def test_element_of_takes_labels_of_the_kind(choices):
    with pytest.raises(TermParameterError, match="element_of: expected label"):
        NAMES.element_of(choices)


@pytest.mark.parametrize("word", ["startswith", "endswith", "has_substring", "matches"])
def test_tests_of_text_need_text(word):
    with pytest.raises(UnsupportedColumnError, match="a classifier whose labels are text"):
        getattr(HALVES, word)("l")


@pytest.mark.parametrize("word", ["startswith", "endswith", "has_substring"])
def test_tests_of_text_take_text(word):
    with pytest.raises(TermParameterError, match="to be a string"):
        getattr(NAMES, word)(5)


@pytest.mark.parametrize(
    "pattern", ["(", r"(a)\1", "(?=l)", 5, None, re.compile("l", re.IGNORECASE)]
)
def test_pattern_must_be_one_of_both_engines(pattern):
    with pytest.raises(TermParameterError, match="matches: expected pattern"):
        NAMES.matches(pattern)


def test_compiled_pattern_is_a_pattern():
    assert NAMES.matches(re.compile("l.w")) == NAMES.matches("l.w")


@pytest.mark.parametrize("value", ["low", -1, 1.5, NAMES, DAY])
def test_fillna_takes_labels_of_the_kind(value):
    with pytest.raises(TermParameterError, match="fillna: expected"):
        HALVES.fillna(value)


def test_relabel_takes_a_function():
    with pytest.raises(TermParameterError, match="relabel: expected relabeler"):
        HALVES.relabel({0: "low"})


@pytest.mark.parametrize("results", [{0: "low", 1: 5}, {0: 1.5, 1: 2.5}, {0: -1, 1: 1}])
def test_relabel_must_return_labels_of_one_kind(results):
    with pytest.raises(TermParameterError, match="to return text for all labels"):
        HALVES.relabel(results.get)


def test_relabel_of_what_the_data_say_runs_with_the_pipeline(small, panel):
    pipe = Pipeline({"got": RelabelOfData(NAMES, str.upper), "wanted": NAMES.relabel(str.upper)})
    frame = pipe.run(panel.sessions[1], panel.sessions[-1], bundle="small", warehouse=small).pl()
    assert frame["got"].to_list() == frame["wanted"].to_list()


@pytest.mark.parametrize("inputs", [(), [DAY, DAY], [HALVES], None, "close"])
def test_quantiles_take_one_factor(inputs):
    with pytest.raises(TermInputsError):
        Quantiles(inputs=inputs, bins=2)


def test_quantiles_of_a_factor_are_the_class():
    assert Quantiles(inputs=[DAY], bins=4) == DAY.quartiles()


def test_terms_of_labels_are_equal_by_value():
    assert len({DAY.quantiles(3), DAY.quantiles(3), DAY.quantiles(4)}) == 2
    assert isinstance(DAY.quantiles(3), Classifier)


def test_quote_in_a_label_is_text_and_not_sql(small, panel):
    odd = HALVES.relabel({0: "it's", 1: "'; DROP TABLE x; --"}.get)
    pipe = Pipeline({"label": odd, "found": odd.has_substring("'")}, screen=odd.eq("it's"))
    day = panel.sessions[8]
    frame = pipe.run(day, day, bundle="small", warehouse=small).pl()
    assert frame["label"].unique().to_list() == ["it's"]
    assert frame["found"].all()


def test_labels_may_be_negative(small, panel):
    pipe = Pipeline({"label": HALVES.relabel(lambda it: -5 - it)})
    frame = pipe.run(panel.sessions[8], panel.sessions[8], bundle="small", warehouse=small).pl()
    assert frame["label"].dtype == pl.Int64
    assert set(frame["label"].drop_nulls()) == {-5, -6}


@pytest.fixture(scope="module")
def sectors(panel) -> pl.DataFrame:
    """Labels of a table: known from January 3, of two assets missing."""
    rows = {"A": "Energy", "B": "Energy", "D": "Utilities", "E": "Utility services"}
    return pl.DataFrame(
        {"symbol": list(rows), "day": [panel.sessions[1]] * 4, "sector": list(rows.values())}
    )


@pytest.fixture(scope="module")
def by_symbol(small, panel, sectors) -> dict[str, dict]:
    """What methods make of labels that only the data say, on one day, by symbol."""
    data = DataSet.from_frame(sectors, time="day", key="symbol", columns={"sector": object})
    sector = data.sector.latest
    pipe = Pipeline(
        {
            "sector": sector,
            "short": sector.relabel(lambda it: it[:4]),
            "peers": sector.peer_count(),
            "rank": CLOSE.rank(groupby=sector.relabel(lambda it: it[:4])),
            "utility": sector.matches(r"Utilit(y|ies)"),
            "filled": sector.fillna("none"),
            "chosen": sector.element_of(["Energy"]),
        }
    )
    day = panel.sessions[8]
    frame = pipe.run(day, day, bundle="small", warehouse=small).pl()
    return {row["symbol"]: row for row in frame.to_dicts()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("short", {"A": "Ener", "B": "Ener", "D": "Util", "E": "Util", "F": None}),
        ("peers", {"A": 2, "B": 2, "D": 1, "E": 1, "F": None}),
        ("rank", {"A": 1, "B": 2, "D": 1, "E": 2, "F": None}),
        ("utility", {"A": False, "B": False, "D": True, "E": True, "F": False}),
        ("filled", {"A": "Energy", "F": "none"}),
        ("chosen", {"A": True, "D": False, "F": False}),
    ],
)
def test_labels_of_a_table(name, expected, by_symbol):
    assert {symbol: by_symbol[symbol][name] for symbol in expected} == expected
