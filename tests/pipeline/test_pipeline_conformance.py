"""Each factor's SQL says what its NumPy definition says, over gaps, listings and actions."""

from inspect import isabstract

import numpy as np
import pytest

from rustybt.pipeline import Factor, Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import RSI, Returns, SimpleMovingAverage, WindowedFactor

CLOSE, VOLUME = EquityPricing.close.latest, EquityPricing.volume.latest
DAY = Returns(window_length=2)
LIQUID = EquityPricing.volume.latest > 1200
FIRST_LABEL = 1  # the first session with living assets; most windows begin before the data


def factor_classes(root: type = WindowedFactor) -> list[type]:
    found = []
    for child in root.__subclasses__():
        found += [child, *factor_classes(child)]
    ours = [it for it in found if it.__module__.startswith("rustybt.")]
    return [it for it in ours if not (it.__name__.startswith("_") or isabstract(it))]


FACTORS = [example for cls in factor_classes() for example in cls.examples()]
METHODS = {
    "latest": CLOSE,
    "volume": VOLUME,
    "plus": CLOSE + VOLUME,
    "reflected": 100 - 2 * CLOSE,
    "over": (CLOSE - 3) / (CLOSE - CLOSE),
    "negative": -DAY,
    "abs": (CLOSE - 60).abs(),
    "less": DAY < 0.01,
    "at_most": DAY <= DAY,
    "unequal": DAY != 0.0,
    "equal": DAY.eq(DAY),
    "logic": ((DAY > 0) & ~(CLOSE > 70)) | CLOSE.isnull(),
    "present": DAY.notnull(),
    "demean": DAY.demean(),
    "demean_masked": DAY.demean(mask=LIQUID),
    "zscore": DAY.zscore(),
    "zscore_masked": DAY.zscore(mask=LIQUID),
    **{
        f"rank_{method}_{way}": CLOSE.rank(method=method, ascending=way)
        for method in ("ordinal", "average", "min", "max", "dense")
        for way in (True, False)
    },
    "rank_masked": CLOSE.rank(mask=LIQUID),
    "top1": CLOSE.top(1),
    "top2": CLOSE.top(2),
    "bottom1": CLOSE.bottom(1),
    "bottom2_masked": CLOSE.bottom(2, mask=LIQUID),
    "masked_factor": SimpleMovingAverage(
        inputs=[EquityPricing.close], window_length=3, mask=LIQUID
    ),
    "nested": SimpleMovingAverage(inputs=[DAY.rank()], window_length=3),
    "nested_twice": SimpleMovingAverage(
        inputs=[SimpleMovingAverage(inputs=[RSI(window_length=3)], window_length=2).zscore()],
        window_length=2,
    ),
}
CASES = {**{repr(it): it for it in FACTORS}, **METHODS}


@pytest.fixture(scope="module")
def results(small, panel):
    sessions = panel.sessions
    pipe = Pipeline(CASES)
    return pipe.run(sessions[FIRST_LABEL], sessions[-1], bundle="small", warehouse=small).pl()


@pytest.mark.parametrize("name", CASES)
def test_sql_agrees_with_numpy(name, results, panel):
    term = CASES[name]
    expected = np.concatenate(
        [
            panel.evaluate(term, label)[panel.alive(label)]
            for label in range(FIRST_LABEL, len(panel.sessions))
        ]
    )
    got = results[name].to_numpy()
    assert got.dtype != object  # whose numbers would be compared one by one, as Python does
    # Sums are exact to the size of their terms, which a mean near zero forgets.
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def test_rows_are_the_living_assets(results, panel):
    expected = [
        (panel.sessions[label], symbol)
        for label in range(FIRST_LABEL, len(panel.sessions))
        for symbol, alive in zip(panel.symbols, panel.alive(label), strict=True)
        if alive
    ]
    assert results.select("session", "symbol").rows() == expected


def test_every_factor_has_examples():
    assert all(cls.examples() for cls in factor_classes())


def test_every_factor_says_its_four_facts():
    for cls in factor_classes():
        notes = cls.__doc__.partition("Notes\n")[2]
        assert all(word in notes for word in ("Formula:", "Units:", "Nulls:")), cls


def test_golden_ranks_of_zipline():
    row = np.array([3, 1, -2, 3, 10], dtype=float)
    expected = {
        "average": [3.5, 2, 1, 3.5, 5],
        "min": [3, 2, 1, 3, 5],
        "max": [4, 2, 1, 4, 5],
        "dense": [3, 2, 1, 3, 4],
        "ordinal": [3, 2, 1, 4, 5],
    }
    for method, ranks in expected.items():
        assert CLOSE.rank(method).compute(row).tolist() == ranks


def test_golden_descending_ordinal_rank_keeps_the_order_of_sids():
    row = np.array([3, 1, np.nan, -2, 3, 10])
    ranks: Factor = CLOSE.rank(ascending=False)
    np.testing.assert_array_equal(ranks.compute(row), [2, 4, np.nan, 5, 3, 1])


def test_golden_zscore():
    row = np.array([3, 1, np.nan, -2, 3, 10])
    expected = [0, -0.50637, np.nan, -1.26592, 0, 1.77229]
    np.testing.assert_allclose(CLOSE.zscore().compute(row), expected, atol=5e-6)
