"""Pipelines attached to a strategy: what they show in each session, and when they are computed."""

from datetime import date

import numpy as np
import pytest

from rustybt import api, run_algorithm
from rustybt.algorithm import TradingAlgorithm
from rustybt.errors import HookError, OptionError, PipelineNameError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import RSI, SimpleMovingAverage

FIRST, LAST = date(2020, 1, 6), date(2020, 1, 17)
CLOSE = EquityPricing.close


@pytest.fixture
def root(make_bundle):
    rising = [10.0 + n for n in range(12)]
    return make_bundle({"A": rising, "B": [None] * 4 + [5.0] * 8})


def run(root, **hooks):
    return run_algorithm(FIRST, LAST, capital_base=1000.0, root=root, **hooks)


def seen(root, pipeline, **options):
    """The frames of all sessions, read in handle_data, by session."""
    frames = {}

    def initialize(context):
        api.attach_pipeline(pipeline, "my_pipe", **options)

    def handle_data(context, data):
        frames[api.get_datetime().date()] = api.pipeline_output("my_pipe")

    run(root, initialize=initialize, handle_data=handle_data)
    return frames


class Seed(TradingAlgorithm):
    """The third workflow of the guide."""

    def initialize(self, context):  # noqa: ARG002 - as the guide writes it
        pipe = Pipeline()
        pipe.add(SimpleMovingAverage(inputs=[EquityPricing.close], window_length=20), name="sma_20")
        pipe.add(RSI(window_length=14), name="rsi")
        self.attach_pipeline(pipe, "my_pipe")
        self.shapes = []

    def before_trading_start(self, context, data):  # noqa: ARG002 - as the guide writes it
        context.pipeline_output = self.pipeline_output("my_pipe")

    def handle_data(self, context, data):  # noqa: ARG002 - as the guide writes it
        self.shapes.append((list(context.pipeline_output), len(context.pipeline_output)))


def test_guides_third_workflow(root):
    strategy = Seed()
    run(root, algorithm=strategy)
    assert strategy.shapes[1:] == [(["sma_20", "rsi"], 1)] * 4 + [(["sma_20", "rsi"], 2)] * 5


def test_a_session_sees_the_close_before_it(root):
    frames = seen(root, Pipeline({"close": CLOSE.latest}))
    assert frames[date(2020, 1, 8)]["close"].tolist() == [11.0]


def test_assets_of_the_index_are_those_of_the_strategy(root):
    held = []

    def initialize(context):
        context.asset = api.symbol("B")
        api.attach_pipeline(Pipeline({"close": CLOSE.latest}), "p")

    def handle_data(context, data):
        held.append(context.asset in api.pipeline_output("p").index)

    run(root, initialize=initialize, handle_data=handle_data)
    assert held == [False] * 5 + [True] * 5


def test_no_asset_passes_gives_an_empty_frame_with_the_columns(root):
    frames = seen(root, Pipeline({"close": CLOSE.latest}, screen=CLOSE.latest > 15))
    assert frames[FIRST].empty
    assert list(frames[FIRST]) == ["close"]
    assert frames[FIRST].dtypes.tolist() == [np.float64]


@pytest.mark.parametrize("chunks", [1, 3, [1, 2, 4], 1000])
@pytest.mark.parametrize("eager", [True, False])
def test_answers_do_not_depend_on_chunks(root, chunks, eager):
    pipe = Pipeline({"mean": SimpleMovingAverage(inputs=[CLOSE], window_length=3)})
    whole, cut = seen(root, pipe), seen(root, pipe, chunks=chunks, eager=eager)
    assert [it["mean"].tolist() for it in cut.values()] == [
        it["mean"].tolist() for it in whole.values()
    ]


def test_a_pipeline_read_now_and_then_skips_the_chunks_between(root):
    read = {}

    def initialize(context):
        api.attach_pipeline(Pipeline({"close": CLOSE.latest}), "p", chunks=2, eager=False)

    def handle_data(context, data):
        session = api.get_datetime().date()
        if session in {date(2020, 1, 7), date(2020, 1, 15)}:
            read[session] = api.pipeline_output("p")["close"].tolist()

    run(root, initialize=initialize, handle_data=handle_data)
    assert read == {date(2020, 1, 7): [10.0], date(2020, 1, 15): [16.0, 5.0]}


def test_attach_returns_the_pipeline(root):
    pipe, got = Pipeline({"close": CLOSE.latest}), []

    def initialize(context):
        got.append(context.attach_pipeline(pipe, "p"))

    run(root, initialize=initialize)
    assert got == [pipe]


def test_attach_after_initialize_is_refused(root):
    def handle_data(context, data):
        api.attach_pipeline(Pipeline(), "p")

    with pytest.raises(HookError, match="attach_pipeline cannot be used in handle_data"):
        run(root, handle_data=handle_data)


def test_output_in_initialize_is_refused(root):
    def initialize(context):
        api.attach_pipeline(Pipeline(), "p")
        api.pipeline_output("p")

    with pytest.raises(HookError, match="pipeline_output cannot be used in initialize"):
        run(root, initialize=initialize)


def test_a_name_is_taken_once(root):
    def initialize(context):
        api.attach_pipeline(Pipeline(), "p")
        api.attach_pipeline(Pipeline(), "p")

    with pytest.raises(PipelineNameError, match="'p' is attached already"):
        run(root, initialize=initialize)


def test_an_unknown_name_lists_those_attached(root):
    def initialize(context):
        api.attach_pipeline(Pipeline(), "p")

    def handle_data(context, data):
        api.pipeline_output("q")

    with pytest.raises(PipelineNameError, match="'q' was never attached; attached: 'p'"):
        run(root, initialize=initialize, handle_data=handle_data)


@pytest.mark.parametrize(
    "wrong", [{"pipeline": 3}, {"name": ""}, {"chunks": 0}, {"chunks": [2, "x"]}]
)
def test_wrong_arguments_are_named(root, wrong):
    def initialize(context):
        api.attach_pipeline(**{"pipeline": Pipeline({"c": CLOSE.latest}), "name": "p", **wrong})

    with pytest.raises(OptionError, match=next(iter(wrong))):
        run(root, initialize=initialize)
