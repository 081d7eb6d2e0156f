"""``rustybt sql --safe``."""

import pytest


def test_rows_are_printed(rustybt, stocked):
    query = "SELECT symbol, max(volume) AS most FROM tiny.bars_1d GROUP BY ALL ORDER BY ALL"
    done = rustybt("sql", query, "--safe", "--format", "csv", "--root", stocked)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "symbol,most\nAAA,100.00000000\nBRK.B,7.00000000\n"


@pytest.mark.parametrize("query", ["FROM read_text('/etc/passwd')", "COPY (SELECT 1) TO 'x.csv'"])
def test_refusal_is_one_error(query, rustybt, stocked):
    done = rustybt("sql", query, "--safe", "--root", stocked)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Refused in safe mode" in done.stderr
    assert "Traceback" not in done.stderr


def test_limits_are_taken(rustybt, stocked):
    limits = ("--safe", "--timeout", 20, "--memory", 512, "--max-rows", 2)
    done = rustybt("sql", "FROM range(3)", *limits, "--root", stocked)
    assert done.returncode == 1
    assert "more than 2 rows" in done.stderr


def test_limits_without_safe_are_wrong_usage(rustybt, stocked):
    assert rustybt("sql", "SELECT 1", "--timeout", 3, "--root", stocked).returncode == 2
    assert rustybt("sql", "SELECT 1", "--safe", "--memory", 1, "--root", stocked).returncode == 2
