"""Runs a plan with what earlier runs kept: only columns and sessions that are missing are computed.

Each column is kept on its own, before the screen, so another pipeline with the same term finds it.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from rustybt.pipeline.compiler.compile import Reach
from rustybt.pipeline.compiler.identity import identities
from rustybt.pipeline.compiler.kept import KeptColumns, Part, joined
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.plan import Plan, plan
from rustybt.pipeline.domain import Domain
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import ALL_SESSIONS


class Compute(Protocol):
    """Returns the rows of a plan over some sessions.

    `among` is what several plans over the same sessions need together, None if it is one alone.
    """

    def __call__(self, plan: Plan, reach: Reach, among: tuple[Plan, Reach] | None) -> pa.Table:
        """Compute."""


_THREADS: Final = 2
_SHORT: Final = (
    64  # sessions: terms that look back so far are computed apart from those that go further
)


@dataclass(frozen=True)
class Found:
    """Rows, and how much of them was not computed.

    Parameters
    ----------
    rows
        session, sid, symbol and the columns, by session and sid.
    cached
        Sessions that were read instead of computed, by column.
    """

    rows: pa.Table
    cached: Mapping[str, int]


def run_with_cache(
    wanted: Plan, span: tuple[int, int], rows: LivingRows, kept: KeptColumns, compute: Compute
) -> Found | None:
    """Return the rows of a plan.

    Parameters
    ----------
    wanted
        The plan.
    span
        Numbers of the sessions that come out, half open.
    rows
        Those of the bundle.
    kept
        The columns that earlier runs kept; what this one computes is added.
    compute
        Returns the rows of another plan over other sessions.

    Returns
    -------
    Found or None
        None if rows come out that are not those of the living assets.
    """
    run = _Run(wanted, span, rows, kept)
    with ThreadPoolExecutor(_THREADS) as pool:
        return run.found(pool, compute)


@dataclass(frozen=True)
class Share:
    """What a run computes at once of what is missing.

    Parameters
    ----------
    terms
        The columns of the plan, in order.
    first, until
        Numbers of the sessions that come out, half open.
    plan, reach
        What is computed, and over which sessions.
    among
        What several shares over the same sessions need together; None if it is one alone.
    """

    terms: tuple[Term, ...]
    first: int
    until: int
    plan: Plan
    reach: Reach
    among: tuple[Plan, Reach] | None


def shares(wanted: Plan, span: tuple[int, int], rows: LivingRows) -> list[Share]:
    """Return what a run computes of a plan of which nothing is kept; see `run_with_cache`."""
    nothing = [Part(*span, None)]
    return list(_shares(dict.fromkeys(_terms_of(wanted), nothing), rows, wanted.domain))


class _Run:
    def __init__(
        self, wanted: Plan, span: tuple[int, int], rows: LivingRows, kept: KeptColumns
    ) -> None:
        self._wanted, self._rows, self._kept = wanted, rows, kept
        self._first, self._until = span
        self._terms = _terms_of(wanted)
        self._names = identities(wanted.terms)

    def found(self, pool: ThreadPoolExecutor, compute: Compute) -> Found | None:
        known = {it: name for it in self._terms if (name := self._names[it]) is not None}
        stored = self._kept.parts(known.values(), self._first, self._until, pool)
        nothing = [Part(self._first, self._until, None)]
        parts = {it: stored[known[it]] if it in known else nothing for it in self._terms}
        new: dict[Term, dict[int, Part]] = {it: {} for it in self._terms}
        for share in _shares(parts, self._rows, self._wanted.domain):
            values = self._computed(share, compute)
            if values is None:
                return None
            for term, array in zip(share.terms, values, strict=True):
                new[term][share.first] = Part(share.first, share.until, array)
        whole = {
            term: [(new[term].get(it.first, it), it.values is None) for it in found]
            for term, found in parts.items()
        }
        self._kept.keep({name: whole[it] for it, name in known.items()}, pool)
        columns = {it: joined([part for part, _ in found]) for it, found in whole.items()}
        read = {
            it: sum(part.until - part.first for part, is_new in found if not is_new)
            for it, found in whole.items()
        }
        cached = {name: read[it] for name, it in self._wanted.columns.items()}
        return Found(self._table(columns), cached)

    def _computed(self, share: Share, compute: Compute) -> list[pa.ChunkedArray] | None:
        table = compute(share.plan, share.reach, share.among)
        sids = table["sid"].combine_chunks().to_numpy()
        if not np.array_equal(sids, self._rows.sids(share.first, share.until)):
            return None
        return list(table.columns[3:])

    def _table(self, columns: Mapping[Term, pa.ChunkedArray]) -> pa.Table:
        keys = self._rows.keys(self._first, self._until)
        values = [columns[it] for it in self._wanted.columns.values()]
        names = [*keys, *self._wanted.columns]
        table = pa.Table.from_arrays([*keys.values(), *values], names=names)
        return table if self._wanted.screen is None else table.filter(columns[self._wanted.screen])


def _terms_of(wanted: Plan) -> list[Term]:
    screen = [] if wanted.screen is None else [wanted.screen]
    return list(dict.fromkeys([*wanted.columns.values(), *screen]))


def _shares(parts: Mapping[Term, list[Part]], rows: LivingRows, domain: Domain) -> Iterator[Share]:
    def planned(terms: Iterable[Term], first: int, until: int) -> tuple[Plan, Reach]:
        named = {f"column_{number}": it for number, it in enumerate(terms)}
        part, sessions = plan(named, None, domain), rows.sessions
        read_from = sessions[max(0, first - part.lookback - 1)]
        return part, Reach(sessions[first], sessions[until - 1], read_from)

    for span, groups in _missing(parts).items():
        # They read nearly the same rows.
        near = [terms for far, terms in groups.items() if far < ALL_SESSIONS]
        together = [it for terms in near for it in terms]
        among = planned(together, *span) if len(near) > 1 else None
        for far, terms in groups.items():
            shared = among if far < ALL_SESSIONS else None
            yield Share(tuple(terms), *span, *planned(terms, *span), shared)


def _missing(
    parts: Mapping[Term, list[Part]],
) -> dict[tuple[int, int], dict[int, list[Term]]]:
    """Return the terms that miss the same sessions, in groups that look back about as far."""
    missing: dict[tuple[int, int], dict[int, list[Term]]] = {}
    for term, found in parts.items():
        for it in found:
            if it.values is None:
                groups = missing.setdefault((it.first, it.until), {})
                groups.setdefault(_reach(term, it.until - it.first), []).append(term)
    return missing


def _reach(term: Term, sessions: int) -> int:
    lookback = plan({"one": term}, None).lookback
    near = max(_SHORT, sessions)
    return next(it for it in (near, ALL_SESSIONS - 1, 2**62) if lookback < it)
