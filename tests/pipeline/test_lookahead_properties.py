"""No term, and no composition of terms, changes when the future does."""

import datetime as dt
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import warehouse
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.expression import Factor
from rustybt.pipeline.factors import RSI, VWAP, Returns, SimpleMovingAverage
from rustybt.pipeline.lookahead import FUTURES, leaks_between, other_future

FIRST = dt.date(2024, 1, 3)
CUTS = (dt.date(2024, 1, 11), dt.date(2024, 1, 18), dt.date(2024, 1, 25))  # around both actions


@pytest.fixture(scope="module")
def futures(small) -> Iterator[dict]:
    """The small bundle with other futures, by cut and kind."""
    made = {}
    opened = [
        (cut, kind, other_future(small, "small", cut, kind)) for cut in CUTS for kind in FUTURES
    ]
    try:
        for cut, kind, manager in opened:
            made[cut, kind] = manager.__enter__()
        yield made
    finally:
        for _, _, manager in opened[: len(made)]:
            manager.__exit__(None, None, None)


def of_cuts(futures: dict, *cuts: dt.date) -> dict:
    return {(cut, kind): other for (cut, kind), other in futures.items() if cut in cuts}


def leaks(pipe: Pipeline, small: warehouse.Warehouse, futures: dict) -> list:
    truth = pipe.run(FIRST, CUTS[-1], bundle="small", warehouse=small).pl()
    found = []
    for (cut, kind), other in futures.items():
        expected = truth.filter(truth["session"] <= cut)
        changed = pipe.run(FIRST, CUTS[-1], bundle="small", warehouse=other).pl()
        found += leaks_between(expected, changed.filter(changed["session"] <= cut), cut, kind)
    return found


@pytest.mark.parametrize(
    "cut", [CUTS[1], *(pytest.param(it, marks=pytest.mark.slow) for it in (CUTS[0], CUTS[2]))]
)
def test_no_built_in_term_sees_the_future(example_columns, small, futures, cut):
    assert leaks(Pipeline(example_columns), small, of_cuts(futures, cut)) == []


COLUMNS = st.sampled_from([EquityPricing.open, EquityPricing.close, EquityPricing.volume])
SAFE = st.one_of(
    st.builds(Returns, window_length=st.integers(2, 6)),
    st.builds(RSI, window_length=st.integers(2, 6)),
)
PRICES = st.one_of(
    COLUMNS.map(lambda it: it.latest),
    st.builds(VWAP, window_length=st.integers(1, 6)),
    st.builds(
        lambda column, length: SimpleMovingAverage(inputs=[column], window_length=length),
        COLUMNS,
        st.integers(1, 6),
    ),
)


def composed(terms: st.SearchStrategy[Factor]) -> st.SearchStrategy[Factor]:
    methods = st.sampled_from(["demean", "zscore", "rank", "abs"])
    return st.one_of(
        st.builds(lambda a, b: a + 2 * b, terms, terms),
        st.builds(lambda a, b: a / b, terms, terms),
        st.builds(lambda a, method: getattr(a, method)(), terms, methods),
        st.builds(lambda a, count: a.rank(mask=a.top(count)), terms, st.integers(1, 4)),
        st.builds(
            lambda a, length: SimpleMovingAverage(inputs=[a.rank()], window_length=length),
            terms,
            st.integers(1, 4),
        ),
    )


TERMS = st.recursive(SAFE | PRICES, composed, max_leaves=6)


@pytest.mark.parametrize("cuts", [CUTS[:1], pytest.param(CUTS, marks=pytest.mark.slow)])
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(TERMS, min_size=1, max_size=3, unique=True), st.none() | TERMS)
def test_no_composition_sees_the_future(small, futures, cuts, terms, screened):
    pipe = Pipeline({f"t{number}": it for number, it in enumerate(terms)})
    if screened is not None:
        pipe.set_screen(screened.notnull())
    assert leaks(pipe, small, of_cuts(futures, *cuts)) == []
