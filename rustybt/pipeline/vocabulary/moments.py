"""The kinds of windows that are spreads: variances and covariances, merged without cancelling.

Each block holds means and sums of products of distances from those means, as Chan, Golub and
LeVeque combine them, so that equal values give exactly 0 and prices of any size lose no digits.
"""

from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from rustybt.pipeline.vocabulary.merge import Merge, State
from rustybt.pipeline.vocabulary.quantity import Quantity, choose, kept, nonzero, number


@dataclass(frozen=True)
class Deviations(Merge):
    """The population variance; missing values are skipped."""

    neutral: ClassVar[tuple[float | None, ...]] = (0.0, 0.0, 0.0)

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        present, none = x.is_present(), number(0)
        return choose(present, number(1), none), choose(present, x, none), (x * x).like(none.sql)

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        (n, mean, squares), (more, other_mean, other_squares) = older, newer
        apart = kept(other_mean - mean)
        step = kept(apart * _share(n, more))
        return n + more, mean + step, squares + other_squares + step * (apart * n)

    @override
    def finish(self, state: State) -> Quantity:
        n, _, squares = state
        return squares / n


@dataclass(frozen=True)
class Codeviations(Merge):
    """The population covariance of the sessions in which neither value is missing."""

    neutral: ClassVar[tuple[float | None, ...]] = (0.0, 0.0, 0.0, 0.0)

    @override
    def start(self, *inputs: Quantity) -> State:
        x, y = inputs
        both, none = x.is_present().both(y.is_present()), number(0)
        means = choose(both, x, none), choose(both, y, none)
        return choose(both, number(1), none), *means, (x * y).like(none.sql)

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        (n, x, y, products), (more, other_x, other_y, other_products) = older, newer
        share = kept(_share(n, more))
        right, up = other_x - x, kept(other_y - y)
        step = kept(right * share)
        joint = products + other_products + step * (up * n)
        return n + more, x + step, y + up * share, joint

    @override
    def finish(self, state: State) -> Quantity:
        n, _, _, products = state
        return products / n


@dataclass(frozen=True)
class DecayedDeviations(Merge):
    """The sum of ``rate ** age`` times the squared distance from the mean of those weights.

    NULL if one value is missing.
    """

    rate: float
    neutral: ClassVar[tuple[float | None, ...]] = (None, None, None)

    @override
    def start(self, *inputs: Quantity) -> State:
        (x,) = inputs
        return x.when_present(number(1)), x, x * x * 0

    @override
    def merge(self, older: State, newer: State, newer_sessions: int) -> State:
        decay = self.rate**newer_sessions
        weight, share = older[0] * decay + newer[0], newer[0]
        apart = newer[1] - older[1]
        moved = older[1] + apart * share / weight
        squares = older[2] * decay + newer[2] + apart * apart * (older[0] * decay) * share / weight
        return weight, moved, squares

    @override
    def finish(self, state: State) -> Quantity:
        return state[2]


def _share(older: Quantity, newer: Quantity) -> Quantity:
    # The small number, lost in a count, makes the share of nothing 0 without a CASE, which costs more.
    return newer / nonzero(older + newer + 1e-300)
