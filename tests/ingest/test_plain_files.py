"""Files that are read the fast way give exactly what the careful way gives, which Latin-1 goes."""

import gzip
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rustybt.data.sources import FileSource, Span, Staging
from rustybt.data.sources.buffers import exact
from rustybt.data.sources.columns import find_columns
from rustybt.data.sources.dialect import sniff
from rustybt.data.sources.plain import _BLOCK, stage_plain
from rustybt.data.sources.times import ISO
from rustybt.errors import SourceError, SourceFileError
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


WORDS = st.one_of(
    st.sampled_from(["A", "BRK.B", "7203", "NULL", "nan", "X-Y", "a/b", "x;y", "1.123456789"]),
    st.sampled_from(["", " A", "A B", "é", "'", '"q"', "\\"]),
)
TIMES = st.one_of(
    st.datetimes().map(str),
    st.datetimes().map(lambda it: f"{it:%Y-%m-%dT%H:%M:%S}"),
    st.datetimes().map(lambda it: f"{it:%Y-%m-%d %H:%M}"),
    st.sampled_from(["2024-01-02 24:00:00", "2024-01-02 14:30:60", "2024-01-02 14", "2024-01-02"]),
    st.sampled_from(
        ["2024-01-02 14:30+01", "2024-01-02 14:30Z", "2024-01-02 9:30", "2024-1-2 14:30:00"]
    ),
    st.sampled_from(["2024-01-02T14:30:00Z", "2024-01-02 14:30:00.5", " 2024-01-02 14:30", ""]),
)


def account(path: Path, span: Span, encoding: str | None = None) -> object:
    """Return what became of a file: rows, rejects and notes, or the error."""
    with tempfile.TemporaryDirectory() as place:
        session = Session(spill_dir=Path(place))
        staging = Staging(session, Path(place), span)
        try:
            reading = FileSource(path, encoding=encoding).stage(staging)
            rows = session.rows("SELECT * EXCLUDE (file) FROM gathered ORDER BY ALL")
            kinds = session.rows("SELECT column_type FROM (DESCRIBE gathered)")
        except SourceError as error:
            return type(error)
        finally:
            session.close()
    rejects = [(it.line, it.reason, it.raw) for it in reading.rejects]
    return reading.rows, rows, kinds, rejects, reading.outcomes, reading.notes


