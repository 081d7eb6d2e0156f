"""Which views a statement can reach, judged by the words in its text.

A view is reached by name, and the names of bundles and datasets are plain words, so the words are
an upper bound whatever the grammar. The engine cannot be asked: its `get_table_names` refuses
parameters, PIVOT and joins over views that do not exist yet.
"""

import re
from collections.abc import Collection, Mapping

View = tuple[str, str]  # bundle, name

_WORD = re.compile(r"[a-z0-9_]+")

# Functions that run a text which need not stand in the statement.
_DYNAMIC = frozenset({"query", "query_table", "json_execute_serialized_sql"})
# Statements and functions that list what there is.
_LISTING = frozenset({"show", "describe", "pragma", "export", "information_schema"})
_LISTING_PREFIX = ("duckdb_", "pg_", "sqlite_")


def words_of(text: str) -> frozenset[str]:
    """Return the words of a statement, in lower case."""
    return frozenset(_WORD.findall(text.lower()))


def reached(words: frozenset[str], views: Mapping[str, Collection[str]]) -> set[View]:
    """Return the views that a statement of these words can read, of those that bundles have."""
    everything = runs_text(words)
    return {
        (bundle, view)
        for bundle, names in views.items()
        if everything or bundle in words
        for view in names
        if everything or view in words
    }


def listed(words: frozenset[str], views: Mapping[str, Collection[str]]) -> set[View]:
    """Return the views that should be there though the statement need not read them.

    They are what a list of views shows, and what DuckDB offers in place of a mistyped name.
    """
    if lists(words):
        bundles = list(views)
    elif reached(words, views):
        bundles = []
    else:
        bundles = [it for it in views if it in words]
        bundles = bundles or [it for it in sorted(views)[:1] if not words.isdisjoint(views[it])]
    return {(bundle, view) for bundle in bundles for view in views[bundle]}


def lists(words: frozenset[str]) -> bool:
    """Whether a statement may ask which views there are."""
    return any(it in _LISTING or it.startswith(_LISTING_PREFIX) for it in words)


def runs_text(words: frozenset[str]) -> bool:
    """Whether a statement may run a text that does not stand in it, and so reach anything."""
    return not _DYNAMIC.isdisjoint(words)


def names_schema(text: str, bundle: str) -> bool:
    """Whether a statement has the name of a bundle before a dot, as that of a schema."""
    return re.search(rf'\b{bundle}"?\s*\.', text, re.IGNORECASE) is not None


def leaves_something(words: frozenset[str]) -> bool:
    """Whether a later statement may reach what this one does, through a view or macro it makes.

    Only CREATE does: settings, variables and prepared statements end with their statement's cursor.
    """
    return "create" in words
