"""The bars of a bench as the bundle ``bench`` of zipline-reloaded, which has a Python of its own."""

import os
import subprocess
from pathlib import Path

from ingest_against_zipline import EXTENSION, write
from peers import ZIPLINE, installed


class ZiplineBundle:
    """A bundle that zipline ingested.

    Parameters
    ----------
    data
        Parquet file of the bars.
    peers
        Folder in which zipline's virtual environment is, made once.
    folder
        Where its files go.
    """

    def __init__(self, data: Path, peers: Path, folder: Path) -> None:
        self._command = installed(ZIPLINE, peers) / "zipline"
        filled, home = folder / "filled", folder / "zipline"
        files = write(data, folder / "plain", filled / "daily")
        home.mkdir()
        (home / "extension.py").write_text(
            EXTENSION.format(folder=str(filled), first=str(files.first), last=str(files.last))
        )
        self._environment = os.environ | {"ZIPLINE_ROOT": str(home)}
        self._told(self._command, "ingest", "--bundle", "bench", "--no-show-progress")

    def run(self, *arguments: str | Path) -> list[list[str]]:
        """Run a program of its Python, and return the words of each line that it prints."""
        python = self._command.with_name("python")
        said = self._told(python, "-W", "ignore", *arguments)
        return [line.split() for line in said.splitlines()]

    def _told(self, *command: str | Path) -> str:
        done = subprocess.run(
            command, check=True, env=self._environment, capture_output=True, text=True
        )
        return done.stdout
