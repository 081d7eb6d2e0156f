"""The limit of requests holds over processes and is used: a short form of tests/campaigns/request_rate.py."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.slow
def test_four_workers_in_two_processes_keep_to_the_limit():
    command = [sys.executable, "tests/campaigns/request_rate.py", "--seconds", "8", "--rate", "3"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["requests"] > 20
