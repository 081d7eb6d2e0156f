"""A kill, a power cut or an error at any step leaves the old snapshot or the new one.

The short form, for every change; ``python tests/campaigns/faults.py`` goes through every step.
"""

from itertools import cycle

import pytest
from fault_border import ERRORS
from fault_driver import JOBS

KILLS, FAILURES = 5, 5  # of each job here; a campaign has all
REPLACED = "0.parquet"  # a compaction writes it and takes it back, as it is no smaller


def spread(count: int, wanted: int) -> list[int]:
    """Steps from the first to the last, evenly."""
    return sorted({1 + (count - 1) * n // (wanted - 1) for n in range(wanted)})


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_kills_leave_old_or_new(driver, job):
    for at in spread(driver.recording(job).kill_points, KILLS):
        assert driver.kill(job, at)


def test_there_are_enough_steps_to_be_killed_at(driver):
    assert sum(driver.recording(job).kill_points for job in JOBS) >= 80


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_power_cuts_leave_old_or_new(driver, job):
    cut = driver.cut(job, most=64)
    assert cut.states > 5
    assert not cut.violations


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_every_sync_is_needed(driver, job):
    """What is not synced is seen to be lost, so these power cuts have teeth."""
    for path, steps in driver.syncs(job).items():
        if job == "compact" and path.endswith(REPLACED):
            continue
        cut = driver.cut(job, most=64, without=steps, first_only=True)
        assert cut.violations, f"nothing needs the sync of {path}"


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_errors_lose_and_hold_nothing(driver, job):
    errors = cycle([(error, lasting) for error in ERRORS for lasting in (False, True)])
    for at in spread(driver.recording(job).calls, FAILURES):
        error, lasting = next(errors)
        found = driver.fail(job, at, error, lasting=lasting)
        assert found["reached"]


@pytest.mark.parametrize("size", [0, 1_000, 1_500])
def test_full_disk_is_an_error_that_names_the_file(driver, size):
    found = driver.fill("update", size=size)
    assert found["before"] == driver.recording("update").before
    assert str(driver.root) in found["error"]
    assert not found["held"]
