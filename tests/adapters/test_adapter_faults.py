"""A short form of tests/campaigns/adapter_faults.py: its table has no hole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.slow
def test_faults_of_some_adapters_leave_no_hole():
    words = ("--adapters", "coinbase,yahoo,alpaca", "--scenarios", "reset,no rows,no such host")
    command = [sys.executable, "tests/campaigns/adapter_faults.py", *words]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["HOLE"] == 0
    assert (found["data"] + found["told"], found["adapters"]) == (18, 3)
