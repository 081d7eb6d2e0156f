"""Where stored runs lie: a folder each, named by its id."""

import re
from pathlib import Path
from typing import Final

from warehouse import layout
from warehouse.errors import DamageError, RunNameError

PREFIX: Final = "run="  # as DuckDB takes a column from the name of a folder
_RUN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,62}")


def checked(run: object) -> str:
    """Return the id of a run, if it can be one.

    Raises
    ------
    RunNameError
        It cannot.
    """
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise RunNameError(
            run, "an id has 1 to 63 letters, digits and hyphens, the first no hyphen"
        )
    return run


def home(root: Path, run: str) -> Path:
    """Return the folder of a run.

    Raises
    ------
    RunNameError
        The id cannot be one.
    """
    return layout.backtests_dir(root) / f"{PREFIX}{checked(run)}"


def file_of(home: Path, table: str) -> Path:
    """Return the file of one table of a run."""
    return home / f"{table}.parquet"


def ids(root: Path) -> list[str]:
    """Return the ids of the stored runs, sorted."""
    return sorted(it for it in _named(root) if _RUN.fullmatch(it))


def strays(root: Path) -> bool:
    """Whether there is a folder that a pattern takes for that of a run, and whose name is no id."""
    return not all(map(_RUN.fullmatch, _named(root)))


def unknown(run: str) -> RunNameError:
    """Return what is said where there is no run of an id."""
    return RunNameError(run, "there is no run of this id")


def damage(path: Path, problem: str) -> DamageError:
    """Return what is said of a damaged file of a run."""
    run = path.parent.name.removeprefix(PREFIX)
    restore = f"Bring it back from a backup, or remove the run: `rustybt runs delete {run}`."
    return DamageError(path, problem, restore=restore)


def _named(root: Path) -> list[str]:
    try:
        names = [it.name for it in layout.backtests_dir(root).iterdir()]
    except FileNotFoundError:
        return []
    return [it.removeprefix(PREFIX) for it in names if it.startswith(PREFIX)]
