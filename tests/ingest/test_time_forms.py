"""How times are read, decided file by file."""

from datetime import UTC, date, datetime

import pytest

from rustybt.data.sources.times import decide
from rustybt.errors import NothingReadError

HEADER = "ts,symbol,open,high,low,close,volume\n"


def rows(times):
    return HEADER + "".join(f"{time},A,1,2,1,2,10\n" for time in times)


EPOCH = int(datetime(2024, 1, 2, 15, 30, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02 15:30:00",
        "2024-01-02T15:30",
        "2024-01-02T15:30:00Z",
        "2024-01-02T10:30:00-05:00",
        "2024-01-02 16:30:00+0100",
        "2024-01-02 15:30:00.000000",
        f"{EPOCH}",
        f"{EPOCH}000",
        f"{EPOCH}000000",
        f"{EPOCH}000000000",
    ],
)
def test_an_instant_is_read_as_utc(take, ask, text):
    take(rows([text]), resolution="1m")
    assert ask("SELECT ts, session FROM t.bars_1m") == [
        (datetime(2024, 1, 2, 15, 30), date(2024, 1, 2))  # noqa: DTZ001 - DuckDB's TIMESTAMP is UTC
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02",
        "20240102",
        " 2024-01-02 ",
        "2024/01/02",
        "2024-01-02 00:00:00",
        "2024-01-02T21:00:00Z",
    ],
)
def test_a_day_is_its_date(take, ask, text):
    take(rows([text]))
    assert ask("SELECT session FROM t.bars_1d") == [(date(2024, 1, 2),)]


def test_day_first_needs_a_format(take):
    with pytest.raises(NothingReadError, match="expected ISO"):
        take(rows(["31/01/2024", "01/02/2024"]))


def test_a_format_is_followed(take, ask):
    take(rows(["31/01/2024", "01/02/2024"]), date_format="%d/%m/%Y")
    assert ask("SELECT session FROM t.bars_1d ORDER BY 1") == [
        (date(2024, 1, 31),),
        (date(2024, 2, 1),),
    ]


@pytest.mark.parametrize(
    "odd",
    [
        "2024-02-30", "infinity", "epoch", "yesterday", "", "20240103", f"{EPOCH}", "9999-12-31",
        "1066-10-14", "2024-01-03 25:00",
    ],
)  # fmt: skip
def test_a_time_of_another_form_is_rejected(take, odd):
    report = take(rows(["2024-01-02", odd, "2024-01-04"]))
    assert (report.added, [it.line for it in report.rejects]) == (2, [3])


def test_an_epoch_of_another_unit_is_rejected(take):
    report = take(rows([f"{EPOCH}", f"{EPOCH + 60}000", f"{EPOCH + 120}"]), resolution="1m")
    assert (report.added, report.rejected) == (2, 1)


def test_the_form_is_said(take):
    report = take(rows(["20240102"]))
    assert report.notes == ("bars.csv: times read as dates as YYYYMMDD.",)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "iso"),
        (["20240102", "20240103", "2024-01-04"], "compact"),
        (["1704207600"], "epoch"),
        (["x", "y"], "iso"),
    ],
)
def test_most_values_decide(values, kind):
    assert decide(values).kind == kind


def test_two_bars_of_one_day_with_other_values_contradict(take):
    from rustybt.errors import DuplicateRowsError

    with pytest.raises(DuplicateRowsError):
        take(HEADER + "2024-01-02 10:00,A,1,2,1,2,10\n2024-01-02 11:00,A,1,2,1,1,10\n")


def test_a_minute_at_the_close_belongs_to_the_session(take, ask):
    take(rows(["2024-01-02 14:30", "2024-01-02 21:00"]), resolution="1m")
    assert ask("SELECT count(*) FROM t.flags") == [(0,)]


def test_a_minute_outside_every_session_is_flagged_on_its_date(take, ask):
    take(rows(["2024-01-02 14:29", "2024-01-06 15:00"]), resolution="1m")
    assert ask("SELECT session, kind FROM t.flags ORDER BY 1") == [
        (date(2024, 1, 2), "outside_session"),
        (date(2024, 1, 6), "outside_session"),
    ]


def test_midnight_opens_the_session_of_a_24_7_bundle(take, ask):
    take(rows(["2024-01-06 00:00", "2024-01-06 23:59"]), resolution="1m", calendar="24/7")
    assert ask("SELECT DISTINCT session FROM t.bars_1m") == [(date(2024, 1, 6),)]
