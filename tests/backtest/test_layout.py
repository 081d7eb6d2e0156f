"""How the bars lie in files, and on how many threads they are read, changes nothing."""

import numpy as np
import pytest

import warehouse
from rustybt.metrics import digest
from rustybt.runner import run_algorithm

SYMBOLS = "ABC"
SESSIONS = 300


def closes():
    random = np.random.default_rng(5)
    return {
        it: np.round(40 + random.normal(0, 1, SESSIONS).cumsum() / 4, 2).tolist() for it in SYMBOLS
    }


def trade(context, data):
    assets = list(context.asset_finder)
    means = data.history(assets, "close", 5, "1d").mean()
    for asset in assets:
        context.order(asset, 7 if data.current(asset, "close") > means[asset] else -7)
    context.record(mean=means.sum())


def run(root, **options):
    perf = run_algorithm(
        "2020-02-03", "2021-01-29", handle_data=trade, root=root, store=False, **options
    )
    assert sum(map(len, perf["transactions"])) > 500
    return digest(perf)


@pytest.fixture
def root(make_bundle):
    actions = [("A", 40, "split", 0.5, None, None), ("B", 60, "dividend", 0.99, 0.4, None)]
    return make_bundle(closes(), actions=actions)


def test_a_bundle_that_came_piece_by_piece_and_was_compacted_gives_the_same_digest(root, tmp_path):
    whole = run(root)
    pieces = tmp_path / "pieces"
    with warehouse.open(root) as wh, warehouse.open(pieces) as other:
        bars = wh.sql("FROM small.bars_1d ORDER BY session DESC, sid").arrow()
        step = 137
        for first in range(0, len(bars), step):
            with other.begin("small", calendar="XNYS") as txn:
                txn.upsert("bars_1d", bars.slice(first, step))
                if not first:
                    for name in ("assets", "adjustments", "sessions"):
                        txn.replace(name, wh.sql(f"FROM small.{name}").arrow())
                txn.commit(lineage={"source": "a test"})
    assert run(pieces) == whole
    with warehouse.open(pieces) as other:
        other.compact("small")
    assert run(pieces) == whole


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_the_number_of_threads_does_not_matter(root, threads):
    with warehouse.open(root) as wh:
        wh.arrow("SET GLOBAL threads = $threads", {"threads": threads})
        perf = run_algorithm(
            "2020-02-03", "2021-01-29", handle_data=trade, warehouse=wh, store=False
        )
    assert digest(perf) == run(root)
