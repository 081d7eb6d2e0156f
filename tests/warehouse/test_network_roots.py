"""Network file systems are known by the kernel's table of mounts; a test writes one of its own."""

import os
from pathlib import Path

import pytest

import warehouse
from warehouse.errors import NetworkFileSystemError
from warehouse.snapshots.filesystem import refuse_network


@pytest.fixture
def mounted(tmp_path: Path):
    """A table in which the device of the test's folder is of a kind."""

    def table(kind: str) -> Path:
        device = tmp_path.stat().st_dev
        number = f"{os.major(device)}:{os.minor(device)}"
        written = tmp_path / "mountinfo"
        written.write_text(
            "21 1 0:99 / /proc rw - proc proc rw\n"
            f"36 35 {number} / /mnt/a\\040b rw,noatime master:1 - {kind} host:/share rw,errors=x\n"
        )
        return written

    return table


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone"])
def test_a_network_file_system_is_refused(tmp_path, mounted, kind: str) -> None:
    with pytest.raises(NetworkFileSystemError, match="Move it to a local disk") as caught:
        refuse_network(tmp_path / "not" / "there", mounts=mounted(kind))
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "fuse.fuse-overlayfs"]
)
def test_a_local_one_is_not(tmp_path, mounted, kind: str) -> None:
    refuse_network(tmp_path, mounts=mounted(kind))


def test_unless_told(tmp_path, mounted, monkeypatch) -> None:
    monkeypatch.setenv("RUSTYBT_ALLOW_NETWORK_FS", "1")
    refuse_network(tmp_path, mounts=mounted("nfs4"))


def test_without_a_table_nothing_is_known(tmp_path) -> None:
    refuse_network(tmp_path, mounts=tmp_path / "none")


def test_this_machine(tmp_path) -> None:
    with warehouse.open(tmp_path) as wh:
        assert wh.bundles() == []
