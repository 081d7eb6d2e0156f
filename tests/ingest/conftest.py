"""A warehouse of its own for each test, and a short way to ingest text into it."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import warehouse
from rustybt.data.bundles import IngestReport
from rustybt.data.bundles.ingest import ingest
from rustybt.data.sources import FileSource

HEADER = "date,symbol,open,high,low,close,volume\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "warehouse"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file below the test's folder; bytes as they are, ``.gz`` compressed."""

    def write(text: str | bytes, name: str = "bars.csv") -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = text if isinstance(text, bytes) else text.encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.fixture
def take(root: Path, write: Callable[..., Path]) -> Callable[..., IngestReport]:
    """Ingest text, with the usual header unless it has one, into the bundle ``t``."""

    def take(text: str | Path, *, name: str = "bars.csv", **options: Any) -> IngestReport:
        path = text if isinstance(text, Path) else write(text, name)
        of_file = ("date_format", "encoding", "actions_from")
        source = FileSource(path, **{k: options.pop(k) for k in of_file if k in options})
        report = ingest(source, "t", root=root, **options)
        kept = report.added + report.changed + report.same
        assert report.read == kept + report.duplicates + report.rejected
        return report

    return take


@pytest.fixture
def ask(root: Path) -> Callable[..., list[tuple[Any, ...]]]:
    """Run a query over the warehouse."""

    def ask(query: str, *, snapshot: int | None = None) -> list[tuple[Any, ...]]:
        with warehouse.open(root) as wh:
            if snapshot is None:
                return wh.sql(query).rows()
            with wh.at(snapshot={"t": snapshot}) as old:
                return old.sql(query).rows()

    return ask
