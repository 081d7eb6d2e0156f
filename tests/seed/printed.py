"""The code that the manual prints, kept line by line, and what runs it.

A snippet runs with what the page takes for granted and nothing else: top-level ``await``, a writable
folder in the place of ``/path/to``, and the names that its caller gives it, such as ``bundle``.
"""

import ast
import inspect
from asyncio import run
from pathlib import Path
from types import FunctionType
from typing import Any

SNIPPETS = {it.stem[2:]: it for it in sorted(Path(__file__).with_name("snippets").glob("*.txt"))}
WRITABLE = "/path/to"


def text_of(name: str, folder: Path) -> str:
    """Return a snippet whose folders are below one that can be written."""
    return SNIPPETS[name].read_text().replace(WRITABLE, str(folder))


def execute(name: str, folder: Path, **given: Any) -> dict[str, Any]:
    """Execute a snippet of Python; return the names that it leaves, those that were given too."""
    code = compile(text_of(name, folder), name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    scope = dict(given)
    awaited = FunctionType(code, scope)()
    if inspect.iscoroutine(awaited):
        run(awaited)
    return scope
