"""Several stored runs side by side."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import warehouse as warehouses
from rustybt.runs.load import Root, facts, find

if TYPE_CHECKING:
    import pandas as pd

_OPENED: Final = ("parameters", "settings", "versions")
_LEFT_OUT: Final = ("run", "source", "started_at", "finished_at")


def compare(*runs: str, root: Root = None, differing: bool = False) -> "pd.DataFrame":
    """Return what is told of runs, a column a run and a row a fact.

    Parameters
    ----------
    runs
        Names or ids.
    root
        Folder of the warehouse, as for `warehouse.open`.
    differing
        Leave out the facts in which all are alike.

    Returns
    -------
    DataFrame
        Parameters, settings and versions have a row each, such as ``parameters.fast``; a fact that a
        run does not have is None.

    Raises
    ------
    UnknownRunError
        No run has one of the names or ids.
    """
    import pandas as pd

    with warehouses.open(root) as wh:
        found = [facts(wh, find(wh, it)) for it in runs]
    told = [_flat(it) for it in found]
    rows = list(dict.fromkeys(name for it in told for name in it))
    if differing:
        rows = [name for name in rows if len({json.dumps(_text(it.get(name))) for it in told}) > 1]
    columns = {
        it["run"]: [facts_.get(name) for name in rows]
        for it, facts_ in zip(found, told, strict=True)
    }
    return pd.DataFrame(columns, index=pd.Index(rows, name="fact"), dtype=object)


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in told.items():
        if name in _OPENED:
            flat |= {f"{name}.{key}": it for key, it in value.items()}
        elif name not in _LEFT_OUT:
            flat[name] = value
    return flat


def _text(value: Any) -> str:
    return json.dumps(value, default=str, sort_keys=True)
