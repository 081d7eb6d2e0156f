import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import DamageError, UnknownSnapshotError
from warehouse.layout import BundleDir
from warehouse.model import BundleName
from warehouse.snapshots import log
from warehouse.snapshots.manifest import DataFile, Manifest, decode

PATH = Path("manifest.json")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda it: st.lists(it, max_size=3) | st.dictionaries(TEXT, it, max_size=3),
    max_leaves=8,
)
FILES = st.builds(
    DataFile,
    path=st.from_regex(r"\A[a-z0-9]{1,8}/[0-9]{1,3}\.parquet\Z"),
    size=st.integers(0),
    sha256=TEXT,
    rows=st.integers(0),
    types=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    first=TEXT,
    last=TEXT,
)
MANIFESTS = st.builds(
    Manifest,
    bundle=TEXT,
    version=st.integers(1),
    parent=TEXT,
    txn=TEXT,
    created_at=st.datetimes(timezones=st.just(UTC)),
    calendar=TEXT,
    datasets=st.dictionaries(TEXT, st.dictionaries(TEXT, FILES, max_size=3), max_size=3),
    lineage=st.dictionaries(TEXT, JSON, max_size=3),
)
PLAIN = Manifest(
    bundle="eq",
    version=1,
    parent="",
    txn="abc",
    created_at=datetime(2024, 1, 2, tzinfo=UTC),
    calendar="XNYS",
    datasets={
        "bars_1d": {"2020": DataFile("abc/0.parquet", 10, "00", 1, (("close", "DECIMAL(9,2)"),))}
    },
    lineage={"source": "csv"},
)


@given(MANIFESTS)
def test_seal_and_decode(manifest: Manifest) -> None:
    sealed, content = manifest.seal()
    found = decode(content, PATH)
    assert found == sealed == manifest
    assert found.sha256 == sealed.sha256


def test_the_hash_is_of_the_json() -> None:
    sealed, content = PLAIN.seal()
    body = content.rpartition(b"\n#")[0]
    assert sealed.sha256 == hashlib.sha256(body).hexdigest()


def test_one_flipped_bit_anywhere() -> None:
    content = PLAIN.seal()[1]
    for at in range(len(content)):
        for bit in range(8):
            damaged = bytearray(content)
            damaged[at] ^= 1 << bit
            with pytest.raises(DamageError):
                decode(bytes(damaged), PATH)


def test_cut_off_anywhere() -> None:
    content = PLAIN.seal()[1]
    for length in range(len(content)):
        with pytest.raises(DamageError):
            decode(content[:length], PATH)


def test_more_behind_it() -> None:
    with pytest.raises(DamageError):
        decode(PLAIN.seal()[1] + b"\n", PATH)


def sealed(body: bytes) -> bytes:
    return body + b"\n#" + hashlib.sha256(body).hexdigest().encode() + b"\n"


def test_another_format() -> None:
    body = PLAIN.seal()[1].rpartition(b"\n#")[0].replace(b'"format": 2', b'"format": 3')
    with pytest.raises(DamageError, match="format"):
        decode(sealed(body), PATH)


def test_the_format_before_names_wide_columns() -> None:
    fields = json.loads(PLAIN.seal()[1].rpartition(b"\n#")[0]) | {"format": 1}
    file = fields["datasets"]["bars_1d"]["2020"]
    del file["types"]
    file["wide"] = ["close"]
    found = decode(sealed(json.dumps(fields).encode()), PATH)
    assert [it.wide for *_, it in found.files()] == [("close",)]
    assert [it.types for *_, it in found.files()] == [(("close", "DECIMAL(38,18)"),)]


