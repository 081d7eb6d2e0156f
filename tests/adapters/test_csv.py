"""Files as a source under the contract of all adapters."""

import asyncio
import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from rustybt.data.adapters.csv import CSVAdapter, CSVConfig, SchemaMapping
from rustybt.data.sources import FileSource, rebuilt
from rustybt.errors import DataParsingError, FetchError, RequestError, SymbolNotFoundError

at = datetime.fromisoformat
HEADER = "date,open,high,low,close,volume\n"
DAYS = "2024-01-02,10,11,9,10.5,100\n2024-01-03,10.5,12,10,11.25,200\n"


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def told(adapter, *request):
    return asyncio.run(adapter.fetch_all(*request))


def test_a_folder_has_a_file_for_each_symbol(tmp_path):
    written(tmp_path / "AAPL.csv", HEADER + DAYS)
    written(tmp_path / "BRK.B.csv", HEADER + DAYS.replace("10.5", "20.123456789"))
    bars = CSVAdapter(csv_dir=tmp_path).fetch_sync(["BRK.B", "AAPL"], "2024-01-01", "2024-01-02")
    assert bars["symbol"].to_list() == ["AAPL", "BRK.B"]
    assert bars["close"].to_list() == [Decimal("10.5"), Decimal("20.123456789")]
    assert bars["timestamp"].to_list() == [at("2024-01-02")] * 2


def test_columns_delimiter_encoding_and_form_of_times_are_the_users(tmp_path):
    text = "Datum;Kürzel;Eröffnung;Hoch;Tief;Schluss;Stück\n02.01.2024;ÄÖ;10;11;9;10.5;100\n"
    mapping = SchemaMapping(
        date_column="Datum",
        symbol_column="Kürzel",
        open_column="Eröffnung",
        high_column="Hoch",
        low_column="Tief",
        close_column="Schluss",
        volume_column="Stück",
    )
    config = CSVConfig(
        written(tmp_path / "all.csv", text, "latin-1"),
        mapping,
        delimiter=";",
        date_format="%d.%m.%Y",
        encoding="latin-1",
    )
    bars = CSVAdapter(config).fetch_sync("ÄÖ", "2024-01-01", "2024-01-05")
    assert bars.select("timestamp", "close", "volume").rows() == [
        (at("2024-01-02"), Decimal("10.5"), Decimal(100))
    ]


@pytest.mark.parametrize(
    ("times", "zone", "begins"),
    [
        (("2024-03-08 09:30", "2024-03-11 09:30"), "America/New_York", (14.5, 13.5)),
        (("2024-03-08T09:30:00-05:00", "2024-03-11T09:30"), "America/New_York", (14.5, 13.5)),
        (("2024-03-08 09:30Z", "2024-03-11 09:30Z"), "America/New_York", (9.5, 9.5)),
        (("2024-03-08 09:30", "2024-03-11 09:30"), "UTC", (9.5, 9.5)),
        (("1709890200", "1710149400"), "America/New_York", (9.5, 9.5)),
        (("1709890200000", "1710149400000"), "Asia/Tokyo", (9.5, 9.5)),
        (("1709890200000000", "1710149400000000"), "UTC", (9.5, 9.5)),
        (("1709890200000000000", "1710149400000000000"), "UTC", (9.5, 9.5)),
        (("08/03/2024 09:30", "11/03/2024 09:30"), "Europe/Berlin", (8.5, 8.5)),
    ],
)
def test_times_are_made_utc(tmp_path, times, zone, begins):
    rows = "".join(f"{it},1,1,1,1,5\n" for it in times)
    pattern = "%d/%m/%Y %H:%M" if "/" in times[0] else None
    file = written(tmp_path / "X.csv", HEADER + rows)
    adapter = CSVAdapter(file_path=file, timezone=zone, date_format=pattern)
    found = adapter.fetch_sync("X", "2024-03-01", "2024-03-20", "1m")["timestamp"].to_list()
    assert [(it.hour * 60 + it.minute) / 60 for it in found] == list(begins)
    assert [it.day for it in found] == [8, 11]


def test_an_hour_that_the_clock_skips_is_rejected(tmp_path):
    rows = "2024-03-10 01:30,1,1,1,1,5\n2024-03-10 02:30,1,1,1,1,5\n2024-03-10 03:30,1,1,1,1,5\n"
    adapter = CSVAdapter(
        file_path=written(tmp_path / "X.csv", HEADER + rows), timezone="America/New_York"
    )
    (report,) = told(adapter, "X", "2024-03-10", "2024-03-10", "1m").report.symbols
    assert (report.ending, report.rows) == ("partial", 2)
    assert "X.csv:3" in report.reason


def test_of_days_the_date_counts_as_it_is_written(tmp_path):
    rows = "2024-01-02T00:00:00-05:00,1,1,1,1,5\n2024-01-03 23:00,1,1,1,1,5\n"
    adapter = CSVAdapter(
        file_path=written(tmp_path / "X.csv", HEADER + rows), timezone="America/New_York"
    )
    found = adapter.fetch_sync("X", "2024-01-01", "2024-01-31")["timestamp"].to_list()
    assert found == [at("2024-01-02"), at("2024-01-03")]


