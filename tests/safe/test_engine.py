"""The sealed engine alone, with the guard off: it reads what it was given and nothing else."""

import pytest

from warehouse.errors import QueryError

WAITING = ("sleep",)


@pytest.fixture
def sealed(unsealed):
    unsealed.seal(seconds=5)
    return unsealed


def test_attack_changes_no_file_and_reads_none(
    attack, filled, sealed, digest, monkeypatch, tmp_path
):
    monkeypatch.setenv("SAFE_CANARY", "nobody-may-read-this")
    monkeypatch.chdir(tmp_path)
    before = digest()
    try:
        got = sealed._raw.execute(filled(attack)).fetchall()
    except Exception as error:  # noqa: BLE001 - any refusal will do
        got = str(error)
    assert "nobody-may-read-this" not in str(got).replace(filled("{outside}"), "")
    assert digest() == before
    assert not list(tmp_path.iterdir())


def test_data_file_cannot_be_overwritten(sealed, data_file, digest):
    before = digest()
    for options in ("", "(USE_TMP_FILE false)", "(FORMAT parquet, USE_TMP_FILE false)"):
        with pytest.raises(QueryError, match=r"file system operations are disabled|Permission"):
            sealed.execute(f"COPY (SELECT 1) TO '{data_file}' {options}")
    assert digest() == before


@pytest.mark.parametrize(
    "statement",
    [
        "SET enable_external_access = true",
        "SET disabled_filesystems = ''",
        "SET lock_configuration = false",
        "SET GLOBAL memory_limit = '100GB'",
        "SET max_execution_time = 0",
        "RESET GLOBAL max_execution_time",
        "SET python_enable_replacements = true",
    ],
)
def test_seal_cannot_be_broken(statement, sealed):
    with pytest.raises(QueryError):
        sealed.execute(statement)


def test_views_read_through_the_seal(sealed):
    assert sealed.reader("SELECT count(*) AS n FROM sp.bars_1d").read_all().to_pylist() == [
        {"n": 162}
    ]


def test_long_statement_is_interrupted(unsealed):
    unsealed.seal(seconds=0.3)
    with pytest.raises(QueryError, match=r"(?i)interrupt|execution"):
        unsealed.execute("SELECT count(*) FROM range(100000000000)")