def edited(**changes: object) -> bytes:
    """A manifest that was edited by hand and given the right hash again."""
    fields = json.loads(PLAIN.seal()[1].rpartition(b"\n#")[0])
    file = fields["datasets"]["bars_1d"]["2020"]
    for name, value in changes.items():
        (file if name in file else fields)[name] = value
    return sealed(json.dumps(fields).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "1"},
        {"version": True},
        {"bundle": 5},
        {"calendar": None},
        {"txn": ["abc"]},
        {"parent": None},
        {"lineage": []},
        {"created_at": "yesterday"},
        {"created_at": "2024-01-02T00:00:00"},
        {"created_at": 7},
        {"datasets": []},
        {"datasets": {"bars_1d": ["2020"]}},
        {"unknown": 1},
        {"format": None},
        {"path": "/etc/passwd.parquet"},
        {"path": "../../other/data/abc/0.parquet"},
        {"path": "../0.parquet"},
        {"path": "abc/../../0.parquet"},
        {"path": "0.parquet"},
        {"path": ""},
        {"path": 5},
        {"rows": float("nan")},
        {"rows": "1"},
        {"size": None},
        {"sha256": 0},
        {"first": None},
        {"types": 7},
    ],
    ids=str,
)
def test_edited_by_hand_with_a_new_hash(changes: dict[str, object]) -> None:
    with pytest.raises(DamageError):
        decode(edited(**changes), PATH)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b"", b"{}", b"\xff", b"[" * 10**5])
def test_sealed_and_no_manifest(body: bytes) -> None:
    with pytest.raises(DamageError):
        decode(sealed(body), PATH)


def test_edited_without_harm() -> None:
    assert decode(edited(calendar="24/7", rows=2), PATH).calendar == "24/7"


# ---- the log


@pytest.fixture
def place(tmp_path: Path) -> BundleDir:
    """A log of three versions, an hour apart."""
    made = BundleDir(tmp_path, BundleName("eq"))
    made.log.mkdir(parents=True)
    parent = ""
    for version in (1, 2, 3):
        created = PLAIN.created_at + timedelta(hours=version)
        parent = put(
            made, replace(PLAIN, version=version, parent=parent, created_at=created)
        ).sha256
    return made


def put(place: BundleDir, manifest: Manifest) -> Manifest:
    sealed, content = manifest.seal()
    place.manifest(manifest.version).write_bytes(content)
    return sealed


def test_versions_and_head(place: BundleDir) -> None:
    (place.log / ".abc").write_text("scratch of a killed commit")
    (place.log / "7.json").write_text("no version")
    assert log.versions(place) == [1, 2, 3]
    head = log.head(place)
    assert head is not None
    assert head.version == 3


def test_no_log(tmp_path: Path) -> None:
    place = BundleDir(tmp_path, BundleName("eq"))
    assert log.versions(place) == []
    assert log.head(place) is None


@pytest.mark.parametrize("version", [0, 4, 10**6])
def test_unknown_version(place: BundleDir, version: int) -> None:
    with pytest.raises(UnknownSnapshotError) as caught:
        log.read(place, version)
    assert caught.value.known == (1, 2, 3)


@pytest.mark.parametrize(
    ("hours", "version"), [(1, 1), (1.99, 1), (2, 2), (2.01, 2), (3, 3), (500, 3)]
)
def test_as_of(place: BundleDir, hours: float, version: int) -> None:
    assert log.as_of(place, PLAIN.created_at + timedelta(hours=hours)).version == version


def test_as_of_before_the_first(place: BundleDir) -> None:
    with pytest.raises(UnknownSnapshotError):
        log.as_of(place, PLAIN.created_at)


def test_a_manifest_that_is_a_folder(place: BundleDir) -> None:
    place.manifest(3).unlink()
    place.manifest(3).mkdir()
    with pytest.raises(DamageError, match="folder"):
        log.head(place)


def test_a_broken_chain(place: BundleDir) -> None:
    put(place, replace(log.read(place, 2), lineage={"source": "rewritten"}))
    assert log.read(place, 2).lineage == {"source": "rewritten"}
    with pytest.raises(DamageError, match="does not follow"):
        log.read(place, 3)


def test_a_damaged_parent_is_refused_itself(place: BundleDir) -> None:
    """The child has a hash of its own and stays readable."""
    place.manifest(2).write_bytes(b"")
    assert log.read(place, 3).version == 3
    with pytest.raises(DamageError) as caught:
        log.read(place, 2)
    assert caught.value.path == place.manifest(2)


def test_a_renumbered_manifest(place: BundleDir) -> None:
    place.manifest(3).rename(place.manifest(4))
    with pytest.raises(DamageError, match="snapshot 3"):
        log.head(place)


def test_a_manifest_of_another_bundle(place: BundleDir) -> None:
    put(place, replace(log.read(place, 3), bundle="fx"))
    with pytest.raises(DamageError, match="'fx'"):
        log.head(place)
