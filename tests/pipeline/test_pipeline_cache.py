"""Columns that earlier runs kept give the rows of a run that computes them, whatever happened since."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import polars as pl
import pytest
from cached_runs import COLUMNS, DAY, MEAN, SCREENS, Changing, check, kept_files
from polars.testing import assert_frame_equal
from small_bundles import ACTIONS, commit, small_bars

from rustybt.pipeline import CustomFactor, Pipeline
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import SimpleMovingAverage
from warehouse.errors import ConfigError

HERE = Path(__file__).parent
START, END = "2024-01-03", "2024-02-01"
BARS = small_bars()
LAST = BARS["date"].max()


@pytest.fixture(autouse=True)
def _kept(monkeypatch):
    monkeypatch.delenv("RUSTYBT_CACHE_SIZE_MB")


@pytest.fixture
def wh(tmp_path):
    with commit(tmp_path, BARS, ACTIONS) as warehouse:
        yield warehouse


def run(pipe, warehouse, start=START, end=END, **options):
    return pipe.run(start, end, bundle="small", warehouse=warehouse, **options)


def same(found, fresh):
    assert_frame_equal(found.pl(), fresh.pl(), check_exact=True)


# ---------------------------------------------------------------- what is read


def test_second_run_computes_nothing(wh):
    first, second = (run(Pipeline(COLUMNS), wh) for _ in range(2))
    assert set(first.cached.values()) == {0}
    assert set(second.cached.values()) == {21}
    same(second, first)


@pytest.mark.parametrize("screen", SCREENS)
def test_screen_filters_what_was_kept_without_it(wh, screen):
    run(Pipeline(COLUMNS), wh)
    pipe = Pipeline(COLUMNS, screen)
    found = run(pipe, wh)
    assert set(found.cached.values()) == {21}
    same(found, run(pipe, wh, cache=False))


def test_one_more_term_computes_that_alone(wh):
    run(Pipeline({"mean": MEAN}), wh)
    found = run(Pipeline({"mean": MEAN, "rank": MEAN.rank()}), wh)
    assert found.cached == {"mean": 21, "rank": 0}


def test_same_term_under_another_name_is_read(wh):
    run(Pipeline({"mean": MEAN}), wh)
    again = SimpleMovingAverage(inputs=[EquityPricing.close], window_length=4)
    assert run(Pipeline({"other": again}), wh).cached == {"other": 21}


def test_shorter_span_is_a_slice(wh):
    run(Pipeline(COLUMNS), wh)
    found = run(Pipeline(COLUMNS), wh, "2024-01-10", "2024-01-12")
    assert set(found.cached.values()) == {3}
    same(found, run(Pipeline(COLUMNS), wh, "2024-01-10", "2024-01-12", cache=False))


def test_longer_span_computes_what_is_missing_at_both_ends(wh):
    run(Pipeline(COLUMNS), wh, "2024-01-10", "2024-01-17")
    found = run(Pipeline(COLUMNS), wh)
    assert set(found.cached.values()) == {5}
    assert_frame_equal(
        found.pl(), run(Pipeline(COLUMNS), wh, cache=False).pl(), rel_tol=1e-12, abs_tol=1e-12
    )


def test_no_session_is_computed_between_two_spans_twice(wh):
    pipe = Pipeline({"mean": MEAN})
    for span in (("2024-01-04", "2024-01-05"), ("2024-01-30", "2024-01-31"), (START, END)):
        found = run(pipe, wh, *span)
    assert found.cached == {"mean": 4}


def test_many_short_runs_leave_one_file(wh, tmp_path):
    pipe = Pipeline({"mean": MEAN})
    days = sorted(BARS["date"].unique())[1:]
    for day in days:
        run(pipe, wh, day, day)
    assert run(pipe, wh).cached == {"mean": 21}
    assert len(kept_files(tmp_path)) == 1
    assert run(pipe, wh).cached == {"mean": 21}


def test_rows_hold_types_of_a_computed_run(wh):
    pipe = Pipeline(COLUMNS)
    assert [run(pipe, wh).arrow().schema for _ in range(2)] == [
        run(pipe, wh, cache=False).arrow().schema
    ] * 2


# ---------------------------------------------------------------- switches


def test_cache_false_neither_reads_nor_keeps(wh, tmp_path):
    found = run(Pipeline(COLUMNS), wh, cache=False)
    assert not kept_files(tmp_path)
    assert set(found.cached.values()) == {0}


def test_variable_switches_it_off(wh, tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", "0")
    run(Pipeline(COLUMNS), wh)
    assert not kept_files(tmp_path)


def test_size_that_is_none_is_refused(wh, monkeypatch):
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", "much")
    with pytest.raises(ConfigError, match=r"RUSTYBT_CACHE_SIZE_MB: .* expects megabytes"):
        run(Pipeline(COLUMNS), wh)


def test_files_used_least_recently_go_first(wh, tmp_path, monkeypatch):
    run(Pipeline({"mean": MEAN}), wh)
    for path in kept_files(tmp_path):
        os.utime(path, (1, 1))
    (old,) = kept_files(tmp_path)
    room = old.stat().st_size * 3
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", str(room / 1e6))
    for name in ("rank", "vwap", "rsi"):
        run(Pipeline({name: COLUMNS[name]}), wh)
    left = kept_files(tmp_path)
    assert old not in left
    assert 0 < sum(it.stat().st_size for it in left) <= room


# ---------------------------------------------------------------- what is not kept


class Custom(CustomFactor):
    inputs = (EquityPricing.close,)
    window_length = 2

    def compute(self, today, assets, out, close):  # noqa: ARG002 - as zipline calls it
        out[:] = close[-1]


class Own(SimpleMovingAverage):
    """A subclass of a user, whose code is not ours."""


@pytest.mark.parametrize("term", [Custom(), Own(inputs=[EquityPricing.close], window_length=3)])
def test_code_of_the_user_is_run_each_time(wh, term):
    for _ in range(2):
        assert run(Pipeline({"own": term}), wh).cached == {"own": 0}


def test_code_of_the_user_does_not_keep_other_terms_from_being_read(wh):
    pipe = Pipeline({"own": Custom(), "mean": MEAN, "rank": Custom().rank()})
    fresh = run(pipe, wh)
    found = run(pipe, wh)
    assert found.cached == {"own": 0, "mean": 21, "rank": 0}
    same(found, fresh)


NAMES = """
from cached_runs import COLUMNS, Pipeline
from rustybt.pipeline.compiler.identity import identities
found = identities(Pipeline(COLUMNS).plan().terms)
print(*(found[it] for it in COLUMNS.values()))
"""


def test_identity_is_the_same_in_every_process():
    said = []
    for seed in ("0", "7"):
        environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", NAMES]
        said.append(subprocess.check_output(command, env=environment, text=True).split())
    assert said[0] == said[1]
    assert len(set(said[0])) == len(COLUMNS)


# ---------------------------------------------------------------- a snapshot more


def appended(tmp_path):
    return commit(tmp_path, BARS.filter(pl.col("date") < LAST), ACTIONS)


def test_new_session_computes_the_tail_alone(tmp_path):
    with appended(tmp_path) as warehouse:
        run(Pipeline(COLUMNS), warehouse)
        commit(tmp_path, BARS, ACTIONS).close()
        warehouse.refresh()
        found = run(Pipeline(COLUMNS), warehouse)
        assert set(found.cached.values()) == {20}
        fresh = run(Pipeline(COLUMNS), warehouse, cache=False)
        assert_frame_equal(found.pl(), fresh.pl(), rel_tol=1e-12, abs_tol=1e-12)


def test_corrected_bar_is_seen_from_the_next_session_on(tmp_path, wh):
    run(Pipeline({"mean": MEAN}), wh)
    day = sorted(BARS["date"].unique())[10]
    other = pl.when((pl.col("date") == day) & (pl.col("symbol") == "B")).then(77.0)
    commit(tmp_path, BARS.with_columns(close=other.otherwise("close")), ACTIONS).close()
    wh.refresh()
    found = run(Pipeline({"mean": MEAN}), wh)
    assert found.cached == {"mean": 10}  # labels of sessions 1 to 10
    assert_frame_equal(found.pl(), run(Pipeline({"mean": MEAN}), wh, cache=False).pl())


def test_new_split_is_seen_at_its_own_session(tmp_path, wh):
    run(Pipeline({"mean": MEAN}), wh)
    day = sorted(BARS["date"].unique())[10]
    commit(tmp_path, BARS, [*ACTIONS, {**ACTIONS[0], "symbol": "E", "session": day}]).close()
    wh.refresh()
    found = run(Pipeline({"mean": MEAN}), wh)
    assert found.cached == {"mean": 9}
    fresh = run(Pipeline({"mean": MEAN}), wh, cache=False)
    assert_frame_equal(found.pl(), fresh.pl(), rel_tol=1e-12)


def test_restored_snapshot_keeps_what_is_alike(tmp_path):
    with appended(tmp_path) as warehouse:
        commit(tmp_path, BARS, ACTIONS).close()
        warehouse.refresh()
        run(Pipeline({"mean": MEAN}), warehouse)
        warehouse.restore("small", 1)
        assert run(Pipeline({"mean": MEAN}), warehouse).cached == {"mean": 20}


def test_damaged_older_manifest_is_in_nobodys_way(tmp_path):
    with appended(tmp_path) as warehouse:
        run(Pipeline({"mean": MEAN}), warehouse)
        commit(tmp_path, BARS, ACTIONS).close()
        warehouse.refresh()
        (first, _) = sorted(tmp_path.glob("bundles/small/log/*.json"))
        first.chmod(0o644)
        first.write_bytes(b"not a manifest")
        found = run(Pipeline({"mean": MEAN}), warehouse)
        assert found.cached == {"mean": 0}


def test_older_snapshot_has_columns_of_its_own(tmp_path):
    with appended(tmp_path) as warehouse:
        changed = BARS.with_columns(close=pl.col("close") * 2)
        commit(tmp_path, changed, ACTIONS).close()
        warehouse.refresh()
        run(Pipeline({"mean": MEAN}), warehouse)
        with warehouse.at(snapshot=1) as old:
            found = run(Pipeline({"mean": MEAN}), old)
            same(found, run(Pipeline({"mean": MEAN}), old, cache=False))


def test_vacuum_takes_them_with_their_snapshot(tmp_path):
    with appended(tmp_path) as warehouse:
        run(Pipeline({"mean": MEAN}), warehouse)
        commit(tmp_path, BARS, ACTIONS).close()
        warehouse.refresh()
        run(Pipeline({"mean": MEAN}), warehouse)
        warehouse.vacuum("small", keep=1, days=0)
        assert len({it.parent for it in kept_files(tmp_path)}) == 1
        assert run(Pipeline({"mean": MEAN}), warehouse).cached == {"mean": 21}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(it, marks=pytest.mark.slow) for it in (1, 2, 3))]
)
def test_random_histories_give_the_rows_of_a_fresh_run(tmp_path, seed):
    changing = Changing(tmp_path, seed)
    for step in range(7):
        names = changing.random.sample(sorted(COLUMNS), 5)
        pipe = Pipeline({it: COLUMNS[it] for it in names}, changing.random.choice(SCREENS))
        check(changing, pipe, *changing.span())
        changing.change()
        if step % 3 == 2:
            changing.spoil()
    check(changing, Pipeline(COLUMNS), changing.days[1], changing.days[changing.until - 1])
    changing.warehouse.close()


# ---------------------------------------------------------------- damage, roots, processes


@pytest.mark.parametrize("way", ["flipped", "short", "empty", "gone"])
def test_damaged_file_is_computed_again(wh, tmp_path, way):
    fresh = run(Pipeline({"mean": MEAN}), wh)
    (path,) = kept_files(tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    damaged = {"flipped": content, "short": content[:100], "empty": b""}
    if way in damaged:
        path.write_bytes(damaged[way])
    found = run(Pipeline({"mean": MEAN}), wh)
    assert found.cached == {"mean": 0}
    same(found, fresh)
    assert run(Pipeline({"mean": MEAN}), wh).cached == {"mean": 21}


def test_root_that_cannot_be_written_is_no_cache(wh, tmp_path):
    fresh = run(Pipeline({"day": DAY}), wh, cache=False)
    folder = next(tmp_path.glob("bundles/small/derived/*"), None)
    place = folder or tmp_path / "bundles/small"
    if os.geteuid() == 0:
        (tmp_path / "bundles/small/derived").rename(tmp_path / "elsewhere") if folder else None
        (tmp_path / "bundles/small/derived").write_text("a file where the folder should be")
    else:
        place.chmod(stat.S_IRUSR | stat.S_IXUSR)
    found = run(Pipeline({"day": DAY}), wh)
    assert found.cached == {"day": 0}
    same(found, fresh)


CHILD = """
import sys
from cached_runs import *
import warehouse
with warehouse.open(sys.argv[1]) as wh:
    print("ready", flush=True)
    for _ in range(int(sys.argv[2])):
        found = Pipeline(COLUMNS).run("2024-01-03", "2024-02-01", bundle="small", warehouse=wh)
        for path in kept_files(wh.root) if int(sys.argv[2]) > 1 else ():
            path.unlink(missing_ok=True)
    print(found.pl().hash_rows(7).sum())
