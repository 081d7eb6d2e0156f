"""What every module of the confined process says when a file is not what it should be."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class LayoutError(Exception):
    """A file that is not laid out as its format says; the parent makes its own error of it.

    Parameters
    ----------
    path
        File or folder that is at fault.
    problem
        What was expected and what was found.
    """

    def __init__(self, path: str | os.PathLike[str], problem: str) -> None:
        self.path, self.problem = str(path), problem
        super().__init__(f"{path}: {problem}")


def read_json(path: Path) -> dict[str, Any]:
    """Return the object of a JSON file.

    Raises
    ------
    LayoutError
        The file is missing, is no JSON or holds no object.
    """
    try:
        told = json.loads(path.read_bytes())
    except OSError as error:
        raise LayoutError(path, f"it cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise LayoutError(path, f"expected JSON, found something else ({error})") from error
    if not isinstance(told, dict):
        raise LayoutError(path, f"expected a JSON object, found {type(told).__name__}")
    return told


def told_int(path: Path, told: Mapping[str, Any], name: str) -> int:
    """Return a whole number of a JSON object; `LayoutError` if there is none of that name."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise LayoutError(path, f"expected a whole number {name!r}, found {value!r}")
    return value


def told_numbers(path: Path, told: Mapping[str, Any], name: str) -> dict[int, int]:
    """Return whole numbers by sid, as JSON writes them; `LayoutError` if one is none."""
    found = told.get(name)
    if not isinstance(found, dict):
        raise LayoutError(path, f"expected {name!r} by sid, found {found!r:.40}")
    try:
        return {int(sid): told_int(path, found, sid) for sid in found}
    except ValueError as error:
        raise LayoutError(path, f"expected sids in {name!r} ({error})") from error


def cut(of: Mapping[str, Any], rows: Mapping[int, int]) -> tuple[list[int], list[int]]:
    """Return the sids to read, and those that are wanted and left; both ascend.

    `of` is that of `rustybt.data.readers.legacy.client.Wanted`; at least one sid is read.
    """
    listed = sorted(rows if of["sids"] is None else set(of["sids"]) & set(rows))
    if of["most"] is None:
        return listed, []
    held = 0
    for at, sid in enumerate(listed):
        held += rows[sid]
        if at and held > of["most"]:
            return listed[:at], listed[at:]
    return listed, []
