"""Views that people have saved: one SELECT a file, in the schema ``pipelines`` of every session."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from warehouse import layout, sqltext
from warehouse.catalog.reach import words_of
from warehouse.errors import QueryError, SavedViewError
from warehouse.session import Session
from warehouse.snapshots import disk

SCHEMA: Final = "pipelines"
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def saved_views(root: Path) -> dict[str, str]:
    """Return the texts of the saved views by name, sorted."""
    files = sorted(layout.saved_dir(root).glob("*.sql"))
    texts = {it.stem: _text(it) for it in files if _NAME.fullmatch(it.stem)}
    return {name: text for name, text in texts.items() if text is not None}


def save_view(root: Path, name: str, text: str, *, replace: bool) -> None:
    """Write the text of a view; readers see the old one or the new one.

    Raises
    ------
    SavedViewError
        The name cannot be, or is taken and `replace` is false; the view would read itself; or the
        disk took no file.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SavedViewError(name, "expected 1 to 63 of a-z, 0-9 and _, the first no digit")
    target = layout.saved_dir(root) / f"{name}.sql"
    if target.exists() and not replace:
        raise _taken(name)
    if _reads_itself(name, text, saved_views(root)):
        raise SavedViewError(name, "it would read itself")
    try:
        _put(target, text, replace=replace)
    except FileExistsError as error:
        raise _taken(name) from error
    except OSError as error:
        raise SavedViewError(
            name, f"it could not be written, nothing was saved ({error})"
        ) from error


def _put(target: Path, text: str, *, replace: bool) -> None:
    disk.make_dirs(target.parent)
    scratch = target.with_name(f".{target.stem}.{uuid4().hex}")
    try:
        disk.write_file(scratch, text.encode())
        if replace:
            os.replace(scratch, target)  # noqa: PTH105 - the one call that takes the place of a file
        else:
            disk.put_if_absent(scratch, target)
    finally:
        disk.remove(scratch)
    disk.sync_dir(target.parent)


def _taken(name: str) -> SavedViewError:
    return SavedViewError(name, "it exists already; replace it, or choose another name")


def drop_view(root: Path, name: str) -> None:
    """Remove a saved view.

    Raises
    ------
    SavedViewError
        There is none of the name.
    """
    known = saved_views(root)
    if name not in known:
        names = ", ".join(known) or "none"
        raise SavedViewError(name, f"there is no such view; saved are {names}")
    disk.remove(layout.saved_dir(root) / f"{name}.sql")
    disk.sync_dir(layout.saved_dir(root))


def named_in(words: frozenset[str], views: Mapping[str, str]) -> dict[str, str]:
    """Return the saved views that a statement of these words can read, in them and behind them."""
    named = {name: text for name, text in views.items() if name in words}
    behind = words | words_behind(named)
    return named if behind == words else named_in(behind, views)


def words_behind(views: Mapping[str, str]) -> frozenset[str]:
    """Return the words of the texts of views: what they reach is reached by who reads them."""
    return frozenset().union(*(words_of(text) for text in views.values()))


def reads(text: str, name: str) -> bool:
    """Whether a statement reads a saved view by its name."""
    return re.search(rf'\b{SCHEMA}"?\s*\.\s*"?{name}\b', text, re.IGNORECASE) is not None


def create_saved(session: Session, views: Mapping[str, str]) -> dict[str, QueryError]:
    """Create or replace views, which may read one another, and return why some cannot be."""
    if views:
        session.execute(sqltext.render("views/schema", schema=SCHEMA))
    problems: dict[str, QueryError] = {}
    for name, text in views.items():
        try:
            session.execute(sqltext.render("views/saved", schema=SCHEMA, name=name, text=text))
        except QueryError as error:
            problems[name] = error
    # What a view reads may have come after it, so each is tried as long as others succeed.
    if len(problems) in (0, len(views)):
        return problems
    return create_saved(session, {name: views[name] for name in problems})


def _reads_itself(name: str, text: str, views: Mapping[str, str]) -> bool:
    left, seen = [text], {name}
    while left:
        text = left.pop()
        if reads(text, name):
            return True
        behind = {it for it in views if it not in seen and reads(text, it)}
        seen |= behind
        left += [views[it] for it in behind]
    return False


def _text(file: Path) -> str | None:
    """Return the content of a file; None if another process removed it, or it is no text."""
    with suppress(OSError, UnicodeDecodeError):
        return file.read_text(encoding="utf-8")
    return None
