"""zipline's engine over a bundle: the same frames as `Pipeline.run`, at once or by chunks, with hooks."""

import datetime as dt
from contextlib import contextmanager

import pytest

from rustybt.errors import (
    DomainMismatchError,
    EngineError,
    SpanError,
    TermParameterError,
    UnsupportedColumnError,
)
from rustybt.pipeline import CustomFactor, Pipeline, SimplePipelineEngine
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.domain import CRYPTO
from rustybt.pipeline.factors import Returns, SimpleMovingAverage
from rustybt.pipeline.hooks import DelegatingHooks, NoHooks, PipelineHooks, ProgressHooks
from warehouse.errors import UnknownBundleError

CLOSE = EquityPricing.close
PIPE = Pipeline(
    {
        "mean": SimpleMovingAverage(inputs=[CLOSE], window_length=3),
        "rank": Returns(window_length=2).rank(),
        "up": Returns(window_length=2) > 0,
        "third": Returns(window_length=2).quantiles(3),
    },
    screen=CLOSE.latest > 10,
)
SPAN = ("2024-01-05", "2024-01-25")


class Broken(CustomFactor):
    inputs = (CLOSE,)
    window_length = 1

    def compute(self, *_):
        raise ZeroDivisionError


class Record(PipelineHooks):
    """Which hooks were called, with what."""

    def __init__(self, calls, name=""):
        self.calls, self.name = calls, name

    @contextmanager
    def running_pipeline(self, pipeline, start_date, end_date):
        assert isinstance(pipeline, Pipeline)
        self.calls.append((f"{self.name}run", start_date, end_date))
        yield
        self.calls.append(f"{self.name}done")

    @contextmanager
    def computing_chunk(self, terms, start_date, end_date):
        self.calls.append((f"{self.name}chunk", start_date, end_date))
        yield
        assert set(PIPE.columns.values()) <= set(terms)


class Shown:
    def __init__(self):
        self.models = []

    def publish(self, model):
        self.models.append(model)


@pytest.fixture
def engine(small):
    return SimplePipelineEngine("small", warehouse=small)


def assert_frame_equal(found, expected):
    from pandas.testing import assert_frame_equal

    assert_frame_equal(found, expected)


def plain(frame):
    """The frame with symbols in place of assets, which are equal by identity alone."""
    sessions, assets = (frame.index.get_level_values(it) for it in (0, 1))
    return frame.set_axis([sessions, [it.symbol for it in assets]], axis="index")


@pytest.fixture(scope="module")
def expected(small):
    return plain(PIPE.run(*SPAN, bundle="small", warehouse=small).df())


def test_frame_is_that_of_run(engine, expected):
    assert_frame_equal(plain(engine.run_pipeline(PIPE, *SPAN)), expected)


@pytest.mark.parametrize("size", [1, 2, 5, 14, 1000])
def test_chunks_make_the_same_frame(engine, expected, size):
    assert_frame_equal(plain(engine.run_chunked_pipeline(PIPE, *SPAN, size)), expected)


def test_dates_are_taken_as_zipline_takes_them(engine, expected):
    import pandas as pd

    found = engine.run_pipeline(PIPE, pd.Timestamp(SPAN[0]), end_date=pd.Timestamp(SPAN[1]))
    assert_frame_equal(plain(found), expected)


def test_engine_opens_the_root_that_it_is_told(small, expected):
    engine = SimplePipelineEngine("small", root=small.root)
    assert_frame_equal(plain(engine.run_pipeline(PIPE, *SPAN)), expected)


def test_chunks_share_their_assets(engine):
    frame = engine.run_chunked_pipeline(PIPE, *SPAN, 3)
    assert len({id(it) for it in frame.index.get_level_values(1)}) == 6


def test_no_asset_passes(engine):
    pipe = Pipeline({"close": CLOSE.latest}, screen=CLOSE.latest < 0)
    frame = engine.run_chunked_pipeline(pipe, *SPAN, 4)
    assert (len(frame), list(frame)) == (0, ["close"])


def test_span_that_is_longer_than_the_bars(engine, small):
    span = ("2023-06-01", "2025-06-01")
    pipe = Pipeline({"close": CLOSE.latest})
    whole = pipe.run(*span, bundle="small", warehouse=small).df()
    assert_frame_equal(plain(engine.run_chunked_pipeline(pipe, *span, 5)), plain(whole))


