"""Ranks and lists of sections are those of DuckDB's windows and aggregates over the same rows."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import warehouse
from rustybt.pipeline.compiler.sections import Sections

WINDOWS = {
    "ordinal": "row_number() OVER (PARTITION BY {} ORDER BY x {}, sid)",
    "lowest": "rank() OVER (PARTITION BY {} ORDER BY x {})",
    "dense": "dense_rank() OVER (PARTITION BY {} ORDER BY x {})",
    "highest": "count(*) OVER (PARTITION BY {} ORDER BY x {} RANGE UNBOUNDED PRECEDING)",
}


@pytest.fixture(scope="module")
def wh(tmp_path_factory):
    with warehouse.open(tmp_path_factory.mktemp("root")) as opened:
        yield opened


def rows(seed, assets=40, sessions=60):
    """Return rows by sid, the assets of other lives, with what is special among the values."""
    random = np.random.default_rng(seed)
    begins = random.integers(-5, sessions - 1, assets)
    lives = [(sid, s) for sid, at in enumerate(begins) for s in range(at, sessions)]
    sid, s = np.array(lives, "i4").T
    x = np.round(random.normal(size=len(s)), 1)  # many are equal
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e300, -1e300, 5e-324])
    some = random.random(len(x)) < 0.1
    x[some] = random.choice(special, some.sum())
    label = pa.array(random.choice(["tech", "oil", "x"], len(s)), mask=random.random(len(s)) < 0.2)
    missing = (random.random(len(x)) < 0.2) | (s == 7)  # and a session without any value
    place = np.arange(len(s))
    values = {"place": place, "sid": sid, "s": s, "x": pa.array(x, mask=missing), "label": label}
    return pa.table(values)


@pytest.mark.parametrize("by", [["s"], ["s", "label"]])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_ranks_are_those_of_the_windows(wh, by, descending, seed):
    given = rows(seed)
    sections = Sections.of(given["s"].to_numpy(), *(given[it] for it in by[1:]))
    found = sections.ranks(given["x"], descending=descending)
    order = "DESC" if descending else "ASC"
    columns = ", ".join(
        f"{it.format(', '.join(by), order)} AS {name}" for name, it in WINDOWS.items()
    )
    query = f"SELECT place, {columns} FROM given WHERE x IS NOT NULL ORDER BY place"
    expected = wh.arrow(query, tables={"given": given})
    np.testing.assert_array_equal(np.flatnonzero(found.there), expected["place"])
    for name in WINDOWS:
        np.testing.assert_array_equal(getattr(found, name)()[found.there], expected[name], name)


@pytest.mark.parametrize("by", [["s"], ["s", "label"]])
def test_lists_hold_the_values_of_a_section_by_sid(wh, by):
    given = rows(9)
    sections = Sections.of(given["s"].to_numpy(), *(given[it] for it in by[1:]))
    lists = sections.lists(given["x"])
    sets = ", ".join(by)
    query = f"SELECT list(x ORDER BY sid) AS x FROM given GROUP BY {sets} ORDER BY min(place)"
    expected = wh.arrow(query, tables={"given": given})["x"].to_pylist()
    places = sections.places().to_pylist()
    met = list(dict.fromkeys(places))  # in the order of their first rows
    assert str([lists[it].as_py() for it in met]) == str(expected)  # NaN is not equal to itself


@pytest.mark.parametrize("by", [["s"], ["s", "label"]])
def test_percentiles_are_those_of_numpy_to_the_bit(by):
    given = rows(4)
    finite = pc.if_else(pc.is_finite(given["x"]), given["x"], None)
    sections = Sections.of(given["s"].to_numpy(), *(given[it] for it in by[1:]))
    ranks = sections.ranks(finite, descending=False)
    present = [it.as_py() or [] for it in sections.lists(finite)]
    present = [[x for x in it if x is not None] for it in present]
    assert [] in present
    assert max(map(len, present)) > 5
    for percentile in (0, 10, 100 / 3, 50, 62.5, 99.9, 100):
        found = ranks.percentile(finite.to_numpy(), percentile).to_pylist()
        expected = [np.percentile(it, percentile) if it else None for it in present]
        assert found == expected, percentile


def test_more_sessions_than_16_bits_hold_are_told_apart():
    s = np.array([0, 70_000, 140_000, 0, 70_000], "i4")
    sections = Sections.of(s)
    found = sections.ranks(pa.chunked_array([[2.0, 5.0, 1.0, 1.0, 7.0]]), descending=False)
    assert found.ordinal().tolist() == [2, 1, 1, 1, 2]


@pytest.mark.parametrize("values", [[], [None, None]])
def test_without_values_there_are_no_ranks(values):
    sections = Sections.of(np.zeros(len(values), "i4"))
    found = sections.ranks(pa.chunked_array([pa.array(values, pa.float64())]), descending=True)
    assert not found.there.any()
    assert len(found.dense()) == len(values)
