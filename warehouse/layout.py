"""Where things lie under the root; pure.

::

    bundles/<bundle>/log/00000000000000000042.json    one snapshot manifest
    bundles/<bundle>/log/00000000000000000041.expired one whose files a vacuum is taking away
    bundles/<bundle>/data/<transaction>/<n>.parquet   written once, never renamed or reused
    bundles/<bundle>/derived/<snapshot>/…             what can be computed from a snapshot again
    bundles/<bundle>/leases/…                         locked files of live writers and readers
    bundles/<bundle>/fetched/<source>/…               fetched pages that no snapshot holds yet
    bundles/<bundle>/commit.lock                      held while a manifest is added
    bundles/<bundle>/vacuum.lock                      held by a vacuum
    registered/<bundle>.json                          what a bundle is fetched from
    pipelines/<name>.sql                              saved views, one SELECT a file
    backtests/run=<id>/<table>.parquet                a stored run, written whole
    backtests/run=<id>/files.json                     size and SHA-256 of its files
    catalog.duckdb                                    views for other tools; can be rebuilt
"""

import os
from dataclasses import dataclass
from pathlib import Path

from warehouse import config
from warehouse.model import BundleName


def root_of(argument: str | os.PathLike[str] | None) -> Path:
    """Return the root: the argument, else the setting ``data.root_dir``.

    An empty text is no argument.

    Raises
    ------
    ConfigError
        The settings cannot be read; an argument needs none.
    """
    named = os.fspath(argument or "") or str(config.load()["data.root_dir"])
    return Path(named).expanduser().absolute()


def catalog_of(root: Path, argument: str | os.PathLike[str] | None) -> Path:
    """Return the catalog for other tools: the argument, else ``catalog.duckdb`` in the root."""
    return root / "catalog.duckdb" if argument is None else Path(argument).expanduser().absolute()


def bundles_dir(root: Path) -> Path:
    """Return the folder of all bundles."""
    return root / "bundles"


def registered_dir(root: Path) -> Path:
    """Return the folder that says what bundles are fetched from."""
    return root / "registered"


def saved_dir(root: Path) -> Path:
    """Return the folder of the saved views."""
    return root / "pipelines"


def backtests_dir(root: Path) -> Path:
    """Return the folder of the stored runs."""
    return root / "backtests"


@dataclass(frozen=True)
class BundleDir:
    """The folder of one bundle."""

    root: Path
    bundle: BundleName

    @property
    def path(self) -> Path:
        """The folder itself."""
        return bundles_dir(self.root) / self.bundle

    @property
    def log(self) -> Path:
        """Manifests, one file a version."""
        return self.path / "log"

    @property
    def data(self) -> Path:
        """Parquet files, one folder a transaction."""
        return self.path / "data"

    def derived(self, sha256: str) -> Path:
        """Return the folder of what is computed from the snapshot of this hash; of all if empty."""
        return self.path / "derived" / sha256[:16]

    @property
    def fetched(self) -> Path:
        """Pages of sources that no snapshot holds yet, one folder a source."""
        return self.path / "fetched"

    @property
    def leases(self) -> Path:
        """Locked files that say who is at work."""
        return self.path / "leases"

    @property
    def commit_lock(self) -> Path:
        """The lock of the log."""
        return self.path / "commit.lock"

    @property
    def vacuum_lock(self) -> Path:
        """The lock of a vacuum."""
        return self.path / "vacuum.lock"

    def manifest(self, version: int) -> Path:
        """Return the file of a version, numbered with 20 digits so that names sort."""
        return self.log / f"{version:020d}.json"

    def expired(self, version: int) -> Path:
        """Return the name under which a manifest waits until nobody reads its files."""
        return self.log / f"{version:020d}.expired"
