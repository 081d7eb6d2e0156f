"""Virtual environments for the programs that benchmarks and campaigns compare with."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from filelock import FileLock

FOLDER: Final = Path.home() / ".cache/rustybt-bench"
ZIPLINE: Final = "zipline-reloaded==3.2.1"
TALIB: Final = "TA-Lib==0.8.2"
_COMPLETE: Final = "complete"  # written last: a folder without it was left half made


def place(requirement: str, folder: Path = FOLDER) -> Path:
    """Return the ``bin`` of a requirement's environment, whether it is there or not."""
    return folder.absolute() / requirement.replace("==", "-").lower() / "bin"


def complete(requirement: str, folder: Path = FOLDER) -> bool:
    """Return whether a requirement was installed to its end."""
    return (place(requirement, folder).parent / _COMPLETE).exists()


def installed(requirement: str, folder: Path = FOLDER) -> Path:
    """Return the ``bin`` of a requirement's environment, making it the first time.

    One process makes it, others wait; one that was left half made is made again.
    """
    programs = place(requirement, folder)
    home = programs.parent
    home.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(home.with_name(f"{home.name}.lock")):
        if not complete(requirement, folder):
            print(f"installing {requirement} in {home}", file=sys.stderr)
            subprocess.run(["python3.11", "-m", "venv", "--clear", home], check=True)
            command = [programs / "python", "-m", "pip", "install", "--quiet", requirement]
            subprocess.run(command, check=True)
            (home / _COMPLETE).touch()
    return programs
