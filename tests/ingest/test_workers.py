"""Many workers, one commit: whatever becomes of a worker, a snapshot is whole or is not there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import warehouse
from rustybt.data import bundles
from rustybt.data.bundles import Request
from rustybt.data.sources import FeedSource, FileSource
from rustybt.errors import (
    EmptySpanError,
    NoSourceError,
    SourceError,
    SymbolsFailedError,
    WrongRowsError,
)

FAILURES = (
    *("KILLED", "ENDED", "HANGS", "BUG", "MEMORY", "REFUSED"),
    *("GONE", "OTHER", "UNTYPED", "SILENT"),
)
MOMENTS = 20  # of an ingest of about three seconds
INGEST = Path(__file__).with_name("interrupted.py")


@pytest.fixture
def unruly(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import unruly

    return unruly.Unruly


def children():
    listed = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="],
        capture_output=True,
        text=True,
        check=False,
    )
    return [it for it in listed.stdout.splitlines() if "spawn_main" in it or "defunct" in it]


def ask(root, query):
    with warehouse.open(root) as wh:
        return wh.sql(query).rows()


@pytest.fixture
def folder(write):
    text = "date,open,high,low,close,volume\n2024-01-02,1,2,1,2,5\n2024-01-03,1,2,1,2,5\n"
    paths = [write(text, f"{symbol}.csv") for symbol in "ABCDEFG"]
    return paths[0].parent


def failures(quick):
    return [it if it in quick else pytest.param(it, marks=pytest.mark.slow) for it in FAILURES]


def patience(failing):
    """Seconds for a worker: few for one that will never answer, else enough on a busy machine."""
    return 30 if failing == "HANGS" else 120


@pytest.mark.slow
@pytest.mark.parametrize("failing", failures({"KILLED", "ENDED", "BUG", "REFUSED"}))
def test_one_failing_symbol_fails_all_by_default(unruly, root, failing):
    source = FeedSource(unruly(("A", "B", failing)))
    request = Request(n_workers=2, timeout_seconds=patience(failing))
    with pytest.raises(SymbolsFailedError, match=failing):
        bundles.ingest(source, "t", request, root=root)
    assert bundles.names(root) == []
    assert children() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "failing", failures({"KILLED", "MEMORY", "GONE", "OTHER", "UNTYPED", "SILENT"})
)
def test_one_failing_symbol_is_left_out_if_partial(unruly, root, failing):
    source = FeedSource(unruly(("A", "B", failing)))
    request = Request(n_workers=2, on_error="partial", timeout_seconds=patience(failing))
    report = bundles.ingest(source, "t", request, root=root)
    assert {it.symbol: it.rows for it in report.outcomes} == {"A": 8, "B": 8, failing: 0}
    assert (report.failed, report.added) == (1, 16)
    assert ask(root, "SELECT symbol FROM t.assets ORDER BY symbol") == [("A",), ("B",)]


@pytest.mark.parametrize(
    ("symbol", "ending", "kept"), [("SHORT", "partial", 2), ("NEVER", "empty", 0)]
)
def test_what_a_feed_tells_of_a_symbol_is_reported(unruly, root, symbol, ending, kept):
    report = bundles.ingest(FeedSource(unruly(("A", symbol))), "t", root=root)
    outcome = report.outcomes[-1]
    assert (outcome.ending, outcome.rows, report.failed) == (ending, kept, 0)


def test_all_failing_commits_nothing(unruly, root):
    request = Request(on_error="partial")
    with pytest.raises(SymbolsFailedError):
        bundles.ingest(FeedSource(unruly(("REFUSED",))), "t", request, root=root)
    assert bundles.names(root) == []


def test_wrong_counts_of_a_worker_are_refused(unruly, root, monkeypatch):
    from rustybt.data.sources import staging

    monkeypatch.setattr(staging.Staging, "rows_in", lambda *_: 7)
    with pytest.raises(SymbolsFailedError, match="told of 8 rows and left 7"):
        bundles.ingest(FeedSource(unruly(("A", "B"))), "t", Request(n_workers=2), root=root)


@pytest.mark.parametrize(
    "workers", [2, *(pytest.param(it, marks=pytest.mark.slow) for it in (1, 4, 8))]
)
def test_any_number_of_workers_gives_the_same_files(folder, root, tmp_path, workers):
    bundles.ingest(FileSource(folder), "t", root=tmp_path / "one")
    bundles.ingest(FileSource(folder), "t", Request(n_workers=workers), root=root)
    query = "SELECT dataset, partition, sha256 FROM meta.data_files WHERE bundle = 't' ORDER BY ALL"
    assert ask(root, query) == ask(tmp_path / "one", query)


def test_a_handle_reads_its_source_again(folder, root):
    bundles.ingest(FileSource(folder), "t", Request(symbols=("A",)), root=root)
    report = bundles.get("t", root=root).ingest(["B", "C"], "2024-01-03", "2024-01-03", n_workers=2)
    assert (report.added, report.snapshot) == (2, 2)


def test_a_handle_without_a_known_source_says_so(unruly, root):
    bundles.ingest(FeedSource(unruly(("A",))), "t", root=root)
    with pytest.raises(NoSourceError, match="source="):
        bundles.get("t", root=root).ingest()


def test_both_days_of_a_span_are_included(folder, root):
    bundles.ingest(FileSource(folder), "t", root=root)
    report = bundles.get("t", root=root).ingest(["A"], "2024-01-02", "2024-01-03")
    assert report.same == 2


@pytest.mark.parametrize(
    ("start", "end"), [("2024-01-06", "2024-01-07"), ("2024-01-09", "2024-01-08")]
)
def test_a_span_without_sessions_is_an_error_of_that_name(folder, root, start, end):
    bundles.ingest(FileSource(folder), "t", root=root)
    with pytest.raises(EmptySpanError, match=start):
        bundles.get("t", root=root).ingest(start_date=start, end_date=end)


def test_an_unreadable_file_is_left_out_if_partial(folder, root):
    (folder / "BAD.csv").write_bytes(b"\0\1")
    report = bundles.ingest(FileSource(folder), "t", Request(on_error="partial"), root=root)
    assert [it.symbol for it in report.outcomes if it.lost] == ["BAD"]
    assert report.added == 14


def test_a_symbol_that_is_in_no_file_is_not_found(folder, root):
    with pytest.raises(SourceError, match="ZZ: not found"):
        bundles.ingest(FileSource(folder), "t", Request(symbols=("A", "ZZ")), root=root)


def start(root, workers):
    command = [sys.executable, INGEST, str(root), str(workers)]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def living(group):
    listed = subprocess.run(
        ["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True
    )
    return [it for it in listed.stdout.splitlines() if it.split()[0] == str(group)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_a_coordinator_ended_at_any_moment_leaves_old_or_new_and_no_process(root, kind):
    start(root, 1).wait()
    for moment in range(MOMENTS):
        process = start(root, 2)
        time.sleep(0.2 + 3.0 * moment / MOMENTS)
        (os.killpg if kind == signal.SIGINT else os.kill)(process.pid, kind)
        process.wait(timeout=60)
        deadline = time.monotonic() + 60
        while living(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert living(process.pid) == []
        assert len(ask(root, "SELECT DISTINCT close FROM t.bars_1d")) == 1


@pytest.mark.parametrize("failing", ["OTHER", "SILENT"])
def test_a_feed_that_answers_something_else_is_at_fault(unruly, root, failing):
    with pytest.raises(SymbolsFailedError, match="adapter is at fault"):
        bundles.ingest(FeedSource(unruly(("B", failing))), "t", root=root)


def test_batches_of_unlike_columns_are_wrong_rows(unruly, root):
    with pytest.raises(WrongRowsError, match="one schema"):
        bundles.ingest(FeedSource(unruly(("B", "UNTYPED"))), "t", root=root)
