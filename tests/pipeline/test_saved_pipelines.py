"""Pipelines saved as views: by SQL, by other tools, by the command."""

import os
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from rustybt.cli import main
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import RSI, SimpleMovingAverage
from rustybt.pipeline.factors.indicators import SAR, SuperTrend
from warehouse.errors import SavedViewError, UnknownBundleError

CLOSE = EquityPricing.close
PIPE = Pipeline(
    {
        "mean": SimpleMovingAverage(inputs=[CLOSE], window_length=3),
        "rank": RSI(window_length=4).rank(),
    },
    screen=CLOSE.latest > 45,
)
ONE_DAY = "SELECT * FROM pipelines.my_pipe WHERE session = DATE '2024-01-16'"

FILE = """
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing

pipe = Pipeline({"close": EquityPricing.close.latest})
"""


@pytest.fixture
def wh(build, bars):
    with build(bars) as opened:
        yield opened


def test_view_says_what_run_says(wh):
    PIPE.save("my_pipe", bundle="small", warehouse=wh)
    ran = PIPE.run("2024-01-16", "2024-01-16", bundle="small", warehouse=wh).pl()
    seen = wh.sql(ONE_DAY).pl()
    assert seen.select("session", "sid", "symbol").equals(ran.select("session", "sid", "symbol"))
    for name in ("mean", "rank"):
        assert seen[name].to_list() == pytest.approx(ran[name].to_list(), rel=1e-12, nan_ok=True)


def test_any_duckdb_client_reads_it_from_the_catalog(wh):
    PIPE.save("my_pipe", bundle="small", warehouse=wh)
    path = wh.build_catalog().path
    with duckdb.connect(os.fspath(path), read_only=True) as client:
        assert client.sql(ONE_DAY).fetchall() == wh.sql(ONE_DAY).rows()


def test_what_python_computes_is_no_view(wh):
    for term in (SAR(), SAR().rank(), 2 * SuperTrend().trend):
        with pytest.raises(SavedViewError, match=r"Python computes (ParabolicStop|SuperTrend)\("):
            Pipeline({"value": term}).save("stops", bundle="small", warehouse=wh)
    assert wh.saved_views() == {}


def test_save_gives_the_sql(wh):
    text = PIPE.save("my_pipe", bundle="small", warehouse=wh)
    assert wh.saved_views() == {"my_pipe": text}


def test_save_by_root(wh):
    PIPE.save("my_pipe", bundle="small", root=wh.root)
    assert list(wh.saved_views()) == ["my_pipe"]


def test_taken_name_is_refused(wh):
    PIPE.save("my_pipe", bundle="small", warehouse=wh)
    with pytest.raises(SavedViewError, match="exists already"):
        PIPE.save("my_pipe", bundle="small", warehouse=wh)
    PIPE.save("my_pipe", bundle="small", warehouse=wh, replace=True)


def test_unknown_bundle_is_refused(wh):
    with pytest.raises(UnknownBundleError, match="smal"):
        PIPE.save("my_pipe", bundle="smal", warehouse=wh)


def test_commands_save_list_and_drop(wh, tmp_path: Path):
    file = tmp_path / "pipe.py"
    file.write_text(FILE)
    root = ["--root", str(wh.root)]
    saved = CliRunner().invoke(main, ["pipeline", "save", str(file), "c", "-b", "small", *root])
    assert saved.exit_code == 0, saved.output
    listed = CliRunner().invoke(main, ["pipeline", "list", "--format", "csv", *root])
    assert "pipelines.c" in listed.stdout
    read = CliRunner().invoke(main, ["sql", "SELECT count(*) AS n FROM pipelines.c", *root])
    assert read.exit_code == 0, read.output
    dropped = CliRunner().invoke(main, ["pipeline", "drop", "c", *root])
    assert dropped.exit_code == 0
    assert wh.saved_views() == {}


def test_list_without_any_is_an_empty_table(tmp_path: Path):
    listed = CliRunner().invoke(
        main, ["pipeline", "list", "--format", "csv", "--root", str(tmp_path / "none")]
    )
    assert listed.exit_code == 0, listed.output
    assert listed.stdout.strip() == "view,sql"
