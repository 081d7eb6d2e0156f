"""Pages with cursors, as vendors of stocks cut them."""

from typing import Any, TypeVar

from tests.fake_exchanges.answer import Ask

Row = TypeVar("Row")
MOST = 1_000  # rows of a page, whatever limit is asked for: vendors count otherwise than in rows


def cut(ask: Ask, rows: list[Row], cursor: str = "cursor") -> tuple[list[Row], Any]:
    """Return the rows of the page that is asked for, and the cursor of the next one; None at the end."""
    start = int(ask.query.get(cursor) or 0)
    until = start + min(MOST, ask.number("limit", MOST))
    return rows[start:until], str(until) if until < len(rows) else None
