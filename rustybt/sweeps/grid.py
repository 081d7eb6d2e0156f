"""Parameters of a sweep: every combination of a grid, or a list as given."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from rustybt.errors import SweepError
from rustybt.records.plain import plain

Parameters = Mapping[str, Any]
Grid = Mapping[str, Iterable[Any]] | Sequence[Parameters]


def combinations(grid: Grid) -> list[dict[str, Any]]:
    """Return the parameters of each run, in a fixed order.

    Parameters
    ----------
    grid
        Values by name, for every combination of them, the last name varying fastest; or a list of
        parameters, as it is.

    Raises
    ------
    SweepError
        There is no combination, one stands there twice, or the grid is neither.
    """
    if isinstance(grid, Mapping):
        values = [_values(name, it) for name, it in grid.items()]
        found = [dict(zip(grid, it, strict=True)) for it in product(*values)]
    elif isinstance(grid, Sequence) and all(isinstance(it, Mapping) for it in grid):
        found = [dict(it) for it in grid]
    else:
        raise SweepError("grid", grid, "values by name, or a list of parameters by name")
    if not found or not all(isinstance(name, str) for it in found for name in it):
        raise SweepError("grid", grid, "one combination at least, with names of parameters as text")
    keys = [key_of(it) for it in found]
    twice = next((it for it, key in zip(found, keys, strict=True) if keys.count(key) > 1), None)
    if twice is not None:
        raise SweepError("grid", twice, "each combination once")
    return found


def key_of(parameters: Parameters) -> str:
    """Return parameters as one text, the same in whatever order they stand."""
    return json.dumps(plain(parameters), sort_keys=True)


def _values(name: str, values: Iterable[Any]) -> list[Any]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise SweepError(f"parameter {name}", values, "a list of its values")
    return list(values)
