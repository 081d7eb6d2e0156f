"""Where a strategy comes from: its name, its text, and how it can be had again."""

import hashlib
import inspect
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import rustybt
from rustybt.algorithm.file import MODULE
from rustybt.algorithm.strategy import TradingAlgorithm
from warehouse import sqltext

_LIBRARIES: Final = ("duckdb", "numpy", "pandas", "polars", "pyarrow")

Kind = Literal["file", "module", "object"]


@dataclass(frozen=True)
class Origin:
    """A strategy as it can be told.

    Parameters
    ----------
    name
        Of its class, or of the file of its functions.
    kind
        ``'file'`` was loaded from a file by the command line, ``'module'`` is a class that can be
        imported, ``'object'`` exists in its process alone.
    place
        File, with the class where there is one; module and class; or what else is known.
    source
        Text of its file, or of itself; None where there is none.
    """

    name: str
    kind: Kind
    place: str
    source: str | None

    @property
    def sha256(self) -> str | None:
        """SHA-256 of the text, hex."""
        return None if self.source is None else hashlib.sha256(self.source.encode()).hexdigest()


def origin_of(strategy: TradingAlgorithm) -> Origin:
    """Return where a strategy comes from."""
    hooks = list(strategy.hook_functions().values())
    kind = type(strategy)
    if hooks:
        return _origin(inspect.unwrap(hooks[0]), "")
    return _origin(kind, kind.__qualname__)


def _origin(told: Any, name: str) -> Origin:
    module = getattr(told, "__module__", None) or "?"
    file = _file(told)
    stem = name or (file.stem if file is not None else "functions")
    if module == MODULE and file is not None:
        return Origin(stem, "file", f"{file}:{name}" if name else str(file), _text(file, told))
    importable = bool(name) and module != "__main__" and "<locals>" not in name
    place = f"{module}:{name}" if name else f"{module} ({file or 'no file'})"
    return Origin(stem, "module" if importable else "object", place, _text(file, told))


def _file(told: Any) -> Path | None:
    try:
        found = inspect.getsourcefile(told)
    except (OSError, TypeError):
        return None
    return Path(found).absolute() if found and Path(found).is_file() else None


def _text(file: Path | None, told: Any) -> str | None:
    try:
        return inspect.getsource(told) if file is None else file.read_text(encoding="utf-8")
    except (OSError, TypeError, UnicodeDecodeError):
        return None


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute, by name."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # installed without its metadata
            found[name] = "?"
    return found


@cache
def program() -> tuple[str, str]:
    """Return the release of rustybt, and the SHA-256 of all its texts, hex."""
    sums = hashlib.sha256()
    for package in ("rustybt", "warehouse"):
        folder = Path(str(files(package)))
        for path in sorted(folder.rglob("*.py")):
            sums.update(f"{package}/{path.relative_to(folder)}\n".encode())
            sums.update(path.read_bytes())
    sums.update(sqltext.sha256().encode())
    return rustybt.__version__, sums.hexdigest()
