"""Every kill, power cut, error and full disk of ``tests/faults``, and what came of them in figures.

``python tests/campaigns/faults.py [--part kills|power|errors|full] [--share 0.1] [--skip N]``; ends with exit
code 1 if a case left anything but the old state or the new one.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "faults"))

from fault_border import ERRORS
from fault_driver import JOBS, Driver

Case = Callable[[], object]


def kills(driver: Driver) -> Iterator[tuple[str, Case]]:
    for job in JOBS:
        for at in range(1, driver.recording(job).kill_points + 1):
            yield f"{job} killed before step {at}", lambda job=job, at=at: driver.kill(job, at)


def errors(driver: Driver) -> Iterator[tuple[str, Case]]:
    for job in JOBS:
        for at in range(1, driver.recording(job).calls + 1):
            for error in ERRORS:
                for lasting in (False, True):
                    name = (
                        f"{job} step {at} {os.strerror(error)} {'for good' if lasting else 'once'}"
                    )
                    yield (
                        name,
                        lambda j=job, a=at, e=error, l=lasting: driver.fail(j, a, e, lasting=l),
                    )


def full(driver: Driver) -> Iterator[tuple[str, Case]]:
    for job in JOBS:
        for size in (0, 500, 1_000, 1_300, 1_780):
            yield f"{job} with files of {size} bytes", lambda j=job, s=size: driver.fill(j, size=s)


def run(title: str, cases: list[tuple[str, Case]], share: float, skip: int, most: int) -> int:
    chosen = random.Random(20240102).sample(cases, max(1, round(len(cases) * share)))
    chosen, failed = chosen[skip:][:most], 0
    for done, (name, case) in enumerate(chosen):
        if done and done % 100 == 0:
            print(f"{title}: {done} of {len(chosen)} done, {failed} failed", flush=True)
        try:
            case()
        except AssertionError as error:
            failed += 1
            print(f"FAILED {name}: {error}", flush=True)
    print(f"{title}: {len(chosen)} of {len(cases)} cases, {failed} failed", flush=True)
    return failed


def power(driver: Driver, most: int) -> int:
    states, failed, silent, syncs = 0, 0, 0, 0
    for job in JOBS:
        cut = driver.cut(job, most=most)
        states += cut.states
        failed += len(cut.violations)
        print(*cut.violations, sep="\n", end="" if not cut.violations else "\n")
        for path, steps in driver.syncs(job).items():
            syncs += 1
            if not driver.cut(job, most=64, without=steps, first_only=True).violations:
                silent += 1
                print(f"{job}: nothing shows that {path} must be synced")
    print(f"power cuts: {states} disks, {failed} violations; {syncs} syncs, {silent} not needed")
    return failed


def full_tmpfs(driver: Driver) -> int:
    """An update on real disks of 64 kB with 0 to 20 kB left, where this user may mount them."""
    job, failed = "update", 0
    driver.recording(job)
    outcomes: Counter[str] = Counter()
    for left in (0, 4, 8, 12, 20):
        with tempfile.TemporaryDirectory() as place:
            mounted = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place],
                check=False,
                capture_output=True,
            )
            if mounted.returncode:
                print("full tmpfs: not run, this user may not mount one")
                return 0
            try:
                outcomes[driver.crowd(job, Path(place), left * 1024)] += 1
            except AssertionError as error:
                failed += 1
                print(f"FAILED tmpfs with {left} kB left: {error}")
            finally:
                subprocess.run(["umount", place], check=True)
    print(f"full tmpfs: {dict(outcomes)}, {failed} failed")
    return failed


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--part", choices=["kills", "power", "errors", "full"])
    words.add_argument(
        "--share", type=float, default=1.0, help="of the cases, chosen by a fixed seed"
    )
    words.add_argument("--skip", type=int, default=0, help="cases that a cut run has done")
    words.add_argument("--cases", type=int, default=10**6, help="at most, after those")
    words.add_argument("--most", type=int, default=512, help="disks looked at per moment")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="rustybt-faults-") as folder:
        driver = Driver(Path(folder))
        failed = 0
        if chosen.part in (None, "power"):
            failed += power(driver, chosen.most)
        for title, cases in {"kills": kills, "errors": errors, "full": full}.items():
            if chosen.part in (None, title):
                failed += run(title, list(cases(driver)), chosen.share, chosen.skip, chosen.cases)
        if chosen.part in (None, "full"):
            failed += full_tmpfs(driver)
        driver.close()
    print(f"faults: {failed} failed of all that was run ({chosen.part or 'every part'})")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