def test_one_file_for_one_symbol_may_have_any_name(tmp_path):
    adapter = CSVAdapter(file_path=written(tmp_path / "prices.csv", HEADER + DAYS))
    assert set(adapter.fetch_sync("AAPL", "2024-01-02", "2024-01-03")["symbol"]) == {"AAPL"}


def test_what_is_not_there_is_told_apart(tmp_path):
    rows = "".join(f"{it},{row}\n" for it in ("A", "B") for row in DAYS.splitlines())
    adapter = CSVAdapter(file_path=written(tmp_path / "all.csv", "symbol," + HEADER + rows))
    found = told(adapter, ["A", "B", "C"], "2024-01-02", "2024-01-31").report.symbols
    assert [it.ending for it in found] == ["complete", "complete", "not found"]
    found = told(adapter, ["A", "C"], "2025-01-02", "2025-01-31").report.symbols
    assert [it.ending for it in found] == ["empty", "not found"]


def test_a_file_that_is_not_there_is_told_with_the_nearest(tmp_path):
    written(tmp_path / "AAPL.csv", HEADER + DAYS)
    with pytest.raises(FetchError, match="Nearest: 'AAPL'"):
        CSVAdapter(csv_dir=tmp_path).fetch_sync(["AAPL", "APL"], "2024-01-02", "2024-01-03")
    assert issubclass(SymbolNotFoundError, LookupError)


@pytest.mark.parametrize(
    ("strategy", "ending", "closes"),
    [
        ("fail", "failed", []),
        ("skip", "partial", ["10.5", "12"]),
        ("interpolate", "complete", ["10.5", "10.5", "12"]),
    ],
)
def test_a_missing_price_does_what_is_said(tmp_path, strategy, ending, closes):
    rows = "2024-01-02,10,11,9,10.5,1\n2024-01-03,,,,,0\n2024-01-04,11,12,11,12,1\n"
    file = written(tmp_path / "X.csv", HEADER + rows)
    fetched = told(
        CSVAdapter(CSVConfig(file, missing_data_strategy=strategy)), "X", "2024-01-01", "2024-01-31"
    )
    assert fetched.report.symbols[0].ending == ending
    assert fetched.bars["close"].to_list() == [Decimal(it) for it in closes]
    assert fetched.bars["open"].null_count() == 0


def test_splits_and_dividends_are_told(tmp_path):
    rows = "2024-01-02,10,11,9,10,1,0,1\n2024-01-03,5,5,5,5,1,0.25,2\n"
    header = HEADER.strip() + ",dividends,stock_splits\n"
    fetched = told(
        CSVAdapter(file_path=written(tmp_path / "X.csv", header + rows)),
        "X",
        "2024-01-01",
        "2024-01-31",
    )
    assert fetched.actions.select("session", "kind", "value").rows() == [
        (date(2024, 1, 3), "dividend", Decimal("0.25")),
        (date(2024, 1, 3), "split", Decimal(2)),
    ]
    assert fetched.bars["split"].to_list() == [Decimal(1), Decimal(2)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "no column for the time"),
        (HEADER + "2024-01-02,10,11,9,10.5,1\n2024-01-02,10,11,9,10.6,1\n", "two different bars"),
        (HEADER + "2024-01-02,10,11,9,inf,1\n", "X.csv:2: close: expected a finite number"),
        (HEADER + "2024-01-02,10,11,9,10.5\n", "X.csv:2"),
    ],
)
def test_a_file_that_cannot_be_taken_is_told(tmp_path, text, words):
    adapter = CSVAdapter(file_path=written(tmp_path / "X.csv", text))
    with pytest.raises((FetchError, DataParsingError), match=words):
        adapter.fetch_sync("X", "2024-01-01", "2024-01-31")


def test_it_is_made_again_of_its_parameters(tmp_path):
    file = written(tmp_path / "X.csv", HEADER.replace("close", "last") + DAYS)
    adapter = CSVAdapter(file_path=file, schema_mapping={"close_column": "last"}, timezone="UTC")
    again = CSVAdapter(**json.loads(json.dumps(dict(adapter.parameters))))
    assert again.fetch_sync("X", "2024-01-02", "2024-01-03").height == 2
    assert again.parameters == adapter.parameters


def test_files_as_a_source_are_made_again_of_their_parameters(tmp_path):
    source = FileSource(tmp_path, delimiter=";", zone="Asia/Tokyo", columns=(("close", "last"),))
    assert rebuilt(json.loads(json.dumps(source.parameters))) == source


def test_options_that_cannot_be_are_refused(tmp_path):
    with pytest.raises(RequestError, match="one of config"):
        CSVAdapter()
    with pytest.raises(RequestError, match="one of config"):
        CSVAdapter(file_path=tmp_path, csv_dir=tmp_path)
    with pytest.raises(RequestError, match="one of fail, skip, interpolate"):
        CSVAdapter(file_path=tmp_path, missing_data_strategy="guess")
    file = written(tmp_path / "X.csv", HEADER + DAYS)
    with pytest.raises(FetchError, match="no time zone 'Mars/Base'"):
        CSVAdapter(file_path=file, timezone="Mars/Base").fetch_sync("X", "2024-01-02", "2024-01-03")
