"""Every error the warehouse raises.

WarehouseError
├── SqlTextError            a statement of sql/ is missing or malformed
├── BundleNameError         ValueError: a name that cannot be a bundle's
├── UnknownBundleError      LookupError: names the nearest
├── UnknownSnapshotError    LookupError: the bundle has no such version
├── AmbiguousSnapshotError  LookupError: a bare version among several bundles
├── InstantError            ValueError: what was given is no instant
├── ConfigError             ValueError: a setting of a file or a variable cannot be
├── SchemaError             ValueError: rows do not fit the dataset
├── QueryError              DuckDB refused a statement
├── SafeSqlError            safe mode refused a statement
├── SafeLimitError          a statement in safe mode went beyond its limits
├── RootError               the folder cannot be a warehouse
│   └── NetworkFileSystemError   it lies on a network file system
├── SavedViewError          ValueError: a name of a saved view that cannot be, is taken or unknown
├── RunNameError            LookupError: an id of a stored run that cannot be, is taken or unknown
├── CatalogError            a catalog file for other tools cannot be written
└── SnapshotError
    ├── DamageError         a file is missing, of another size or of another content
    ├── ConflictError       another commit touched the same partition
    ├── EndedError          a transaction was used after its commit or its end
    └── LockedError         another process holds the commit lock
"""

from collections.abc import Collection
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path


class WarehouseError(Exception):
    """Root of the errors of this package."""


class SqlTextError(WarehouseError):
    """A statement of ``sql/`` is missing or malformed."""

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(f"SQL text {name!r}: {problem}.")


class BundleNameError(WarehouseError, ValueError):
    """A name that cannot be a bundle's."""

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(
            f"{name!r} cannot name a bundle: {problem}. Expected 1 to 63 of a-z, 0-9 and _, "
            "the first not _; for example 'sp500' or 'crypto_1m'."
        )


class UnknownBundleError(WarehouseError, LookupError):
    """No bundle has this name; the nearest is named."""

    def __init__(self, name: str, known: Collection[str], root: Path) -> None:
        self.name, self.known, self.root = name, tuple(sorted(known)), root
        near = get_close_matches(name, self.known, n=1, cutoff=0.5)
        if near:
            hint = f"Nearest name: {near[0]!r}."
        elif self.known:
            hint = f"It holds: {', '.join(self.known)}."
        else:
            hint = "It is empty; `rustybt ingest csv PATH --bundle NAME` fills it."
        super().__init__(f"No bundle {name!r} in the warehouse at {root}. {hint}")


class UnknownSnapshotError(WarehouseError, LookupError):
    """The bundle has no such version, or had none at that time."""

    def __init__(
        self, bundle: str, wanted: str, known: Collection[int], *, since: datetime | None = None
    ) -> None:
        self.bundle, self.wanted, self.known = bundle, wanted, tuple(sorted(known))
        self.since = since
        held = f"{self.known[0]} to {self.known[-1]}" if self.known else "none"
        first = "" if since is None else f", of which the oldest is of {since.isoformat()}"
        super().__init__(f"Bundle {bundle!r} has no snapshot {wanted}; it holds {held}{first}.")


class AmbiguousSnapshotError(WarehouseError, LookupError):
    """A bare version, where there is not one bundle that it could be of."""

    def __init__(self, version: int, bundles: Collection[str]) -> None:
        self.version, self.bundles = version, tuple(sorted(bundles))
        shown = f"at(snapshot={{{self.bundles[0]!r}: {version}}})" if self.bundles else ""
        hint = f"Name the bundle: {shown}." if shown else "Ingest something first."
        super().__init__(
            f"A bare snapshot {version} needs a warehouse of one bundle, and this one holds "
            f"{len(self.bundles)}. {hint}"
        )


class InstantError(WarehouseError, ValueError):
    """What was given is no instant."""

    def __init__(self, value: object) -> None:
        self.value = value
        super().__init__(
            f"Expected an instant, as a datetime, a date or ISO 8601 text such as "
            f"'2024-05-31T16:00:00Z'; found {value!r}."
        )


