"""What is known about the rows of a spine, and follows from their values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from rustybt.pipeline.compiler.sums import Sums, Units, with_sums
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.vocabulary.nanmath import Values


@dataclass(frozen=True)
class Facts:
    """What is known about the rows of a spine.

    Parameters
    ----------
    longest
        Sessions of the asset that has the most.
    scaled
        Whether any action changes a price.
    edges
        The sids at which the rows can be cut into pieces of about equal size, the first included.
    sums
        The fields that have running sums, by their steady name.
    positive
        The steady names of fields whose values are all above 0.
    """

    longest: int
    scaled: bool
    edges: tuple[int, ...]
    sums: Mapping[str, Sums]
    positive: frozenset[str]

    @classmethod
    def told(cls, text: str | bytes) -> "Facts":
        """Return those that `said` wrote."""
        found = json.loads(text)
        sums = {name: Sums(**it) for name, it in found["sums"].items()}
        edges, positive = tuple(found["edges"]), frozenset(found["positive"])
        return cls(found["longest"], found["scaled"], edges, sums, positive)


def with_facts(
    rows: pa.Table, fields: Sequence[BoundColumn], units: Units
) -> tuple[pa.Table, Facts]:
    """Return the rows of a spine with running sums, and what is known about them."""
    sids, k = (rows[name].combine_chunks().to_numpy() for name in ("sid", "k"))
    names = "price_then", "split_then", "price_ratio", "split_ratio"
    ratios = {name: rows[name].combine_chunks().to_numpy() for name in names}
    scaled = bool(any((it != 1).any() for it in ratios.values()))
    middle = sids[len(sids) // 2 :][:1].tolist()
    edges = tuple(sorted({*sids[:1].tolist(), *middle})) or (0,)  # one piece, be it empty
    # A price free of actions is a quotient, of which no unit is known.
    rows, sums = with_sums(rows, fields, units)
    positive = frozenset(
        it.steady
        for it in fields
        if it.price and _least(rows[it.raw].combine_chunks(), ratios["price_then"]) > 0
    )
    longest = int(k.max(initial=0)) + 1
    return rows, Facts(longest, scaled, edges, {} if scaled else sums, positive)


def said(facts: Sequence[Facts]) -> str:
    """Return what is known about parts of the same rows, as one text for all."""
    edges = sorted({edge for it in facts for edge in it.edges})
    sums = facts[0].sums
    for more in facts[1:]:
        sums = {name: it.also(more.sums[name]) for name, it in sums.items() if name in more.sums}
    if any(it.scaled for it in facts):
        sums = {}
    return json.dumps(
        {
            "longest": max(it.longest for it in facts),
            "scaled": any(it.scaled for it in facts),
            "edges": edges,
            "sums": {name: asdict(it) for name, it in sums.items()},
            "positive": sorted(frozenset.intersection(*(it.positive for it in facts))),
        }
    )


def _least(prices: pa.Array, over: Values) -> float:
    """Return the least price free of actions."""
    return float(np.nanmin(prices.to_numpy(zero_copy_only=False) / over, initial=np.inf))
