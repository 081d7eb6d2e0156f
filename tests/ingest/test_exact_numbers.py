"""Numbers are stored as they are written, or refused: nothing is rounded in silence."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.data.sources import FileSource, Staging, TableSource
from warehouse.session import Session

HEADER = "date,symbol,open,high,low,close,volume\n"


def staged(source, folder: Path):
    """Return the opens as stored, None where rejected or missing, and the rejects."""
    session = Session(spill_dir=folder)
    staging = Staging(session, folder)
    reading = source.stage(staging)
    rows = session.rows("SELECT symbol, open FROM gathered ORDER BY symbol")
    kind = session.rows("SELECT column_type FROM (DESCRIBE gathered) WHERE column_name = 'open'")
    session.close()
    return dict(rows), reading.rejects, kind[0][0]


def opens(texts, folder):
    lines = [f'2024-01-02,{i:06d},"{text}",1,1,1,1' for i, text in enumerate(texts)]
    path = folder / "bars.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n")
    found, rejects, kind = staged(FileSource(path), folder)
    return [found.get(f"{i:06d}") for i in range(len(texts))], rejects, kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("9999999999.12345678", "DECIMAL(18,8)"),
        ("0.00000001", "DECIMAL(18,8)"),
        ("-9999999999.99999999", "DECIMAL(18,8)"),
        ("1.50000000000000000000000", "DECIMAL(18,8)"),
        ("0000000000000000000000001.5", "DECIMAL(18,8)"),
        ("1e3", "DECIMAL(18,8)"),
        ("1.25E-2", "DECIMAL(18,8)"),
        ("+.5", "DECIMAL(18,8)"),
        ("5.", "DECIMAL(18,8)"),
        ("0e0", "DECIMAL(18,8)"),
        (" 7 ", "DECIMAL(18,8)"),
        ("0.123456789", "DECIMAL(38,18)"),
        ("10000000000", "DECIMAL(38,18)"),
        ("1e-18", "DECIMAL(38,18)"),
        ("99999999999999999999.999999999999999999", "DECIMAL(38,18)"),
        ("12345678901234567890e-10", "DECIMAL(38,18)"),
    ],
)
def test_text_is_taken_exactly(text, kind, tmp_path):
    (value,), rejects, stored = opens([text], tmp_path)
    assert (value, rejects, stored) == (Decimal(text.strip()), (), kind)


@pytest.mark.parametrize(
    "text",
    [
        "1e-19",
        "100000000000000000000",
        "0.1234567890123456789",
        "1e999",
        "1_000",
        "1,234.5",
        "1'234",
        "0x10",
        "abc",
        "1.2.3",
        "--1",
        "inf",
        "-Infinity",
        "1e",
        ".",
        "$5",
        "5%",
        "\u0661",
    ],
)
def test_text_that_is_no_such_number_is_rejected(text, tmp_path):
    (value, sound), rejects, _ = opens([text, "1"], tmp_path)
    assert (value, sound, len(rejects), rejects[0].line) == (None, Decimal(1), 1, 2)


@pytest.mark.parametrize(
    "text", ["", "NaN", "nan", "NA", "N/A", "#N/A", "null", "None", "-", "NaT", "  "]
)
def test_words_for_missing_are_missing(text, tmp_path):
    (value,), rejects, _ = opens([text], tmp_path)
    assert (value, rejects) == (None, ())


def test_thousands_separators_are_named(tmp_path):
    _, (reject,), _ = opens(["1,234.5"], tmp_path)
    assert "thousands" in reject.reason


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(
    lambda it: abs(it.as_tuple().exponent) < 60
)
written = st.one_of(
    numbers.map(str),
    st.decimals(-(10**12), 10**12, places=8).map(lambda it: f"{it:f}"),
    st.decimals(-(10**20), 10**20, places=18).map(lambda it: f"{it:f}"),
    st.from_regex(r"[+-]?[0-9]{0,12}\.?[0-9]{0,12}([eE][+-]?[0-9]{1,2})?", fullmatch=True),
)


def fits(value: Decimal) -> bool:
    with localcontext() as context:
        context.prec = 200
        return abs(value) < 10**20 and value == value.quantize(Decimal("1e-18"))


@settings(max_examples=25)
@given(texts=st.lists(written, min_size=1, max_size=60))
def test_any_text_is_exact_or_rejected(texts, tmp_path_factory):
    found, rejects, _ = opens(texts, tmp_path_factory.mktemp("exact"))
    expected, refused = [], 0
    for text in texts:
        try:
            value = Decimal(text)
        except ArithmeticError:
            value = None
        taken = value is not None and fits(value)
        refused += not taken and text != "" and text != "-"
        expected.append(value if taken else None)
    assert (found, len(rejects)) == (expected, refused)


def as_decimal(x: float) -> Decimal | None:
    """The rule for binary floats, by exact arithmetic."""
    with localcontext() as context:
        context.prec = 400
        exact = Decimal(x)
        for places, limit in ((8, 10**10), (18, 10**20)):
            rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
            if abs(exact) < limit and abs(rounded - exact) <= Decimal("1e-12") * abs(exact):
                return rounded
    return None


def floats(values, folder):
    count = len(values)
    rows = {"symbol": [f"{i:06d}" for i in range(count)], "date": ["2024-01-02"] * count}
    rows |= {name: [1.0] * count for name in ("high", "low", "close", "volume")}
    found, _, _ = staged(TableSource("floats", pa.table(rows | {"open": values})), folder)
    return [found.get(f"{i:06d}") for i in range(count)]


@settings(max_examples=25)
@given(
    values=st.lists(
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False),
            st.floats(-1e6, 1e6),
            st.integers(-(10**13), 10**13).map(lambda it: it / 512),
            st.decimals(-(10**9), 10**9, places=4).map(float),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_floats_follow_the_rule(values, tmp_path_factory):
    assert floats(values, tmp_path_factory.mktemp("floats")) == [as_decimal(x) for x in values]


def test_a_half_of_the_eighth_decimal_goes_to_even(tmp_path):
    found = floats([8192 + 1 / 512, 8192 + 3 / 512], tmp_path)
    assert found == [Decimal("8192.00195312"), Decimal("8192.00585938")]


def test_float_nan_is_missing_and_infinity_is_rejected(tmp_path):
    rows = {name: [1.0, 1.0] for name in ("high", "low", "close", "volume")}
    rows |= {"symbol": ["N", "I"], "date": ["2024-01-02"] * 2, "open": [float("nan"), float("inf")]}
    found, rejects, _ = staged(TableSource("floats", pa.table(rows)), tmp_path)
    assert (found, [it.line for it in rejects]) == ({"N": None}, [2])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([123456789012], pa.int64()), Decimal(123456789012)),
        (pa.array([2**64 - 1], pa.uint64()), Decimal(2**64 - 1)),
        (pa.array([Decimal("1.123456789")], pa.decimal128(20, 9)), Decimal("1.123456789")),
        (pa.array(["1.5"], pa.large_string()), Decimal("1.5")),
        (pa.array([0.5], pa.float32()), Decimal("0.5")),
    ],
)
def test_typed_columns_are_exact(column, expected, tmp_path):
    rows = {name: [1] for name in ("high", "low", "close", "volume")}
    table = pa.table(rows | {"symbol": ["A"], "date": ["2024-01-02"], "open": column})
    found, _, _ = staged(TableSource("typed", table), tmp_path)
    assert found == {"A": expected}
