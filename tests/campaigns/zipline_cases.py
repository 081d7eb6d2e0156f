"""Random compositions of terms for the campaign against zipline, by seed, and the whole list of its cases."""

import re

import numpy as np
from zipline_terms import FREE, SAFE, SCREENS, built_in, filters, methods, nested

FACTORS = (
    "{s}",
    "{s}",
    "({x} + {x})",
    "({x} - {x})",
    "({x} * {x})",
    "({x} * -3.0)",
    "({x} / 0.5)",
    "(1.5 - {x})",
    "{x}.abs().sqrt()",
    "{s}.arctan()",
    "SimpleMovingAverage(inputs=[{s}], window_length={n})",
    "EWMA(inputs=[{s}], window_length={n}, decay_rate=0.7)",
    "BollingerBands(inputs=[{s}], window_length={n}, k=2).upper",
    "LinearWeightedMovingAverage(inputs=[{s}], window_length={n}, mask={f})",
    "Depth(inputs=[{s}], window_length={n})",
    "{x}.fillna(-1.5)",
    "{x}.clip(-1.0, 30.0)",
    "({x} - {x}.mean())",
    "({x} - {x}.median(mask={f}))",
    "({x} + {x}.max())",
    "{f}.if_else({x}, {x})",
    "{x}.downsample('{p}_start')",
    "{c}.peer_count()",
)
PLAIN_FILTERS = (
    "Above()",
    "{x}.notnull()",
    "(P.close.latest > P.open.latest)",
    "StaticSids([0, 1, 3, 6, 7])",
)
FILTERS = (
    "({f} & {f})",
    "({f} | {f})",
    "~{f}",
    "{x}.top({n})",
    "{x}.bottom({n}, mask={f})",
    "({x} > 0.01)",
    "{x}.isnull()",
    "All(inputs=[{f}], window_length={n})",
    "Any(inputs=[{f}], window_length={n})",
    "AtLeastN(inputs=[{f}], window_length=9, N={n})",
    "{f}.downsample('{p}_start')",
    "Thirds().eq({k})",
    "{x}.percentile_between(1{k}, 7{k})",
)
LABELS = (
    "Thirds()",
    "Thirds(window_length=3)",
    "Everything()",
    "{f}.if_else(Thirds(), Everything())",
    "{f}.if_else(Everything(), Thirds(window_length={n}))",
    "Thirds().downsample('{p}_start')",
    "Thirds().fillna({k})",
)


class Random:
    """Random compositions of words, by seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def choice(self, *options: str) -> str:
        return options[int(self.rng.integers(len(options)))]

    def count(self, least: int, most: int) -> int:
        return int(self.rng.integers(least, most + 1))

    def made(self, *templates: str, depth: int) -> str:
        """Return a random template, its words in braces replaced by random terms of a depth."""
        text = self.choice(*templates)
        makers = {
            "x": self.factor,
            "s": self.safe,
            "f": self.filter,
            "c": self.classifier,
            "o": self.options,
            "n": lambda _: str(self.count(2, 9)),
            "k": lambda _: str(self.count(0, 2)),
            "b": lambda _: self.choice("True", "False"),
            "p": lambda _: self.choice("week", "month", "quarter"),
        }
        return re.sub(r"\{(\w)\}", lambda found: makers[found[1]](depth), text)

    def options(self, depth: int) -> str:
        """Return a mask and a group, or none, as arguments."""
        mask = self.made("", "", "mask={f}", depth=depth - 1)
        group = self.made("", "", "groupby={c}", depth=depth - 1)
        return ", ".join(it for it in (mask, group) if it)

    def safe(self, depth: int) -> str:
        """Return a factor that windows may look back on."""
        if depth <= 0:
            return self.choice(*SAFE)
        words = (
            "{x}.rank(ascending={b})",
            "{x}.rank(mask={f})",
            "{x}.zscore({o})",
            "{s}.demean({o})",
            "{s}.winsorize(0.1, 0.9)",
        )
        return self.made(*SAFE[:3], *words, depth=depth - 1)

    def factor(self, depth: int) -> str:
        if depth <= 0:
            return self.choice(*SAFE, *FREE)
        return self.made(*FACTORS, depth=depth - 1)

    def filter(self, depth: int) -> str:
        return self.made(*(PLAIN_FILTERS if depth <= 0 else FILTERS), depth=max(depth - 1, 0))

    def classifier(self, depth: int) -> str:
        return self.made(*(LABELS[:3] if depth <= 0 else LABELS), depth=depth - 1)

    def term(self) -> str:
        kind = (self.factor, self.factor, self.filter, self.classifier)[self.count(0, 3)]
        return kind(self.count(2, 4))


def cases(seed: int, compositions: int) -> "list[tuple[str, str | None]]":
    """Return texts of terms, each with that of a screen or None."""
    fixed = dict.fromkeys([*built_in(), *methods(), *filters(), *nested()])
    random = Random(seed)
    drawn = dict.fromkeys(random.term() for _ in range(compositions))
    shown = "P.close.latest", "Returns(window_length=5).rank(mask=Above())"
    screened = [(it, screen) for screen in SCREENS for it in shown]
    screened += [(random.factor(2), random.filter(2)) for _ in range(compositions // 20)]
    return [
        *[(it, None) for it in fixed],
        *[(it, None) for it in drawn if it not in fixed],
        *screened,
    ]
