"""What a bundle is fetched from, as a small file in the warehouse that every process can read.

Apart from the snapshots, because it is there before the first of them.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from rustybt.data.source_key import source_key
from rustybt.errors import NotRegisteredError, SpecificationError
from rustybt.secrets import without_secrets
from warehouse import BundleName, layout
from warehouse.snapshots import disk

if TYPE_CHECKING:
    from rustybt.data.adapters.adapter import DataAdapter
    from rustybt.data.adapters.request import Request


@dataclass(frozen=True)
class Specification:
    """What a bundle is fetched from.

    Parameters
    ----------
    bundle
        Name.
    adapter
        Name in `rustybt.data.adapters.registry.AdapterRegistry`.
    parameters
        Of the adapter, as JSON without secrets.
    symbols
        As the user writes them.
    start_date, end_date
        Days as ISO text, both included; up to now if the second is None.
    resolution, calendar
        One name of a length, and the exchange calendar.
    """

    bundle: str
    adapter: str
    parameters: Mapping[str, Any]
    symbols: tuple[str, ...]
    start_date: str
    end_date: str | None
    resolution: str
    calendar: str

    @classmethod
    def of(
        cls,
        bundle: str,
        adapter: "DataAdapter",
        wanted: "Request",
        *,
        open_ended: bool = False,
        calendar: str | None = None,
    ) -> Self:
        """Return the specification of a request to an adapter.

        Raises
        ------
        UnknownAdapterError
            No other process could make the adapter again.
        SpecificationError
            Its parameters hold what looks like a secret, or are no JSON.
        """
        from rustybt.data.adapters.registry import AdapterRegistry

        last = (wanted.until - timedelta(microseconds=1)).date()
        return cls(
            BundleName(bundle),
            AdapterRegistry.name_of(adapter),
            _plain(bundle, adapter.parameters),
            wanted.symbols,
            wanted.start.date().isoformat(),
            None if open_ended else last.isoformat(),
            wanted.resolution,
            calendar or adapter.calendar,
        )

    @cached_property
    def source(self) -> "DataAdapter":
        """The adapter, made again."""
        from rustybt.data.adapters.registry import AdapterRegistry

        return AdapterRegistry.rebuilt(self.adapter, self.parameters)

    @property
    def first(self) -> date:
        """The first day."""
        return date.fromisoformat(self.start_date)

    @property
    def last(self) -> date:
        """The last day, today's in UTC if there is no end."""
        return date.fromisoformat(self.end_date) if self.end_date else datetime.now(UTC).date()

    @property
    def key(self) -> str:
        """What says that pages are of the same source, as a name of a folder."""
        return source_key(self.adapter, self.parameters, self.resolution)


def store(specification: Specification, root: Path) -> None:
    """Write a specification; readers see the old one or the new one.

    Raises
    ------
    SpecificationError
        The disk took no file.
    """
    target = _file(specification.bundle, root)
    text = json.dumps(asdict(specification), indent=1, sort_keys=True) + "\n"
    scratch = target.with_name(f".{target.stem}.{uuid4().hex}")
    try:
        disk.make_dirs(target.parent)
        try:
            disk.write_file(scratch, text.encode())
            os.replace(scratch, target)  # noqa: PTH105 - the one call that takes the place of a file
        finally:
            disk.remove(scratch)
        disk.sync_dir(target.parent)
    except OSError as error:
        problem = f"it could not be written ({error})"
        raise SpecificationError(specification.bundle, problem) from error


def find(bundle: str, root: Path) -> Specification | None:
    """Return the specification of a bundle; None if there is none.

    Raises
    ------
    SpecificationError
        The file is not what `store` writes.
    """
    file = _file(BundleName(bundle), root)
    try:
        told = json.loads(file.read_bytes())
        return Specification(**told | {"symbols": tuple(told["symbols"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        problem = f"{file} cannot be read ({error}); register the bundle again"
        raise SpecificationError(bundle, problem) from error


def registered(root: Path) -> list[str]:
    """Return the names of the bundles that have a specification, sorted."""
    return sorted(it.stem for it in layout.registered_dir(root).glob("[a-z0-9]*.json"))


def remove(bundle: str, root: Path) -> None:
    """Take a specification away; snapshots of the bundle stay.

    Raises
    ------
    NotRegisteredError
        There is none; the nearest is named.
    """
    file = _file(BundleName(bundle), root)
    if not file.exists():
        raise NotRegisteredError(bundle, registered(root))
    disk.remove(file)
    disk.sync_dir(file.parent)


def _file(bundle: str, root: Path) -> Path:
    return layout.registered_dir(root) / f"{bundle}.json"


def _plain(bundle: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(parameters), default=os.fspath))
    except (TypeError, ValueError) as error:
        raise SpecificationError(
            bundle, f"parameters of its adapter are no JSON ({error})"
        ) from None
    if without_secrets(plain) != plain:
        problem = "parameters of its adapter hold a secret; keys belong into the environment"
        raise SpecificationError(bundle, problem)
    return plain
