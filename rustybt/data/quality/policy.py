"""Which check counts how much, by which thresholds, and what an error does to an ingest."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

import pyarrow as pa

from rustybt.errors import PolicyError
from warehouse.catalog.checks import SEVERITIES, Check, checks

ON_ERROR = "on_error"
_ACTS = ("keep", "refuse")
_SEVERITIES = (*SEVERITIES, "off")

# Of calendars on which other things are usual than on a stock exchange.
_CALENDARS: Mapping[str, Mapping[str, str]] = {
    "24/7": {
        "outlier_return.deviations": "30",
        "split_like_jump.severity": "off",  # such jumps are ordinary, and nothing is split
        "unusual_decimals.severity": "off",
        "volume_fraction.severity": "off",
    }
}


@dataclass(frozen=True)
class Policy:
    """The settings of a bundle; those not named are those of its calendar.

    Parameters
    ----------
    calendar
        Of the bundle.
    settings
        ``on_error``: ``keep``, the default, stores and flags a row that an error is found in;
        ``refuse`` commits nothing of its ingest. ``<check>.severity``: ``error``, ``warn``,
        ``info`` or ``off``. ``<check>.<parameter>``: a number.

    Raises
    ------
    PolicyError
        There is no such setting, or it cannot have the value.
    """

    calendar: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.settings.items():
            _require(name, value)

    @classmethod
    def of_rows(cls, calendar: str, rows: Iterable[tuple[str, str]]) -> Self:
        """Return the policy of stored rows; a setting of a check that is no more is left out."""
        known = set(_names())
        return cls(calendar, {name: value for name, value in rows if name in known})

    def with_settings(self, settings: Mapping[str, str]) -> "Policy":
        """Return the policy with settings replaced; an empty value takes one back."""
        merged = {**self.settings, **settings}
        return Policy(self.calendar, {name: it for name, it in merged.items() if it != ""})

    def severity(self, check: Check) -> str:
        """Return ``error``, ``warn``, ``info`` or ``off``."""
        return self._setting(f"{check.name}.severity") or check.severity

    def runs(self, check: Check) -> bool:
        """Whether the check is not turned off."""
        return self.severity(check) != "off"

    def refuses(self, check: Check) -> bool:
        """Whether an offending row of it keeps an ingest from being committed."""
        return self._setting(ON_ERROR) == "refuse" and self.severity(check) == "error"

    def values(self, check: Check) -> dict[str, float | int]:
        """Return the thresholds of a check; whole ones as int, as some SQL functions ask for."""
        found = {
            name: float(self._setting(f"{check.name}.{name}") or default)
            for name, default in check.parameters.items()
        }
        return {name: int(it) if it.is_integer() else it for name, it in found.items()}

    def stored(self) -> pa.Table:
        """Return the own settings as rows of the dataset ``policy``."""
        names = sorted(self.settings)
        return pa.table(
            {
                "setting": pa.array(names, pa.string()),
                "value": pa.array([self.settings[name] for name in names], pa.string()),
            }
        )

    def effective(self) -> list[tuple[str, str, bool]]:
        """Return every setting, its value, and whether it is the bundle's own."""
        found = [(ON_ERROR, self._setting(ON_ERROR) or "keep", ON_ERROR in self.settings)]
        for check in checks():
            name = f"{check.name}.severity"
            found.append((name, self.severity(check), name in self.settings))
            for key, value in self.values(check).items():
                name = f"{check.name}.{key}"
                found.append((name, str(value), name in self.settings))
        return found

    def _setting(self, name: str) -> str | None:
        return self.settings.get(name) or _CALENDARS.get(self.calendar, {}).get(name)


def _names() -> list[str]:
    return [
        ON_ERROR,
        *(f"{it.name}.{key}" for it in checks() for key in ("severity", *it.parameters)),
    ]


def _require(name: str, value: str) -> None:
    names = _names()
    if name not in names:
        raise PolicyError(name, value, "a setting there is", names)
    if name == ON_ERROR and value not in _ACTS:
        raise PolicyError(name, value, f"one of {', '.join(_ACTS)}")
    if name.endswith(".severity") and value not in _SEVERITIES:
        raise PolicyError(name, value, f"one of {', '.join(_SEVERITIES)}")
    if name != ON_ERROR and not name.endswith(".severity") and not _is_threshold(value):
        raise PolicyError(name, value, "a number of 0 or more")


def _is_threshold(value: str) -> bool:
    try:
        return math.isfinite(float(value)) and float(value) >= 0
    except ValueError:
        return False
