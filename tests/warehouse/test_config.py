"""Where a setting is said, which saying counts, and what is told of a wrong one."""

from pathlib import Path

import pytest

import warehouse
from warehouse import config
from warehouse.errors import ConfigError


@pytest.fixture(autouse=True)
def user(tmp_path, monkeypatch) -> Path:
    """An empty home and working directory; the path of the user's file."""
    for it in config.SETTINGS:
        if it.variable:
            monkeypatch.delenv(it.variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    file = tmp_path / "home/.rustybt/config.yaml"
    file.parent.mkdir(parents=True)
    return file


def said(file: Path, text: str) -> ConfigError:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        config.load()
    return caught.value


def test_nothing_said_is_the_default():
    found = dict(config.load())
    assert found["data.compression"] == config.Found("zstd", "default")
    assert found["cache.max_size_mb"].value == 2048
    assert {it.origin for it in found.values()} == {"default"}
    assert config.load()["adapters.ccxt.rate_limit"] is None


def test_environment_before_project_before_user(user, monkeypatch):
    user.write_text("data: {root_dir: /user, compression: snappy}\ncache: {max_size_mb: 1}\n")
    Path("rustybt.yaml").write_text("data:\n  root_dir: /project\ncache: {max_size_mb: 2}\n")
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", "3")
    found = config.load()
    assert found["data.root_dir"] == "/project"
    assert found["data.compression"] == "snappy"
    assert found["cache.max_size_mb"] == 3
    assert [found.found[it].origin for it in ("data.root_dir", "cache.max_size_mb")] == [
        f"{Path('rustybt.yaml').absolute()}:2",
        "$RUSTYBT_CACHE_SIZE_MB",
    ]


def test_file_that_changes_is_read_again(user):
    user.write_text("data: {compression: snappy}\n")
    assert config.load()["data.compression"] == "snappy"
    user.write_text("data: {compression: zstd }\n")
    assert config.load()["data.compression"] == "zstd"


@pytest.mark.parametrize("text", ["", "# nothing\n", "data:\n", "---\n", "\ufeffcache: {}\n"])
def test_file_that_says_nothing(user, text):
    user.write_text(text)
    assert config.load()["data.compression"] == "zstd"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("data:\n\troot_dir: /x\n", 2, "a tab stands where YAML allows spaces alone"),
        ("data:\n  compresion: snappy\n", 2, "no setting data.compresion; the nearest is data.c"),
        ("dta:\n  compression: snappy\n", 2, "the nearest is data.compression"),
        ("adapters:\n  ccxt:\n    limit: 1\n", 3, "the nearest is adapters.ccxt.rate_limit"),
        ("data:\n  compression: gzip\n", 2, "expects zstd or snappy; found 'gzip'"),
        ("data:\n  default_format: hdf5\n", 2, "expects parquet, the one format that is written"),
        (
            "cache:\n  max_size_mb: lots\n",
            2,
            "expects megabytes of 1,000,000 bytes; 0 for no cache",
        ),
        ("cache:\n  max_size_mb: -1\n", 2, "found -1"),
        ("cache:\n  max_size_mb: true\n", 2, "found True"),
        ("cache:\n  enabled: perhaps\n", 2, "expects true or false; found 'perhaps'"),
        ("data:\n  root_dir: [a]\n", 2, "expects a folder"),
        ("adapters:\n  ccxt:\n    rate_limit: 0\n", 3, "expects a positive number of requests"),
        ("data: /path\n", 1, "expected settings under 'data'"),
        ("- data\n", 1, "expected sections such as data: and cache:"),
        ("data: {root_dir: /a}\ndata: {root_dir: /b}\n", 2, "said twice, first at"),
        ("data: {\n", 2, "no YAML"),
        ("data: !!python/object/apply:os.getcwd []\n", 1, "expected settings under 'data'"),
    ],
)
def test_wrong_file_names_its_line(user, text, line, problem):
    error = said(user, text)
    assert error.origin == f"{user}:{line}"
    assert problem in str(error)


def test_file_that_is_no_text(user):
    user.write_bytes(b"data: \xff\xfe\n")
    with pytest.raises(ConfigError, match=str(user)):
        config.load()


def test_folder_in_place_of_the_file(user):
    user.mkdir()
    with pytest.raises(ConfigError, match="expected a file"):
        config.load()


def test_wrong_variable_is_named(monkeypatch):
    monkeypatch.setenv("RUSTYBT_CACHE_SIZE_MB", "2 GB")
    with pytest.raises(ConfigError, match=r"^\$RUSTYBT_CACHE_SIZE_MB: .* found '2 GB'"):
        config.load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", 2_048_000_000),
        ("{max_size_mb: 1.5}", 1_500_000),
        ("{max_size_mb: 0}", 0),
        ("{enabled: false}", 0),
        ("{disk_cache: off}", 0),
    ],
)
def test_how_much_a_cache_keeps(user, text, expected):
    user.write_text(f"cache: {text}\n")
    assert config.load().cached_bytes == expected


def test_root_of_the_project_is_opened(tmp_path, bars):
    Path("rustybt.yaml").write_text(f"data: {{root_dir: {tmp_path / 'data'}}}\n")
    with warehouse.open() as wh:
        assert wh.root == tmp_path / "data"
    with warehouse.open(tmp_path / "other") as wh:
        assert wh.root == tmp_path / "other"


@pytest.mark.parametrize("compression", ["snappy", "zstd"])
def test_bars_are_compressed_as_said(tmp_path, bars, compression):
    import pyarrow.parquet as pq

    Path("rustybt.yaml").write_text(f"data: {{compression: {compression}}}\n")
    with warehouse.open(tmp_path / "data") as wh, wh.begin("eq", calendar="XNYS") as txn:
        txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
        txn.commit()
    found = set()
    for file in (tmp_path / "data").rglob("*.parquet"):
        group = pq.ParquetFile(file).metadata.row_group(0)
        found |= {group.column(it).compression for it in range(group.num_columns)}
    assert found == {compression.upper()}
