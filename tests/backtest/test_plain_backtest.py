"""Random runs beside a plain backtest over the same rules, equal to the last digit."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from plain_backtest import Plain
from random_worlds import bundle, compared, made


@pytest.mark.parametrize("seed", range(12))
def test_a_random_run_is_that_of_the_plain_backtest(make_bundle, seed):
    world = made(seed)
    bars, actions = bundle(world)
    root = make_bundle(bars, actions=actions, crypto=world.crypto)
    plain = Plain(world)
    assert compared(world, plain, root) == []
    assert len(plain.fills) > 10
