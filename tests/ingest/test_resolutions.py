"""Every length of a bar: where it is stored, of which session it is, what the checks say of it."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import warehouse
from rustybt.data.quality import check
from rustybt.data.resolutions import BARS, dataset_of, finer, resolution_of
from rustybt.errors import DuplicateRowsError, RequestError

HEAD = "ts,symbol,open,high,low,close,volume\n"
INTRADAY = {"1m": 1, "1h": 60, "4h": 240}


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return an instant of March 2024, UTC."""
    return datetime.fromisoformat(f"2024-03-{day:02}T{hour:02}:{minute:02}")


def lines(times: list[datetime] | list[date], symbol: str = "A") -> str:
    rows = (
        f"{it.isoformat()},{symbol},10.1,11.5,9.{i % 9 + 1},{10 + i % 7 / 10},{100 + i}\n"
        for i, it in enumerate(times)
    )
    return HEAD + "".join(rows)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("1M", "1mo"), ("M", "1mo"), ("1month", "1mo"), ("monthly", "1mo"), ("1m", "1m"),
        ("minute", "1m"), ("60min", "1h"), ("hourly", "1h"), ("1wk", "1w"), ("Weekly", "1w"),
        ("1D", "1d"), ("daily", "1d"), ("4H", "4h"), ("trades", "tick"),
    ],
)  # fmt: skip
def test_a_resolution_has_one_name(written: str, name: str) -> None:
    assert resolution_of(written) == name


def test_an_unknown_resolution_says_which_there_are() -> None:
    with pytest.raises(RequestError, match="expected one of tick, 1m"):
        resolution_of("7m")


def test_resolutions_stand_from_fine_to_coarse() -> None:
    assert finer("1h") == ("30m", "15m", "5m", "1m")
    assert "1w" not in finer("1mo")
    assert len({dataset_of(it) for it in BARS}) == len(BARS)


@pytest.mark.parametrize("resolution", INTRADAY)
def test_bars_within_a_session_are_stored_beside_others(take, ask, root, resolution: str) -> None:
    step = timedelta(minutes=INTRADAY[resolution])
    times = [at(4) + i * step for i in range(12)]
    report = take(lines(times), resolution=resolution, calendar="24/7")
    assert (report.added, report.flagged) == (12, 0)
    assert take(lines(times), resolution=resolution).new is False
    changed = lines(times).replace(",100\n", ",555\n")
    assert take(changed, resolution=resolution).changed == 1
    name = dataset_of(resolution)
    assert ask(f"SELECT ts, session, symbol FROM t.{name} ORDER BY ts") == [
        (it, it.date(), "A") for it in times
    ]
    with warehouse.open(root) as wh:
        assert wh.verify("t").sound
        assert wh.diff("t", 1, 2).rows() == [(name, "A", 0, 1, 0)]
        found = {it.check.name for it in check(wh, "t").findings}
    assert "outside_session" in found
    assert ("minutes_missing" in found) == (INTRADAY[resolution] <= 60)
    ((first, last),) = ask("SELECT first_session, last_session FROM t.assets")
    assert (first, last) == (times[0].date(), times[-1].date())


def test_an_hour_that_spans_the_opening_is_of_the_session(take, ask) -> None:
    # XNYS opened at 14:30 UTC on 4 March 2024 and closed at 21:00.
    hours = [at(4, h) for h in (13, 14, 15, 20, 21, 22)]
    report = take(lines(hours), resolution="1h")
    assert ask("SELECT hour(ts) FROM t.flags WHERE kind = 'outside_session' ORDER BY ts") == [
        (13,), (22,),
    ]  # fmt: skip
    assert report.flagged == 2
    minutes = [at(4, 14, m) for m in (29, 30)]
    take(lines(minutes), resolution="1m")
    flagged = ask("SELECT minute(ts) FROM t.flags WHERE dataset = 'bars_1m'")
    assert flagged == [(29,)]


def test_a_bar_over_two_sessions_is_of_the_one_it_begins_in(take, ask) -> None:
    # Sessions of CMES begin in the evening; that of 5 March 2024 at 23:00 UTC, where the one before ends.
    times = [at(4, 20), at(5)]
    take(lines(times), resolution="4h", calendar="CMES")
    assert ask("SELECT ts, session FROM t.bars_4h ORDER BY ts") == [
        (times[0], date(2024, 3, 4)),
        (times[1], date(2024, 3, 5)),
    ]


def test_a_week_and_a_month_are_of_their_last_session(take, ask, root) -> None:
    weeks = [date(2024, 3, 18), date(2024, 3, 25), date(2024, 4, 3)]  # Good Friday was the 29th
    assert take(lines(weeks), resolution="1w").flagged == 0
    assert ask("SELECT session FROM t.bars_1w ORDER BY session") == [
        (date(2024, 3, 22),), (date(2024, 3, 28),), (date(2024, 4, 5),),
    ]  # fmt: skip
    months = [date(2024, 2, 1), date(2024, 3, 15)]
    take(lines(months), resolution="1mo")
    assert ask("SELECT session FROM t.bars_1mo ORDER BY session") == [
        (date(2024, 2, 29),), (date(2024, 3, 28),),
    ]  # fmt: skip
    assert ask("SELECT first_session, last_session FROM t.assets") == [
        (date(2024, 2, 29), date(2024, 4, 5))
    ]
    with warehouse.open(root) as wh:
        found = {(it.dataset, it.check.name) for it in check(wh, "t").findings}
    assert ("bars_1w", "future_bar") in found
    assert not {("bars_1w", "gap"), ("bars_1mo", "outlier_return")} & found


def test_rows_of_one_week_contradict_each_other(take) -> None:
    with pytest.raises(DuplicateRowsError, match=r"weeks stand.*If a row is a session"):
        take(lines([date(2024, 3, 18), date(2024, 3, 19)]), resolution="1w")


def test_other_names_of_a_resolution_are_taken(take, ask) -> None:
    take(lines([date(2024, 3, 15)]), resolution="1M")
    assert ask("SELECT session FROM t.bars_1mo") == [(date(2024, 3, 28),)]


def test_actions_are_taken_of_daily_rows_only(take, ask) -> None:
    text = HEAD.replace("\n", ",dividend\n") + "2024-03-18,A,10,11,9,10,100,0.5\n"
    report = take(text, resolution="1w")
    assert report.actions == 0
    assert "those of rows of 1w are not stored" in report.notes[-1]
    assert ask("FROM t.adjustments") == []


def test_the_command_takes_a_resolution(write, root: Path) -> None:
    from click.testing import CliRunner

    from rustybt.cli import main

    path = write(lines([at(4, 15), at(4, 16)]))
    found = CliRunner().invoke(
        main,
        ["ingest", "csv", str(path), "--bundle", "t", "--root", str(root), "--resolution", "1h"],
    )
    assert found.exit_code == 0, found.output
    with warehouse.open(root) as wh:
        assert wh.sql("SELECT count(*) FROM t.bars_1h").rows() == [(2,)]