@pytest.mark.parametrize("size", [0, -1, 2.0, True, None, "5"])
def test_chunk_must_be_a_positive_integer(engine, size):
    with pytest.raises(TermParameterError, match="run_chunked_pipeline: expected chunksize"):
        engine.run_chunked_pipeline(PIPE, *SPAN, size)


@pytest.mark.parametrize("pipe", [None, "pipe", {"mean": CLOSE.latest}])
def test_only_pipelines_are_run(engine, pipe):
    with pytest.raises(UnsupportedColumnError, match="run_pipeline: expected a Pipeline"):
        engine.run_pipeline(pipe, *SPAN)


def test_end_before_start(engine):
    with pytest.raises(SpanError, match="ends before it starts"):
        engine.run_pipeline(PIPE, *reversed(SPAN))


@pytest.mark.parametrize(
    ("given", "named", "found"),
    [
        ((print, object()), {}, "builtin_function_or_method, object"),
        ((), {"get_loader": print, "asset_finder": None}, "get_loader=, asset_finder="),
        (("small", object()), {}, "str, object"),
        (("small",), {"populate_initial_workspace": print}, "str, populate_initial_workspace="),
        ((), {}, "nothing"),
    ],
)
def test_loaders_and_finders_are_refused_with_what_to_use(given, named, found):
    with pytest.raises(EngineError, match="SimplePipelineEngine\\('sp500', root=") as caught:
        SimplePipelineEngine(*given, **named)
    assert f"found {found}." in str(caught.value)
    assert "DataSet.from_table" in str(caught.value)


def test_unknown_bundle(small):
    with pytest.raises(UnknownBundleError, match="small"):
        SimplePipelineEngine("smal", warehouse=small).run_pipeline(PIPE, *SPAN)


def test_default_domain_is_that_of_pipelines_without_one(small):
    engine = SimplePipelineEngine("small", warehouse=small, default_domain=CRYPTO)
    with pytest.raises(DomainMismatchError, match="24/7"):
        engine.run_pipeline(PIPE, *SPAN)


def test_hooks_stand_around_the_run_and_its_chunks(engine):
    calls = []
    engine.run_chunked_pipeline(PIPE, *SPAN, 10, hooks=Record(calls))
    first, middle, last = dt.date(2024, 1, 5), dt.date(2024, 1, 19), dt.date(2024, 1, 25)
    assert calls == [
        ("run", first, last),
        ("chunk", first, middle),
        ("chunk", dt.date(2024, 1, 22), last),
        "done",
    ]


def test_default_hooks_are_called_beside_those_of_a_run(small):
    calls = []
    engine = SimplePipelineEngine("small", warehouse=small, default_hooks=Record(calls, "d"))
    engine.run_pipeline(PIPE, *SPAN, hooks=Record(calls, "h"))
    assert [it if isinstance(it, str) else it[0] for it in calls] == [
        *("drun", "hrun", "dchunk", "hchunk", "hdone", "ddone")
    ]


def test_hooks_may_do_nothing(engine, expected):
    hooks = DelegatingHooks([NoHooks(), PipelineHooks()])
    assert_frame_equal(plain(engine.run_pipeline(PIPE, *SPAN, hooks)), expected)


def test_progress_is_published(engine):
    shown = Shown()
    hooks = ProgressHooks.with_static_publisher(shown)
    engine.run_chunked_pipeline(PIPE, *SPAN, 10, hooks)
    percents = [round(it.percent_complete, 1) for it in shown.models]
    assert percents == [0.0, 0.0, 71.4, 71.4, 100.0, 100.0]
    assert [it.state for it in shown.models] == ["init", *["computing"] * 4, "success"]


def test_progress_knows_the_chunk_and_the_time(engine):
    shown = Shown()
    engine.run_pipeline(PIPE, *SPAN, ProgressHooks.with_publisher_factory(lambda: shown))
    assert shown.models[1].current_chunk_bounds == (dt.date(2024, 1, 5), dt.date(2024, 1, 25))
    assert shown.models[-1].execution_time >= shown.models[1].execution_time >= 0


def test_progress_of_a_run_that_fails_ends_in_an_error(engine):
    shown = Shown()
    pipe = Pipeline({"broken": Broken()})
    with pytest.raises(Exception, match="Broken"):
        engine.run_pipeline(pipe, *SPAN, ProgressHooks.with_static_publisher(shown))
    assert shown.models[-1].state == "error"
