"""Parameters of a statement as JSON text and back, without pickle."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from warehouse.errors import SafeSqlError
from warehouse.session import Parameters

_PLAIN = (bool, int, float, str, type(None))
_FROM_TEXT: Mapping[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "Decimal": Decimal,
}


def encode(params: Parameters) -> Any:
    """Return parameters as what `json.dumps` takes.

    Raises
    ------
    SafeSqlError
        A value is none of bool, int, float, str, None, date, datetime, Decimal or a list of them.
    """
    if params is None:
        return None
    if isinstance(params, Mapping):
        return {str(name): _encoded(value) for name, value in params.items()}
    return [_encoded(value) for value in params]


def decode(params: Any) -> Parameters:
    """Return the parameters that `encode` was given."""
    if params is None:
        return None
    if isinstance(params, dict):
        return {name: _decoded(value) for name, value in params.items()}
    return [_decoded(value) for value in params]


def _encoded(value: object) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, list | tuple):
        return [_encoded(it) for it in value]
    kind = type(value).__name__
    if kind not in _FROM_TEXT:
        raise SafeSqlError(f"a parameter of type {kind}")
    return {kind: value.isoformat() if isinstance(value, date) else str(value)}


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(it) for it in value]
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _FROM_TEXT[kind](text)
    return value