class ConfigError(WarehouseError, ValueError):
    """A setting of a file or of the environment cannot be, or its file cannot be read."""

    def __init__(self, origin: str, problem: str) -> None:
        self.origin, self.problem = origin, problem
        super().__init__(
            f"{origin}: {problem}. `rustybt config show --origin` lists the settings and where each "
            "was said."
        )


class SchemaError(WarehouseError, ValueError):
    """Rows do not fit the dataset they are written to."""

    def __init__(self, dataset: str, problem: str) -> None:
        self.dataset, self.problem = dataset, problem
        super().__init__(f"Dataset {dataset!r}: {problem}.")


class QueryError(WarehouseError):
    """DuckDB refused a statement."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class SafeSqlError(WarehouseError):
    """Safe mode refused a statement before it ran."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"Refused in safe mode: {problem}. Allowed is one SELECT over the views of the bundles, of "
            "meta, of stored runs and over saved ones, with functions that neither read nor write "
            "anything else."
        )


class SafeLimitError(WarehouseError):
    """A statement in safe mode went beyond a limit, or a limit cannot be kept."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"Beyond the limits of safe mode: {problem}; {remedy}.")


class RootError(WarehouseError):
    """The folder cannot be a warehouse."""

    def __init__(self, root: Path, problem: str) -> None:
        self.root, self.problem = root, problem
        super().__init__(f"The warehouse folder {root}: {problem}.")


class SavedViewError(WarehouseError, ValueError):
    """A saved view that cannot be named so, be one or be written, is there already or is not there."""

    def __init__(self, name: object, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(f"Saved view {name!r}: {problem}.")


class RunNameError(WarehouseError, LookupError):
    """A stored run that cannot be named so, is there already or is not there."""

    def __init__(self, run: object, problem: str) -> None:
        self.run, self.problem = run, problem
        super().__init__(
            f"Stored run {run!r}: {problem}. `rustybt runs list` names those there are."
        )


class CatalogError(WarehouseError):
    """A catalog file for other tools cannot be written; one that was there is as it was."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(
            f"The catalog {path} was not written: {problem}. What was there before is unchanged; "
            "build it again when the cause is gone."
        )


class NetworkFileSystemError(RootError):
    """The folder lies on a network file system, where snapshots are not safe."""

    def __init__(self, root: Path, kind: str, variable: str) -> None:
        self.kind, self.variable = kind, variable
        super().__init__(
            root,
            f"expected a local disk, found a network file system ({kind}), whose locks and order of "
            "writes do not protect snapshots. Move it to a local disk; or, where one machine alone "
            f"uses it, set {variable}=1",
        )


class SnapshotError(WarehouseError):
    """A snapshot cannot be read or written."""


class DamageError(SnapshotError):
    """A file of a snapshot is missing, of another size or of another content."""

    def __init__(self, path: Path, problem: str, *, restore: str = "") -> None:
        self.path, self.problem = path, problem
        self.restore = restore or (
            "Copy it back from a backup; the snapshots before it stay readable by at(snapshot=…)."
        )
        super().__init__(f"{path} is damaged: {problem}. Nothing was read from it. {self.restore}")


class ConflictError(SnapshotError):
    """Another commit touched the same partitions since this one began."""

    def __init__(self, bundle: str, base: int, head: int, partitions: Collection[str]) -> None:
        self.bundle, self.base, self.head = bundle, base, head
        self.partitions = tuple(sorted(partitions))
        super().__init__(
            f"Bundle {bundle!r} moved from snapshot {base} to {head} while this commit was prepared, "
            f"and both touch {', '.join(self.partitions)}. Nothing was committed; run it again."
        )


class EndedError(SnapshotError):
    """A transaction was used after its commit or its end."""

    def __init__(self, bundle: str, state: str) -> None:
        self.bundle, self.state = bundle, state
        super().__init__(
            f"The transaction on bundle {bundle!r} is {state} and takes no more rows. "
            "Nothing was written; begin another."
        )


class LockedError(SnapshotError):
    """Another process holds the lock for longer than the wait."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.seconds = path, seconds
        super().__init__(
            f"Another process has held {path} for {seconds:g} s. Nothing was committed; "
            "run it again when that process has ended."
        )
