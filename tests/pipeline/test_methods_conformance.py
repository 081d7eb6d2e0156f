"""Each method's SQL says what its NumPy definition says, over gaps, listings and actions."""

import itertools
import operator

import numpy as np
import pytest

from rustybt.pipeline import Pipeline
from rustybt.pipeline.classifiers import Everything, Quantiles
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import Returns, SimpleMovingAverage
from rustybt.pipeline.filters import (
    All,
    AllPresent,
    Any,
    AtLeastN,
    MaximumFilter,
    NotNullFilter,
    NullFilter,
    PercentileFilter,
    StaticSids,
)
from rustybt.pipeline.operation import FUNCTIONS

CLOSE, VOLUME = EquityPricing.close.latest, EquityPricing.volume.latest
DAY = Returns(window_length=2)
LIQUID = VOLUME > 1200
NONE = VOLUME < 0
NOWHERE = (CLOSE - CLOSE) / (CLOSE - CLOSE)  # NULL on every row
WIDE = 40 * DAY  # about -3 to 3, outside the domains of some functions
UP = DAY > 0
HALVES = CLOSE.quantiles(2)
NAMES = CLOSE.quantiles(3).relabel({0: "low", 1: "middle", 2: None}.get)
WINDOW = {"inputs": [UP], "window_length": 3}

BINARY = {
    "sum": operator.add,
    "difference": operator.sub,
    "product": operator.mul,
    "quotient": operator.truediv,
}
WHOLE = {  # exact on whole numbers, since a remainder jumps where its last bit does
    "sum": operator.add,
    "difference": operator.sub,
    "product": operator.mul,
    "remainder": operator.mod,
}
HUGE = CLOSE * 1e300
TINY = CLOSE / 1e300

