"""The checks of ``sql/checks``: a statement that returns offending rows, under a header that says what it is.

Apart from who runs them, because `meta.quality` names them too, those that were not run as well.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from warehouse import sqltext
from warehouse.errors import SqlTextError
from warehouse.schema import TRADES

LAYERS = ("schema", "ohlcv", "temporal", "precision")
SEVERITIES = ("error", "warn", "info")
SCOPES = ("row", "history")
SUBJECTS = ("bars", "daily", "sessions", "intraday", "minutes", "actions", "trades")

_HEADER = re.compile(r"-- (\w+): (.+)")
_DAILY = "bars_1d"
_INTRADAY = re.compile(r"bars_(\d+)([mh])")
_UNITS = {"m": "minutes", "h": "hours"}
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Check:
    """One check.

    Parameters
    ----------
    name
        Of its file.
    layer
        ``schema``: columns, keys and what is missing. ``ohlcv``: relations of prices, volumes and
        actions. ``temporal``: order, calendar, gaps. ``precision``: digits.
    severity
        ``error``, ``warn`` or ``info``, unless a policy says otherwise.
    scope
        ``row``: a row is judged by itself, when it is ingested too. ``history``: by other rows.
    subject
        What it can judge: all ``bars``, ``daily`` ones, those of ``sessions`` (daily or shorter),
        ``intraday`` ones, those of ``minutes`` (of an hour at most), the ``actions`` stored beside
        daily ones, or ``trades``.
    meaning
        What an offending row is, as a sentence.
    parameters
        Thresholds by name, as numbers.
    statement
        Returns ``symbol, session, ts, detail`` of each offending row, in order.
    """

    name: str
    layer: str
    severity: str
    scope: str
    subject: str
    meaning: str
    statement: str
    parameters: Mapping[str, float] = field(default_factory=dict)

    def judges(self, dataset: str) -> bool:
        """Whether it can judge a dataset of bars or trades; actions are judged with daily bars."""
        if dataset == TRADES.name:
            return self.subject == "trades"
        match self.subject:
            case "daily" | "actions":
                return dataset == _DAILY
            case "intraday":
                return is_intraday(dataset)
            case "minutes":
                return is_intraday(dataset) and _step(dataset) <= _HOUR
            case "sessions":
                return dataset == _DAILY or is_intraday(dataset)
        return self.subject == "bars"


def is_intraday(dataset: str) -> bool:
    """Whether the bars of a dataset are shorter than a session."""
    return _INTRADAY.fullmatch(dataset) is not None


def before_opening(dataset: str) -> timedelta:
    """Return how long before the opening a bar may begin that is of a session, as it ends in it.

    A minute has to begin in its session; a longer one, such as an hour from 14:00 on of a session
    that opens at 14:30, has not.
    """
    step = _step(dataset)
    return step - timedelta(microseconds=1) if step > timedelta(minutes=1) else timedelta()


def _step(dataset: str) -> timedelta:
    """Return how long a bar of an intraday dataset is; nothing of all others."""
    match = _INTRADAY.fullmatch(dataset)
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()


@cache
def checks() -> tuple[Check, ...]:
    """Return all checks, in order of layer and name.

    Raises
    ------
    SqlTextError
        The header of a file lacks a line, or a line says what cannot be.
    """
    found = [_read(name) for name in sqltext.names("checks")]
    return tuple(sorted(found, key=lambda it: (LAYERS.index(it.layer), it.name)))


def _read(name: str) -> Check:
    text = sqltext.load(f"checks/{name}")
    lines = text.splitlines()
    matches = filter(None, map(_HEADER.fullmatch, lines))
    head = {match[1]: match[2] for match in matches}
    known = {"layer": LAYERS, "severity": SEVERITIES, "scope": SCOPES, "of": SUBJECTS}
    for key, values in known.items():
        if head.get(key, "") not in values:
            problem = f"its header says {key}: {head.get(key)}; expected {', '.join(values)}"
            raise SqlTextError(f"checks/{name}", problem)
    pairs = (it.split("=") for it in head.get("parameters", "").split(",") if it)
    return Check(
        name=name,
        layer=head["layer"],
        severity=head["severity"],
        scope=head["scope"],
        subject=head["of"],
        meaning=head["meaning"],
        statement=text,
        parameters={key.strip(): float(value) for key, value in pairs},
    )
