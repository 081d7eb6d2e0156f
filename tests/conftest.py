"""What every test may ask for."""

import itertools
import os
import shutil
import sys
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.fake_exchanges import Authority
    from tests.forked_command import Forked

Made = TypeVar("Made")

# A busy machine is no defect of what a property says.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference data and results that RUSTYBT_REFERENCE names."""
    named = os.environ.get("RUSTYBT_REFERENCE")
    if not named:
        pytest.skip("RUSTYBT_REFERENCE names no folder of reference data")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"RUSTYBT_REFERENCE names {folder}, which is no folder")
    return folder


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> "Authority":
    """Who signs the certificates of all fake exchanges: clients read its file once a process."""
    from tests.fake_exchanges import Authority

    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def rustybt() -> Iterator["Forked"]:
    """The command ``rustybt``, each call a process of its own that needs not import it."""
    from tests.forked_command import Forked

    forked = Forked()
    yield forked
    forked.close()


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., object]:
    """Return a function that fills a folder once a session, and gives each test a copy to change.

    ``copied(make, target, key)`` calls ``make(folder)`` for the first of each key, copies the folder
    into `target` and returns what `make` returned.
    """
    known: dict[Hashable, tuple[Path, object]] = {}

    def copy(make: Callable[[Path], Made], target: Path, key: Hashable = None) -> Made:
        key = (make.__module__, make.__qualname__, key)
        if key not in known:
            folder = tmp_path_factory.mktemp("made") / "root"
            known[key] = folder, make(folder)
        folder, made = known[key]
        shutil.copytree(folder, target, dirs_exist_ok=True, copy_function=_copied_over)
        return made  # type: ignore[return-value]

    return copy


def _copied_over(source: str, target: str) -> None:
    Path(target).unlink(missing_ok=True)  # the files of a warehouse are read-only
    shutil.copy2(source, target)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders for the tests to come; `tmp_path_factory` would look through all of them for each."""
    homes = tmp_path_factory.mktemp("homes")
    return (homes / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test out of the user's own warehouse, and out of the cache of the one before."""
    home = next(_homes)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("RUSTYBT_DATA_DIR", raising=False)
    if caches := sys.modules.get("rustybt.data.cache.manager"):
        monkeypatch.setattr(caches, "_made", None)  # what `CacheManager.current` would return
