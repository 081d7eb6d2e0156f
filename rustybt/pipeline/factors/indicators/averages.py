"""Moving averages by number, as `matype` chooses them in bands, oscillators and the MACD."""

from collections.abc import Callable, Sequence
from typing import Final

from rustybt.pipeline.factors.indicators.words import Q, Words


def simple(w: Words[Q], x: Q, sessions: int) -> Q:
    """Return the arithmetic mean of a window."""
    return w.mean(x, sessions)


def weighted(w: Words[Q], x: Q, sessions: int) -> Q:
    """Return the mean of a window, the newest value weighing most."""
    return w.weighted(x, sessions)


def cascade(w: Words[Q], x: Q, sessions: int, depth: int) -> Sequence[Q]:
    """Return the exponential mean, that of it, and so on."""
    x = w.kept(x)
    count = w.kept(w.count(x))
    means = []
    for _ in range(depth):
        x = w.exponential(x, sessions, count=count)
        # A mean has a value at each value of what it is of but the first ones.
        count = count - float(sessions - 1)
        means.append(x)
    return means


def exponential(w: Words[Q], x: Q, sessions: int) -> Q:
    """Return the exponential mean of a span of sessions."""
    return w.exponential(x, sessions)


def double_exponential(w: Words[Q], x: Q, sessions: int) -> Q:
    """Return twice the exponential mean less that of it."""
    once, twice = cascade(w, x, sessions, 2)
    return 2 * once - twice


def triple_exponential(w: Words[Q], x: Q, sessions: int) -> Q:
    """Return the exponential mean with the lag of three taken out."""
    once, twice, thrice = cascade(w, x, sessions, 3)
    return 3 * once - 3 * twice + thrice


def triangular(w: Words[Q], x: Q, sessions: int) -> Q:
    """Return the mean of means, so that the middle of the window weighs most."""
    half = (sessions + 1) // 2
    return w.mean(w.kept(w.mean(x, half)), sessions + 1 - half)


def kaufman(w: Words[Q], x: Q, sessions: int) -> Q:
    """Return the mean whose rate grows with the efficiency of the way that was made."""
    x = w.kept(x)
    way = w.kept(x - w.ago(x, sessions))
    path = w.kept(w.total(w.absolute(x - w.ago(x, 1)), sessions))
    known = path.is_present().both(way.is_present())
    straight = path.compare("<=", way).both(known)
    ratio = w.choose(straight, w.number(1.0), w.absolute(way) / path)
    efficiency = w.kept(w.when(known, w.choose(path.compare("==", 0.0), w.number(1.0), ratio)))
    fast, slow = 2 / 3, 2 / 31
    root = efficiency * (fast - slow) + slow
    rate = w.kept(root * root)
    here, moving = x.is_present(), w.kept(rate.is_present())
    waiting = here.both(w.count(rate).compare("==", 0.0))
    keep = w.choose(waiting, w.number(0.0), w.choose(moving, 1 - rate, 1.0))
    add = w.choose(waiting, x, w.choose(moving, rate * x, 0.0))
    return w.when(moving, w.recurrence(w.kept(keep), w.kept(add)))


def tillson(w: Words[Q], x: Q, sessions: int, volume_factor: float = 0.7) -> Q:
    """Return the mean of six exponential means in a row."""
    v = volume_factor
    _, _, third, fourth, fifth, sixth = cascade(w, x, sessions, 6)
    return (
        -(v**3) * sixth
        + 3 * (v**2 + v**3) * fifth
        - (6 * v**2 + 3 * (v + v**3)) * fourth
        + (1 + 3 * v + 3 * v**2 + v**3) * third
    )


# As TA-Lib numbers them; its 7, which adapts to phases, is not linear in its past.
KINDS: Final[dict[int, Callable[..., object]]] = {
    0: simple,
    1: exponential,
    2: weighted,
    3: double_exponential,
    4: triple_exponential,
    5: triangular,
    6: kaufman,
    8: tillson,
}


def moving_average(w: Words[Q], x: Q, sessions: int, matype: int) -> Q:
    """Return the moving average of a number of `KINDS`."""
    x = w.kept(x)
    if sessions == 1:
        return x
    mean: Callable[[Words[Q], Q, int], Q] = KINDS[matype]  # type: ignore[assignment]  # generic
    return mean(w, x, sessions)


def bars_before(sessions: int, matype: int) -> int:
    """Return how many bars before that of its first value a moving average has."""
    if matype == 6:
        return sessions if sessions > 1 else 0
    return (sessions - 1) * {3: 2, 4: 3, 8: 6}.get(matype, 1)
