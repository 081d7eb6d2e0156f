"""What a pipeline needs, before any SQL: its terms in order, how far it looks back, what it reads."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.domain import GENERIC, Domain, infer_domain
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.frame import Scope
from rustybt.pipeline.vocabulary.relation import Joined, together


@dataclass(frozen=True)
class Plan:
    """The terms of a pipeline, each once.

    Parameters
    ----------
    columns, screen
        What comes out, and which rows.
    terms
        All terms, sources before what is computed from them.
    kept
        Those that are computed once into a column of their own: every window, what a window looks
        at, and what is used more than once. The others are written where they are used.
    lookback
        Sessions before the first label that windows reach back to.
    fields
        Columns of the bars that are read, by name.
    joined
        What is read beside the bars.
    domain
        The market that the terms belong to.
    living
        Whether only rows of assets that are alive come out.
    """

    columns: Mapping[str, Term]
    screen: Term | None
    terms: tuple[Term, ...]
    kept: frozenset[Term]
    lookback: int
    fields: tuple[BoundColumn, ...]
    joined: tuple[Joined, ...] = ()
    domain: Domain = GENERIC
    living: bool = True


def plan(columns: Mapping[str, Term], screen: Term | None, domain: Domain = GENERIC) -> Plan:
    """Return the plan of a pipeline; `domain` is that of terms which have none of their own.

    Raises
    ------
    AmbiguousDomainError
        The terms belong to several markets.
    """
    outputs = [*columns.values(), *([] if screen is None else [screen])]
    terms = in_order(outputs)
    columns_read = (it for it in terms if isinstance(it, BoundColumn) and it.joined is None)
    fields = {term.name: term.generic for term in columns_read}
    return Plan(
        columns=dict(columns),
        screen=screen,
        terms=terms,
        kept=_kept(terms, outputs),
        lookback=_lookback(terms),
        fields=tuple(fields[name] for name in sorted(fields)),
        domain=infer_domain([domain, *_domains(outputs)]),
        joined=together([it.joined for it in terms if it.joined is not None]),
    )


def in_order(outputs: Iterable[Term], *, needs: bool = False) -> tuple[Term, ...]:
    """Return all terms behind some, sources first; with `needs` also what Python needs."""
    # Without recursion: a sum in a loop makes a chain deeper than Python's stack.
    ordered: dict[Term, None] = {}
    entered: set[int] = set()
    waiting = [(term, False) for term in reversed(list(outputs))]
    while waiting:
        term, sources_done = waiting.pop()
        if sources_done:
            ordered.setdefault(term)
        elif id(term) not in entered:
            entered.add(id(term))
            waiting.append((term, True))
            sources = term.needs if needs else term.sources
            waiting.extend((source, False) for source in reversed(sources))
    return tuple(ordered)


def _kept(terms: Iterable[Term], outputs: Iterable[Term]) -> frozenset[Term]:
    uses = Counter(outputs)
    windows: set[Term] = set()
    for term in terms:
        uses.update(term.sources)
        if term.scope is not Scope.ROW:
            windows.update((term, *term.sources))
    return frozenset(term for term, count in uses.items() if count > 1 or term in windows)


def _lookback(terms: Iterable[Term]) -> int:
    reach: dict[Term, int] = {}
    for term in terms:
        reach[term] = term.sessions_before + max((reach[it] for it in term.sources), default=0)
    return max(reach.values(), default=0)


def _domains(outputs: Iterable[Term]) -> list[Domain]:
    return [it.domain for it in in_order(outputs, needs=True) if isinstance(it, BoundColumn)]
