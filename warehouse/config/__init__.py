"""Settings that are not arguments: the environment, ``./rustybt.yaml``, ``~/.rustybt/config.yaml``."""

from warehouse.config.reading import PROJECT_FILE, USER_FILE, Configuration, Found, load
from warehouse.config.settings import SETTINGS, Setting, Value

__all__ = [
    "PROJECT_FILE",
    "SETTINGS",
    "USER_FILE",
    "Configuration",
    "Found",
    "Setting",
    "Value",
    "load",
]
