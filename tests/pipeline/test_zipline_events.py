"""Events and estimates beside zipline's own loaders, where zipline is installed."""

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "bench"))
sys.path.append(str(Path(__file__).parents[1] / "campaigns"))
from peers import FOLDER, ZIPLINE, complete, place
from zipline_events import compare
from zipline_events_rows import drawn


@pytest.mark.slow
@pytest.mark.skipif(not complete(ZIPLINE), reason=f"{ZIPLINE} is not in {FOLDER}")
def test_events_and_estimates_are_those_of_zipline_or_have_a_reason():
    tally: Counter[str] = Counter()
    assert compare(place(ZIPLINE) / "python", drawn(101), tally) == []
    assert tally["answers"] > 10_000
