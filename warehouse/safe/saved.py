"""Views that people have saved, held to the same rules as the statements that read them."""

from collections.abc import Collection, Mapping

from warehouse.catalog.saved import SCHEMA
from warehouse.errors import SafeSqlError
from warehouse.safe.guard import Checked, View, check
from warehouse.session import Session


def behind(
    statement: Checked, saved: Mapping[str, str], views: Collection[View], parser: Session
) -> dict[str, Checked]:
    """Return the saved views that a statement reads and those behind them, each after what it reads.

    Parameters
    ----------
    statement
        A checked one.
    saved
        Texts of all saved views by name.
    views, parser
        As for `warehouse.safe.guard.check`.

    Raises
    ------
    SafeSqlError
        One of them is no SELECT over these views and the allowed functions, or reads itself.
    QueryError
        DuckDB cannot parse one.
    """
    found: dict[str, Checked] = {}

    def visit(reader: Checked, path: tuple[str, ...]) -> None:
        for name in sorted(name for schema, name in reader.views if schema == SCHEMA):
            if name in path:
                raise SafeSqlError(f"the saved view {SCHEMA}.{name} reads itself")
            if name not in found:
                checked = _checked(name, saved[name], views, parser)
                visit(checked, (*path, name))
                found[name] = checked

    visit(statement, ())
    return found


def _checked(name: str, text: str, views: Collection[View], parser: Session) -> Checked:
    try:
        return check(text, views, parser)
    except SafeSqlError as error:
        raise SafeSqlError(f"the saved view {SCHEMA}.{name}: {error.problem}") from error
