"""S1 at the size for every change; the campaign of this name runs the rest."""

import runpy
from pathlib import Path

CAMPAIGN = Path(__file__).parents[1] / "campaigns" / "quoting.py"


def test_names_and_literals_come_back():
    assert runpy.run_path(str(CAMPAIGN))["wrong"](5_000, seed=1) == []
