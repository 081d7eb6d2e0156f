"""The short form of the campaign ``tests/campaigns/kill_ingest.py``."""

import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).parents[1] / "campaigns" / "kill_ingest.py"
TEXT = "date,open,high,low,close,volume\n"


@pytest.mark.slow
def test_killed_ingests_leave_old_or_new(tmp_path):
    for number in range(40):
        days = "".join(
            f"{year}-{month:02d}-03,1,9,1,{number + 2},10\n"
            for year in range(2000, 2020)
            for month in range(1, 13)
        )
        (tmp_path / f"S{number}.csv").write_text(TEXT + days)
    done = subprocess.run(
        [sys.executable, CAMPAIGN, tmp_path, "8"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