"""


def child(root, times):
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(root), str(times)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_two_processes_at_once_give_the_same_rows(wh, tmp_path):
    children = [child(tmp_path, 1) for _ in range(2)]
    said = [it.communicate(timeout=300)[0] for it in children]
    expected = run(Pipeline(COLUMNS), wh, cache=False).pl().hash_rows(7).sum()
    assert said == [f"ready\n{expected}\n"] * 2


@pytest.mark.slow
def test_killed_writer_leaves_nothing_that_is_believed(wh, tmp_path):
    fresh = run(Pipeline(COLUMNS), wh, cache=False)
    for wait in (0.3, 0.9):
        writer = child(tmp_path, 1000)
        assert writer.stdout.readline() == "ready\n"
        time.sleep(wait)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        same(run(Pipeline(COLUMNS), wh), fresh)


LIMITED = """
import resource, sys
from cached_runs import *
import warehouse
with warehouse.open(sys.argv[1]) as wh:
    where = {"bundle": "small", "warehouse": wh}
    fresh = Pipeline(COLUMNS).run("2024-01-03", "2024-02-01", cache=False, **where).pl()
    if sys.argv[2] == "full":  # a file may not grow beyond, as on a disk without room
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
    for name in COLUMNS:
        for columns in ({name: COLUMNS[name]}, COLUMNS):
            found = Pipeline(columns).run("2024-01-03", "2024-02-01", **where).pl()
            assert_frame_equal(found, fresh.select(found.columns), check_exact=True)
