"""``sql/`` holds statements, and Python holds none."""

import ast
import re
from pathlib import Path

import duckdb
import pytest

CHECKOUT = Path(__file__).parents[2]
PLAIN = sorted(CHECKOUT.glob("sql/**/*.sql"))
TEMPLATES = sorted(CHECKOUT.glob("sql/**/*.sql.j2"))
MODULES = sorted([*CHECKOUT.glob("warehouse/**/*.py"), *CHECKOUT.glob("rustybt/**/*.py")])
HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
SQL_START = re.compile(
    r"^\s*(SELECT|INSERT|CREATE|COPY|WITH|DELETE|UPDATE|ATTACH)\s", re.IGNORECASE
)


def name(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("path", PLAIN, ids=name)
def test_plain_file_is_one_statement(path):
    with duckdb.connect(":memory:") as connection:
        assert len(connection.extract_statements(path.read_text())) == 1


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_hole_of_a_template_has_a_filter(path):
    for hole in HOLE.findall(path.read_text()):
        assert re.search(r"\|\s*(identifiers?|literal|sql_type)\s*\+?$", hole.strip()), hole


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_statement_is_glued_from_pieces(path):
    if path.name in {"session.py", "sqltext.py"}:  # settings, CREATE TABLE AS; literals
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            first = node.values[0]
            text = first.value if isinstance(first, ast.Constant) else ""
            assert not SQL_START.match(str(text)), f"line {node.lineno}"


def test_sql_is_no_package():
    assert not list(CHECKOUT.glob("sql/**/*.py"))
