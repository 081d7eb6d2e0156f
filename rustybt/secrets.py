"""Takes keys and passwords out of what is stored or shown.

Apart from who stores and shows, because a secret gets into a text by ways that nobody thought of: here
it goes by its looks and by the environment, whoever put it there.
"""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

HIDDEN = "***"

_PLAIN = r"(?:token|secret|passw(?:or)?d|passphrase|signature|authorization|credentials?|cookie|api[-_]?key)"
_SECRET = rf"(?:{_PLAIN}|key)"
_NAMES_SECRET = re.compile(rf"{_SECRET}s?(?:[-_]?id)?$", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"\b([\w.-]*(?:{_SECRET}\s*=|{_PLAIN}['\"]?\s*[:=])\s*['\"]?)[^\s&;,'\"]+", re.IGNORECASE
)
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE)
_SHORTEST_SECRET = 8


def without_secrets(value: Any) -> Any:
    """Return JSON values with everything that could be a secret replaced by `HIDDEN`.

    That is: a value under a name such as ``api_key``, ``token`` or ``password``; the same behind ``=``
    or ``:`` in a text; user and password in a URL; and the value of an environment variable of such a
    name, wherever it stands.
    """
    return _clean(value, _environment_secrets())


def _clean(value: Any, secrets: Sequence[str]) -> Any:
    match value:
        case Mapping():
            return {
                _text(str(key), secrets): HIDDEN
                if _NAMES_SECRET.search(str(key)) and item is not None
                else _clean(item, secrets)
                for key, item in value.items()
            }
        case str():
            return _text(value, secrets)
        case list() | tuple():
            return [_clean(item, secrets) for item in value]
    return value


def _text(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = _USERINFO.sub(f"{HIDDEN}@", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return _ASSIGNED.sub(rf"\1{HIDDEN}", text)


def _environment_secrets() -> list[str]:
    found = (value for name, value in os.environ.items() if _NAMES_SECRET.search(name))
    return sorted((it for it in found if len(it) >= _SHORTEST_SECRET), key=len, reverse=True)
