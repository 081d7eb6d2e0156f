"""A bundle that says where it comes from: registered, fetched by name, fetched again for what is new."""

import pytest
from click.testing import CliRunner

import warehouse
from rustybt.cli import main
from rustybt.data.adapters.registry import AdapterRegistry
from rustybt.data.bundles import Fetch, get, ingest, register, specification, unregister
from rustybt.data.bundles.fetching import AGAIN, fetch
from rustybt.errors import (
    NoFailureError,
    NotIngestedError,
    NotRegisteredError,
    SpecificationError,
    SymbolsFailedError,
    UnknownAdapterError,
)
from tests.adapters.coins import Coins
from tests.fake_exchanges import faults

AdapterRegistry.register(Coins, "coins")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "warehouse"


@pytest.fixture
def coins(exchanges, root):
    """Register a bundle ``c`` of hours, or of what is said."""

    def coins(symbols=("BTC/USDT", "ETH/USDT"), **given):
        said = {"start_date": "2024-01-01", "end_date": "2024-01-03", "resolution": "1h"} | given
        adapter = Coins(exchanges.http_url)
        return register(bundle_name="c", adapter=adapter, symbols=symbols, root=root, **said)

    return coins


@pytest.fixture
def ask(root):
    def ask(query):
        with warehouse.open(root) as wh:
            return wh.sql(query).rows()

    return ask


def spans(server, symbol="BTCUSDT"):
    """Return the first instants that were asked for of a symbol, in hours since 2024."""
    begin = 1_704_067_200_000
    asked = [it for it in server.asked("/api/v3/klines") if it.query["symbol"] == symbol]
    return [(int(it.query["startTime"]) - begin) / 3_600_000 for it in asked]


def test_registering_fetches_nothing(coins, exchanges, root) -> None:
    bundle = coins()
    assert exchanges.log == []
    with pytest.raises(NotIngestedError, match="ingest"):
        bundle.overview()
    assert warehouse.open(root).bundles() == []
    with pytest.raises(NotIngestedError):
        _ = get("c", root=root).snapshot


def test_a_registered_bundle_is_fetched_by_name(coins, ask, root) -> None:
    coins()
    report = ingest("c", root=root)
    assert (report.added, report.failed, report.new) == (144, 0, True)
    assert ask("SELECT symbol, count(*) FROM c.bars_1h GROUP BY symbol ORDER BY symbol") == [
        ("BTC/USDT", 72), ("ETH/USDT", 72),
    ]  # fmt: skip
    assert ask("SELECT DISTINCT currency, tick_size FROM c.assets") == [("USDT", 0.01)]
    assert get("c", root=root).snapshot.calendar == "24/7"


def test_ingesting_again_asks_for_the_last_bars_alone(coins, exchanges, root) -> None:
    bundle = coins()
    assert bundle.ingest().added == 144
    exchanges.log.clear()
    report = bundle.ingest()
    assert (report.new, report.read) == (False, 2 * AGAIN)
    assert spans(exchanges) == [72 - AGAIN]
    later = bundle.ingest(end_date="2024-01-04")
    assert (later.added, later.same) == (48, 2 * AGAIN)
    exchanges.log.clear()
    earlier = bundle.ingest(start_date="2023-12-31", end_date="2024-01-03")
    assert earlier.added == 48
    assert spans(exchanges) == [-24, 72 - AGAIN]


def test_a_stopped_ingest_goes_on_where_it_was(coins, exchanges, root) -> None:
    bundle = coins(["BTC/USDT"])
    exchanges.fail("startTime=1704153600000", faults.Status(500), times=1)
    with pytest.raises(SymbolsFailedError, match=r"BTC/USDT: .*HTTP 500"):
        bundle.ingest()
    assert spans(exchanges) == [0, 24]
    exchanges.log.clear()
    assert bundle.ingest().added == 72
    assert spans(exchanges) == [24, 48]


def test_what_failed_is_fetched_alone(coins, exchanges, root) -> None:
    bundle = coins(["BTC/USDT", "ETH/USDT", "GONE/USDT"])
    exchanges.fail("symbol=ETHUSDT", faults.Status(500), times=1)
    report = bundle.ingest(on_error="partial")
    assert (report.failed, report.added) == (2, 72)
    assert {it.symbol: it.ending for it in report.outcomes} == {
        "BTC/USDT": "complete", "ETH/USDT": "failed", "GONE/USDT": "not found",
    }  # fmt: skip
    exchanges.log.clear()
    again = ingest("c", wanted=Fetch(on_error="partial", failed_only=True), root=root)
    assert (again.failed, again.added) == (1, 72)
    assert spans(exchanges) == []
    assert bundle.ingest(["BTC/USDT"]).failed == 0
    with pytest.raises(NoFailureError):
        bundle.ingest(failed_only=True)