SECTIONS = {
    "rank_of_overflow": (HUGE * HUGE).rank(),
    "rank_beside_overflow": (CLOSE * (1e305 * (CLOSE - 60))).rank("average"),
    "sum_overflows": CLOSE - HUGE.clip(1.7e308, 1.7e308).sum(),
    "zscore_overflows": HUGE.zscore(),
    "demean_of_huge": (HUGE / 1e10).demean(),
    "demean_by": DAY.demean(groupby=HALVES),
    "zscore_by": DAY.zscore(groupby=HALVES),
    "zscore_by_masked": DAY.zscore(mask=LIQUID, groupby=HALVES),
    "zscore_by_names": DAY.zscore(groupby=NAMES),
    "winsorize": DAY.winsorize(0.2, 0.8),
    "winsorize_low": DAY.winsorize(0.25, 1.0),
    "winsorize_masked_by": DAY.winsorize(0.3, 0.7, mask=LIQUID, groupby=HALVES),
    "winsorize_nothing": NOWHERE.winsorize(0.2, 0.8),
    **{
        f"rank_{method}_by": CLOSE.rank(method=method, ascending=way, mask=LIQUID, groupby=HALVES)
        for method, way in zip(
            ("ordinal", "average", "min", "max", "dense"),
            (True, False, True, False, True),
            strict=True,
        )
    },
    "rank_of_nothing": NOWHERE.rank("average"),
    "percentile_rank": CLOSE.percentile_rank(),
    "percentile_rank_by": DAY.percentile_rank(mask=LIQUID, groupby=HALVES),
    "top_by": DAY.top(1, groupby=HALVES),
    "bottom_by": DAY.bottom(2, mask=LIQUID, groupby=HALVES),
    "top_of_no_asset": DAY.top(1, mask=NONE),
    "between": DAY.percentile_between(20, 80),
    "between_masked": DAY.percentile_between(0, 50, mask=LIQUID),
    "between_nothing": NOWHERE.percentile_between(0, 100),
    "quartiles": DAY.quartiles(),
    "quintiles": DAY.quintiles(mask=LIQUID),
    "deciles": CLOSE.deciles(),
    "one_quantile": DAY.quantiles(1),
    "quantiles_of_nothing": NOWHERE.quartiles(),
    "quantiles_of_no_asset": DAY.quartiles(mask=NONE),
    **{
        f"{word}_{said}": CLOSE - getattr(source, word)(mask=mask)
        for word in ("mean", "stddev", "max", "min", "median", "sum", "notnull_count")
        for said, source, mask in (
            ("all", CLOSE, None),
            ("masked", CLOSE, LIQUID),
            ("none", CLOSE, NONE),
            ("null", NOWHERE, None),
        )
    },
    "window_over_summary": SimpleMovingAverage(inputs=[DAY.mean()], window_length=2),
    "moving_mean": DAY.mean(window_length=3),
}
ROWS = {
    **{name: getattr(WIDE, name)() for name in FUNCTIONS},
    "tiny_log1p": (DAY / 1e9).log1p(),
    "tiny_expm1": (DAY / 1e9).expm1(),
    "huge_exp": (CLOSE * 100).exp(),
    "huge_cosh": (CLOSE * 100).cosh(),
    "power": WIDE**2,
    "root_of_negative": WIDE**0.5,
    "inverse": (VOLUME - VOLUME) ** -1,
    "power_of_number": 2**WIDE,
    "power_overflows": CLOSE ** (10 * CLOSE),
    "power_of_power": (WIDE**3) ** 3,
    "product_overflows": HUGE * HUGE,
    "product_of_huge_is_a_number": HUGE * HUGE / 1e300,
    "quotient_overflows": CLOSE / TINY,
    "sum_overflows": 1e308 * DAY.fillna(2.0).clip(1.0, 1.7)
    + 1e308 * DAY.fillna(2.0).clip(1.0, 1.7),
    "difference_of_overflows": HUGE * HUGE - HUGE * HUGE,
    "remainder_overflows": HUGE % TINY,
    "underflow_is_zero": TINY * TINY,
    "remainder": WIDE % 0.7,
    "remainder_of_number": 7 % WIDE,
    "remainder_by_zero": CLOSE % (VOLUME - VOLUME),
    **{
        f"{left} then {right} under {middle}": BINARY[middle](
            BINARY[left](CLOSE, WIDE), BINARY[right](VOLUME, DAY + 2)
        )
        for left, middle, right in itertools.product(BINARY, repeat=3)
    },
    **{
        f"whole {left} then {right} under {middle}": WHOLE[middle](
            -WHOLE[left](VOLUME, 7), -WHOLE[right](VOLUME + 5, 11)
        )
        for left, middle, right in itertools.product(WHOLE, repeat=3)
    },
    "isnan": DAY.isnan(),
    "notnan": DAY.notnan(),
    "isfinite": NOWHERE.isfinite(),
    "fillna": DAY.fillna(-7),
    "fillna_term": DAY.fillna(CLOSE / 100),
    "clip": DAY.clip(-0.01, 0.02),
    "clip_below": DAY.clip(-float("inf"), 0.0),
    "clip_masked": DAY.clip(-0.01, 0.02, mask=LIQUID),
    "alias": DAY.alias("day"),
    "if_else": UP.if_else(CLOSE, -CLOSE),
    "if_else_filter": UP.if_else(LIQUID, ~LIQUID),
    "if_else_label": UP.if_else(HALVES, DAY.deciles()),
}
FILTERS = {
    "all": All(**WINDOW),
    "any": Any(**WINDOW),
    "at_least": AtLeastN(**WINDOW, N=2),
    "all_masked": All(**WINDOW, mask=LIQUID),
    "not_any_masked": ~Any(**WINDOW, mask=LIQUID),
    "any_of_present": Any(inputs=[CLOSE.isnull()], window_length=2),
    "present": AllPresent(inputs=[EquityPricing.close], window_length=3),
    "present_returns": AllPresent(inputs=[DAY], window_length=3),
    "present_volume": AllPresent(inputs=[EquityPricing.volume], window_length=3),
    "sids": StaticSids([0, 3, 99]),
    "no_sids": StaticSids([]),
    "not_null": NotNullFilter(DAY),
    "null_label": NullFilter(HALVES),
    "percentiles": PercentileFilter(DAY, 10, 60, mask=LIQUID),
    "maximum_by": MaximumFilter(DAY, groupby=HALVES),
    "nested": All(inputs=[Any(**WINDOW)], window_length=2),
}
LABELS = {
    "everything": DAY.demean(groupby=Everything()),
    "quantiles_class": Quantiles(inputs=[DAY], bins=3),
    "eq": HALVES.eq(1),
    "unequal": HALVES != 1,
    "null": HALVES.isnull(),
    "not_null_text": NAMES.notnull(),
    "element_of": DAY.deciles().element_of([0, 9]),
    "element_of_nothing": HALVES.element_of([]),
    "text_eq": NAMES.eq("low"),
    "text_unequal": NAMES != "low",
    "text_element_of": NAMES.element_of({"low", "high"}),
    "startswith": NAMES.startswith("l"),
    "endswith": NAMES.endswith("e"),
    "has_substring": NAMES.has_substring("idd"),
    "matches": NAMES.matches("[lm]o"),
    "matches_not_inside": NAMES.matches("iddle"),
    "peers": HALVES.peer_count(),
    "peers_masked": HALVES.peer_count(mask=LIQUID),
    "peers_of_text": NAMES.peer_count(),
    "fillna_label": HALVES.fillna(7),
    "fillna_classifier": HALVES.fillna(DAY.quantiles(3)),
    "relabel_numbers": HALVES.relabel(lambda it: it + 5),
    "everything_label": Everything(),
}
TEXTS = {
    "names": NAMES,
    "fillna_text": NAMES.fillna("none"),
    "if_else_text": UP.if_else(NAMES, NAMES.fillna("high")),
    "relabel_text": NAMES.relabel(str.upper),
}
NUMBERS = {**SECTIONS, **ROWS, **FILTERS, **LABELS}
FIRST_LABEL = 1


