"""``rustybt demo``: real prices to a backtest, the same result every time."""

import re

import polars as pl
import pytest

import warehouse
from tests.forked_command import started


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "here"


@pytest.fixture(scope="module")
def runs(folder):
    return [started("demo", "--root", folder, env={"PYTHONHASHSEED": seed}) for seed in "12"]


def test_succeeds(runs):
    assert [it.returncode for it in runs] == [0, 0], runs[0].stderr


def test_ends_with_the_same_digest(runs):
    last = [it.stdout.splitlines()[-1] for it in runs]
    assert last[0] == last[1]
    assert re.fullmatch(r"digest: [0-9a-f]{64}", last[0])


def test_no_other_line_has_the_word(runs):
    assert (runs[0].stdout + runs[0].stderr).lower().count("digest") == 1


def test_says_the_whole_result(runs, folder):
    for word in ("final value", "total return", "Sharpe", "max drawdown", "fills", str(folder)):
        assert word in runs[0].stdout


def test_has_plain_lines_where_there_is_no_terminal(runs):
    assert "\x1b" not in runs[0].stdout + runs[0].stderr
    assert "2,053 of 2,053 sessions" in runs[0].stderr


def test_splits_are_the_three_known_ones(runs, folder):
    with warehouse.open(folder) as wh:
        found = wh.sql(
            "SELECT symbol, session, ratio FROM stocks.adjustments WHERE kind = 'split' ORDER BY ALL"
        )
        assert [(s, str(d), r) for s, d, r in found.rows()] == [
            ("AAPL", "2000-06-21", 0.5),
            ("AAPL", "2005-02-28", 0.5),
            ("MSFT", "2003-02-18", 0.5),
        ]


def test_second_run_commits_nothing(runs, folder):
    with warehouse.open(folder) as wh:
        assert wh.snapshot("stocks").version == 1


def test_result_is_a_file(runs, folder):
    assert len(pl.read_parquet(folder / "result.parquet")) == 2053


def test_missing_sample_says_how_to_get_it(monkeypatch):
    import rustybt.demo
    from rustybt.errors import MissingExtraError

    def absent(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(rustybt.demo, "files", absent)
    with pytest.raises(MissingExtraError, match=r"pip install 'rustybt\[demo\]'"):
        rustybt.demo.sample_prices()
