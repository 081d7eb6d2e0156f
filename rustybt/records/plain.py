"""Options of a run as JSON, and back: models by their class and parameters, dates and decimals as text."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any, Final

import numpy as np

from rustybt.errors import ReproduceError

_MODEL: Final = "model"
_DECIMAL: Final = "decimal"  # key of a number that no float is


def plain(value: Any) -> Any:
    """Return a value as JSON has it.

    A mapping has its keys as text. An object of another kind is a mapping with ``model``, its module and
    class, and ``parameters``, its attributes.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            near = float(value)
            return near if Decimal(repr(near)) == value else {_DECIMAL: str(value)}
        case date():
            return value.isoformat()
        case np.generic():
            return value.item()
        case Mapping():
            return {str(key): plain(it) for key, it in value.items()}
        case tuple() if hasattr(value, "_asdict"):
            return plain(value._asdict())
        case Sequence():
            return [plain(it) for it in value]
    kind = type(value)
    told = {_MODEL: f"{kind.__module__}:{kind.__qualname__}"}
    own = {key: it for key, it in getattr(value, "__dict__", {}).items() if key[0] != "_"}
    return {**told, "parameters": plain(own)}


def made(told: Any, option: str) -> Any:
    """Return an option from its JSON; a model of rustybt is made anew.

    Raises
    ------
    ReproduceError
        It is a model that this process cannot make.
    """
    if not isinstance(told, Mapping):
        return told
    if _DECIMAL in told:
        return Decimal(told[_DECIMAL])
    if _MODEL not in told:
        return {key: made(it, option) for key, it in told.items()}
    module, _, name = told[_MODEL].partition(":")
    if not module.startswith("rustybt."):
        raise ReproduceError(
            f"its {option} is {told[_MODEL]}, which is none of rustybt; give it again"
        )
    try:
        return getattr(import_module(module), name)(**told["parameters"])
    except (ImportError, AttributeError, TypeError) as error:
        raise ReproduceError(f"its {option} {told[_MODEL]} cannot be made: {error}") from error
