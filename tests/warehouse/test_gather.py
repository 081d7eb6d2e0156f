"""Rows are taken by their numbers as Arrow takes them."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.writing.gather import gathered

WHOLE = st.integers(-(10**8), 10**8)
VALUES = [
    (pa.int32(), WHOLE),
    (pa.int64(), WHOLE),
    (pa.bool_(), st.booleans()),
    (pa.string(), st.text(max_size=5)),
    (pa.date32(), st.dates(date(1900, 1, 1))),
    (pa.timestamp("us"), st.datetimes(datetime(1900, 1, 1))),  # noqa: DTZ001 - as they are stored
    (pa.decimal32(9, 0), WHOLE.map(Decimal)),
    (pa.decimal64(18, 8), WHOLE.map(Decimal)),
    (pa.decimal128(38, 18), WHOLE.map(Decimal)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "values"), VALUES, ids=lambda it: str(it)[:20])
@given(data=st.data())
def test_rows_are_those_that_arrow_takes(kind, values, data) -> None:
    column = data.draw(st.lists(st.none() | values, min_size=1, max_size=20))
    skip = data.draw(st.integers(0, len(column) - 1))
    batch = pa.record_batch({"x": pa.array(column, kind)})[skip:]
    places = data.draw(st.lists(st.integers(0, batch.num_rows - 1), max_size=30))
    found = gathered(batch, np.array(places, np.int64))
    found.validate(full=True)
    assert found.equals(batch.take(pa.array(places, pa.int64())))
