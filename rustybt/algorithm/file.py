"""Takes a strategy out of a Python file, for the command line and for runs that are repeated."""

import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from rustybt.algorithm.strategy import HOOKS, TradingAlgorithm
from rustybt.errors import StrategyFileError

MODULE: Final = "rustybt_strategy"  # name under which the file is imported


def load_strategy(place: str, *, beside: Path | None = None) -> TradingAlgorithm:
    """Return the strategy of a file.

    Parameters
    ----------
    place
        ``FILE`` or ``FILE:CLASS``. The file holds one subclass of `TradingAlgorithm`, or hooks as
        functions; a class is chosen by name where there are several. The file's folder can be
        imported from, as for ``python FILE``.
    beside
        Another folder that can be imported from.

    Raises
    ------
    StrategyFileError
        The file is missing, cannot be run, or holds no strategy or several.
    """
    file, _, name = place.partition(":") if not Path(place).exists() else (place, "", "")
    path = Path(file)
    if not path.is_file():
        raise StrategyFileError(file, "there is no such file", "Expected a Python file.")
    module = _run(path, [path.parent, *([beside] if beside else [])])
    classes = {
        key: it
        for key, it in vars(module).items()
        if isinstance(it, type) and issubclass(it, TradingAlgorithm) and it.__module__ == MODULE
    }
    if name:
        return _made(file, _named(file, name, classes))
    hooks = {it: getattr(module, it) for it in HOOKS if callable(getattr(module, it, None))}
    return _only(file, classes, hooks)


def _run(path: Path, folders: list[Path]) -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None:
        raise StrategyFileError(str(path), "its name does not end in .py", "Rename it.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    sys.path[:0] = [str(it.resolve()) for it in folders]
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = _line(error, path)
        told = f"line {line}: {type(error).__name__}: {error}"
        raise StrategyFileError(str(path), told, "The file must run by itself.") from error
    return module


def _line(error: Exception, path: Path) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    lines = [it.lineno for it in frames if Path(it.filename).resolve() == path.resolve()]
    return lines[-1] if lines else None


def _named(
    file: str, name: str, classes: dict[str, type[TradingAlgorithm]]
) -> type[TradingAlgorithm]:
    if name not in classes:
        known = ", ".join(classes) or "no subclass of TradingAlgorithm"
        raise StrategyFileError(file, f"it has no strategy {name!r}", f"It holds {known}.")
    return classes[name]


def _made(file: str, strategy: type[TradingAlgorithm]) -> TradingAlgorithm:
    try:
        return strategy()
    except Exception as error:
        told = f"{strategy.__name__}() raised {type(error).__name__}: {error}"
        raise StrategyFileError(file, told, "The class is made without arguments.") from error


def _only(
    file: str,
    classes: dict[str, type[TradingAlgorithm]],
    hooks: dict[str, Callable[..., Any]],
) -> TradingAlgorithm:
    if len(classes) > 1 or (classes and hooks):
        found = ", ".join([*classes, *(f"{it}()" for it in hooks)])
        example = next(iter(classes))
        raise StrategyFileError(
            file, f"it holds more than one strategy: {found}", f"Choose one: -f {file}:{example}."
        )
    if classes:
        return _made(file, next(iter(classes.values())))
    if "initialize" not in hooks and "handle_data" not in hooks:
        raise StrategyFileError(
            file,
            "it holds no strategy",
            "Expected a subclass of TradingAlgorithm, or functions initialize(context) and "
            "handle_data(context, data).",
        )
    return TradingAlgorithm(**hooks)
