"""The campaigns of tests/campaigns, in short; each judges itself, by figures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).parents[1] / "campaigns" / "snapshots.py"


def figures(*arguments: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, CAMPAIGN, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_chaos() -> None:
    found = figures("chaos", "--seconds", "8", "--readers", "4", "--kill-every", "0.3")
    assert found["commits"] > 0
    assert found["reads"] > 0
    assert found["kills"] > 5


@pytest.mark.slow
def test_readers_at_a_version_each() -> None:
    found = figures("readers", "--commits", "30", "--readers", "6")
    assert found["readers"] == 6
    assert found["snapshots_left"] == 1


@pytest.mark.slow
def test_races() -> None:
    assert figures("races", "--races", "20")["races"] == 20
