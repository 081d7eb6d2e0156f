"""``rustybt config show`` and ``rustybt doctor``."""

import csv
import io

import pytest


@pytest.fixture
def there(tmp_path):
    """A home and a working directory without settings, as options of the command."""
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    environment = {"HOME": str(tmp_path / "home"), "RUSTYBT_DATA_DIR": "", "RUSTYBT_CACHE_DIR": ""}
    return {"cwd": tmp_path / "project", "env": environment}


def told(text: str) -> dict[str, list[str]]:
    return {name: rest for name, *rest in csv.reader(io.StringIO(text))}


def test_show_says_the_origin_where_asked(rustybt, there):
    (there["cwd"] / "rustybt.yaml").write_text("data:\n  compression: snappy\n")
    there["env"]["RUSTYBT_CACHE_SIZE_MB"] = "10"
    done = rustybt("config", "show", "--origin", "--format", "csv", **there)
    found = told(done.stdout)
    assert found["setting"] == ["value", "origin"]
    assert found["data.compression"] == ["snappy", f"{there['cwd']}/rustybt.yaml:2"]
    assert found["cache.max_size_mb"] == ["10", "$RUSTYBT_CACHE_SIZE_MB"]
    assert found["cache.enabled"] == ["true", "default"]
    plain = rustybt("config", "show", "--format", "csv", **there)
    assert told(plain.stdout)["data.compression"] == ["snappy"]


def test_wrong_setting_ends_a_command_with_one_line(rustybt, there):
    (there["cwd"] / "rustybt.yaml").write_text("dta:\n\tx: 1\n")
    done = rustybt("bundles", **there)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {there['cwd']}/rustybt.yaml:2: a tab stands")
    assert len(done.stderr.splitlines()) == 1


def test_doctor_finds_a_bundle_and_what_is_installed(rustybt, there, stocked):
    done = rustybt("doctor", "--format", "csv", "--root", stocked, **there)
    found = told(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert found["duckdb"][0] == "ok"
    assert found["bundle tiny"][1].startswith("snapshot 1, ")
    assert found["data"] == ["ok", str(stocked)]
    assert found["cache"][1].startswith(f"{there['env']['HOME']}/.rustybt/cache does not exist yet")


def test_doctor_names_what_is_damaged_and_ends_with_1(rustybt, there, tmp_path):
    (tmp_path / "bars.csv").write_text("date,open,high,low,close,volume\n2024-01-02,1,1,1,1,1\n")
    root = tmp_path / "root"
    rustybt("ingest", "csv", tmp_path / "bars.csv", "--bundle", "one", "--root", root)
    file = next(root.rglob("*.parquet"))
    file.chmod(0o600)
    file.write_bytes(b"short")
    done = rustybt("doctor", "--format", "csv", "--root", root, **there)
    assert done.returncode == 1
    assert told(done.stdout)["damage"][0] == "wrong"
    assert str(file) in told(done.stdout)["damage"][1]
    assert done.stderr == "1 thing wrong.\n"


def test_doctor_goes_on_where_the_settings_are_wrong(rustybt, there):
    (there["cwd"] / "rustybt.yaml").write_text("data: 1\n")
    done = rustybt("doctor", "--format", "csv", **there)
    assert done.returncode == 1
    assert told(done.stdout)["settings"][0] == "wrong"
    assert told(done.stdout)["python"][0] == "ok"


def test_doctor_says_that_a_file_stands_in_the_way(rustybt, there, tmp_path):
    (tmp_path / "file").touch()
    done = rustybt("doctor", "--format", "csv", "--root", tmp_path / "file" / "root", **there)
    assert done.returncode == 1
    assert told(done.stdout)["data"][0] == "wrong"
