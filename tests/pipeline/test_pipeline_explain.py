"""`rustybt pipeline explain` says what is read, and its output is SQL."""

import datetime as dt
import re

import pyarrow as pa
import pytest
from click.testing import CliRunner
from small_bundles import ACTIONS, commit, small_bars

from rustybt.cli import main
from rustybt.errors import PipelineFileError
from rustybt.pipeline import CustomFactor, Pipeline
from rustybt.pipeline.data import DataSet, EquityPricing
from rustybt.pipeline.explain import explain
from rustybt.pipeline.factors import EMA, RSI, Returns, SimpleMovingAverage
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
    assert re.search(r"--   stage_1: \w+_1\b", text)
    assert re.search(r"--   stage_\d: rsi_\d\n", text)
    assert re.search(r"--   stage_\d: rank_\d\n", text)


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


@pytest.fixture
def of_python(small):
    spread = Spread(inputs=[EquityPricing.high, EquityPricing.low], window_length=4)
    pipe = Pipeline({"spread": spread, "doubled": spread * 2})
    return explain(
        pipe.plan(), bundle="small", warehouse=small, start="2024-01-16", end="2024-01-17"
    )


class Spread(CustomFactor):
    def compute(self, *_):
        raise AssertionError("an explanation computes nothing")


def test_it_says_what_a_run_executes(text):
    assert "-- A run executes" in text
    assert "--   the spine, computed for these sessions: 34 rows of 6 assets" in text
    assert "--   pass 1, streaming, by cursors over a few columns each: " in text
    assert re.search(r'--     1\. \w+_1 = .*"close_q" - LAG\("close_q", 1\) OVER \(\)', text)


@pytest.mark.parametrize("actions", [(), ACTIONS], ids=["none", "some"])
def test_windows_are_said_as_a_run_computes_them(tmp_path, actions):
    pipe = Pipeline({"mean": SimpleMovingAverage(inputs=[EquityPricing.close], window_length=5)})
    with commit(tmp_path, small_bars(), actions) as wh:
        said = explain(pipe.plan(), bundle="small", warehouse=wh)
    # A difference of running sums, where no action scales what is summed.
    assert ("close_total - LAG(close_total, 5)" in said) is not bool(actions)


def test_it_says_the_windows_of_their_own_cursors(text):
    assert "--   by a cursor of its own, over other partitions: 1 columns" in text
    assert "ROW_NUMBER() OVER (PARTITION BY session ORDER BY" in text


def test_it_says_how_many_rows_come_out(text):
    assert "--   12 rows come out" in text


def test_it_says_how_large_the_files_are(text, small):
    ((size,),) = small.sql("SELECT size FROM meta.data_files WHERE dataset = 'bars_1d'").rows()
    assert f"rows, {size:,} bytes)" in text


def test_it_says_what_is_computed_in_python_and_runs_none_of_it(of_python):
    assert "-- Computes in Python, in this order, before the passes" in of_python
    assert "--     inputs: EquityPricing.high, EquityPricing.low" in of_python
    assert "--     once a session, windows of 4 sessions" in of_python


def test_it_says_what_terms_of_python_read(small):
    top = EquityPricing.close.latest.top(2)
    spread = Spread(inputs=[EquityPricing.high], window_length=4, mask=top)
    pipe = Pipeline({"mean": SimpleMovingAverage(inputs=[spread.rank()], window_length=3)})
    said = explain(
        pipe.plan(), bundle="small", warehouse=small, start="2024-01-16", end="2024-01-17"
    )
    assert "--   fields of bars_1d: close, high\n" in said
    # A mean of 3 ranks, each of a window of 4: 5 sessions more, and a row knows those before it.
    assert "--   bars from 2024-01-05 on, before 2024-01-17\n" in said
    assert "looking back 5 more\n" in said
    assert "--     once a session, windows of 4 sessions, for 2 sessions more\n" in said
    before, _, after = said.partition("-- A run executes")
    assert "ROW_NUMBER() OVER (PARTITION BY session ORDER BY masked_" in before
    assert "simple_moving_average" in after


def test_outputs_that_python_computes_are_in_no_pass(of_python):
    _, _, after = of_python.partition("-- A run executes")
    assert "--   nothing for spread: it is value of Spread_" in after
    assert re.search(r'--     1\. elementwise_1 = "Spread_\w+\.value" \* 2e0\n', after)


