"""Sets of instants as ordered stretches, half open, that neither overlap nor touch."""

from collections.abc import Iterable

from rustybt.data.adapters.report import Stretch


def union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the instants of all stretches; empty ones are left out.

    Examples
    --------
    >>> from datetime import datetime
    >>> day = [datetime(2024, 1, it) for it in range(1, 9)]
    >>> union([(day[3], day[5]), (day[0], day[3])]) == [(day[0], day[5])]
    True
    """
    merged: list[Stretch] = []
    for first, until in sorted(it for it in stretches if it[0] < it[1]):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(until, merged[-1][1])
        else:
            merged.append((first, until))
    return merged


def without(stretches: Iterable[Stretch], taken: Iterable[Stretch]) -> list[Stretch]:
    """Return the instants of the first that are not of the second.

    Examples
    --------
    >>> from datetime import datetime
    >>> day = [datetime(2024, 1, it) for it in range(1, 9)]
    >>> without([(day[0], day[5])], [(day[1], day[2])]) == [(day[0], day[1]), (day[2], day[5])]
    True
    """
    left = union(stretches)
    for first, until in union(taken):
        left = [
            part
            for begin, end in left
            for part in ((begin, min(end, first)), (max(begin, until), end))
            if part[0] < part[1]
        ]
    return left
