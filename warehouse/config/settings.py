"""Every setting: its name, variable, default, and what it may be."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

Value = str | int | float | bool | None
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_ADAPTER = re.compile(r"adapters\.[a-z0-9_-]+\.rate_limit")


@dataclass(frozen=True)
class Setting:
    """One setting.

    Parameters
    ----------
    name
        As in a file, levels joined by points: ``data.root_dir``.
    expected
        In words, what a value may be.
    read
        Makes the value of what a file or a variable holds; ValueError where it cannot be.
    default
        The value where nothing says another; None where the program then decides.
    variable
        Of the environment; empty if there is none.
    """

    name: str
    expected: str
    read: Callable[[object], Value]
    default: Value = None
    variable: str = ""


def _folder(given: object) -> str:
    if not isinstance(given, str) or not given.strip() or "\0" in given:
        raise ValueError
    return given


def _switch(given: object) -> bool:
    text = str(given).strip().lower()
    if text not in _TRUE + _FALSE:
        raise ValueError
    return text in _TRUE


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError  # noqa: TRY004 - the caller names value and type
    number = float(given)
    if not 0 <= number < float("inf"):
        raise ValueError
    return number


def _rate(given: object) -> float:
    number = _number(given)
    if number == 0:
        raise ValueError
    return number


def _one_of(*choices: str) -> Callable[[object], str]:
    def read(given: object) -> str:
        text = given.strip().lower() if isinstance(given, str) else ""
        if text not in choices:
            raise ValueError
        return text

    return read


SETTINGS: Final = (
    Setting("data.root_dir", "a folder", _folder, "~/.rustybt/data", "RUSTYBT_DATA_DIR"),
    Setting(
        "data.default_format",
        "parquet, the one format that is written; `rustybt migrate` reads others",
        _one_of("parquet"),
        "parquet",
    ),
    Setting("data.compression", "zstd or snappy", _one_of("zstd", "snappy"), "zstd"),
    Setting("cache.enabled", "true or false", _switch, default=True),
    Setting(
        "cache.max_size_mb",
        "megabytes of 1,000,000 bytes; 0 for no cache",
        _number,
        2048.0,
        "RUSTYBT_CACHE_SIZE_MB",
    ),
    Setting("cache.disk_cache", "true or false", _switch, default=True),
    Setting("cache.dir", "a folder", _folder, "~/.rustybt/cache", "RUSTYBT_CACHE_DIR"),
)
BY_NAME: Final = {it.name: it for it in SETTINGS}


def setting(name: str) -> Setting | None:
    """Return the setting of a name; None if there is none."""
    if _ADAPTER.fullmatch(name):
        return Setting(name, "a positive number of requests a second", _rate)
    return BY_NAME.get(name)


def nearest(name: str, known: Iterable[str] = BY_NAME) -> str:
    """Return the name that a wrong one was most likely meant to be; empty if none is near."""
    section, _, rest = name.partition(".")
    if section == "adapters" and rest:
        return f"{section}.{rest.partition('.')[0]}.rate_limit"
    found = get_close_matches(name, known, n=1, cutoff=0.6)
    return found[0] if found else ""
