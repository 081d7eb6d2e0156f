"""The confined process alone, with guard and seal off: the kernel keeps the data as they are."""

import json
import os
import socket
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from warehouse.safe.limits import Limits
from warehouse.safe.process import ask


@pytest.fixture(scope="module")
def before(digest):
    return digest()


@pytest.fixture(scope="module")
def done(before, listed, filled, stored, data_file, outside):
    with (
        pytest.MonkeyPatch.context() as patch,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as local,
        TemporaryDirectory() as folder,  # a short path, as these sockets want it
    ):
        name = f"{folder}/s"
        local.bind(name)
        local.listen()
        patch.syspath_prepend(Path(__file__).parent)
        patch.setenv("SAFE_CANARY", "nobody-may-read-this")
        job = {
            "statements": [filled(it) for it in listed("attacks")],
            "data": os.fspath(data_file),
            "outside": os.fspath(outside),
            "root": os.fspath(stored),
            "port": server.getsockname()[1],
            "parent": os.getpid(),
            "socket": name,
        }
        limits = Limits(seconds=60)
        # Each attack runs in a fork, whose /proc/self is another than the one that stays readable.
        answer = ask(job, limits, readable=[os.fspath(stored), "/proc"], module="unguarded")
        return {**answer.reply, **json.loads(answer.rows)}


def test_every_layer_is_there(done):
    assert done["missing"] == []


def test_attacks_left_the_data_as_they_were(done, before, digest):
    assert any(it.startswith("done") for it in done["sql"])
    assert digest() == before


@pytest.mark.parametrize(
    "act",
    [
        "append", "truncate", "unlink", "rename", "chmod", "create", "link", "mkdir",
        "read_outside", "read_passwd", "run", "connect", "unix_socket", "signal",
    ],
)  # fmt: skip
def test_act_is_refused(act, done):
    assert done["python"][act].startswith("refused")


def test_data_are_readable(done, data_file):
    assert done["python"]["read_data"] == f"done: {data_file.stat().st_size}"


def test_no_attack_reads_what_lies_outside(done):
    assert not [it for it in done["sql"] if "nobody-may-read-this" in it]


def test_environment_is_empty(done):
    assert not {"SAFE_CANARY", "HOME", "USER"} & set(done["names"])
