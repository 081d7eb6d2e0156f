"""How the times of one file are written, decided from the file's own values.

Apart from the dialect because tables and Parquet files need it too. Nothing is guessed row by row:
a file has one form, and a row in another form is rejected.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

_ISO = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ].*)?")
_COMPACT = re.compile(r"(19|20|21)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_WHOLE = re.compile(r"\d{9,19}")

# Digits of an epoch that falls in 1973 to 2286, and the microseconds of one unit, as a fraction.
_EPOCHS = {10: ("seconds", 1_000_000, 1), 13: ("milliseconds", 1_000, 1)} | {
    16: ("microseconds", 1, 1),
    19: ("nanoseconds", 1, 1_000),
}
_LEAST_DIGITS = 9  # a shorter count has no telling magnitude


@dataclass(frozen=True)
class TimeForm:
    """One way to write a time.

    Parameters
    ----------
    kind
        ``iso``, ``compact`` (YYYYMMDD), ``epoch``, ``format`` or ``typed`` (a column of times).
    text
        The form in words, for reports and reasons.
    format
        For ``format``: a strptime pattern.
    times, per
        For ``epoch``: a count is multiplied by the first and divided by the second to give
        microseconds.
    least, most
        For ``epoch``: digits that a count of this unit has; more than 8 others are of another unit.
    zone
        For ``typed``: where the days of the column are counted, such as Europe/London; UTC if empty.
    local
        By which clock a time without a zone is written, such as America/New_York; UTC if empty.
    """

    kind: str
    text: str
    format: str = ""
    times: int = 1
    per: int = 1
    least: int = 0
    most: int = 0
    zone: str = ""
    local: str = ""

    def of_clock(self, zone: str | None) -> "TimeForm":
        """Return the form of times that are written by a clock; a count has none."""
        if zone is None or self.kind == "epoch" or self.zone:
            return self
        words = f"{self.text.partition('; without a zone')[0]}; without a zone they are of {zone}"
        return replace(self, text=words, local=zone)


ISO = TimeForm("iso", "ISO dates or timestamps; without a zone they are UTC")
COMPACT = TimeForm("compact", "dates as YYYYMMDD")
TYPED = TimeForm("typed", "a column of dates or timestamps; without a zone they are UTC")


def written(pattern: str) -> TimeForm:
    """Return the form of a strptime pattern."""
    return TimeForm("format", pattern, format=pattern)


def decide(values: Iterable[str]) -> TimeForm:
    """Return the form that most of the values have; ISO if they have none.

    Parameters
    ----------
    values
        The first times of one file, as text.
    """
    forms = Counter(form for value in values if (form := _form(value.strip())) is not None)
    return forms.most_common(1)[0][0] if forms else ISO


@lru_cache(maxsize=4096)  # the files of a folder are mostly of the same days
def _form(text: str) -> TimeForm | None:
    if _ISO.fullmatch(text):
        return ISO
    if _COMPACT.fullmatch(text):
        return COMPACT
    if _WHOLE.fullmatch(text):
        digits = min(_EPOCHS, key=lambda it: (it < len(text), it))
        unit, times, per = _EPOCHS[digits]
        least = max(_LEAST_DIGITS, digits - 2)
        said = f"epochs in {unit}"
        return TimeForm("epoch", said, times=times, per=per, least=least, most=digits)
    return None
