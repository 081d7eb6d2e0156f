"""What the checks find in stored bars, how it is shown, and when it stops to hold."""

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import warehouse
from rustybt.cli import main
from rustybt.data.bundles import get, load
from rustybt.data.quality import check, record

HEADER = "date,symbol,open,high,low,close,volume\n"
GOOD = HEADER + "2024-01-02,A,1,2,1,2,10\n"


@pytest.fixture
def run(root):
    def run(*args: str, code: int = 0):
        done = CliRunner().invoke(main, ["bundle", "quality", *args, "--root", str(root)])
        assert done.exit_code == code, done.output
        return done

    return run


def found(root) -> dict[str, int]:
    return {
        kind: count
        for _, _, _, kind, _, _, _, count, *_ in get("t", root=root).quality().rows()
        if count
    }


def test_the_frame_has_the_columns_of_meta_quality(take, root, ask):
    take(GOOD)
    columns = get("t", root=root).quality().columns
    with warehouse.open(root) as wh:
        assert wh.sql("FROM meta.quality").columns == columns


def test_a_frame_stores_nothing(take, root, ask):
    take(GOOD)
    get("t", root=root).quality().pl()
    assert ask("SELECT snapshot FROM meta.bundles") == [(1,)]


def test_an_older_snapshot_is_checked_as_it_was(take, root):
    take(GOOD)
    with warehouse.open(root) as wh:
        then = wh.snapshot("t").created_at
    take(HEADER + "2024-01-03,A,1,1.5,1,2,10\n")
    rows = load("t", timestamp=then, root=root).quality().rows()
    assert {(row[1], row[8]) for row in rows} == {(1, 1)}


def test_the_sample_has_the_first_ten(take, root):
    take(HEADER + "".join(f"2024-01-{day:02},A,,2,1,2,{day}\n" for day in range(1, 32)))
    (row,) = [it for it in get("t", root=root).quality().rows() if it[3] == "missing_price"]
    sample = json.loads(row[10])
    assert (row[7], len(sample)) == (31, 10)
    assert sample[0] == {
        "symbol": "A",
        "session": "2024-01-01",
        "ts": None,
        "detail": "open missing",
    }


WIDE = HEADER + "2024-01-02,A,1,2,1,1.123456789,10\n"


@pytest.mark.parametrize("verdict", ["passed", "failed"])
def test_compaction_keeps_a_verdict(take, root, ask, verdict):
    take(WIDE if verdict == "passed" else WIDE + "2024-01-03,A,1,1.5,1,2,10\n")
    take(GOOD)
    with warehouse.open(root) as wh:
        record(wh, check(wh, "t"))
        before = wh.sql("SELECT * EXCLUDE snapshot FROM meta.quality").rows()
        assert wh.compact("t").version == 4
        assert wh.sql("SELECT snapshot, verdict FROM meta.verdicts").rows() == [(4, verdict)]
        assert wh.sql("SELECT * EXCLUDE snapshot FROM meta.quality").rows() == before
        assert check(wh, "t").verdict == verdict


def test_compaction_gives_no_verdict_to_bars_that_were_not_checked(take, root, ask):
    take(WIDE)
    with warehouse.open(root) as wh:
        report = check(wh, "t")
        take(GOOD)
        record(wh, report)
        wh.compact("t")
    assert ask("SELECT snapshot, verdict FROM meta.verdicts") == [(4, "not checked")]


def test_a_report_of_older_bars_says_nothing_of_newer(take, root, ask):
    take(GOOD)
    with warehouse.open(root) as wh:
        report = check(wh, "t")
        take(HEADER + "2024-01-03,A,1,2,1,2,11\n")
        record(wh, report)
    assert ask("SELECT snapshot, verdict FROM meta.verdicts") == [(3, "not checked")]


def test_a_damaged_record_is_no_record(take, run, ask):
    take(GOOD)
    run("t")
    ((name,),) = ask("SELECT path FROM meta.data_files WHERE dataset = 'quality'")
    path = Path(name)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    assert ask("SELECT verdict FROM meta.verdicts") == [("not checked",)]


def test_daily_bars_one_day_late_are_an_error(take, root):
    days = [date(2024, 1, day) for day in (3, 4, 5, 6, 9, 10, 11, 12, 13, 17, 18, 19, 20)]
    take(HEADER + "".join(f"{day},A,1,2,1,2,{i}\n" for i, day in enumerate(days)))
    assert found(root)["days_shifted"] == 1


def test_minutes_in_new_york_time_are_an_error(take, root):
    lines = [
        f"2024-01-{day:02} {hour:02}:{minute:02}:00,A,1,2,1,2,{hour * 60 + minute}\n"
        for day in (2, 3, 4, 5, 8)
        for hour, minute in ((9, 30), (10, 0), (12, 0), (15, 59))
    ]
    take(HEADER.replace("date", "ts") + "".join(lines), resolution="1m")
    assert found(root)["hours_shifted"] == 1


def test_the_command_says_the_verdict_and_stores_it(take, run, ask):
    take(GOOD)
    done = run("t")
    assert "t: passed, checked at snapshot 1." in done.stderr
    assert ask("SELECT snapshot, verdict FROM meta.verdicts") == [(2, "passed")]


def test_the_command_shows_rows(take, run):
    take(HEADER + "2024-01-02,A,1,1.5,1,2,10\n")
    done = run("t", "--no-record")
    assert "error high_not_highest, 1: the high is below" in done.stderr
    assert "  A 2024-01-02: high 1.50000000 is below 2.00000000" in done.stderr
    assert "t: failed" in done.stderr


def test_the_command_gives_rows_to_programs(take, run):
    take(GOOD)
    rows = json.loads(run("t", "--no-record", "--format", "json").stdout)
    assert {row["verdict"] for row in rows} == {"passed"}


def test_the_command_changes_and_shows_the_policy(take, run, ask):
    take(GOOD)
    done = run(
        "t", "--set", "gap.sessions=3", "--set", "on_error=refuse", "--policy", "--format", "csv"
    )
    assert "gap.sessions,3,true" in done.stdout
    assert "on_error,refuse,true" in done.stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [(("t", "--set", "gap"), 2), (("t", "--set", "gap.x=1"), 1), (("u",), 1)],
)
def test_the_command_refuses(take, run, args, code):
    take(GOOD)
    run(*args, code=code)


@pytest.mark.reference
def test_sp500_is_judged(reference, take, root, run, ask):
    take(reference / "data" / "sp500_5yr.parquet")
    run("t", "--no-samples")
    query = "SELECT kind, found FROM meta.quality WHERE severity IN ('error', 'warn') AND found > 0 ORDER BY kind"
    assert ask(query) == [
        ("gap", 17),
        ("high_not_highest", 1),
        ("low_not_lowest", 12),
        ("missing_price", 11),
        ("split_like_jump", 6),
    ]


@pytest.mark.reference
def test_real_actions_and_minutes_pass(reference, take, root):
    take(reference / "data" / "us_equities_with_actions.parquet")
    with warehouse.open(root) as wh:
        report = check(wh, "t")
    assert report.verdict == "passed"
    assert report.checked_at < datetime.max  # noqa: DTZ901 - naive, as everything in a warehouse
