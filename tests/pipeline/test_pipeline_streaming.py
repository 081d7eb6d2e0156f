"""The streaming form, which a run executes, gives the rows of the portable one, on sorted rows only."""

from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal
from small_bundles import ACTIONS, commit, small_bars
from sqlglot import exp

import warehouse
from rustybt.assets import AssetFinder
from rustybt.errors import RowOrderError
from rustybt.pipeline import Pipeline
from rustybt.pipeline.compiler.compile import Reach
from rustybt.pipeline.compiler.execute import Span, execute, execute_by_asset, statements
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.run import rows_of, sessions_of
from rustybt.pipeline.compiler.spine import Piece, Spine, spine_of
from rustybt.pipeline.compiler.standing import blocks_of
from rustybt.pipeline.compiler.streaming import compile_streams
from rustybt.pipeline.data import EquityPricing
from rustybt.pipeline.factors import RSI, VWAP, Returns, SimpleMovingAverage

CLOSE, VOLUME = EquityPricing.close, EquityPricing.volume
DAY = Returns(window_length=2)
LIQUID = VOLUME.latest > 1200
START, END = "2024-01-03", "2024-02-01"
EVERY = Span(0, 1000)
DAMAGES = {
    "order": lambda rows: np.r_[rows[:80], 81, 80, rows[82:]],
    "gap": lambda rows: np.delete(rows, 75),
    "pad": lambda rows: rows[3:],
}
LONG = "2025-12-30"  # so long a span reads the rows that are kept with the snapshot


def mean(of, length, **more):
    return SimpleMovingAverage(inputs=[of], window_length=length, **more)


COMPOSED = {
    "rank_of_mean": mean(CLOSE, 4).rank(),
    "mean_of_rank": mean(DAY.rank(), 3),
    "mean_of_mean_of_score": mean(mean(DAY, 2).zscore(), 3),
    "rank_of_mean_of_rank": mean(CLOSE.latest.rank(), 5).rank(ascending=False),
    "masked": mean(CLOSE, 3, mask=LIQUID),
    "masked_score": DAY.zscore(mask=DAY.rank() > 2),
    "longer_than_the_pad": mean(CLOSE, 100),
    "longer_than_the_data": mean(VOLUME, 200),
    "two_columns": VWAP(window_length=7) / CLOSE.latest - 1,
    "constant": CLOSE.latest * 0 + 1.5,
}
SCREENS = {
    "none": None,
    "of_row": LIQUID,
    "of_rank": DAY.top(3),
    "of_late": mean(DAY.rank(), 3) > 3,
}


def long_rows(opened):
    """What no result that was kept shortens."""
    plan = Pipeline(COMPOSED).plan()
    sessions = sessions_of("small", opened)
    reach = Reach(sessions[1], sessions[-1], sessions[0])
    rows = LivingRows(sessions, AssetFinder(opened, "small"))
    return rows_of(plan, reach, rows, bundle="small", warehouse=opened)


def both(pipe, opened, start=START, end=END):
    result = pipe.run(start, end, bundle="small", warehouse=opened, cache=False)
    return result.pl(), opened.sql(result.sql).pl()


@pytest.fixture(params=[4, pytest.param(1, marks=pytest.mark.slow)], ids=["a fourth", "all"])
def examples(request, example_columns):
    """Every fourth example, for every change; all. What Python computes has no statement that runs."""
    said = {name: term for name, term in example_columns.items() if term.joined is None}
    return {name: said[name] for name in sorted(said)[:: request.param]}


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (START, END),
        pytest.param("2024-01-25", END, marks=pytest.mark.slow),
        pytest.param(START, LONG, marks=pytest.mark.slow),
    ],
)
def test_every_example_is_the_same_in_both_forms(small, examples, start, end):
    got, expected = both(Pipeline(examples), small, start, end)
    # The error of a perfect fit is the root of what rounding leaves.
    fits = [it for it in got.columns if it.endswith((".stderr", ".p_value"))]
    assert_frame_equal(got.drop(fits), expected.drop(fits), rel_tol=1e-12, abs_tol=1e-11)
    assert_frame_equal(got.select(fits), expected.select(fits), rel_tol=1e-9, abs_tol=1e-7)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize(
    ("start", "end"), [(START, END), ("2024-01-25", END), ("2024-01-25", LONG)]
)
def test_composed_terms_are_the_same_in_both_forms(small, start, end, screen):
    got, expected = both(Pipeline(COMPOSED, SCREENS[screen]), small, start, end)
    assert_frame_equal(got, expected, rel_tol=1e-12, abs_tol=1e-12)


@pytest.mark.parametrize("name", COMPOSED)
def test_each_alone_is_the_same_in_both_forms(small, name):
    got, expected = both(Pipeline({name: COMPOSED[name]}), small)
    assert_frame_equal(got, expected, rel_tol=1e-12, abs_tol=1e-12)


@pytest.fixture
def program_and_spine(small):
    columns = {"rsi": RSI(window_length=5), "rank": DAY.rank(), "late": mean(DAY.rank(), 3)}
    plan = Pipeline(columns).plan()
    rows = LivingRows(sessions_of("small", small), AssetFinder(small, "small"))
    spine = spine_of(plan, Reach(), rows, bundle="small", warehouse=small)
    return compile_streams(plan, scaled=True, sessions=spine.facts.longest), spine


