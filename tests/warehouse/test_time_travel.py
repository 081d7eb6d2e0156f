"""`at`: the warehouse as it was."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from warehouse.errors import (
    AmbiguousSnapshotError,
    BundleNameError,
    InstantError,
    UnknownBundleError,
    UnknownSnapshotError,
)

CLOSE = "SELECT close::INTEGER FROM eq.bars_1d"


@pytest.fixture(scope="module")
def history(shared):
    """The three snapshots of `eq`, closing at 1, 2 and 3."""
    made = []
    for version in (1, 2, 3):
        with shared.at(snapshot={"eq": version}) as old:
            made.append(old.snapshot("eq"))
    return made


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_version_per_bundle(shared, version: int) -> None:
    with shared.at(snapshot={"eq": version}) as old:
        assert old.sql(CLOSE).rows() == [(version,)]
        assert old.bundles() == ["eq", "fx"]


def test_a_number_where_there_is_one_bundle(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    ingest([("2020-01-02", 0, 2)])
    with wh.at(snapshot=1) as old:
        assert old.sql(CLOSE).rows() == [(1,)]


def test_a_number_where_there_are_two(shared) -> None:
    with pytest.raises(AmbiguousSnapshotError, match=r"at\(snapshot=\{'eq': 1\}\)"):
        shared.at(snapshot=1)


def test_a_number_where_there_is_none(wh) -> None:
    with pytest.raises(AmbiguousSnapshotError, match="Ingest"):
        wh.at(snapshot=1)


@pytest.mark.parametrize("version", [0, 4, -1])
def test_no_such_version(shared, history, version: int) -> None:
    with pytest.raises(UnknownSnapshotError) as caught:
        shared.at(snapshot={"eq": version})
    assert caught.value.known == (1, 2, 3)


def test_no_such_bundle(shared, history) -> None:
    with pytest.raises(UnknownBundleError, match="'eq'"):
        shared.at(snapshot={"eg": 1})


def test_as_of(shared, history) -> None:
    for version, snapshot in enumerate(history, start=1):
        with shared.at(as_of=snapshot.created_at) as old:
            assert old.sql(CLOSE).rows() == [(version,)]


def test_as_of_between(shared, history) -> None:
    with shared.at(as_of=history[1].created_at - timedelta(microseconds=1)) as old:
        assert old.snapshot("eq").version == 1


def test_as_of_leaves_younger_bundles_out(shared, history) -> None:
    with shared.at(as_of=history[2].created_at) as old:
        assert old.bundles() == ["eq"]


def test_as_of_before_everything(shared, history) -> None:
    with shared.at(as_of=datetime(2000, 1, 1, tzinfo=UTC)) as old:
        assert old.bundles() == []


def test_a_younger_bundle_says_since_when_it_is(shared, history) -> None:
    with shared.at(snapshot={"fx": 1}) as now:
        since = now.snapshot("fx").created_at.isoformat()
    with shared.at(as_of=history[2].created_at) as old:
        for ask in (lambda: old.snapshot("fx"), lambda: old.sql("FROM fx.bars_1d")):
            with pytest.raises(UnknownSnapshotError) as caught:
                ask()
            assert since in str(caught.value)


@pytest.mark.parametrize("form", ["iso", "zulu", "pandas", "naive"])
def test_forms_of_as_of(shared, history, form: str) -> None:
    import pandas as pd

    instant = history[1].created_at
    forms = {
        "iso": instant.isoformat(),
        "zulu": instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "pandas": pd.Timestamp(instant).tz_convert("Asia/Tokyo"),
        "naive": instant.strftime("%Y-%m-%d %H:%M:%S.%f"),
    }
    with shared.at(as_of=forms[form]) as old:
        assert old.snapshot("eq").version == 2


@pytest.mark.parametrize("text", [True, False])
def test_a_date_is_its_first_instant(shared, history, text: bool) -> None:
    day = history[0].created_at.date()
    for at, names in ((day, []), (day + timedelta(days=1), ["eq", "fx"])):
        with shared.at(as_of=at.isoformat() if text else at) as old:
            assert old.bundles() == names


@pytest.mark.parametrize("value", ["yesterday", "", 20240102, "2024-13-01"])
def test_no_instant(shared, value: object) -> None:
    with pytest.raises(InstantError, match="ISO 8601"):
        shared.at(as_of=value)


def test_a_missing_value_of_pandas_is_no_instant(shared) -> None:
    import pandas as pd

    with pytest.raises(InstantError):
        shared.at(as_of=pd.NaT)


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=9))])
def test_zones_of_as_of(shared, history, zone) -> None:
    instant = history[1].created_at
    instant = instant.replace(tzinfo=None) if zone is None else instant.astimezone(zone)
    with shared.at(as_of=instant) as old:
        assert old.snapshot("eq").version == 2


def test_an_old_one_stays_old_after_refresh(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    with wh.at(snapshot=1) as old:
        ingest([("2020-01-02", 0, 2)])
        old.refresh()
        assert old.sql(CLOSE).rows() == [(1,)]


def test_the_one_it_came_from_stays(shared) -> None:
    with shared.at(snapshot={"eq": 1}):
        assert shared.sql(CLOSE).rows() == [(3,)]


def test_an_unknown_bundle_names_the_nearest(shared) -> None:
    with pytest.raises(UnknownBundleError, match="Nearest name: 'eq'"):
        shared.snapshot("eqs")


def test_an_unknown_bundle_in_an_empty_warehouse(wh) -> None:
    with pytest.raises(UnknownBundleError, match="ingest"):
        wh.snapshot("eq")


def test_a_name_no_bundle_could_have(wh) -> None:
    with pytest.raises(BundleNameError):
        wh.snapshot("../x")
