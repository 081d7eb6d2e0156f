"""A stored bar that comes again: the new snapshot has the new value, the old one the old."""

from decimal import Decimal

HEADER = "date,symbol,open,high,low,close,volume\n"
FIRST = HEADER + "2024-01-02,A,1,2,1,2,10\n2024-01-03,A,1,2,1,2,10\n"
CORRECTED = HEADER + "2024-01-03,A,1,2,1,1.5,10\n2024-01-04,A,1,2,1,2,10\n"
CLOSES = "SELECT close FROM t.bars_1d ORDER BY session"


def test_a_correction_is_counted(take):
    take(FIRST)
    report = take(CORRECTED)
    assert (report.added, report.changed, report.same, report.snapshot) == (1, 1, 0, 2)


def test_the_new_snapshot_holds_the_new_value(take, ask):
    take(FIRST)
    take(CORRECTED)
    assert ask(CLOSES) == [(Decimal(2),), (Decimal("1.5"),), (Decimal(2),)]


def test_the_old_snapshot_holds_the_old_value(take, ask):
    take(FIRST)
    take(CORRECTED)
    assert ask(CLOSES, snapshot=1) == [(Decimal(2),), (Decimal(2),)]


def test_the_same_again_commits_nothing(take):
    take(FIRST)
    report = take(FIRST)
    assert (report.new, report.snapshot, report.same) == (False, 1, 2)


def test_a_reject_seen_before_is_nothing_new(take, ask):
    bad = FIRST + "2024-01-04,A,1,2,1,abc,10\n"
    take(bad)
    report = take(bad)
    assert (report.new, report.rejected) == (False, 1)
    assert ask("SELECT count(*) FROM t.rejects") == [(1,)]


def test_a_wider_value_widens_and_keeps_the_others(take, ask):
    take(FIRST)
    take(HEADER + "2024-01-04,A,1,2,1,1.000000000001,10\n")
    assert ask(CLOSES)[-1] == (Decimal("1.000000000001"),)
    assert ask(CLOSES)[0] == (Decimal(2),)
