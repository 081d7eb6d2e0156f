"""Where the rows of a snapshot came from, as JSON that holds no secret.

Apart from sources and ingest, so that no source writes its own history: it names its parameters and
files, and the rest is taken down here.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from rustybt.data.sources import Outcome, Source, Span
from rustybt.errors import SourceFileError
from rustybt.secrets import without_secrets

_LIBRARIES = ("exchange_calendars", "polars")  # those of the files stand beside, in ``versions``
_BLOCK = 1 << 20  # bytes that are read at once


@runtime_checkable
class OfFiles(Protocol):
    """A source that reads files."""

    def files(self, span: Span) -> Sequence[Path]:
        """Return those that it reads for a span, in order."""
        ...


@runtime_checkable
class OfStretches(Protocol):
    """A source that knows which time its rows cover."""

    def covered(self, outcomes: Iterable[Outcome]) -> Mapping[str, Any]:
        """Return what a snapshot covers with the rows of these symbols in it, as JSON."""
        ...


def lineage_of(source: Source, span: Span, fetched_at: datetime) -> dict[str, Any]:
    """Return where rows came from; no value of it is a secret.

    Parameters
    ----------
    source
        Its name, class and parameters are taken down, and, of `OfFiles`, its files.
    span
        That was read.
    fetched_at
        When reading began, with a zone.

    Returns
    -------
    dict
        ``source``, ``adapter``, ``adapter_versions``, ``parameters``, ``fetched_at`` (ISO) and
        ``inputs``, each with path, size in bytes and SHA-256, hex.

    Raises
    ------
    SourceFileError
        A file cannot be read any more.
    """
    kind = type(source)
    packages = (kind.__module__.partition(".")[0], *_LIBRARIES)
    said = {
        "source": source.name,
        "adapter": f"{kind.__module__}.{kind.__qualname__}",
        "adapter_versions": {name: version(name) for name in packages if _is_installed(name)},
        "parameters": source.parameters,
        "fetched_at": fetched_at.isoformat(),
        "inputs": [_input(it) for it in source.files(span)] if isinstance(source, OfFiles) else [],
    }
    return dict(without_secrets(said))


def _input(path: Path) -> dict[str, object]:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise SourceFileError(path, f"it cannot be read ({error.strerror})", "Check it.") from error
    return {"path": str(path.absolute()), "size": size, "sha256": digest.hexdigest()}


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except ModuleNotFoundError:
        return False
    return True
