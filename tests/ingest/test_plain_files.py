"""Files that are read the fast way give exactly what the careful way, which a ``.csv.gz`` goes, gives."""

import gzip
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rustybt.data.sources import FileSource, Span, Staging
from rustybt.data.sources.columns import find_columns
from rustybt.data.sources.dialect import sniff
from rustybt.data.sources.plain import stage_plain
from rustybt.data.sources.times import ISO
from rustybt.errors import SourceError
from warehouse.session import Session

HEADER = "date,open,high,low,close,volume\n"
ROW = "2024-01-02,1,2.5,0.5,1.25,100\n"
NUMBERS = st.one_of(
    st.integers(-(10**11), 10**11).map(str),
    st.decimals(-(10**10), 10**10, places=8).map(str),
    st.text("0123456789.-", max_size=22),
    st.sampled_from(["", "-", ".", "1e5", "1_0", " 7", "+1", "0.123456789", "1.1234567800", "nan"]),
)
DATES = st.one_of(
    st.dates().map(str),
    st.sampled_from(["2024-01-02", "2024-1-2", "2024-02-30", "1899-12-31", "2101-01-01"]),
    st.sampled_from(["20240102", "02-01-2024", "2024.01.02", "12024-01-02", "-2024-01-02", ""]),
)
FIELDS = st.tuples(DATES, *[NUMBERS] * 5).map(list)
LINES = st.one_of(
    FIELDS,
    FIELDS.map(lambda it: it[:-1]),
    FIELDS.map(lambda it: [*it, "1"]),
    FIELDS.map(lambda it: [*it, ""]),
).map(",".join)
BODIES = st.lists(st.one_of(st.just(ROW[:-1]), LINES, st.just("")), min_size=1, max_size=4).map(
    "\n".join
)


def account(path: Path, span: Span) -> object:
    """Return what became of a file: rows, rejects and notes, or the error."""
    with tempfile.TemporaryDirectory() as place:
        session = Session(spill_dir=Path(place))
        staging = Staging(session, Path(place), span)
        try:
            reading = FileSource(path).stage(staging)
            rows = session.rows("SELECT * EXCLUDE (file) FROM gathered ORDER BY ALL")
            kinds = session.rows("SELECT column_type FROM (DESCRIBE gathered)")
        except SourceError as error:
            return type(error)
        finally:
            session.close()
    rejects = [(it.line, it.reason, it.raw) for it in reading.rejects]
    return reading.rows, rows, kinds, rejects, reading.outcomes


@settings(max_examples=60, deadline=None)
@given(BODIES)
@example(ROW + ROW.replace("2.5", "2.123456785"))
@example(ROW + ROW.replace("2.5", ""))
@example(ROW + "2024-01-03,1,2,0.5\n" + "2024-01-04,1,2,0.5,1,100,7,8\n")
@example(ROW + "\n" + ROW.replace("01-02", "01-03") + "\n\n")
@example(ROW + ROW.replace("2.5", "10000000000"))
@example(ROW.replace("\n", "\r\n") + ROW.replace("01-02", "01-03"))
def test_both_ways_give_the_same(body):
    with tempfile.TemporaryDirectory() as place:
        plain, packed = Path(place, "A.csv"), Path(place, "A.csv.gz")
        plain.write_bytes((HEADER + body).encode())
        packed.write_bytes(gzip.compress((HEADER + body).encode()))
        assert account(plain, Span()) == account(packed, Span())


@pytest.fixture
def staging(tmp_path):
    session = Session()
    yield Staging(session, tmp_path)
    session.close()


def left(staging: Staging, folder: Path, **texts: str) -> list[str]:
    """Return the names of the files that are left to the careful way."""
    files = []
    for name, text in texts.items():
        files.append(folder / f"{name}.csv")
        files[-1].write_text(HEADER + text)
    dialect = sniff(files[0]).dialect
    columns = find_columns("", dialect.header)
    return [it.stem for it in stage_plain(files, dialect, columns, ISO, staging)]


def test_a_plain_file_is_taken(staging, tmp_path):
    assert left(staging, tmp_path, A=ROW) == []
    staging.gather()
    rows = staging.session.rows("SELECT symbol, high, volume FROM gathered")
    assert rows == [("A", Decimal("2.5"), Decimal(100))]


def test_a_missing_price_is_plain(staging, tmp_path):
    assert left(staging, tmp_path, A=ROW.replace("2.5", "")) == []


@pytest.mark.parametrize(
    "row",
    [
        ROW.replace("2.5", "2.123456789"),
        ROW.replace("2.5", "1e3"),
        ROW.replace("2.5", '"2.5"'),
        ROW.replace("2024-01-02", "02-01-2024"),
        ROW.replace("2024-01-02", "1899-12-31"),
        ROW.replace("2.5", "12345678901"),
        ROW.replace(",100", ""),
        ROW.replace("100", "100,1"),
        ROW + "\n" + ROW,
    ],
)
def test_one_file_that_is_not_plain_leaves_the_others(row, staging, tmp_path):
    assert left(staging, tmp_path, A=ROW, B=ROW, C=row, D=ROW) == ["C"]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\r2024-01-01,9,9,9,9,9\n"])
def test_another_line_end_behind_the_header_hides_no_row(end, staging, tmp_path):
    file = tmp_path / "A.csv"
    file.write_bytes(f"{HEADER.strip()}{end}{ROW}".encode())
    dialect = sniff(file).dialect
    columns = find_columns("", dialect.header)
    assert stage_plain([file], dialect, columns, ISO, staging) == [file]
