import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import warehouse
from warehouse import sqltext
from warehouse.errors import BundleNameError
from warehouse.model import RESERVED, BundleName
from warehouse.session import Session

GOOD = st.from_regex(r"[a-z0-9][a-z0-9_]{0,62}", fullmatch=True).filter(
    lambda it: it not in RESERVED
)


@given(st.text())
@example("sp500\n")
@example("é")
@example("٣")
def test_text_is_a_name_only_by_the_rule(text: str) -> None:
    allowed = re.fullmatch(r"[a-z0-9][a-z0-9_]{0,62}", text, re.ASCII) and text not in RESERVED
    if allowed:
        assert BundleName(text) == text
    else:
        with pytest.raises(BundleNameError):
            BundleName(text)


@pytest.fixture(scope="module")
def session():
    made = Session()
    yield made
    made.close()


@given(GOOD)
def test_every_name_is_a_schema(session: Session, name: str) -> None:
    schema = sqltext.identifier(BundleName(name))
    session.execute(sqltext.render("views/schema", schema=name))
    session.execute(f"CREATE OR REPLACE VIEW {schema}.bars_1d AS SELECT 1 AS x")
    assert session.rows(f"FROM {schema}.bars_1d") == [(1,)]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "_a",
        "A",
        "Sp500",
        "../x",
        "a/b",
        'a"b',
        "a'b",
        "a b",
        "a.b",
        "a;b",
        "sp500\0",
        ".",
        "..",
        "x" * 64,
    ],
)
def test_refused(name: str) -> None:
    with pytest.raises(BundleNameError) as caught:
        BundleName(name)
    assert caught.value.name == name


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_reserved(name: str) -> None:
    with pytest.raises(BundleNameError, match="reserved"):
        BundleName(name)


def test_no_text() -> None:
    with pytest.raises(BundleNameError, match="no text"):
        BundleName(500)  # type: ignore[arg-type]


def test_the_longest() -> None:
    assert len(BundleName("x" * 63)) == 63


def test_a_refused_name_makes_no_folder(wh: warehouse.Warehouse) -> None:
    with pytest.raises(BundleNameError):
        wh.begin("../x", calendar="XNYS")
    assert not wh.root.exists()


def test_other_folders_are_no_bundles(wh: warehouse.Warehouse, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    for name in ("Old", "a b", "empty", ".hidden"):
        (wh.root / "bundles" / name / "log").mkdir(parents=True)
    wh.refresh()
    assert wh.bundles() == ["eq"]