def test_columns_over_rows_laid_out_by_session_are_named(tmp_path):
    close, means = EquityPricing.close, (2, 3, 4, 5)
    pipe = Pipeline(
        {
            **{f"m{n}": SimpleMovingAverage(inputs=[close], window_length=n) for n in means},
            "rsi": RSI(window_length=5),
        }
    )
    with commit(tmp_path, small_bars()) as wh:
        short = explain(
            pipe.plan(), bundle="small", warehouse=wh, start="2024-01-03", end="2024-01-23"
        )
        long = explain(pipe.plan(), bundle="small", warehouse=wh)
    _, _, after = short.partition("-- A run executes")
    streamed, _, laid_out = after.partition("--   without a window, over rows laid out by session")
    assert "rsi_" in streamed
    assert "simple_moving_average" not in streamed
    assert laid_out.startswith(
        ": 4 columns\n--     of close_count, close_total, from 5 sessions ago"
    )
    assert '((close_total - "close_total_ago_5")' in laid_out
    # Over two years most sessions have no bar, and cells for them would cost more than they save.
    assert "laid out" not in long
    assert "close_total - LAG(close_total, 5)" in long


def test_what_is_said_is_what_a_run_executes_that_keeps_its_columns(small, monkeypatch):
    columns = {
        "day": Returns(window_length=2),
        "far": Returns(window_length=90),
        "rsi": RSI(window_length=5).rank(),
    }
    pipe = Pipeline(columns, screen=EquityPricing.close.latest > EquityPricing.open.latest)
    span = {"start": "2024-01-12", "end": "2024-02-01"}
    said = {}
    for megabytes in ("0", "100"):
        monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", megabytes)
        text = explain(pipe.plan(), bundle="small", warehouse=small, **span)
        said[megabytes] = text.partition("-- A run executes")[2].partition("-- Stages")[0]
    # What looks back further than the span is computed apart, on the rows of both.
    parts = said["100"].split("--   the spine, ")[1:]
    assert len(parts) == 2
    assert len({it.partition("\n")[0] for it in parts}) == 1
    assert ["ROW_NUMBER()" in it for it in parts] == [True, False]
    assert ["LAG(" in it and ", 89)" in it for it in parts] == [False, True]
    assert said["0"].count("--   the spine, ") == 1


def test_statement_that_lacks_rows_of_python_says_so(of_python):
    assert "it cannot run as it stands" in of_python


def test_it_says_what_is_joined_beside_the_bars(small):
    rows = pa.table({"day": [dt.date(2024, 1, 10)], "sid": [0], "score": [1.5]})
    scores = DataSet.from_frame(rows, time="day", columns={"score": float}, name="Scores")
    pipe = Pipeline({"score": scores.score.latest})
    said = explain(pipe.plan(), bundle="small", warehouse=small)
    assert "-- Joins by session and asset, as known before each" in said
    assert re.search(r"--   frame_\w+: score\n", said)


def test_a_recursion_looks_back_on_all(small):
    pipe = Pipeline({"ema": EMA(timeperiod=3)})
    said = explain(
        pipe.plan(), bundle="small", warehouse=small, start="2024-01-16", end="2024-01-17"
    )
    assert "looking back the whole history" in said


def test_a_long_span_reads_the_derived_spine(small):
    pipe = Pipeline({"close": EquityPricing.close.latest})
    said = explain(pipe.plan(), bundle="small", warehouse=small)
    assert "the spine, derived once from the snapshot and kept: " in said


def test_screen_stands_before_the_rows_that_come_out(small):
    pipe = Pipeline(screen=EquityPricing.close.latest > 60)
    said = explain(pipe.plan(), bundle="small", warehouse=small)
    assert re.search(r"--   \d+ rows come out before the screen\n", said)


@pytest.mark.parametrize("window", [2, 20])
def test_rows_said_are_those_of_a_run(small, window):
    span = {"start": "2024-01-12", "end": "2024-02-01"}
    pipe = Pipeline({"returns": Returns(window_length=window)})
    said = explain(pipe.plan(), bundle="small", warehouse=small, **span)
    rows = len(pipe.run(*span.values(), bundle="small", warehouse=small))
    assert f"--   {rows} rows come out\n" in said
