"""Which views a statement can reach, by the words in it."""

from threading import Event, Thread

import pytest

from warehouse.catalog.reach import leaves_something, listed, lists, names_schema, reached, words_of

VIEWS = {"eq": ["assets", "bars_1d", "bars_1d_adjusted"], "fx": ["assets", "bars_1m"]}
EVERYTHING = {(bundle, view) for bundle, views in VIEWS.items() for view in views}


@pytest.mark.parametrize(
    ("query", "views"),
    [
        ("SELECT 1", set()),
        ("FROM eq.bars_1d", {("eq", "bars_1d")}),
        ('from memory."EQ" . "Bars_1d"', {("eq", "bars_1d")}),
        ("FROM eq/**/./**/assets", {("eq", "assets")}),
        ("FROM eq.bars_1d_adjusted", {("eq", "bars_1d_adjusted")}),
        ("FROM eq.bars_1m", set()),
        ("FROM eq.bars_1d, fx.bars_1m", {("eq", "bars_1d"), ("fx", "bars_1m")}),
        ("FROM eq.assets JOIN fx.bars_1m USING (sid)", {("eq", "assets"), ("fx", "assets"), ("fx", "bars_1m")}),
        ("FROM query('x')", EVERYTHING),
        ("FROM query_table(?)", EVERYTHING),
        ("FROM json_execute_serialized_sql(?)", EVERYTHING),
    ],
)  # fmt: skip
def test_reached(query: str, views: set) -> None:
    assert reached(words_of(query), VIEWS) == views


@pytest.mark.parametrize(
    ("query", "is_named"),
    [
        ("FROM eq.bars_1d", True),
        ('FROM memory."EQ" . bars_1d', True),
        ("SELECT eq FROM fx.bars_1m", False),
        ("FROM xeq.bars_1d", False),
        ("FROM meta.bundles WHERE bundle = 'eq'", False),
    ],
)
def test_a_schema_is_named(query: str, is_named: bool) -> None:
    assert names_schema(query, "eq") == is_named


@pytest.mark.parametrize(
    "query",
    ["SHOW ALL TABLES", "DESCRIBE", "FROM duckdb_views()", "FROM information_schema.tables"],
)
def test_a_list_shows_everything(query: str) -> None:
    assert lists(words_of(query))
    assert listed(words_of(query), VIEWS) == EVERYTHING


def test_a_mistyped_view_shows_those_of_its_bundle() -> None:
    assert listed(words_of("FROM fx.bar_1m"), VIEWS) == {("fx", "assets"), ("fx", "bars_1m")}


def test_a_view_without_its_bundle_shows_one_bundle() -> None:
    assert {bundle for bundle, _ in listed(words_of("FROM bars_1d"), VIEWS)} == {"eq"}


@pytest.mark.parametrize("query", ["SELECT 1", "FROM eq.bars_1d", "FROM meta.bundles"])
def test_others_show_nothing_more(query: str) -> None:
    assert listed(words_of(query), VIEWS) == set()


def test_a_hint_is_given(wh, ingest) -> None:
    ingest([("2020-01-02", 0, 1)])
    with pytest.raises(Exception, match=r'Did you mean "eq\.bars_1d"'):
        wh.sql("FROM bars_1d")


@pytest.mark.parametrize(
    "setting",
    ["USE eq", "SET schema = 'eq'", "SET search_path = 'eq'", "PREPARE p AS FROM eq.bars_1d"],
)
@pytest.mark.parametrize("query", ["FROM bars_1d", "EXECUTE p"])
def test_settings_end_with_their_statement(wh, ingest, setting: str, query: str) -> None:
    """On which `leaves_something` relies."""
    ingest([("2020-01-02", 0, 1)])
    assert not leaves_something(words_of(setting))
    wh.sql(setting)
    with pytest.raises(Exception, match="does not exist"):
        wh.sql(query)


@pytest.mark.slow
def test_threads_read_while_the_head_moves(wh, ingest) -> None:
    ingest([("2020-01-02", sid, 0) for sid in range(3)])
    seen, failed, ended = set(), [], Event()

    def read() -> None:
        while not ended.is_set():
            try:
                seen.update(
                    wh.sql("SELECT min(close) = max(close), count(*) FROM eq.bars_1d").rows()
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must fail
                failed.append(error)

    threads = [Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for close in range(1, 8):
        ingest([("2020-01-02", sid, close) for sid in range(3)])
    ended.set()
    for thread in threads:
        thread.join()
    assert failed == []
    assert seen == {(True, 3)}
