"""The end of a stream waits for a thread that has not left its cursor yet."""

import threading

import duckdb
import pyarrow as pa
import pytest

from warehouse.session import Session, free


def test_a_cursor_that_a_thread_is_in_is_closed_when_it_has_left():
    batch = pa.record_batch({"n": [1, 2, 3]})
    inside, leave = threading.Event(), threading.Event()

    def rows():
        inside.set()
        leave.wait(60)
        yield batch

    cursor = Session()._raw.cursor()
    cursor.register("slow", pa.RecordBatchReader.from_batches(batch.schema, rows()))
    found = []
    thread = threading.Thread(
        target=lambda: found.append(cursor.execute("SELECT sum(n) FROM slow").fetchall())
    )
    thread.start()
    assert inside.wait(60)
    with pytest.raises(duckdb.ResourceInUseException):
        cursor.close()
    threading.Timer(0.05, leave.set).start()
    free(cursor.close)
    thread.join()
    assert found == [[(6,)]]
    with pytest.raises(duckdb.ConnectionException):
        cursor.execute("SELECT 1")
