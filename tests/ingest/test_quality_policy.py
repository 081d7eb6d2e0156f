"""What a policy does to checks and to an ingest."""

from pathlib import Path

import pytest

import warehouse
from rustybt.data.bundles import get
from rustybt.data.quality import Policy, check, policy_of, record, set_policy
from rustybt.errors import PolicyError, QualityError
from warehouse.catalog.checks import LAYERS, checks

GOOD = "date,symbol,open,high,low,close,volume\n2024-01-02,A,1,2,1,2,10\n"
LOW_HIGH = "date,symbol,open,high,low,close,volume\n2024-01-03,A,1,1.5,1,2,10\n"
NO_OPEN = "date,symbol,open,high,low,close,volume\n2024-01-03,A,,2,1,2,10\n"


@pytest.fixture
def change(root):
    def change(**settings: str) -> None:
        with warehouse.open(root) as wh:
            set_policy(wh, "t", {name.replace("__", "."): it for name, it in settings.items()})

    return change


def verdicts(root: Path) -> dict[str, str]:
    return {row[3]: row[6] for row in get("t", root=root).quality().rows()}


def test_an_error_is_kept_by_default(take):
    take(GOOD)
    assert take(LOW_HIGH).flagged == 1


def test_an_error_is_refused_where_the_policy_says_so(take, change, ask):
    take(GOOD)
    change(on_error="refuse")
    with pytest.raises(
        QualityError, match=r"1 of high_not_highest.*\n  A 2024-01-03: high 1.5"
    ) as it:
        take(LOW_HIGH)
    assert it.value.counts == {"high_not_highest": 1}
    assert ask("SELECT count(*) FROM t.bars_1d") == [(1,)]


def test_a_warning_is_never_refused(take, change):
    take(GOOD)
    change(on_error="refuse")
    assert take(NO_OPEN).flagged == 1


def test_a_warning_made_an_error_is_refused(take, change):
    take(GOOD)
    change(on_error="refuse", missing_price__severity="error")
    with pytest.raises(QualityError):
        take(NO_OPEN)


def test_what_is_turned_off_is_not_flagged(take, change):
    take(GOOD)
    change(high_not_highest__severity="off")
    assert take(LOW_HIGH).flagged == 0


def test_what_is_turned_off_did_not_pass(take, change, root):
    take(GOOD)
    change(gap__severity="off")
    assert verdicts(root)["gap"] == "not checked"


def test_all_turned_off_is_not_checked(take, root):
    take(GOOD)
    with warehouse.open(root) as wh:
        set_policy(wh, "t", {f"{it.name}.severity": "off" for it in checks()})
        report = check(wh, "t")
        record(wh, report)
        said = wh.sql("SELECT verdict FROM meta.verdicts").rows()
    assert (report.verdict, said) == ("not checked", [("not checked",)])


def test_a_threshold_is_the_policys(take, change, root):
    take(GOOD + "2024-01-04,A,1,2,1,2,10\n")
    assert verdicts(root)["gap"] == "failed"
    change(gap__sessions="2")
    assert verdicts(root)["gap"] == "passed"


def test_an_empty_value_takes_a_setting_back(take, change, ask):
    take(GOOD)
    change(gap__sessions="2")
    change(gap__sessions="")
    assert ask("SELECT * FROM t.policy") == []


def test_setting_the_same_is_no_new_snapshot(take, change, ask):
    take(GOOD)
    change(gap__sessions="2")
    change(gap__sessions="2")
    assert ask("SELECT snapshot FROM meta.bundles") == [(2,)]


def test_crypto_is_judged_otherwise(take, root):
    take(GOOD, calendar="24/7")
    with warehouse.open(root) as wh:
        policy = policy_of(wh, "t")
    off = {it.name for it in checks() if policy.severity(it) == "off"}
    assert off == {"split_like_jump", "unusual_decimals", "volume_fraction"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gap.sesions": "3"}, "Nearest: gap.sessions"),
        ({"gap.sessions": "many"}, "a number of 0 or more"),
        ({"gap.sessions": "nan"}, "a number"),
        ({"gap.sessions": "-1"}, "a number"),
        ({"gap.severity": "fatal"}, "error, warn, info, off"),
        ({"on_error": "drop"}, "keep, refuse"),
        ({"no": "1"}, "expected a setting there is"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings, message):
    with pytest.raises(PolicyError, match=message):
        Policy("XNYS", settings)


def test_a_stored_setting_of_a_check_that_is_no_more_is_left_out():
    rows = [("gone.severity", "off"), ("gap.sessions", "2")]
    assert Policy.of_rows("XNYS", rows).settings == {"gap.sessions": "2"}


def test_every_setting_is_shown():
    shown = {name for name, _, _ in Policy("XNYS").effective()}
    thresholds = {f"{it.name}.{key}" for it in checks() for key in it.parameters}
    assert shown == {"on_error", *(f"{it.name}.severity" for it in checks()), *thresholds}


def test_the_four_layers_have_checks():
    assert {it.layer for it in checks()} == set(LAYERS)
