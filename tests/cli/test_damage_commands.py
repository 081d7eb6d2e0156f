"""``bundle verify``, ``bundle diff`` and what ``bundles`` says of damage, as processes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import warehouse
from rustybt import run_algorithm
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import SimpleMovingAverage
from warehouse.errors import DamageError

FIRST = (
    "date,symbol,open,high,low,close,volume\n2024-01-02,AAA,1,2,1,2,5\n2024-01-02,BBB,1,2,1,2,5\n"
)
SECOND = (
    "date,symbol,open,high,low,close,volume\n2024-01-02,AAA,1,2,1,1.5,5\n2024-01-03,AAA,1,2,1,2,5\n"
)


@pytest.fixture(scope="module")
def revised(rustybt, tmp_path_factory) -> Path:
    """The root of a warehouse whose bundle ``eq`` was corrected once."""
    folder = tmp_path_factory.mktemp("revised")
    for text in (FIRST, SECOND):
        (folder / "bars.csv").write_text(text)
        done = rustybt(
            "ingest", "csv", folder / "bars.csv", "--bundle", "eq", "--root", folder / "root"
        )
        assert done.returncode == 0, done.stderr
    return folder / "root"


@pytest.fixture
def flipped(revised: Path) -> Iterator[Path]:
    """A data file of its head, with one bit flipped until the test ends."""
    with warehouse.open(revised) as wh:
        ((path,),) = wh.sql("SELECT path FROM meta.data_files WHERE dataset = 'bars_1d'").rows()
    file = Path(path)
    sound = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(sound[:-20] + bytes([sound[-20] ^ 1]) + sound[-19:])
    yield file
    file.write_bytes(sound)


def test_diff_counts(rustybt, revised: Path) -> None:
    done = rustybt("bundle", "diff", "eq", 1, 2, "--format", "csv", "--root", revised)
    assert done.returncode == 0, done.stderr
    assert "bars_1d,AAA,1,1,0\n" in done.stdout


def test_diff_lists_rows(rustybt, revised: Path) -> None:
    done = rustybt("bundle", "diff", "eq", 1, 2, "--rows", "--format", "json", "--root", revised)
    changes = [it["change"] for it in json.loads(done.stdout) if it["dataset"] == "bars_1d"]
    assert changes == ["changed", "added"]


def test_diff_of_nothing(rustybt, revised: Path) -> None:
    done = rustybt("bundle", "diff", "eq", 2, 2, "--root", revised)
    assert done.returncode == 0
    assert "hold the same rows" in done.stderr


def test_diff_of_a_snapshot_that_is_not(rustybt, revised: Path) -> None:
    done = rustybt("bundle", "diff", "eq", 1, 9, "--root", revised)
    assert done.returncode == 1
    assert "it holds 1 to 2" in done.stderr


def test_verify_of_a_sound_bundle(rustybt, revised: Path) -> None:
    done = rustybt("bundle", "verify", "eq", "--root", revised)
    assert (done.returncode, done.stdout) == (0, "")
    assert "2 snapshots" in done.stderr
    assert "nothing damaged" in done.stderr


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_verify_names_the_file(rustybt, revised: Path, flipped: Path, form: str) -> None:
    done = rustybt("bundle", "verify", "eq", "--format", form, "--root", revised)
    assert done.returncode == 1
    assert str(flipped) in done.stdout
    assert "1 damaged" in done.stderr


def test_verify_of_another_snapshot(rustybt, revised: Path, flipped: Path) -> None:
    done = rustybt("bundle", "verify", "eq", "--snapshot", 1, "--root", revised)
    assert done.returncode == 0, done.stdout


def test_sql_over_it(rustybt, revised: Path, flipped: Path) -> None:
    done = rustybt("sql", "FROM eq.bars_1d", "--root", revised)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(flipped) in done.stderr
    assert "Snapshot 1 still holds bars_1d/2024" in done.stderr


def test_bundles_lists_one_whose_manifest_is_damaged(rustybt, revised: Path) -> None:
    manifest = revised / "bundles" / "eq" / "log" / f"{2:020}.json"
    sound = manifest.read_bytes()
    manifest.chmod(0o644)
    manifest.write_bytes(sound[:-1])
    try:
        done = rustybt("bundles", "--format", "json", "--root", revised)
    finally:
        manifest.write_bytes(sound)
    assert [it["bundle"] for it in json.loads(done.stdout)] == ["eq"]
    assert str(manifest) in done.stderr


def test_a_pipeline_over_it(revised: Path, flipped: Path) -> None:
    pipeline = Pipeline()
    pipeline.add(SimpleMovingAverage(inputs=[EquityPricing.close], window_length=1), name="close")
    with pytest.raises(DamageError) as caught:
        pipeline.run("2024-01-03", "2024-01-04", bundle="eq", root=revised)
    assert caught.value.path == flipped


def test_a_backtest_over_it(revised: Path, flipped: Path) -> None:
    with pytest.raises(DamageError) as caught:
        run_algorithm(
            start="2024-01-02",
            end="2024-01-03",
            initialize=lambda _: None,
            capital_base=1000,
            bundle="eq",
            root=revised,
        )
    assert caught.value.path == flipped
