"""Parameters of terms, checked when a term is made."""

from math import inf, isfinite, nan
from numbers import Integral, Real
from typing import Final, cast

from rustybt.errors import TermParameterError

LONGEST: Final = 2**31 - 1  # rows that a window of the engine can span


def checked_count(
    owner: str, name: str, value: object, *, least: int = 1, most: int = LONGEST
) -> int:
    """Return a parameter that is a number of sessions, both bounds inclusive.

    Raises
    ------
    TermParameterError
        It is no integer, or outside the bounds.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not least <= cast("int", value) <= most:
        expected = f"to be an integer from {least} to {most}"
        raise TermParameterError(owner, name, value, expected)
    return int(cast("int", value))


def checked_number(
    owner: str,
    name: str,
    value: object,
    *,
    least: float = -inf,
    above: float = -inf,
    most: float = inf,
) -> float:
    """Return a parameter that is a finite number: `least` or more, more than `above`, up to `most`.

    Raises
    ------
    TermParameterError
        It is no number, infinite or outside the bounds.
    """
    real = isinstance(value, Real) and not isinstance(value, bool)
    number = float(cast("float", value)) if real else nan
    if not (isfinite(number) and least <= number <= most and number > above):
        bounds = [
            *([] if least == -inf else [f"at least {least:g}"]),
            *([] if above == -inf else [f"more than {above:g}"]),
            *([] if most == inf else [f"at most {most:g}"]),
        ]
        expected = f"to be a finite number {' and '.join(bounds)}".rstrip()
        raise TermParameterError(owner, name, value, expected)
    return number