"""


def limited(root, kind, **environment):
    command = [sys.executable, "-c", LIMITED, str(root), kind]
    there = {**os.environ, "PYTHONPATH": str(HERE), **environment}
    return subprocess.Popen(command, env=there, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_disk_without_room_is_no_cache(wh, tmp_path):
    run(Pipeline({"mean": MEAN}), wh)  # one file that is there already
    kept = kept_files(tmp_path)
    child_of_limit = limited(tmp_path, "full")
    assert child_of_limit.communicate(timeout=300) == (None, "")
    assert child_of_limit.returncode == 0
    assert kept_files(tmp_path) == kept
    assert not list(tmp_path.glob("bundles/small/derived/*/.building-*/*"))


@pytest.mark.slow
def test_processes_that_remove_each_others_files_give_the_rows_of_a_fresh_run(wh, tmp_path):
    run(Pipeline({"mean": MEAN}), wh)
    (one,) = kept_files(tmp_path)
    few = one.stat().st_size * 3  # files for which there is room, of twelve
    running = [limited(tmp_path, "few", RUSTYBT_CACHE_SIZE_MB=str(few / 1e6)) for _ in range(2)]
    assert [it.communicate(timeout=300)[1] for it in running] == ["", ""]
    assert [it.returncode for it in running] == [0, 0]
    run(Pipeline(COLUMNS), wh)
    assert sum(it.stat().st_size for it in kept_files(tmp_path)) > few


def test_limit_below_one_file_keeps_none(wh, tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", "0.00001")
    fresh = run(Pipeline(COLUMNS), wh, cache=False)
    for _ in range(2):
        found = run(Pipeline(COLUMNS), wh)
        assert set(found.cached.values()) == {0}
        same(found, fresh)
    assert not kept_files(tmp_path)
