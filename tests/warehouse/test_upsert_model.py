"""Random upserts over random commits hold what a dict holds, in every snapshot."""

import tempfile
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import warehouse

DAYS = [date(2019, 12, 30) + timedelta(it) for it in range(4)] + [
    date(2021, 7, 1),
    date(2022, 1, 1),
]
ROWS = st.dictionaries(
    st.tuples(st.sampled_from(DAYS), st.integers(0, 2)),
    st.none() | st.integers(0, 3),
    min_size=1,
    max_size=8,
)
COMMITS = st.lists(st.lists(ROWS, min_size=1, max_size=2), min_size=1, max_size=3)
FOUND = "SELECT session, sid, close::INTEGER FROM eq.bars_1d"


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(COMMITS)
def test_every_snapshot_equals_the_model(bars, commits) -> None:
    model: dict[tuple[date, int], int | None] = {}
    history = []
    with tempfile.TemporaryDirectory() as root, warehouse.open(root) as wh:
        for upserts in commits:
            with wh.begin("eq", calendar="XNYS") as txn:
                for rows in upserts:
                    changes = txn.upsert(
                        "bars_1d", bars([(f"{d}", s, v) for (d, s), v in rows.items()])
                    )
                    assert changes.added == len(rows.keys() - model.keys())
                    assert changes.same == sum(
                        k in model and model[k] == v for k, v in rows.items()
                    )
                    assert changes.added + changes.changed + changes.same == len(rows)
                    model |= rows
                if txn.touched:
                    txn.commit()
                    history.append(dict(model))
        for version, expected in enumerate(history, start=1):
            with wh.at(snapshot=version) as old:
                assert {(d, s): v for d, s, v in old.sql(FOUND).rows()} == expected
                ((count,),) = old.sql("SELECT count(*) FROM eq.bars_1d").rows()
                assert count == len(expected)
