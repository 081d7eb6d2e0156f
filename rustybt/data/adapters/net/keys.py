"""Finds the keys of a source, and keeps them out of everything that is shown or stored."""

import configparser
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from rustybt.errors import AuthenticationError, KeyFileError
from rustybt.secrets import HIDDEN

FILE: Final = Path("~/.rustybt/api_keys.ini")
_SERVICE: Final = "rustybt"


class Secret:
    """A key that no print, log, pickle or copy shows; `reveal` gives it to the request that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the key."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A key is neither pickled nor copied. Expected it where each process finds it: in the "
            f"environment, in the keyring or in {FILE}."
        )


def hidden(given: "str | Secret | None") -> Secret | None:
    """Return a key that was given in a call as a `Secret`."""
    return Secret(given) if isinstance(given, str) else given


def without(text: str, secrets: Mapping[str, Secret]) -> str:
    """Return a text in which no key stands."""
    for secret in secrets.values():
        text = text.replace(secret.reveal(), HIDDEN)
    return text


def keys_of(
    source: str,
    sections: tuple[str, ...],
    variables: Mapping[str, str],
    given: Mapping[str, Secret | None],
) -> dict[str, Secret]:
    """Return the keys of a source by their names.

    Each is looked for in the call, in the environment, in the keyring (if the extra is installed; service
    ``rustybt``, user ``<section>.<name>``) and in ``~/.rustybt/api_keys.ini``, in this order.

    Parameters
    ----------
    source
        Named in errors.
    sections
        Of the file, the first that has it: ``("polygon_stocks_free", "polygon")``.
    variables
        The variable of the environment of each key: ``{"api_key": "POLYGON_API_KEY"}``.
    given
        What the call gave, by name.

    Raises
    ------
    AuthenticationError
        A key is nowhere.
    KeyFileError
        The file can be read by others, or not by us.
    """
    found: dict[str, Secret] = {}
    for name, variable in variables.items():
        secret = given.get(name) or _told(os.environ.get(variable))
        secret = secret or _of_keyring(sections, name) or _of_file(sections, name)
        if secret is None:
            places = f"the variable {variable}, the keyring or {name} in [{sections[0]}] of {FILE}"
            raise AuthenticationError(source, f"expected a key in {places}, found none")
        found[name] = secret
    return found


def _told(text: str | None) -> Secret | None:
    return Secret(text.strip()) if text and text.strip() else None


def _of_keyring(sections: tuple[str, ...], name: str) -> Secret | None:
    try:
        import keyring
    except ModuleNotFoundError:
        return None
    errors: Any = keyring.errors
    for section in sections:
        try:
            secret = _told(keyring.get_password(_SERVICE, f"{section}.{name}"))
        except errors.KeyringError:  # there is none that works, as on most servers
            return None
        if secret is not None:
            return secret
    return None


def _of_file(sections: tuple[str, ...], name: str) -> Secret | None:
    path = FILE.expanduser()
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_private(path))
    except FileNotFoundError:
        return None
    except configparser.Error as error:
        found = type(error).__name__  # its message quotes lines, which may be keys
    else:
        found = ""
    if found:
        problem = f"it is no INI file ({found})"
        raise KeyFileError(path, problem, "Expected [section] and name = value")
    for section in sections:
        secret = _told(parser.get(section, name, fallback=None))
        if secret is not None:
            return secret
    return None


def _private(path: Path) -> str:
    """Return the text of a file that its owner alone can read."""
    try:
        with path.open(encoding="utf-8") as file:
            mode, text = stat.S_IMODE(os.fstat(file.fileno()).st_mode), file.read()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        problem = f"it cannot be read ({type(error).__name__})"
        raise KeyFileError(path, problem, "Expected a file of yours, in UTF-8") from None
    if mode & 0o077:
        problem = f"its mode is {mode:04o}, so others may read keys"
        raise KeyFileError(path, problem, f"Expected 0600: chmod 600 {path}")
    return text