def require_same(text: str, span: Span, name: str = "A.csv") -> None:
    """Compare both ways of reading a text; of ASCII characters alone, Latin-1 is UTF-8."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, name)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        assert account(path, span) == account(path, span, "latin-1")


@pytest.mark.slow
@settings(max_examples=25)
@given(BODIES)
@example(ROW + ROW.replace("2.5", "2.123456785"))
@example(ROW + ROW.replace("2.5", ""))
@example(ROW + "2024-01-03,1,2,0.5\n" + "2024-01-04,1,2,0.5,1,100,7,8\n")
@example(ROW + "\n" + ROW.replace("01-02", "01-03") + "\n\n")
@example(ROW + ROW.replace("2.5", "10000000000"))
@example(ROW.replace("\n", "\r\n") + ROW.replace("01-02", "01-03"))
def test_both_ways_give_the_same(body):
    require_same(HEADER + body, Span())


LONG = "symbol,name,time,open,high,low,close,volume\n"
LONG_FIELDS = st.tuples(WORDS, WORDS, TIMES, *[NUMBERS] * 5).map(",".join)
LONG_ROW = "A,Alpha,2024-01-02 14:30:00,1,2.5,0.5,1.25,100"


@pytest.mark.slow
@settings(max_examples=25)
@given(
    st.lists(st.one_of(st.just(LONG_ROW), LONG_FIELDS), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["1m", "1d"]),
    st.sampled_from([None, date(2024, 1, 2), date(2024, 1, 3)]),
)
@example([LONG_ROW, LONG_ROW.replace("14:30:00", "14:31:00")], "\n", "1m", None)
@example([LONG_ROW, LONG_ROW.replace("14:30:00", "14:31")], "\n", "1m", None)
@example([LONG_ROW.replace("1.25", "inf")], "\r\n", "1m", None)
@example([LONG_ROW.replace("1.25", "nan").replace("Alpha", "1")], "\n", "1m", None)
@example([LONG_ROW.replace(" 14:30:00", ""), "é,é,2024-01-03,1,2,1,2,3"], "\n", "1d", None)
@example([LONG_ROW.replace("A,", ",")], "\n", "1m", None)
def test_both_ways_give_the_same_of_a_long_file(lines, end, resolution, first):
    text = end.join([LONG.strip(), *lines, ""])
    if not text.isascii():
        text = text.encode("ascii", "replace").decode()
    require_same(text, Span(first=first, resolution=resolution))


@pytest.mark.parametrize("name", ["A.csv", "A.csv.gz"])
@pytest.mark.parametrize(
    "text",
    [
        HEADER + ROW,
        (HEADER + ROW).replace("\n", "\r\n"),
        HEADER + ROW + ROW.replace("01-02", "01-03").replace("\n", "\r\n"),
        HEADER.replace("\n", "\r\n") + ROW,
        (HEADER + ROW).replace("\n", "\r"),
        (HEADER + ROW).replace("\n", "\r\n")[:-1],
        (HEADER + ROW)[:-1],
        HEADER,
        HEADER + "\n",
        HEADER + "A" * 70_000 + ROW,
    ],
)
def test_both_ways_give_the_same_of_every_line_end(text, name):
    require_same(text, Span(), name)


def test_a_packed_file_that_is_cut_is_refused(tmp_path):
    path = tmp_path / "A.csv.gz"
    path.write_bytes(gzip.compress((HEADER + ROW * 900).encode())[:-12])
    assert account(path, Span()) == account(path, Span(), "latin-1") == SourceFileError


@pytest.fixture(scope="module")
def rows():
    """So many that they take several blocks; only to be read."""
    days = [date(1900, 1, 1) + timedelta(it) for it in range(70_000)]
    return [f"{days[it % 70_000]},S{it // 70_000},1,2,1,2,{it}" for it in range(900_000)]


@pytest.mark.parametrize("bad", [None, 0, 450_000, 899_999])
def test_a_file_of_several_blocks_is_taken_whole_or_not_at_all(bad, rows, staging, tmp_path):
    if bad is not None:
        wrong = rows[bad].replace(",1,2,1", ",1,2.123456789,1")
        rows = [*rows[:bad], wrong, *rows[bad + 1 :]]
    file = tmp_path / "long.csv"
    file.write_text("date,symbol,open,high,low,close,volume\n" + "\n".join(rows))
    assert file.stat().st_size > 3 * _BLOCK
    dialect = sniff(file).dialect
    columns = find_columns("", dialect.header)
    assert stage_plain([file], dialect, columns, ISO, staging) == ([] if bad is None else [file])
    assert len(list(tmp_path.glob("*.parquet"))) == (0 if bad is not None else len(staging.parts))
    if bad is None:
        assert staging.gather() == 900_000
        ((total,),) = staging.session.rows("SELECT sum(volume) FROM gathered")
        assert total == sum(range(900_000))


@settings(max_examples=200)
@given(st.lists(st.decimals(-(2**50) // 10**8, 2**50 // 10**8, places=8), min_size=1, max_size=50))
@example([Decimal("11258999.06842624"), Decimal("-11258999.06842623")])
def test_the_nearest_double_gives_a_decimal_back(values):
    numbers = pa.array([float(str(it)) for it in values])
    found = exact(numbers)
    assert found is None or found.to_pylist() == values
    assert (found is None) == any(abs(it) >= Decimal(2**50) / 10**8 for it in values)


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        ([9_999_999_999, -9_999_999_999, None], True),
        ([10**10], False),
        ([-(10**10)], False),
        ([-(2**63)], False),
        ([float("nan")], False),
        ([float("inf")], False),
        ([12_000_000.5], False),
    ],
)
def test_what_has_no_room_is_left_to_the_careful_way(values, taken):
    assert (exact(pa.array(values)) is not None) == taken


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


def test_a_file_with_another_first_line_is_sampled_by_itself(staging, tmp_path):
    other = "date,open,high,low,volume,close\n2024-01-02,1,2.5,0.5,100,1.25\n"
    (tmp_path / "A.csv").write_text(HEADER + ROW)
    (tmp_path / "B.csv").write_text(other)
    FileSource(tmp_path).stage(staging)
    assert [it.settled for it in staging.parts] == [None, None]
    rows = staging.session.rows("SELECT symbol, close, volume FROM gathered ORDER BY symbol")
    assert rows == [(it, Decimal("1.25"), Decimal(100)) for it in "AB"]


LONG_MINUTES = LONG + LONG_ROW + "\n"


@pytest.mark.parametrize(
    ("text", "resolution", "plain"),
    [
        (LONG_MINUTES, "1m", True),
        (LONG_MINUTES.replace("\n", "\r\n"), "1m", True),
        (LONG_MINUTES.replace(" 14:30:00", ""), "1d", True),
        (LONG_MINUTES.replace("Alpha", "Alpha Ltd."), "1m", True),
        (LONG_MINUTES.replace("Alpha", '"Alpha"'), "1m", False),
        (LONG_MINUTES.replace("A,", "A B,"), "1m", False),
        (LONG_MINUTES.replace("14:30:00", "14:30:00Z"), "1m", False),
        (LONG_MINUTES.replace("2.5", "1e3"), "1m", False),
        (LONG_MINUTES.replace("2.5", "nan"), "1m", False),
        (LONG_MINUTES.replace("2.5", "2 "), "1m", False),
    ],
)
@pytest.mark.parametrize("name", ["long.csv", "long.csv.gz"])
def test_which_long_files_are_plain(text, resolution, plain, name, tmp_path):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    session = Session()
    staging = Staging(session, tmp_path, Span(resolution=resolution))
    FileSource(path).stage(staging)
    session.close()
    assert [it.settled is None for it in staging.parts] == [plain]
