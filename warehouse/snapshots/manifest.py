"""What a snapshot is: a list of files, each with its size and hash, and where it came from.

On disk a manifest is JSON with one line behind it, ``#`` and the SHA-256 of the JSON; it names the
SHA-256 of its parent, so the log is a chain.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.errors import DamageError
from warehouse.schema import EXACT, Types

FORMAT = 2
_PLACE = re.compile(r"[\w-]+/[\w-]+\.parquet", re.ASCII)  # never outside the bundle
_WITHOUT_TYPES = 1  # the format before: a file names its wide columns, and every other is narrow


@dataclass(frozen=True)
class DataFile:
    """One Parquet file: one partition of one dataset.

    `path` is relative to the bundle's ``data`` folder; `types` has its exact columns that are not
    of the type that views show, unless wide, with theirs; `first` and `last` bound its time column,
    as ISO text, empty if it has none.
    """

    path: str
    size: int
    sha256: str
    rows: int
    types: Types = ()
    first: str = ""
    last: str = ""

    @property
    def wide(self) -> tuple[str, ...]:
        """The columns of the wider exact type, which views show as such."""
        return tuple(name for name, type_ in self.types if type_ == EXACT[1])


Partitions = Mapping[str, DataFile]


@dataclass(frozen=True)
class Manifest:
    """One committed state of a bundle.

    `datasets` maps dataset and partition (``all``, ``2017``, ``2017-03``) to its file.
    `parent` is the SHA-256 of the manifest before, empty in the first. `created_at` is UTC and
    later than the parent's.
    """

    bundle: str
    version: int
    parent: str
    txn: str
    created_at: datetime
    calendar: str
    datasets: Mapping[str, Partitions] = field(default_factory=dict)
    lineage: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = field(default="", compare=False)  # of the JSON it was read from or written as

    def files(self) -> Iterator[tuple[str, str, DataFile]]:
        """Yield dataset, partition and file of everything the snapshot holds."""
        for dataset, partitions in self.datasets.items():
            for partition, file in partitions.items():
                yield dataset, partition, file

    def seal(self) -> tuple["Manifest", bytes]:
        """Return the manifest with its hash, and the content of its file."""
        fields = asdict(self) | {"format": FORMAT, "created_at": self.created_at.isoformat()}
        del fields["sha256"]
        body = json.dumps(fields, sort_keys=True, indent=1, ensure_ascii=False).encode()
        digest = hashlib.sha256(body).hexdigest()
        return replace(self, sha256=digest), _sealed(body, digest)


def decode(content: bytes, path: Path) -> Manifest:
    """Read a manifest back.

    Raises
    ------
    DamageError
        The content does not have the hash it names, is of a newer format, or no manifest.
    """
    body, _, _ = content.rpartition(b"\n#")
    digest = hashlib.sha256(body).hexdigest()
    if content != _sealed(body, digest):
        raise DamageError(path, "its content does not have the SHA-256 on its last line")
    try:
        fields = json.loads(body)
        if fields.pop("format") not in (FORMAT, _WITHOUT_TYPES):
            raise DamageError(path, "it is of a format that this version does not read")
        return _manifest(fields, digest)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise DamageError(path, f"it is no manifest, whatever its SHA-256 says: {error}") from error


def _manifest(fields: dict[str, Any], digest: str) -> Manifest:
    fields["created_at"] = datetime.fromisoformat(fields["created_at"])
    fields["datasets"] = {
        name: {key: _file(file) for key, file in partitions.items()}
        for name, partitions in fields["datasets"].items()
    }
    made = Manifest(**fields, sha256=digest)
    _require((made.bundle, made.parent, made.txn, made.calendar), str)
    _require((made.version,), int)
    _require((made.lineage,), dict)
    if made.created_at.tzinfo is None:
        raise ValueError("the time of its commit has no zone")
    return made


def _sealed(body: bytes, digest: str) -> bytes:
    return body + b"\n#" + digest.encode() + b"\n"


def _file(fields: dict[str, Any]) -> DataFile:
    if "wide" in fields:
        fields["types"] = [(name, EXACT[1]) for name in fields.pop("wide")]
    made = DataFile(**fields | {"types": tuple(map(tuple, fields["types"]))})
    _require((made.path, made.sha256, made.first, made.last), str)
    _require((made.size, made.rows), int)
    if not _PLACE.fullmatch(made.path):
        raise ValueError(f"{made.path!r} is no file of a transaction")
    return made


def _require(values: Sequence[object], kind: type) -> None:
    for value in values:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, found {value!r}"[:200])