def test_windows_of_a_pass_stream(program_and_spine, small):
    program, spine = program_and_spine
    for text in statements(program, spine, EVERY, small):
        plan = small.arrow("EXPLAIN " + text, tables=spine.pieces[0].tables)[1][0].as_py()
        windows = [line for line in plan.splitlines() if "WINDOW" in line.upper()]
        assert windows
        assert all("STREAMING" in it.upper() for it in windows)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("windows", [True, False])
def test_rows_out_of_order_are_refused(program_and_spine, small, damage, windows):
    program, spine = program_and_spine
    if not windows:  # what is read as it is needs no statement that could prove the order
        plain = Pipeline({"close": CLOSE.latest}).plan()
        program = compile_streams(plain, scaled=True, sessions=spine.facts.longest)
    piece = spine.pieces[0]
    rows = small.arrow(f"FROM {piece.source.sql('duckdb')}", tables=piece.tables)
    worse = rows.take(DAMAGES[damage](np.arange(len(rows))))
    given = Piece(exp.to_table("rows_given"), {"rows_given": worse}, piece.columns)
    with pytest.raises(RowOrderError, match="by asset and session"):
        execute(program, Spine(spine.facts, (given,), -1), EVERY, small)


@pytest.mark.parametrize("damage", DAMAGES)
def test_stored_rows_out_of_order_are_refused(program_and_spine, tmp_path, damage):
    path = program_and_spine[1].stored
    rows = pq.read_table(path)
    assert blocks_of(path, len(rows)).sids.tolist() == [0, 1, 2, 3, 4, 5]
    worse = rows.take(DAMAGES[damage](np.arange(len(rows))))
    pq.write_table(worse, tmp_path / "worse.parquet")
    with pytest.raises(RowOrderError, match="by asset and session"):
        blocks_of(tmp_path / "worse.parquet", len(worse))


def test_numbered_rows_that_come_in_another_order_are_refused(program_and_spine, small):
    program, spine = program_and_spine
    rows = pq.read_table(spine.stored)
    numbers = np.arange(len(rows))
    numbered = rows.append_column("file_row_number", pa.array(numbers))

    def run(table):
        given = replace(
            spine.pieces[0], source=exp.to_table("rows_given"), tables={"rows_given": table}
        )
        return execute(program, replace(spine, pieces=(given,)), EVERY, small)

    assert run(numbered).num_rows > 0
    with pytest.raises(RowOrderError, match="by asset and session"):
        run(numbered.take(DAMAGES["order"](numbers)))


@pytest.mark.parametrize("more", [-1, 1])
@pytest.mark.parametrize("actions", [(), ACTIONS], ids=["none", "some"])
def test_rows_other_than_the_stored_ones_are_refused(tmp_path, actions, more):
    plan = Pipeline({"close": CLOSE.latest, "also": CLOSE.latest}).plan()
    with commit(tmp_path, small_bars(), actions) as opened:
        rows = LivingRows(sessions_of("small", opened), AssetFinder(opened, "small"))
        spine = spine_of(plan, Reach(), rows, bundle="small", warehouse=opened)
        scaled, longest = spine.facts.scaled, spine.facts.longest
        assert scaled is bool(actions)
        program = compile_streams(plan, scaled=scaled, sessions=longest)
        found, standing = execute_by_asset(program, spine, EVERY, opened)
        expected = execute(program, spine, EVERY, opened)
        assert found.take(standing.places()).equals(expected.select(["close", "also"]))
        with pytest.raises(RowOrderError, match="by asset and session"):
            execute_by_asset(program, replace(spine, rows=spine.rows + more), EVERY, opened)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_rows_are_the_same_bits_on_any_number_of_threads(small, examples, threads):
    pipe = Pipeline(examples | COMPOSED)
    expected = pipe.run(START, END, bundle="small", warehouse=small).arrow()
    with warehouse.open(small.root) as other:
        other.arrow(f"SET GLOBAL threads = {threads}")
        assert pipe.run(START, END, bundle="small", warehouse=other).arrow().equals(expected)


def test_damaged_spine_is_made_anew(build, bars):
    opened = build(bars)
    expected = long_rows(opened)
    (file,) = opened.root.glob("bundles/small/derived/*/*.parquet")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    assert long_rows(opened).equals(expected)
    assert file.read_bytes() != content


def test_folder_that_cannot_be_written_is_no_hindrance(build, bars):
    opened = build(bars)
    (opened.root / "bundles/small/derived").write_text("no folder")
    result = long_rows(opened)
    assert len(result) > 0


def test_vacuum_removes_the_spine_of_a_snapshot_that_goes(build, bars):
    opened = build(bars)
    long_rows(opened)
    with opened.begin("small") as txn:
        txn.upsert(
            "bars_1d",
            opened.sql("FROM small.bars_1d LIMIT 1")
            .pl()
            .with_columns(volume=pl.lit(7))
            .cast({"volume": pl.Decimal(18, 8)}),
        )
        txn.commit(lineage={"source": "test"})
    opened.discard("small", [1])
    assert not list(opened.root.glob("bundles/small/derived/*/*.parquet"))
