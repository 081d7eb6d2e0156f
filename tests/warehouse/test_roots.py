import os
from pathlib import Path

import pytest

import warehouse
from warehouse.errors import RootError


def test_the_argument_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_DATA_DIR", str(tmp_path / "variable"))
    with warehouse.open(tmp_path / "argument") as wh:
        assert wh.root == tmp_path / "argument"


def test_then_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_DATA_DIR", str(tmp_path / "variable"))
    with warehouse.open() as wh:
        assert wh.root == tmp_path / "variable"


def test_an_empty_argument_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_DATA_DIR", str(tmp_path / "variable"))
    with warehouse.open("") as wh:
        assert wh.root == tmp_path / "variable"


@pytest.mark.parametrize("empty", [True, False])
def test_then_the_home(monkeypatch: pytest.MonkeyPatch, empty: bool) -> None:
    if empty:
        monkeypatch.setenv("RUSTYBT_DATA_DIR", "")
    with warehouse.open() as wh:
        assert wh.root == Path(os.environ["HOME"]) / ".rustybt" / "data"


@pytest.mark.parametrize("kind", [str, Path])
def test_kinds_of_path(root: Path, kind) -> None:
    with warehouse.open(kind(root)) as wh:
        assert wh.root == root


def test_a_tilde() -> None:
    with warehouse.open("~/elsewhere") as wh:
        assert wh.root == Path(os.environ["HOME"]) / "elsewhere"


def test_reading_creates_nothing(root: Path) -> None:
    with warehouse.open(root) as wh:
        assert wh.bundles() == []
        assert wh.sql("SELECT count(*) FROM meta.bundles").rows() == [(0,)]
    assert not root.exists()


def test_a_root_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(RootError) as caught:
        warehouse.open(tmp_path / "data")
    assert caught.value.root == tmp_path / "data"


def below_a_file(root: Path) -> Path:
    root.write_text("")
    return root / "data"


def link_to_nothing(root: Path) -> Path:
    root.symlink_to("nowhere")
    return root


def link_to_itself(root: Path) -> Path:
    root.symlink_to(root)
    return root


@pytest.mark.parametrize("make", [below_a_file, link_to_nothing, link_to_itself])
def test_a_root_that_can_hold_nothing_is_not_an_empty_one(root: Path, make) -> None:
    at = make(root)
    with pytest.raises(RootError) as caught:
        warehouse.open(at)
    assert caught.value.root == at


def test_a_link_to_a_root(root: Path, tmp_path: Path, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    (tmp_path / "link").symlink_to(root)
    with warehouse.open(tmp_path / "link") as wh:
        assert wh.sql("SELECT count(*) FROM eq.bars_1d").rows() == [(1,)]


def test_a_relative_root_stays_after_chdir(
    tmp_path: Path, bars, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    with warehouse.open("data") as wh:
        with wh.begin("eq", calendar="XNYS") as txn:
            txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
            monkeypatch.chdir(tmp_path / "other")
            txn.commit()
        wh.refresh()
        assert len(wh.sql("FROM eq.bars_1d")) == 1
    assert list((tmp_path / "other").iterdir()) == []


def test_a_linked_root(tmp_path: Path, root: Path, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    (tmp_path / "link").symlink_to(root)
    with warehouse.open(tmp_path / "link") as wh:
        assert len(wh.sql("FROM eq.bars_1d")) == 1


def test_a_root_with_odd_characters(tmp_path: Path, bars) -> None:
    with warehouse.open(tmp_path / 'it\'s a "root" *[x]?{y}') as wh:
        with wh.begin("eq", calendar="XNYS") as txn:
            txn.upsert("bars_1d", bars([("2020-01-02", 0, 1)]))
            txn.upsert("bars_1d", bars([("2020-01-03", 0, 1)]))
            txn.commit()
        assert len(wh.sql("FROM eq.bars_1d")) == 2


def test_a_moved_root(tmp_path: Path, root: Path, wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    wh.close()
    root.rename(tmp_path / "moved")
    with warehouse.open(tmp_path / "moved") as moved:
        assert len(moved.sql("FROM eq.bars_1d")) == 1


def test_other_users_may_not_look(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    assert wh.root.stat().st_mode & 0o077 == 0


def test_repr(wh, ingest) -> None:
    assert repr(wh).endswith(": empty>")
    ingest([("2020-01-02", 0, 1)])
    assert repr(wh).endswith(": eq>")
