"""Facts of the project as a whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
TOP = {
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "catalog.duckdb.example",
    "notebooks", "pyproject.toml", "rustybt", "sql", "tests", "warehouse",
}  # fmt: skip
NOTEBOOKS = sorted(CHECKOUT.glob("notebooks/*.ipynb"))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True, text=True
    )
    return [CHECKOUT / name for name in listed.stdout.split("\0") if name]


def test_top_level_is_the_agreed_one():
    found = {p.relative_to(CHECKOUT).parts[0] for p in tracked()}
    assert {name for name in found if not name.startswith(".")} == TOP


def test_no_file_names_an_index_of_packages():
    hosts = ["py" + "pi.org", "python" + "hosted", "index" + "-url", "find" + "-links"]
    for path in tracked():
        content = path.read_bytes()
        assert not [host for host in hosts if host.encode() in content], path


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebook_is_stored_without_output(path):
    for cell in json.loads(path.read_text())["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_import_loads_nothing_heavy():
    heavy = ["pandas", "ccxt", "yfinance", "exchange_calendars", "polars", "duckdb", "matplotlib"]
    code = f"import sys, rustybt; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_public_names():
    import rustybt
    import warehouse

    assert sorted(rustybt.__all__) == ["TradingAlgorithm", "__version__", "run_algorithm"]
    assert sorted(warehouse.__all__) == [
        "BundleName", "Changes", "Result", "Snapshot", "Stream", "Transaction",
        "VacuumReport", "Warehouse", "errors", "open",
    ]  # fmt: skip
    for name in rustybt.__all__:
        assert getattr(rustybt, name)
