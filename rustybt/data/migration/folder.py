"""Where the files of a bundle of zipline lie."""

import os
from dataclasses import dataclass
from pathlib import Path

from rustybt.errors import LegacyFileError


@dataclass(frozen=True)
class BundleFolder:
    """The parts of one ingestion of a bundle of zipline; `minutes` is None if there are no bars of them."""

    daily: Path
    minutes: Path | None
    adjustments: Path
    assets: Path

    @classmethod
    def at(cls, path: Path) -> "BundleFolder":
        """Find a bundle.

        Parameters
        ----------
        path
            Of an ingestion; of the folder that holds the ingestions of a bundle, whose newest is taken;
            or the name of a bundle under ``$ZIPLINE_ROOT`` (else ``~/.zipline``).

        Raises
        ------
        LegacyFileError
            There is none, or a part of it is missing.
        """
        home = Path(os.environ.get("ZIPLINE_ROOT") or Path.home() / ".zipline") / "data" / path
        # As with zipline, the newest is the last by name, which is an instant.
        below = [*sorted(path.glob("*/"), reverse=True), *sorted(home.glob("*/"), reverse=True)]
        places = [path, *below]
        found = next((it for it in places if (it / "daily_equities.bcolz").is_dir()), None)
        if found is None:
            problem = f"expected a folder with daily_equities.bcolz here, below, or in {home}"
            raise LegacyFileError(path, problem, "Name the folder of one ingestion.")
        assets = sorted(found.glob("assets-*.sqlite"))
        if len(assets) != 1:
            problem = f"expected one file assets-N.sqlite, found {len(assets)}"
            raise LegacyFileError(found, problem, "Ingest the bundle with zipline again.")
        minutes = (found / "minute_equities.bcolz").resolve()
        return cls(
            (found / "daily_equities.bcolz").resolve(),
            minutes if any(minutes.glob("*/*/*.bcolz")) else None,
            (found / "adjustments.sqlite").resolve(),
            assets[0].resolve(),
        )
