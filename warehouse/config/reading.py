"""Where settings come from: the first of environment, project file, user file and default."""

import os
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from warehouse.config.settings import BY_NAME, SETTINGS, Setting, Value, nearest, setting
from warehouse.errors import ConfigError

PROJECT_FILE: Final = Path("rustybt.yaml")  # in the working directory
USER_FILE: Final = Path("~/.rustybt/config.yaml")
_MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True)
class Found:
    """The value of a setting and where it was said: a variable, a file with its line, or `default`."""

    value: Value
    origin: str


@dataclass(frozen=True)
class Configuration:
    """All settings as they are now.

    Parameters
    ----------
    found
        By name; settings of adapters only where one was said.
    """

    found: Mapping[str, Found]

    def __getitem__(self, name: str) -> Value:
        """Return the value of a setting; None where nothing was said and there is no default."""
        found = self.found.get(name)
        return None if found is None else found.value

    @property
    def cached_bytes(self) -> int:
        """How much a cache may keep on disk; 0 where it is switched off."""
        if not (self["cache.enabled"] and self["cache.disk_cache"]):
            return 0
        return int(float(self["cache.max_size_mb"] or 0) * 1_000_000)

    def __iter__(self) -> Iterator[tuple[str, Found]]:
        """Go through the settings in the order of their names."""
        return iter(sorted(self.found.items()))


def load() -> Configuration:
    """Return the settings of the environment, of the files and of the defaults.

    A file that is not there says nothing. An empty variable says nothing.

    Raises
    ------
    ConfigError
        A file cannot be read, is no YAML of settings, names one that there is not, or a value is not
        what the setting expects. The error names file and line, or the variable.
    """
    found = {it.name: Found(it.default, "default") for it in SETTINGS}
    for file in (USER_FILE.expanduser(), PROJECT_FILE):
        found |= _of_file(file)
    found |= _of_environment()
    return Configuration(found)


def _of_environment() -> dict[str, Found]:
    said = {}
    for it in BY_NAME.values():
        text = os.environ.get(it.variable, "") if it.variable else ""
        if text.strip():
            said[it.name] = Found(_value(it, text, f"${it.variable}"), f"${it.variable}")
    return said


def _of_file(file: Path) -> Mapping[str, Found]:
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(str(file), error.strerror or str(error)) from error
    if not os.path.isfile(file) or status.st_size > _MOST_BYTES:  # noqa: PTH113 - of the same stat
        raise ConfigError(str(file), f"expected a file of at most {_MOST_BYTES:,} bytes")
    return _parsed(file.absolute(), status.st_mtime_ns, status.st_size)


@lru_cache(8)
def _parsed(file: Path, _modified: int, _size: int) -> Mapping[str, Found]:
    """Return what a file says, kept for as long as the file stays as it is."""
    import yaml

    try:
        text = file.read_text("utf-8-sig")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), str(error)) from error
    except yaml.YAMLError as error:
        raise ConfigError(
            _place(file, getattr(error, "problem_mark", None)), _why(error)
        ) from error
    said: dict[str, Found] = {}
    for name, node in _leaves(file, tree, ""):
        origin = _place(file, node.start_mark)
        known = setting(name)
        if known is None:
            raise ConfigError(origin, _unknown(name))
        if name in said:
            raise ConfigError(origin, f"{name} is said twice, first at {said[name].origin}")
        plain = yaml.SafeLoader("")
        said[name] = Found(_value(known, plain.construct_object(node, deep=True), origin), origin)
    return said


def _leaves(file: Path, node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the values of a tree of YAML with their names, levels joined by points."""
    import yaml

    if node is None or (node.tag == "tag:yaml.org,2002:null" and not setting(path)):
        return
    if not isinstance(node, yaml.MappingNode):
        if path and (setting(path) or _is_no_section(path)):
            yield path, node
            return
        what = f"settings under {path!r}" if path else "sections such as data: and cache:"
        raise ConfigError(_place(file, node.start_mark), f"expected {what}, found {node.value!r}")
    for key, value in node.value:
        name = str(key.value)
        yield from _leaves(file, value, f"{path}.{name}" if path else name)


def _is_no_section(path: str) -> bool:
    return not any(name.startswith(f"{path}.") for name in (*BY_NAME, "adapters.name.rate_limit"))


def _value(known: Setting, given: object, origin: str) -> Value:
    try:
        return known.read(given)
    except (ValueError, OverflowError):
        problem = f"{known.name} expects {known.expected}; found {given!r}"
        raise ConfigError(origin, problem) from None


def _unknown(name: Hashable) -> str:
    near = nearest(str(name))
    hint = f"; the nearest is {near}" if near else f"; there are {', '.join(BY_NAME)}"
    return f"there is no setting {name}{hint}"


def _place(file: Path, mark: Any) -> str:
    return str(file) if mark is None else f"{file}:{mark.line + 1}"


def _why(error: Any) -> str:
    problem = str(getattr(error, "problem", error))
    if "'\\t'" in problem:
        return "a tab stands where YAML allows spaces alone; indent with spaces"
    return f"no YAML: {problem}"