def test_a_bundle_that_is_not_registered_is_refused(coins, root) -> None:
    coins()
    with pytest.raises(NotRegisteredError, match="Nearest: 'c'"):
        ingest("cc", root=root)
    unregister("c", root=root)
    with pytest.raises(NotRegisteredError):
        ingest("c", root=root)
    with pytest.raises(NotRegisteredError):
        unregister("c", root=root)


def test_a_secret_is_not_stored(exchanges, root) -> None:
    adapter = Coins(f"{exchanges.http_url}/?token=abcdefgh12345678")
    with pytest.raises(SpecificationError, match="keys belong into the environment") as error:
        register(
            bundle_name="c", adapter=adapter, symbols="BTC/USDT", start_date="2024-01-01", root=root
        )
    assert "abcdefgh12345678" not in str(error.value)
    assert not list(root.rglob("*.json"))


def test_a_damaged_specification_is_told(coins, root) -> None:
    coins()
    (file,) = root.glob("registered/*.json")
    file.chmod(0o600)
    file.write_text('{"bundle": "c"')
    with pytest.raises(SpecificationError, match="register the bundle again"):
        ingest("c", root=root)


def test_an_adapter_that_nobody_could_make_again_is_refused(root) -> None:
    class Own(Coins):
        """Known to nobody."""

    with pytest.raises(UnknownAdapterError, match="No adapter"):
        register("c", adapter=Own(""), symbols="A", start_date="2024-01-01", root=root)
    with pytest.raises(UnknownAdapterError, match="Nearest: 'coins'"):
        AdapterRegistry.get_adapter("coin")
    with pytest.raises(TypeError, match="subclass of DataAdapter"):
        AdapterRegistry.register(object)
    assert {"coins", "csv", "yahoo"} <= set(AdapterRegistry.list_adapters())


def test_a_vacuum_forgets_pages_that_no_snapshot_holds(coins, exchanges, root) -> None:
    bundle = coins(["BTC/USDT", "ETH/USDT"])
    exchanges.fail("symbol=ETHUSDT&interval=1h&startTime=1704153600000", faults.Status(500))
    assert bundle.ingest(on_error="partial").failed == 1
    assert len(list(root.glob("bundles/c/fetched/*/*/*.parquet"))) == 1
    told = CliRunner().invoke(main, ["bundle", "vacuum", "c", "--root", str(root)])
    assert "Fetched pages that no snapshot holds: 1, removed." in told.output
    assert not list(root.glob("bundles/c/fetched/*/*/*.parquet"))
    assert bundle.ingest(failed_only=True).added == 72


def test_a_damaged_page_is_fetched_again(coins, exchanges, root) -> None:
    bundle = coins(["BTC/USDT"])
    exchanges.fail("startTime=1704240000000", faults.Status(500), times=1)
    with pytest.raises(SymbolsFailedError):
        bundle.ingest()
    first, _ = sorted(root.glob("bundles/c/fetched/*/*/*.parquet"))
    first.chmod(0o600)
    first.write_bytes(first.read_bytes()[:-9])
    exchanges.log.clear()
    assert bundle.ingest().added == 72
    assert spans(exchanges) == [0, 48]


def test_a_revised_bar_becomes_a_snapshot_with_a_diff(coins, exchanges, root) -> None:
    bundle = coins(["BTC/USDT"])
    bundle.ingest()
    exchanges.fail("startTime=", faults.Reshaped(_revised), times=1)
    report = bundle.ingest()
    assert (report.changed, report.same) == (1, AGAIN - 1)
    with warehouse.open(root) as wh:
        assert wh.diff("c", 1, 2).rows() == [("bars_1h", "BTC/USDT", 0, 1, 0)]


def test_all_days_are_asked_again_on_request(coins, exchanges, root) -> None:
    bundle = coins(["BTC/USDT"])
    bundle.ingest()
    exchanges.log.clear()
    report = ingest("c", wanted=Fetch(refetch=True), root=root)
    assert (report.new, report.same) == (False, 72)
    assert spans(exchanges) == [0, 24, 48]


def _revised(rows):
    rows[-1][5] = "77.5"
    return rows


def test_who_looks_on_sees_symbols_and_rows(coins, root) -> None:
    coins()
    steps = []
    fetch(specification.find("c", root), Fetch(), root=root, watch=steps.append)
    last = steps[-1]
    assert (last.done, last.total, last.rows) == (2, 2, 144)
    assert last.speed > 0
    done = [it.done for it in steps]
    assert done == sorted(done)


def test_how_fast_a_source_is_asked_changes_nothing_of_its_pages(root) -> None:
    from rustybt.data.adapters import YFinanceAdapter

    def key(**given):
        asked = {"symbols": "A", "start_date": "2024-01-01", "end_date": "2024-01-31"}
        register("y", adapter=YFinanceAdapter(**given), root=root, **asked)
        return specification.find("y", root).key

    assert key() == key(timeout=3.0, request_delay=0.5, rate_limit=2.0)
    assert key() != key(fetch_splits=False)
