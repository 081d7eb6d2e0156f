"""A small warehouse to call the command on."""

from pathlib import Path

import pytest

BARS = """date,symbol,open,high,low,close,volume
2024-01-02,AAA,1.5,2,1,1.75,100
2024-01-03,AAA,1.75,2,1,,50
2024-01-02,BRK.B,300,310,299.5,305.12345678,7
"""


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
