"""The words of indicators in SQL, by those of `rustybt.pipeline.vocabulary.frame`."""

from typing_extensions import override

from rustybt.pipeline.factors.indicators.words import Words
from rustybt.pipeline.vocabulary.frame import Frame, History
from rustybt.pipeline.vocabulary.quantity import (
    Quantity,
    call,
    choose,
    greatest,
    kept,
    least,
    number,
)


class SqlWords(Words[Quantity]):
    """A formula over quantities is an SQL expression."""

    @override
    def number(self, value: float) -> Quantity:
        return number(value)

    @override
    def kept(self, x: Quantity) -> Quantity:
        return kept(x)

    @override
    def choose(self, condition: Quantity, value: Quantity, otherwise: Quantity | float) -> Quantity:
        other = otherwise if isinstance(otherwise, Quantity) else number(otherwise)
        return choose(condition, value, other)

    @override
    def when(self, condition: Quantity, x: Quantity) -> Quantity:
        return x.masked(condition)

    @override
    def greatest(self, *values: Quantity) -> Quantity:
        return greatest(*values)

    @override
    def least(self, *values: Quantity) -> Quantity:
        return least(*values)

    @override
    def logarithm(self, x: Quantity) -> Quantity:
        return x.like(call("ln", x.sql)).masked(x.compare(">", 0))

    @override
    def ago(self, x: Quantity, sessions: int) -> Quantity:
        return Frame(sessions + 1).oldest(x)

    @override
    def total(self, x: Quantity, sessions: int) -> Quantity:
        return Frame(sessions).decayed(x, 1.0)

    @override
    def aged(self, x: Quantity, sessions: int) -> Quantity:
        return self._whole(x, sessions, Frame(sessions).aged(x))

    @override
    def maximum(self, x: Quantity, sessions: int) -> Quantity:
        return self._whole(x, sessions, Frame(sessions).maximum(x))

    @override
    def minimum(self, x: Quantity, sessions: int) -> Quantity:
        return self._whole(x, sessions, Frame(sessions).minimum(x))

    @override
    def age_of_maximum(self, x: Quantity, sessions: int) -> Quantity:
        return self._whole(x, sessions, Frame(sessions).age_of_maximum(x, oldest=False))

    @override
    def stddev(self, x: Quantity, sessions: int) -> Quantity:
        return self._whole(x, sessions, Frame(sessions).stddev(x))

    @override
    def covariance(self, x: Quantity, y: Quantity, sessions: int) -> Quantity:
        whole = self._whole(x, sessions, Frame(sessions).covariance(x, y))
        return self._whole(y, sessions, whole)

    @override
    def before(self, x: Quantity) -> Quantity:
        return Frame(2).previous(History().latest(x))

    @override
    def count(self, x: Quantity) -> Quantity:
        return History().count(x)

    @override
    def running(self, x: Quantity) -> Quantity:
        return History().sum(x)

    @override
    def recurrence(self, a: Quantity, b: Quantity) -> Quantity:
        return History().recurrence(a, b)

    def _whole(self, x: Quantity, sessions: int, value: Quantity) -> Quantity:
        # A sum is missing if one of its terms is, and its blocks are shared by other windows.
        return value.masked(self.total(x, sessions).is_present())
