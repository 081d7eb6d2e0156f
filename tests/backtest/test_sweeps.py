"""Sweeps: every combination on one snapshot, in any number of workers, and never twice."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

import warehouse
from rustybt import TradingAlgorithm, runs
from rustybt.errors import SpanError, SweepError
from rustybt.sweeps import Split, combinations, run_sweep, walk_forward
from warehouse.errors import UnknownBundleError

SPAN = {"start": "2020-01-06", "end": "2020-01-17", "bundle": "small"}
STRATEGY = """
import os, time
from rustybt import TradingAlgorithm

class Buys(TradingAlgorithm):
    units = 10
    every = 1
    die = False
    pause = 0.0

    def initialize(self, context):
        self.asset = self.symbol("A")
        self.bars = 0

    def handle_data(self, context, data):
        if self.units == 13:
            raise ValueError("unlucky")
        if self.die:
            os.kill(os.getpid(), 9)
        time.sleep(self.pause)
        self.bars += 1
        if self.bars % self.every == 0:
            self.order(self.asset, self.units)
"""
GRID = {"units": [1, 13, 5], "every": [1, 2]}


class Holds(TradingAlgorithm):
    units = 1

    def initialize(self):
        self.held = self.symbol("A")


@pytest.fixture
def root(make_bundle):
    return make_bundle({"A": [10.0, 11, 12, 9, 14, 13, 15, 16, 12, 18], "B": [5.0] * 10})


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "strategy.py"
    path.write_text(STRATEGY)
    return str(path)


def test_a_grid_gives_every_combination_in_order():
    assert combinations({"a": [1, 2], "b": ["x", "y"]}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_a_list_is_taken_as_it_is():
    assert combinations([{"a": 1}, {"b": 2}]) == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    "grid",
    [{}, [], {"a": []}, {"a": "xyz"}, {"a": 3}, "a", None, [1], [{"a": 1}, {"a": 1}], {1: [2]}],
)
def test_grids_that_cannot_be_are_refused(grid):
    if grid == {}:
        assert combinations(grid) == [{}]
        return
    with pytest.raises(SweepError):
        combinations(grid)


def test_one_row_a_run_and_a_failure_is_reported(root, file):
    table = run_sweep(file, GRID, root=root, **SPAN)
    assert table[["units", "every"]].to_numpy().tolist() == [
        [1, 1], [1, 2], [13, 1], [13, 2], [5, 1], [5, 2],
    ]  # fmt: skip
    assert table["status"].tolist() == ["finished"] * 2 + ["failed"] * 2 + ["finished"] * 2
    assert table["error"].map(lambda it: "unlucky" in str(it)).tolist() == [
        False, False, True, True, False, False,
    ]  # fmt: skip
    assert table["final_value"].isna().tolist() == [False, False, True, True, False, False]
    assert set(runs.frame(root=root)["run"]) == set(table["run"])


def test_workers_change_no_number(root, file):
    alone = run_sweep(file, GRID, root=root, **SPAN)
    shared = run_sweep(file, GRID, root=root, n_workers=2, **SPAN)
    columns = [it for it in alone.columns if it != "run"]
    assert shared[columns].equals(alone[columns])


def test_what_is_stored_is_not_run_again(root, file):
    first = run_sweep(file, GRID, root=root, name="s", **SPAN)
    again = run_sweep(file, {**GRID, "units": [1, 13, 7]}, root=root, name="s", **SPAN)
    assert again["run"].tolist()[:2] == first["run"].tolist()[:2]
    assert len(runs.frame(root=root)) == 6 + 2 + 2  # two failed again, two are new
    assert again["digest"].tolist()[:2] == first["digest"].tolist()[:2]


@pytest.mark.slow
@pytest.mark.parametrize("what", ["text", "option", "span", "data"])
def test_another_text_option_span_or_snapshot_is_run_again(root, file, what):
    grid = {"units": [1]}
    run_sweep(file, grid, root=root, name="s", **SPAN)
    options, span = {}, dict(SPAN)
    if what == "text":
        Path(file).write_text(STRATEGY + "\n# changed\n")
    elif what == "option":
        run_sweep(file, grid, root=root, name="s", capital_base=5000.0, **SPAN)
        assert len(runs.frame(root=root)) == 2
        runs.delete(runs.frame(root=root)["run"].iloc[1], root=root)
    elif what == "span":
        span["end"] = "2020-01-16"
    else:
        query = "SELECT * REPLACE (CAST(close + 1 AS DECIMAL(18, 8)) AS close) FROM bars_1d"
        with warehouse.open(root) as wh, wh.begin("small", calendar="XNYS") as txn:
            txn.upsert("bars_1d", txn.session.arrow(query))
            txn.commit()
    run_sweep(file, grid, root=root, name="s", **options, **span)
    assert len(runs.frame(root=root)) == 2


def test_all_run_on_the_snapshot_that_is_asked_for(root, file):
    query = "SELECT * REPLACE (CAST(close + 1 AS DECIMAL(18, 8)) AS close) FROM bars_1d"
    before = run_sweep(file, {"units": [1]}, root=root, **SPAN)
    with warehouse.open(root) as wh, wh.begin("small", calendar="XNYS") as txn:
        txn.upsert("bars_1d", txn.session.arrow(query))
        txn.commit()
    then = run_sweep(file, {"units": [1]}, root=root, snapshot=1, **SPAN)
    now = run_sweep(file, {"units": [1]}, root=root, **SPAN)
    assert then["digest"].tolist() == before["digest"].tolist() != now["digest"].tolist()


def test_without_storing_there_are_figures_and_no_run(root, file):
    table = run_sweep(file, {"units": [1, 2]}, root=root, store=False, **SPAN)
    stored = run_sweep(file, {"units": [1, 2]}, root=root, **SPAN)
    assert table["run"].tolist() == [None, None]
    assert table["digest"].tolist() == stored["digest"].tolist()
    assert len(runs.frame(root=root)) == 2


@pytest.mark.slow
def test_a_worker_that_dies_takes_only_its_run_along(root, file):
    grid = [{"units": 1}, {"die": True}, {"units": 2}, {"units": 3}]
    table = run_sweep(file, grid, root=root, n_workers=2, **SPAN)
    assert table["status"].tolist() == ["finished", "failed", "finished", "finished"]
    assert "SIGKILL" in table["error"].iloc[1]


def test_progress_counts_what_has_ended(root, file):
    steps = []
    run_sweep(file, GRID, root=root, progress=steps.append, **SPAN)
    assert [tuple(it) for it in steps] == [
        (1, 6, 0), (2, 6, 0), (3, 6, 1), (4, 6, 2), (5, 6, 2), (6, 6, 2),
    ]  # fmt: skip


def test_a_class_and_functions_are_swept_too(root):
    def handle_data(context, data):
        context.order(context.symbol("A"), context.units)

    assert run_sweep(Holds, {"units": [1]}, root=root, **SPAN)["status"].tolist() == ["finished"]
    hooks = {"handle_data": handle_data}
    assert run_sweep(hooks, {"units": [1, 2]}, root=root, **SPAN)["fills"].tolist() == [9, 9]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_workers": 0}, "n_workers"),
        ({"n_workers": True}, "n_workers"),
        ({"params": {}}, "params"),
        ({"select": "beauty"}, "select"),
        ({"name": " "}, "name"),
        ({"start": None}, "start and end"),
        ({"splits": [Split(*[date(2020, 1, 6)] * 4)]}, "none beside splits"),
    ],
)
def test_sweeps_that_cannot_be_are_refused(root, file, changed, message):
    with pytest.raises(SweepError, match=message):
        run_sweep(file, {"units": [1]}, root=root, **{**SPAN, **changed})


def test_a_parameter_may_not_have_the_name_of_a_figure(root, file):
    with pytest.raises(SweepError, match="sharpe"):
        run_sweep(file, {"sharpe": [1]}, root=root, **SPAN)


def test_an_unknown_bundle_is_refused_before_anything_runs(root, file):
    with pytest.raises(UnknownBundleError):
        run_sweep(file, {"units": [1]}, root=root, **{**SPAN, "bundle": "smal"})


def test_a_parameter_that_the_strategy_does_not_have_fails_its_run(root, file):
    table = run_sweep(file, [{"units": 1}, {"unit": 1}], root=root, **SPAN)
    assert table["status"].tolist() == ["finished", "failed"]
    assert "an attribute of Buys" in table["error"].iloc[1]


def days(root, **options):
    return walk_forward("2020-01-06", "2020-01-17", bundle="small", root=root, **options)


def day(number):
    return date(2020, 1, number)


def test_windows_roll(root):
    assert days(root, train=4, test=3) == [
        Split(day(6), day(9), day(10), day(14)),
        Split(day(9), day(14), day(15), day(17)),
    ]


def test_windows_expand(root):
    assert days(root, train=4, test=3, window="expanding") == [
        Split(day(6), day(9), day(10), day(14)),
        Split(day(6), day(14), day(15), day(17)),
    ]


def test_the_last_test_may_be_short_and_steps_may_overlap(root):
    found = days(root, train=6, test=3, step=1)
    assert [(it.test_start, it.test_end) for it in found] == [
        (day(14), day(16)), (day(15), day(17)), (day(16), day(17)), (day(17), day(17)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {"train": 0, "test": 1},
        {"train": 1.5, "test": 1},
        {"train": 1, "test": -1},
        {"train": 1, "test": 1, "step": 0},
        {"train": 1, "test": 1, "window": "sliding"},
        {"train": 10, "test": 1},
    ],
)
def test_splits_that_cannot_be_are_refused(root, options):
    with pytest.raises(SweepError):
        days(root, **options)


def test_a_span_without_bars_is_refused(root):
    with pytest.raises(SpanError):
        walk_forward("2030-01-01", "2030-02-01", train=1, test=1, bundle="small", root=root)


@pytest.mark.parametrize("workers", [1, 2])
def test_walking_forward_tests_the_best_of_each_window(root, file, workers):
    splits = days(root, train=4, test=3)
    table = run_sweep(
        file, {"units": [1, 5, 13]}, splits=splits, select="total_return", bundle="small",
        root=root, n_workers=workers,
    )  # fmt: skip
    assert table["window"].tolist() == ["train", "train", "train", "test"] * 2
    for split, rows in table.groupby("split"):
        training = rows[rows["window"] == "train"]
        best = training.loc[training["total_return"].idxmax()]
        (test,) = rows[rows["window"] == "test"].itertuples()
        assert test.units == best["units"]
        assert (test.first_day, test.last_day) == (splits[split].test_start, splits[split].test_end)


def test_a_window_in_which_all_fail_has_a_failed_test(root, file):
    splits = days(root, train=4, test=3)
    table = run_sweep(file, {"units": [13]}, splits=splits, bundle="small", root=root)
    assert table["status"].tolist() == ["failed"] * 4
    assert "no training run" in table["error"].iloc[1]


SCRIPT = """
import sys
from rustybt.sweeps import run_sweep
if __name__ == "__main__":
    run_sweep(sys.argv[1], {"units": list(range(1, 9)), "pause": [0.05]}, start="2020-01-06",
        end="2020-01-17", bundle="small", root=sys.argv[2], n_workers=2, name="s",
        progress=lambda at: print(at.done, flush=True))
"""


@pytest.mark.slow
def test_an_interrupt_leaves_no_process_and_what_is_done_stays(root, file, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, str(script), file, str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout.readline() == b"1\n"
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while True:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        assert time.monotonic() < deadline, "a worker is left"
        time.sleep(0.05)
    before = runs.frame(root=root)
    assert 1 <= len(before) < 8
    assert set(before["status"]) == {"finished"}
    grid = {"units": list(range(1, 9)), "pause": [0.05]}
    table = run_sweep(file, grid, root=root, name="s", **SPAN)
    assert set(before["run"]) <= set(table["run"])
