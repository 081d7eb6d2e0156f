from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import sqlglot
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import nodes

from warehouse import sqltext
from warehouse.errors import SqlTextError
from warehouse.session import Session

SQL = Path(__file__).parents[2] / "sql"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
FILTERS = {"identifier", "identifiers", "literal", "sql_type"}


@pytest.fixture(scope="module")
def session():
    made = Session()
    yield made
    made.close()


def files(ending: str) -> list[str]:
    return sorted(str(it.relative_to(SQL)) for it in SQL.rglob(f"*{ending}"))


@pytest.fixture
def template(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Write a template of the test's own and render it."""

    def render(text: str, **values) -> str:
        (tmp_path / "own.sql.j2").write_text(text)
        monkeypatch.setattr(sqltext, "_root", lambda: tmp_path)
        sqltext._read.cache_clear()
        sqltext._template.cache_clear()
        return sqltext.render("own", **values)

    yield render
    sqltext._read.cache_clear()
    sqltext._template.cache_clear()


@given(TEXT.filter(bool))
@example('a"b')
@example('"; DROP TABLE x; --')
def test_an_identifier_names_what_it_says(session: Session, name: str) -> None:
    table = session.arrow(f"SELECT 1 AS {sqltext.identifier(name)}")
    assert table.column_names == [name]


@given(TEXT)
@example("'; DROP TABLE x; --")
@example("\\'")
@example("{{ x }}")
def test_a_text_literal_is_that_text(session: Session, text: str) -> None:
    assert session.rows(f"SELECT {sqltext.literal(text)}") == [(text,)]


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_a_list_literal_is_that_list(session: Session, texts: list[str]) -> None:
    assert session.rows(f"SELECT {sqltext.literal(texts)}") == [(texts,)]


@given(
    st.none()
    | st.booleans()
    | st.integers(-(2**127) + 1, 2**127 - 1)
    | st.dates()
    | st.datetimes()
    | st.decimals(min_value=-(10**18), max_value=10**18, places=18)
)
@example(Decimal("1E-8"))
@example(Decimal("1E+5"))
@example(date(1, 1, 1))
@example(datetime.fromisoformat("0999-01-01 00:00:00.000001"))
def test_a_literal_is_that_value(session: Session, value: object) -> None:
    assert session.rows(f"SELECT {sqltext.literal(value)}") == [(value,)]


@pytest.mark.parametrize(
    "text", ["1E-8", "0.5", "-12.25", "12345678901234567890.123456789012345678"]
)
def test_a_decimal_literal_stays_decimal(session: Session, text: str) -> None:
    ((kind,),) = session.rows(f"SELECT typeof({sqltext.literal(Decimal(text))})")
    assert kind.startswith("DECIMAL")


def test_an_aware_instant_becomes_utc(session: Session) -> None:
    instant = datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert session.rows(f"SELECT {sqltext.literal(instant)}") == [
        (datetime.fromisoformat("2019-12-31 23:00"),)
    ]


@pytest.mark.parametrize(
    "value", [1.5, b"x", object(), {"a": 1}, "a\0b", Decimal("NaN"), Decimal("1E+38"), [1.5]]
)
def test_no_literal(value: object) -> None:
    with pytest.raises(SqlTextError):
        sqltext.literal(value)


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_no_identifier(name: str) -> None:
    with pytest.raises(SqlTextError):
        sqltext.identifier(name)


def test_a_missing_statement() -> None:
    with pytest.raises(SqlTextError, match=r"nowhere/nothing\.sql"):
        sqltext.load("nowhere/nothing")


def test_a_missing_template() -> None:
    with pytest.raises(SqlTextError, match=r"nowhere/nothing\.sql\.j2"):
        sqltext.render("nowhere/nothing")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT {{ x | literal }}",
        "SELECT {{ x | identifier }}",
        "SELECT {{ x | identifiers }}",
        "SELECT 1::{{ x | sql_type }}",
        "SELECT {{ x.y | literal }}",
        "{% for it in x %}1{% endfor %}",
        "{% if x %}1{% endif %}",
    ],
)
def test_a_missing_value(template, text: str) -> None:
    with pytest.raises(SqlTextError):
        template(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT {{ x }}",
        "SELECT {{ 1 }}",
        "SELECT {{ (x | literal) ~ ' OR 1' }}",
        "SELECT {{ (x | literal) + ' OR 1' }}",
        "SELECT {{ x | upper }}",
        "SELECT {{ x.__class__.__mro__ | literal }}",
        "SELECT {{ cycler.__init__.__globals__ | literal }}",
        "SELECT {{ x | literal",
    ],
)
def test_a_hole_without_its_filter(template, text: str) -> None:
    with pytest.raises(SqlTextError):
        template(text, x="a")


@pytest.mark.parametrize("name", ["INT; DROP TABLE x", "", "DECIMAL(1", "int"])
def test_no_type(template, name: str) -> None:
    with pytest.raises(SqlTextError):
        template("SELECT 1::{{ x | sql_type }}", x=name)


def test_a_rendered_template(template) -> None:
    text = "{{ a | literal }}::{{ t | sql_type }} AS {{ n | identifier }}, {{ m | identifiers }}"
    rendered = template(text, a="it's", t="DECIMAL(18,8)", n='x"y', m=["p", "q"])
    assert rendered == """'it''s'::DECIMAL(18,8) AS "x""y", "p", "q" """.rstrip()


def test_names_of_a_folder() -> None:
    assert "meta_bundles" in sqltext.names("views")


@pytest.mark.parametrize("file", files(".sql"))
def test_every_plain_file_parses(file: str) -> None:
    statements = [it for it in sqlglot.parse((SQL / file).read_text(), dialect="duckdb") if it]
    assert len(statements) >= 1


@pytest.mark.parametrize("file", files(".sql.j2"))
def test_every_template_compiles(file: str) -> None:
    sqltext._template(file.removesuffix(".sql.j2"))


@pytest.mark.parametrize("file", files(".sql.j2"))
def test_every_hole_of_a_template_ends_in_a_known_filter(file: str) -> None:
    tree = sqltext._environment().parse((SQL / file).read_text())
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if not isinstance(node, nodes.TemplateData):
                assert isinstance(node, nodes.Filter), f"line {node.lineno}"
                assert node.name in FILTERS
