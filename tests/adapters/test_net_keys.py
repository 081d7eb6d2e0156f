"""Keys are found where their users put them, and stand nowhere else."""

import copy
import pickle

import pytest

from rustybt.data.adapters.net.keys import Secret, hidden, keys_of
from rustybt.data.adapters.net.negative import Unknown
from rustybt.errors import AuthenticationError, KeyFileError

KEY = "canary-0123456789abcdef"
NAMES = {"api_key": "VENDOR_API_KEY"}


def find(given=None, sections=("vendor_free", "vendor")):
    return keys_of("vendor", sections, NAMES, {"api_key": given})["api_key"].reveal()


@pytest.fixture
def ring():
    """Sets the keyring of this process for one test: none at first, whatever the machine has."""
    keyring = pytest.importorskip("keyring")
    null = pytest.importorskip("keyring.backends.null")
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture
def file(ring, monkeypatch, tmp_path):
    monkeypatch.delenv("VENDOR_API_KEY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".rustybt" / "api_keys.ini"
    path.parent.mkdir()
    path.touch(0o600)
    return path


def test_a_secret_is_shown_nowhere():
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]} {dir(secret)}"
    assert secret == hidden(KEY)
    assert hash(secret) == hash(Secret(KEY))
    assert hidden(None) is None
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            copied(secret)


def test_the_call_goes_before_the_environment_and_that_before_the_file(file, monkeypatch):
    file.write_text("[vendor]\napi_key = of-the-file%d\n")
    assert find() == "of-the-file%d"
    file.write_text("[vendor]\napi_key = of-all\n[vendor_free]\napi_key = of-this\n")
    assert find() == "of-this"
    monkeypatch.setenv("VENDOR_API_KEY", " of-the-environment ")
    assert find() == "of-the-environment"
    assert find(Secret("of-the-call")) == "of-the-call"


def test_the_keyring_goes_before_the_file(file, ring):
    import keyring

    class Ring(keyring.backend.KeyringBackend):
        priority = 1
        locked = False

        def get_password(self, service, username):
            if self.locked:
                raise keyring.errors.KeyringLocked
            return {("rustybt", "vendor.api_key"): "of-the-ring"}.get((service, username))

        def set_password(self, service, username, password):
            raise NotImplementedError

    file.write_text("[vendor]\napi_key = of-the-file\n")
    ring(own := Ring())
    assert find() == "of-the-ring"
    own.locked = True
    assert find() == "of-the-file"


def test_no_key_names_all_places(file):
    with pytest.raises(AuthenticationError, match=r"VENDOR_API_KEY.*api_key in \[vendor_free\]"):
        find()
    file.unlink()
    with pytest.raises(AuthenticationError):
        find()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(file, mode):
    file.write_text(f"[vendor]\napi_key = {KEY}\n")
    file.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600") as raised:
        find()
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("text", [f"api_key = {KEY}\n", f"[vendor]\n{KEY}\n", f"[vendor\n{KEY}"])
def test_a_file_that_is_none_is_refused_without_a_line_of_it(file, text):
    file.write_text(text)
    with pytest.raises(KeyFileError, match="no INI file") as raised:
        find()
    assert KEY not in f"{raised.value} {raised.value!r}"


def test_what_a_source_does_not_have_is_known_for_a_day():
    unknown = Unknown("vendor")
    assert not unknown.has("XYZ")
    unknown.remember("XYZ")
    assert unknown.has("XYZ")
    assert not Unknown("vendor", seconds=0.0).has("XYZ")
    assert not Unknown("other vendor").has("XYZ")
    unknown.remember("ABC")
    unknown.forget("XYZ")
    assert (unknown.has("XYZ"), unknown.has("ABC")) == (False, True)


def test_a_damaged_memory_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    unknown = Unknown("vendor")
    unknown.remember("XYZ")
    (tmp_path / ".rustybt" / "net" / "vendor.unknown").write_text('{"XYZ": 1')
    assert not unknown.has("XYZ")
    unknown.remember("XYZ")
    assert unknown.has("XYZ")
