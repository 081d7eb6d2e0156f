"""Every model of slippage and commission beside zipline's own, where zipline is installed."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "campaigns"))
from zipline_models import PEER, differing, drawn, jobs, ours, theirs

PEERS = Path.home() / ".cache/rustybt-bench"
PYTHON = PEERS / PEER.replace("==", "-") / "bin/python"


@pytest.mark.skipif(not PYTHON.exists(), reason=f"{PEER} is not in {PEERS}")
def test_the_models_answer_as_those_of_zipline():
    cases = drawn(150, seed=7)
    differ = {
        (model, str(options)): differing(ours(model, options, cases), wanted)
        for (model, options), wanted in zip(jobs(), theirs(PYTHON, cases), strict=True)
    }
    assert {job: numbers for job, numbers in differ.items() if numbers} == {}