@pytest.fixture(scope="module")
def results(small, panel):
    pipe = Pipeline({**NUMBERS, **TEXTS})
    return pipe.run(
        panel.sessions[FIRST_LABEL], panel.sessions[-1], bundle="small", warehouse=small
    ).pl()


@pytest.fixture(scope="module")
def portable(small, panel):
    text = Pipeline({**NUMBERS, **TEXTS}).to_sql(
        panel.sessions[FIRST_LABEL], panel.sessions[-1], bundle="small"
    )
    return small.sql(text).pl()


def expected(panel, term):
    return np.concatenate(
        [
            panel.evaluate(term, label)[panel.alive(label)]
            for label in range(FIRST_LABEL, len(panel.sessions))
        ]
    )


@pytest.mark.parametrize("form", ["results", "portable"])
@pytest.mark.parametrize("name", NUMBERS)
def test_sql_agrees_with_numpy(name, form, panel, request):
    got = request.getfixturevalue(form)[name].to_numpy()
    assert got.dtype != object  # whose numbers would be compared one by one, as Python does
    wanted = expected(panel, NUMBERS[name])
    # Sums are exact to the size of their terms, which a mean near zero forgets.
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("form", ["results", "portable"])
@pytest.mark.parametrize("name", TEXTS)
def test_sql_of_text_agrees_with_numpy(name, form, panel, request):
    got = request.getfixturevalue(form)[name].to_list()
    wanted = [None if it != it else it for it in expected(panel, TEXTS[name]).tolist()]
    assert got == wanted


@pytest.mark.parametrize("name", ["tiny_log1p", "tiny_expm1"])
def test_small_values_keep_their_digits(name, results, panel):
    wanted = expected(panel, NUMBERS[name])
    np.testing.assert_allclose(results[name].to_numpy(), wanted, rtol=1e-14)


@pytest.mark.parametrize("name", {**SECTIONS, **ROWS})
def test_no_number_is_infinite_or_nan(name, results):
    column = results[name]
    assert not column.dtype.is_float() or column.drop_nulls().is_finite().all()


def test_window_over_numbers_too_large_for_their_sum_is_missing(small):
    huge = DAY.clip(1.7e308, 1.7e308)
    one, two = (SimpleMovingAverage(inputs=[huge], window_length=it) for it in (1, 2))
    pipe = Pipeline({"one": one, "two": two}, screen=DAY.notnull())
    result = pipe.run("2024-01-16", "2024-01-16", bundle="small", warehouse=small)
    for rows in (result.pl(), small.sql(result.sql).pl()):
        assert set(rows["one"]) == {1.7e308}
        assert rows["two"].null_count() == len(rows) > 0
