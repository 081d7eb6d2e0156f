"""An ingest says which bars, made of others and stored, are those of before it."""

from rustybt.data.bundles import resample


def rows(*days):
    return "date,symbol,open,high,low,close,volume\n" + "".join(
        f"2024-01-{day:02},A,1,2,1,2,10\n" for day in days
    )


def told(report):
    return [it for it in report.notes if "not made anew" in it]


def test_an_ingest_names_the_stored_bars_that_it_did_not_make_anew(take, root):
    assert told(take(rows(2, 3))) == []
    assert resample("t", "1w", root=root).new
    (note,) = told(take(rows(2, 3, 9)))
    assert note.startswith("resampled_1w: not made anew; `rustybt bundle resample t …`")
