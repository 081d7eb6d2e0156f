"""What tells one term from another in every process: the name under which its values are kept.

`Term.fingerprint` tells terms of one process apart, and does not know the code of their classes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Final

from rustybt.pipeline.term import Term
from warehouse import sqltext

_PACKAGE: Final = "rustybt."
_ADDRESS: Final = " at 0x"  # in the text of an object that has no value of its own
_QUERIES: Final = (
    "queries/spine",
    "queries/padded_spine",
    "queries/bars_of_span",
    "queries/actions_of_span",
    "queries/first_bars",
)


def identities(terms: Iterable[Term]) -> Mapping[Term, str | None]:
    """Return a name for each term, sources before what is computed from them.

    It depends on everything that the values do but for the rows of the bundle: parameters, inputs and
    the code of this package. None where that cannot be said: a term reads other rows than those of
    the bars, or runs code that is not ours.
    """
    found: dict[Term, str | None] = {}
    for term in terms:
        found[term] = _identity(term, found)
    return found


def _identity(term: Term, known: Mapping[Term, str | None]) -> str | None:
    kind = type(term)
    if not kind.__module__.startswith(_PACKAGE) or term.joined is not None:
        return None
    digest = blake2b(f"{_code()} {kind.__module__}.{kind.__qualname__}".encode(), digest_size=16)
    for field in fields(term):
        said = _said(getattr(term, field.name), known)
        if said is None:
            return None
        digest.update(f"\0{field.name}={said}".encode())
    return digest.hexdigest()


def _said(value: object, known: Mapping[Term, str | None]) -> str | None:
    if isinstance(value, Term):
        return known[value] if value in known else _identity(value, known)
    if isinstance(value, tuple):
        parts = [_said(it, known) for it in value]
        whole = [it for it in parts if it is not None]
        return f"({','.join(whole)})" if len(whole) == len(parts) else None
    text = repr(value)
    return None if _ADDRESS in text else text


@cache
def _code() -> str:
    digest = sha256()
    folder = Path(__file__).parents[1]
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    for name in _QUERIES:
        digest.update(sqltext.source(name).encode())
    return digest.hexdigest()
