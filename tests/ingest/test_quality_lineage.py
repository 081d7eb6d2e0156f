"""Where rows came from is taken down; a secret never is."""

import hashlib
import logging
import pickle
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from click.testing import CliRunner

import warehouse
from rustybt.cli import main
from rustybt.data.bundles.ingest import ingest
from rustybt.data.quality import Policy, check, record
from rustybt.data.sources import FileSource, Reading, Span, Staging
from rustybt.errors import NothingReadError, SourceFileError
from rustybt.secrets import without_secrets

CANARY = "CANARY-7f3a9e11c0ffee"
GOOD = "date,symbol,open,high,low,close,volume\n2024-01-02,A,1,2,1,2,10\n"


@dataclass(frozen=True)
class Vendor:
    """Rows of a file, as if from a vendor that is asked with a key, who puts it everywhere."""

    files_of: FileSource
    key: str = field(repr=False)

    @property
    def name(self) -> str:
        return f"https://me:{self.key}@vendor.example/bars?symbol=A&apikey={self.key}&adjusted=0"

    @property
    def parameters(self) -> Mapping[str, Any]:
        headers = {"X-Api-Key": self.key, "Accept": "text/csv"}
        return {"url": self.name, "api_key": self.key, "headers": headers, "symbols": ["A"]}

    def symbols(self) -> list[str] | None:
        return None

    def stage(self, staging: Staging) -> Reading:
        logging.getLogger("rustybt").debug("reading")
        reading = self.files_of.stage(staging)
        notes = (*reading.notes, f"sent Authorization: Bearer {self.key}")
        return Reading(
            reading.rows, reading.rejects, reading.tells_actions, notes, reading.outcomes
        )


@pytest.fixture
def vendor(write, root):
    source = Vendor(FileSource(write(GOOD + "2024-01-03,A,x,2,1,2,10\n")), CANARY)
    return source, ingest(source, "t", root=root)


def test_nothing_on_the_disk_has_the_secret(vendor, root):
    with warehouse.open(root) as wh:
        record(wh, check(wh, "t"))
        wh.build_catalog()
    files = [path for path in root.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".json", ".parquet", ".duckdb"}
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


@pytest.mark.parametrize("view", ["meta.lineage", "meta.snapshots", "meta.quality", "t.rejects"])
def test_no_view_shows_it(vendor, ask, view):
    assert CANARY not in repr(ask(f"FROM {view}"))


def test_the_rest_of_the_parameters_is_kept(vendor, ask):
    query = "SELECT parameters -> '$.headers', parameters ->> '$.url' FROM meta.lineage"
    assert ask(query) == [
        (
            '{"Accept":"text/csv","X-Api-Key":"***"}',
            "https://***@vendor.example/bars?symbol=A&apikey=***&adjusted=0",
        )
    ]


def test_the_report_does_not_tell_it(vendor):
    assert CANARY not in repr(vendor[1])


@pytest.mark.parametrize(
    "args", [("bundle", "quality", "t"), ("sql", "FROM meta.lineage"), ("bundles",)]
)
def test_no_command_prints_it(vendor, root, args):
    done = CliRunner().invoke(main, [*args, "--root", str(root)])
    assert done.exit_code == 0
    assert CANARY not in done.output


def test_an_error_of_a_command_does_not_print_it(monkeypatch, tmp_path):
    monkeypatch.setenv("VENDOR_API_KEY", CANARY)
    done = CliRunner().invoke(
        main, ["ingest", "csv", str(tmp_path / CANARY), "--bundle", "t", "--root", str(tmp_path)]
    )
    assert done.exit_code == 1
    assert "***" in done.output
    assert CANARY not in done.output


def test_debug_logs_do_not_have_it(write, root, caplog):
    with caplog.at_level(logging.DEBUG):
        ingest(Vendor(FileSource(write(GOOD)), CANARY), "t", root=root)
    assert "reading" in caplog.text
    assert CANARY not in caplog.text


def test_traceback_and_pickle_of_a_refusal_do_not_have_it(write, root):
    source = Vendor(FileSource(write(GOOD.replace("2024", "year"))), CANARY)
    with pytest.raises(NothingReadError, match=r"vendor\.example") as caught:
        ingest(source, "t", root=root)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert CANARY.encode() not in pickle.dumps(str(caught.value))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"api_key": "abc", "n": 1}, {"api_key": "***", "n": 1}),
        ({"secretKey": "abc", "password": None}, {"secretKey": "***", "password": None}),
        ({"a": [{"access_token": "abc"}]}, {"a": [{"access_token": "***"}]}),
        ("https://u:p@h/x?token=abc&n=1", "https://***@h/x?token=***&n=1"),
        ("Authorization: Bearer abc.def", "Authorization: *** ***"),
        ('{"apiKey": "abc"}', '{"apiKey": "***"}'),
        ("signature=abc;x=1", "signature=***;x=1"),
        ("monkey: bananas", "monkey: bananas"),
        ("/data/sp500.csv", "/data/sp500.csv"),
        ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M"),
        (12.5, 12.5),
        (None, None),
    ],
)
def test_what_looks_like_a_secret_goes_and_the_rest_stays(said, kept):
    assert without_secrets(said) == kept


def test_a_secret_of_the_environment_goes_from_everywhere(monkeypatch):
    monkeypatch.setenv("VENDOR_SECRET", CANARY)
    assert without_secrets(["a", f"x{CANARY}y"]) == ["a", "x***y"]


def test_each_file_is_named_with_its_hash(take, write, ask):
    path = write(GOOD)
    take(path)
    content = path.read_bytes()
    expected = {
        "path": str(path),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert ask("SELECT inputs FROM meta.lineage") == [([expected],)]


def test_only_files_that_were_read_are_named(root, write, ask):
    for name in ("A.csv", "B.csv"):
        write("date,open,high,low,close,volume\n2024-01-02,1,2,1,2,10\n", name)
    source = FileSource(write("", "notes.txt").parent)
    from rustybt.data.bundles.ingest import Request

    ingest(source, "t", Request(symbols=("B",)), root=root)
    assert ask("SELECT parse_filename(inputs[1].path), len(inputs) FROM meta.lineage") == [
        ("B.csv", 1)
    ]


def test_adapter_and_versions_are_named(take, ask):
    take(GOOD)
    query = (
        "SELECT adapter, list_sort(json_keys(versions)), fetched_at <= created_at FROM meta.lineage"
    )
    assert ask(query) == [
        (
            "rustybt.data.sources.files.FileSource",
            ["duckdb", "exchange_calendars", "polars", "pyarrow", "rustybt"],
            True,
        )
    ]


def test_a_snapshot_without_a_source_has_no_lineage(root, ask):
    with warehouse.open(root) as wh, wh.begin("t", calendar="XNYS") as txn:
        txn.replace("policy", Policy("XNYS").stored())
        txn.commit()
    assert ask("SELECT source, adapter, inputs FROM meta.lineage") == [(None, None, None)]


def test_a_file_that_goes_away_is_named(write):
    from datetime import UTC, datetime

    from rustybt.data.lineage import lineage_of

    @dataclass(frozen=True)
    class Gone(FileSource):
        def files(self, _: Span):
            return [self.path]

    gone = write(GOOD).with_name("gone.csv")
    with pytest.raises(SourceFileError, match=r"gone\.csv"):
        lineage_of(Gone(gone), Span(None, None, None, "1d"), datetime.now(UTC))
