"""Correlations of ranks that are updated from row to row are those of each window by itself."""

import numpy as np
import pytest

from rustybt.pipeline import Pipeline
from rustybt.pipeline.compiler.ranked import rank_correlations
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.explain import explain
from rustybt.pipeline.factors import Returns, RollingSpearman


def of_window(x, y):
    """Pearson's correlation of average ranks, by counting."""
    if np.isnan(x).any() or np.isnan(y).any():
        return np.nan
    ranks = [np.sign(it[:, None] - it[None, :]).sum(axis=1) for it in (x, y)]
    sizes = [np.sqrt((it**2).sum()) for it in ranks]
    return (ranks[0] * ranks[1]).sum() / (sizes[0] * sizes[1]) if all(sizes) else np.nan


@pytest.mark.parametrize(
    ("lengths", "window"),
    [([40, 3, 25], 5), ([30, 30], 2), ([60], 25), ([4], 6), ([300] * 3, 252), ([9] * 20_000, 4)],
)
def test_each_row_is_that_of_its_window(lengths, window):
    rng = np.random.default_rng(7)
    sids = np.repeat(np.arange(len(lengths)) * 3, lengths)
    x, y = np.round(rng.normal(size=(2, len(sids))), 1)  # many are equal
    x[rng.random(len(x)) < 0.3 / window] = np.nan
    y[3:9] = 1.5
    got = rank_correlations(x, y, sids, window).to_numpy(zero_copy_only=False)
    begins = np.searchsorted(sids, sids)
    rows = np.unique(np.append(np.arange(len(sids))[:200], rng.integers(0, len(sids), 400)))
    for row in rows:
        here = slice(row + 1 - window, row + 1)
        inside = row + 1 - window >= begins[row]
        expected = of_window(x[here], y[here]) if inside else np.nan
        np.testing.assert_allclose(got[row], expected, atol=1e-12)
    assert window > max(lengths) or np.isfinite(got).any()


def test_no_rows_have_no_correlations():
    empty = np.empty(0)
    assert len(rank_correlations(empty, empty, np.empty(0, np.int32), 5)) == 0


def test_a_run_is_said_to_compute_it_and_the_statement_has_lists(small):
    term = RollingSpearman(Returns(window_length=2), EquityPricing.volume, 5)
    pipe = Pipeline({"value": term})
    assert "LIST_SORT(" in pipe.to_sql(bundle="small")
    said = explain(pipe.plan(), bundle="small", warehouse=small)
    passes, _, statement = said.partition("WITH ")
    assert "RANK_CORRELATION(" in passes
    assert "LIST_" not in passes
    assert "RANK_CORRELATION(" not in statement
