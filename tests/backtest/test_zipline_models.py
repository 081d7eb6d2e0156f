"""Every model of slippage and commission beside zipline's own, where zipline is installed."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "bench"))
sys.path.append(str(Path(__file__).parents[1] / "campaigns"))
from peers import FOLDER, ZIPLINE, complete, place
from zipline_models import differing, drawn, jobs, ours, theirs


@pytest.mark.skipif(not complete(ZIPLINE), reason=f"{ZIPLINE} is not in {FOLDER}")
def test_the_models_answer_as_those_of_zipline():
    cases = drawn(150, seed=7)
    differ = {
        (model, str(options)): differing(ours(model, options, cases), wanted)
        for (model, options), wanted in zip(
            jobs(), theirs(place(ZIPLINE) / "python", cases), strict=True
        )
    }
    assert {job: numbers for job, numbers in differ.items() if numbers} == {}
