"""`rustybt pipeline explain` says what is read, and its output is SQL."""

import pytest
from click.testing import CliRunner

from rustybt.cli import main
from rustybt.errors import PipelineFileError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.explain import explain
from rustybt.pipeline.factors import RSI
from rustybt.pipeline.file import load_pipeline

FILE = """
from rustybt.pipeline import Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import RSI

def make_pipeline():
    return Pipeline({"rsi": RSI(window_length=5).rank()}, screen=EquityPricing.volume.latest > 0)

def make_other():
    return Pipeline({"other": EquityPricing.open.latest})

nothing = 5
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "strategy.py"
    path.write_text(FILE)
    return path


@pytest.fixture
def text(small):
    pipe = Pipeline({"rsi": RSI(window_length=5).rank()})
    return explain(
        pipe.plan(), bundle="small", warehouse=small, start="2024-01-16", end="2024-01-17"
    )


def test_output_runs_as_it_stands(text, small):
    assert len(small.sql(text)) == 12


def test_it_says_which_sessions_are_read(text):
    assert "-- Reads bundle small, snapshot 1" in text
    assert "--   bars from 2024-01-08 on, before 2024-01-17" in text


def test_it_says_which_fields_and_files_are_read(text, small):
    ((path,),) = small.sql("SELECT path FROM meta.data_files WHERE dataset = 'bars_1d'").rows()
    assert "--   fields of bars_1d: close" in text
    assert f"--   {path} (" in text


def test_it_names_the_stages(text):
    assert "--   stage_1: window_1" in text
    assert "--   stage_2: rsi_2" in text
    assert "--   stage_4: rank_4" in text


def test_without_dates_it_is_about_all_sessions(small):
    pipe = Pipeline({"close": EquityPricing.close.latest})
    said = explain(pipe.plan(), bundle="small", warehouse=small)
    assert "for sessions 2024-01-02 to 2025-12-31" in said


def test_command_prints_it(file, small):
    args = ["pipeline", "explain", str(file), "-b", "small", "--root", str(small.root)]
    done = CliRunner().invoke(main, [*args, "-s", "2024-01-16", "-e", "2024-01-17"])
    assert done.exit_code == 0
    assert "fields of bars_1d: close, volume" in done.stdout


def test_file_may_name_its_pipeline(file):
    assert list(load_pipeline(f"{file}:make_other").columns) == ["other"]


def test_make_pipeline_is_found(file):
    assert list(load_pipeline(str(file)).columns) == ["rsi"]


def test_the_only_pipeline_is_found(tmp_path):
    path = tmp_path / "one.py"
    path.write_text("from rustybt.pipeline import Pipeline\npipe = Pipeline()\n")
    assert isinstance(load_pipeline(str(path)), Pipeline)


@pytest.mark.parametrize(
    ("name", "problem"),
    [(":nothing", "which is no pipeline"), (":nobody", "holds no 'nobody'")],
)
def test_name_that_is_no_pipeline(file, name, problem):
    with pytest.raises(PipelineFileError, match=problem):
        load_pipeline(f"{file}{name}")


def test_file_without_a_pipeline(tmp_path):
    path = tmp_path / "none.py"
    path.write_text("x = 1\n")
    with pytest.raises(PipelineFileError, match="should hold one pipeline and holds none"):
        load_pipeline(str(path))


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(PipelineFileError, match="no such file"):
        load_pipeline(str(tmp_path / "absent.py"))
