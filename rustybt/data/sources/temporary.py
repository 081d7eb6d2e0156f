"""A staging that lasts for as long as it is used."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rustybt.data.sources.span import Span
from rustybt.data.sources.staging import Staging
from warehouse.session import Session

_MEMORY: Final = "300MB"  # more is spilled


@contextmanager
def temporary_staging(span: Span) -> Iterator[Staging]:
    """Give a staging in a folder of its own, which is taken away."""
    with tempfile.TemporaryDirectory(prefix="rustybt-ingest-") as place:
        folder = Path(place)
        session = Session(memory_limit=_MEMORY, spill_dir=folder / "spill")
        try:
            yield Staging(session, folder, span)
        finally:
            session.close()
