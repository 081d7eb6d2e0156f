"""Files stay small, functions shorter."""

import ast
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
MODULES = sorted([*CHECKOUT.glob("warehouse/**/*.py"), *CHECKOUT.glob("rustybt/**/*.py")])
STATEMENTS = sorted(CHECKOUT.glob("sql/**/*.sql*"))
LINES_OF_MODULE, LINES_OF_FUNCTION, LINES_OF_STATEMENT = 500, 70, 120


def name(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_module_fits(path):
    assert len(path.read_text().splitlines()) <= LINES_OF_MODULE


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_functions_fit(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= LINES_OF_FUNCTION, node.name


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_module_says_what_it_owns(path):
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", STATEMENTS, ids=name)
def test_statement_fits(path):
    assert len(path.read_text().splitlines()) <= LINES_OF_STATEMENT


def test_no_folder_of_leftovers():
    banned = {"utils", "helpers", "common", "core", "base", "misc", "util"}
    assert not [name(p) for p in MODULES if banned & {*p.relative_to(CHECKOUT).parts, p.stem}]
