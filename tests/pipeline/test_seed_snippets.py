"""The pipeline of the guide, as the guide prints it."""

import runpy
from types import SimpleNamespace

import pytest

from rustybt import run_algorithm
from rustybt.algorithm import TradingAlgorithm

pytestmark = pytest.mark.reference
SPAN = ("2024-01-30", "2024-02-01")


@pytest.fixture
def printed(reference, tmp_path):
    """What the third workflow of the guide defines."""
    text = (reference / "spec/seed.md").read_text()
    _, _, rest = text.partition("Workflow 3: Building Pipeline Features\n")
    snippet, _, _ = rest.partition("\nData Quality & Validation\n")
    file = tmp_path / "workflow.py"
    file.write_text(snippet)
    return SimpleNamespace(**runpy.run_path(str(file)))


def test_workflow_defines_its_pipeline(printed):
    assert list(printed.pipe.columns) == ["sma_20", "rsi"]


def test_pipeline_of_the_workflow_runs(printed, small):
    found = printed.pipe.run(*SPAN, bundle="small", warehouse=small).arrow()
    assert found.column_names == ["session", "sid", "symbol", "sma_20", "rsi"]
    assert found["rsi"].null_count == 0


def test_hook_of_the_workflow_reads_the_pipeline(printed, small):
    seen = []

    class Strategy(TradingAlgorithm):
        before_trading_start = printed.before_trading_start

        def initialize(self, context):
            context.pipeline_output = None
            self.attach_pipeline(printed.pipe, "my_pipe")

        def handle_data(self, context, data):
            assert data is not None
            seen.append(list(context.pipeline_output))

    run_algorithm(*SPAN, algorithm=Strategy, capital_base=1e4, bundle="small", root=small.root)
    assert seen == [["sma_20", "rsi"]] * 3
