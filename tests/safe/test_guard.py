"""The guard alone: what it refuses, what it lets pass, and that what passes means the same."""

import duckdb
import pytest

from warehouse.errors import QueryError, SafeSqlError
from warehouse.safe.allowed import FUNCTIONS
from warehouse.safe.guard import LONGEST, check


def test_attack_is_refused(attack, filled, views, parser):
    with pytest.raises((SafeSqlError, QueryError)):
        check(filled(attack), views, parser)


def test_doubtful_form_is_refused(doubtful, filled, views, parser):
    with pytest.raises((SafeSqlError, QueryError)):
        check(filled(doubtful), views, parser)


def test_what_passes_is_written_anew_with_the_same_rows(allowed, filled, views, parser, readable):
    query = filled(allowed)
    params = {"floor": 12, "symbol": "A"} if "$floor" in query else [12] if "> ?" in query else None
    written = check(query, views, parser).sql
    assert rows(readable, written, params) == rows(readable, query, params)


def rows(session, query, params):
    # Names of unnamed columns follow the spelling, and rows without ORDER BY have no order.
    try:
        return sorted(session._raw.execute(query, params).fetchall(), key=repr)
    except duckdb.BinderException:
        return "no such column"


def test_lists_are_long_enough(listed):
    assert len(listed("attacks")) >= 100
    assert len(listed("differentials")) >= 60
    assert len(listed("allowed")) >= 40


def test_arrow_of_a_lambda_is_taken(views, parser):
    written = check("SELECT list_transform([1], x -> x + 1)", views, parser).sql
    assert parser.rows(written) == [([2],)]


FORMS = (
    "SELECT {}()", "SELECT {}('x')", "SELECT {}('a', 'b')", "SELECT 'x'.{}()", "FROM {}('x')",
    "SELECT * FROM (VALUES (1)), {}('x')", "SELECT list_transform(['x'], lambda x: {}(x))",
    "SELECT {}('x') OVER ()", "SELECT system.main.{}('x')",
)  # fmt: skip


def test_no_other_function_of_duckdb_passes(parser):
    known = {name for (name,) in parser.rows("SELECT function_name FROM duckdb_functions()")}
    others = {name for name in known if name.isidentifier() and name.lower() not in FUNCTIONS}
    assert len(others) > 500
    passed = {name for name in others for form in FORMS if passes(form.format(name), parser)}
    assert passed == {"gen_random_uuid"}  # it is written anew as uuid


def passes(query, parser):
    try:
        check(query, [], parser)
    except (SafeSqlError, QueryError):
        return False
    return True


def test_comments_are_dropped(views, parser):
    assert check("SELECT 1 /* a */ -- b", views, parser).sql == "SELECT 1"


def test_views_are_named(views, parser):
    query = "WITH x AS (FROM sp.assets) FROM x, SP.Bars_1D"
    assert check(query, views, parser).views == {("sp", "assets"), ("sp", "bars_1d")}


def test_refusal_says_what(views, parser):
    with pytest.raises(SafeSqlError, match="the function getenv is not allowed"):
        check("SELECT getenv('HOME')", views, parser)


def test_long_statement_is_refused(views, parser):
    with pytest.raises(SafeSqlError, match="100,0"):
        check("SELECT " + "1" * LONGEST, views, parser)


@pytest.mark.parametrize("text", ["SELECT '\0'", "SELECT '\ud800'"])
def test_text_that_is_none_is_refused(text, views, parser):
    with pytest.raises(SafeSqlError, match="no text"):
        check(text, views, parser)


def test_deep_nesting_is_refused(views, parser):
    with pytest.raises((SafeSqlError, QueryError)):
        check("SELECT " + "(" * 20_000 + "1" + ")" * 20_000, views, parser)
