"""The command as a person calls it, and a small warehouse to call it on."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BARS = """date,symbol,open,high,low,close,volume
2024-01-02,AAA,1.5,2,1,1.75,100
2024-01-03,AAA,1.75,2,1,,50
2024-01-02,BRK.B,300,310,299.5,305.12345678,7
"""


@pytest.fixture(scope="session")
def rustybt() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``rustybt`` as a process of its own; keywords go to `subprocess.run`."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from rustybt.cli import main; main()"]
        environment = {**os.environ, **options.pop("env", {})}
        return subprocess.run(
            [*command, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            **options,
        )

    return run


@pytest.fixture(scope="session")
def stocked(rustybt, tmp_path_factory) -> Path:
    """The root of a warehouse with one bundle, ``tiny``."""
    folder = tmp_path_factory.mktemp("stocked")
    (folder / "bars.csv").write_text(BARS)
    done = rustybt(
        "ingest", "csv", folder / "bars.csv", "--bundle", "tiny", "--root", folder / "root"
    )
    assert done.returncode == 0, done.stderr
    return folder / "root"
