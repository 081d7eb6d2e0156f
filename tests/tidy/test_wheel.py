"""The wheel works where there is no checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]

JOB = """
import pathlib, sys, warehouse, rustybt
from rustybt.cli import main
where = pathlib.Path(sys.argv[1])
assert pathlib.Path(warehouse.__file__).is_relative_to(where), warehouse.__file__
assert pathlib.Path(rustybt.__file__).is_relative_to(where), rustybt.__file__
csv = where / "AAA.csv"
csv.write_text("date,open,high,low,close,volume\\n2024-01-02,1,2,1,2,10\\n")
main(["ingest", "csv", str(csv), "--bundle", "a", "--root", str(where / "root")], standalone_mode=False)
main(["sql", "SELECT symbol, close FROM a.bars_1d", "--format", "csv", "--root", str(where / "root")],
     standalone_mode=False)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, CHECKOUT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_the_packages_and_sql_alone(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"warehouse", "rustybt"}
    held = {n.removeprefix("warehouse/_sql/") for n in names if n.startswith("warehouse/_sql/")}
    assert held == {str(p.relative_to(CHECKOUT / "sql")) for p in CHECKOUT.glob("sql/**/*.*")}
    data = {"warehouse/py.typed", "rustybt/py.typed", "rustybt/data/calendars/sessions.parquet"}
    assert data <= set(names)


def test_installed_wheel_ingests_and_answers(wheel, tmp_path):
    target = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target, wheel],
        check=True,
        capture_output=True,
    )
    done = subprocess.run(
        [sys.executable, "-c", JOB, target],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("symbol,close\nAAA,2.00000000\n")
