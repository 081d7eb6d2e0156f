"""What every test may ask for."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference data and results that RUSTYBT_REFERENCE names."""
    named = os.environ.get("RUSTYBT_REFERENCE")
    if not named:
        pytest.skip("RUSTYBT_REFERENCE names no folder of reference data")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"RUSTYBT_REFERENCE names {folder}, which is no folder")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test out of the user's own warehouse."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("RUSTYBT_DATA_DIR", raising=False)
