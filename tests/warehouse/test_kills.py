"""A process killed at any moment leaves the old snapshot or the new one."""

import random
import time
from pathlib import Path

import pytest

import warehouse
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import log

KILLS = 30
SEEN = """
SELECT min(close)::BIGINT, max(close)::BIGINT, count(*), (SELECT any_value(symbol)::BIGINT FROM eq.assets)
FROM eq.bars_1d
"""


def seen_generation(root: Path) -> int:
    """The generation a new reader sees whole, 0 for no bundle."""
    with warehouse.open(root) as wh:
        if not wh.bundles():
            return 0
        ((low, high, count, asset),) = wh.sql(SEEN).rows()
        assert low == high == asset == wh.snapshot("eq").lineage["generation"]
        assert count == 2 * 20 * 3
        return low


def require_chain(root: Path) -> None:
    place = BundleDir(root, BundleName("eq"))
    versions = log.versions(place)
    assert versions == list(range(1, len(versions) + 1))
    for version in versions:
        log.read(place, version)


@pytest.mark.slow
def test_random_kills_leave_whole_generations(root: Path, tmp_path: Path, nursery, until) -> None:
    said = tmp_path / "said"
    said.touch()
    moments = random.Random(20240102)
    generation = 0
    for _ in range(KILLS):
        before = said.stat().st_size
        pid = nursery.start("generations", root, said, generation + 1)
        if moments.random() < 0.5:  # else also kill while the first is being written
            until(lambda size=before: said.stat().st_size > size)
        time.sleep(moments.uniform(0, 0.12))
        nursery.kill(pid)
        acknowledged = int((said.read_text().split() or ["0"])[-1])
        old = max(generation, acknowledged)
        generation = seen_generation(root)
        assert generation in (old, old + 1)
    assert generation > KILLS / 3  # the writers did get somewhere
    require_chain(root)


@pytest.mark.slow
def test_a_kill_before_every_step_of_an_update(root: Path, nursery) -> None:
    assert nursery.run("generation", root, 1) == 0
    outcomes, generation, code = [], 1, None
    while code != 0:
        code = nursery.run("until_step", root, generation + 1, len(outcomes) + 1)
        outcomes.append(seen_generation(root) - generation)
        generation = seen_generation(root)
    assert set(outcomes) == {0, 1}
    assert outcomes == sorted(outcomes)  # one step makes the difference, and nothing undoes it
    assert len(outcomes) > 9
    require_chain(root)


@pytest.mark.slow
def test_a_kill_before_every_step_of_a_first_ingest(root: Path, nursery, write) -> None:
    outcomes, code = [], None
    following = nursery.start("until_step", root / "0", 1, 1)
    while code != 0:
        place, pid = root / f"{len(outcomes)}", following
        step = len(outcomes) + 1
        following = nursery.start("until_step", root / f"{step}", 1, step + 1)  # on the other core
        code = nursery.wait(pid)
        outcomes.append(seen_generation(place))
        write(place, 2)
        assert seen_generation(place) == 2
        require_chain(place)
    nursery.wait(following)
    assert set(outcomes) == {0, 1}
    assert outcomes == sorted(outcomes)
    assert len(outcomes) > 12


def test_a_dead_process_blocks_nobody(root: Path, tmp_path: Path, nursery, until) -> None:
    nursery.run("generation", root, 1)
    holding = tmp_path / "holding"
    pid = nursery.start("hold", root, holding)
    until(holding.exists)
    nursery.kill(pid)
    assert nursery.run("generation", root, 2) == 0
    assert seen_generation(root) == 2


def test_a_dead_process_frees_the_commit_lock(root: Path, tmp_path: Path, nursery, until) -> None:
    nursery.run("generation", root, 1)
    holding = tmp_path / "holding"
    pid = nursery.start("hold_commit_lock", root, holding)
    until(holding.exists)
    nursery.kill(pid)
    assert nursery.run("generation", root, 2) == 0
