"""Cash that the owner of a portfolio pays in or takes out during a run."""

import math
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple, cast

from rustybt.days import day_of
from rustybt.errors import OptionError
from rustybt.finance.ledger import EXACT, exact


class CapitalChange(NamedTuple):
    """A change of the capital, trade currency.

    A ``'delta'`` is paid in, or out when negative; a ``'target'`` is the portfolio value to reach,
    before the dividends of the session.
    """

    type: Literal["delta", "target"]
    value: Decimal

    def amount(self, equity: Decimal) -> Decimal:
        """Return what is paid in (out, when negative) at a portfolio value."""
        return self.value if self.type == "delta" else EXACT.subtract(self.value, equity)


def changes_of(given: Mapping[Any, Mapping[str, Any]] | None) -> dict[date, CapitalChange]:
    """Return changes of the capital by session, read from zipline's form.

    Raises
    ------
    OptionError
        A key is no day, a type is neither ``'delta'`` nor ``'target'``, or a value not finite.
    """
    if not isinstance(given or {}, Mapping):
        raise OptionError("capital_changes", given, "a mapping of changes by session")
    return {day_of("capital_changes", day): _change(it) for day, it in (given or {}).items()}


def check_sessions(changes: Mapping[date, CapitalChange], sessions: Collection[date]) -> None:
    """Refuse changes on days that are no session of the run.

    Raises
    ------
    OptionError
        Names the first such day.
    """
    stray = sorted(changes.keys() - set(sessions)) if changes else []
    if stray:
        raise OptionError("capital_changes", str(stray[0]), "sessions of the run")


def _change(given: Mapping[str, Any]) -> CapitalChange:
    form = "{'type': 'delta' or 'target', 'value': a finite amount}"
    if not isinstance(given, Mapping) or set(given) != {"type", "value"}:
        raise OptionError("capital_changes", given, form)
    kind, value = given["type"], given["value"]
    finite = isinstance(value, (int, float, Decimal)) and math.isfinite(value)
    if kind not in {"delta", "target"} or not finite:
        raise OptionError("capital_changes", given, form)
    return CapitalChange(cast("Literal['delta', 'target']", kind), exact(value))
