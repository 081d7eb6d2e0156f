"""Minutes of exchanges that pause at midday: bars, the times of functions, and history."""

from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

import warehouse
from rustybt.data.bundles.ingest import ingest
from rustybt.data.sources import FileSource
from rustybt.finance.commission import NoCommission
from rustybt.finance.slippage import NoSlippage
from rustybt.runner import run_algorithm
from rustybt.simulation.schedule import date_rules, time_rules

MINUTE = timedelta(minutes=1)
# Hours of January 2020 in UTC, of the morning and of the afternoon.
TOKYO = (("00:00", "02:30"), ("03:30", "06:00"))
HONG_KONG = (("01:30", "04:00"), ("05:00", "08:00"))
DAYS = (date(2020, 1, 6), date(2020, 1, 7))


def minutes(hours, days=DAYS, *, ends):
    """Return the stamps of all minutes that are traded, starts or ends."""
    shift = MINUTE if ends else timedelta()
    for day in days:
        for begin, end in hours:
            stamp, until = (datetime.combine(day, time.fromisoformat(it)) for it in (begin, end))
            while stamp < until:
                yield stamp + shift
                stamp += MINUTE


def made(folder, calendar, stamps):
    """Return the root of a bundle whose closes count the minutes from 1."""
    rows = ["date,symbol,open,high,low,close,volume"]
    rows += [f"{at},A,{n},{n},{n},{n},10" for n, at in enumerate(stamps, 1)]
    path = folder / "bars.csv"
    path.write_text("\n".join(rows) + "\n")
    ingest(FileSource(path), "asia", calendar=calendar, resolution="1m", root=folder / "root")
    return folder / "root"


@pytest.fixture(params=[("XTKS", TOKYO, False), ("XTKS", TOKYO, True), ("XHKG", HONG_KONG, False)])
def market(request, tmp_path):
    calendar, hours, ends = request.param
    stamps = list(minutes(hours, ends=ends))
    return made(tmp_path, calendar, stamps), stamps


def lived(root, handle_data=None, initialize=None, first=DAYS[0], last=DAYS[-1]):
    return run_algorithm(
        first,
        last,
        initialize,
        handle_data=handle_data or (lambda *_: None),
        root=root,
        data_frequency="minute",
        slippage=NoSlippage(),
        commission=NoCommission(),
    )


def naive(instant):
    """Return an instant in UTC as stamps are stored."""
    return datetime.fromisoformat(instant.isoformat()).replace(tzinfo=None)


def test_each_traded_minute_is_lived_once_and_none_of_the_break(market):
    root, stamps = market
    seen, closes = [], []

    def handle_data(context, data):
        seen.append(naive(data.current_dt))
        closes.append(data.current(context.symbol("A"), "close"))

    lived(root, handle_data)
    assert seen == stamps
    assert closes == list(range(1, len(stamps) + 1))


def test_times_count_traded_minutes(market):
    root, stamps = market
    length = len(stamps) // 2
    seen = []

    def initialize(context):
        for rule in (
            time_rules.market_open(minutes=149),
            time_rules.market_open(minutes=152),
            time_rules.market_close(minutes=3),
            time_rules.market_open(minutes=length + 1),
        ):
            context.schedule_function(note, date_rules.every_day(), rule)

    def note(_context, data):
        seen.append(naive(data.current_dt))

    lived(root, initialize=initialize)
    first = [stamps[148], stamps[151], stamps[length - 4]]
    assert seen == first + [stamps[stamps.index(it) + length] for it in first]


def test_history_steps_over_the_break(market):
    root, stamps = market
    found = {}

    def handle_data(context, data):
        if naive(data.current_dt) == stamps[152]:
            asset = context.symbol("A")
            for frequency, count in (("1m", 5), ("1h", 4), ("15m", 3)):
                found[frequency] = data.history(asset, "close", count, frequency)
            found["1d"] = data.history(asset, "volume", 1, "1d")

    lived(root, handle_data)
    assert found["1m"].tolist() == [149, 150, 151, 152, 153]
    assert [naive(it) for it in found["1m"].index] == stamps[148:153]
    # The morning has two hours and a half; an hour of the afternoon begins with it.
    assert found["1h"].tolist() == [60, 120, 150, 153]
    assert found["15m"].tolist() == [135, 150, 153]
    assert found["1d"].tolist() == [1530]


def test_an_order_of_the_last_minute_before_the_break_fills_after_it(market):
    root, stamps = market

    def handle_data(context, data):
        if naive(data.current_dt) == stamps[149]:
            context.order(context.symbol("A"), 1)

    (fill, *_), _ = lived(root, handle_data)["transactions"]
    assert (naive(fill["dt"]), fill["price"]) == (stamps[150], 151.0)


def test_days_are_put_together_without_the_break(tmp_path):
    stamps = list(minutes(TOKYO, ends=False))
    stray = datetime.combine(DAYS[0], time(3, 0))
    root = made(tmp_path, "XTKS", sorted([*stamps, stray]))
    found = []

    def handle_data(context, data):
        if naive(data.current_dt) == stamps[300]:
            found.append(data.history(context.symbol("A"), "volume", 2, "1d").tolist())

    lived(root, handle_data)
    assert found == [[3000, 10]]


def test_a_session_without_an_afternoon_is_short(tmp_path):
    """Hong Kong closes at noon on the day before the New Year of the moon."""
    day = date(2020, 1, 24)
    morning = HONG_KONG[:1]
    stamps = [
        *minutes(HONG_KONG, [date(2020, 1, 23)], ends=False),
        *minutes(morning, [day], ends=False),
    ]
    root = made(tmp_path, "XHKG", stamps)
    seen, half = [], []

    def initialize(context):
        context.schedule_function(lambda *_: half.append(1), half_days=False)

    perf = lived(
        root,
        lambda _, data: seen.append(naive(data.current_dt)),
        initialize,
        date(2020, 1, 23),
        day,
    )
    assert seen == stamps
    assert len(half) == 1
    assert naive(perf.index[-1]) == datetime.combine(day, time(4))


def test_the_bundle_says_when_the_break_is(market):
    root, _ = market
    with warehouse.open(root) as wh:
        rows = wh.sql("SELECT * FROM asia.sessions WHERE session = '2020-01-06'").rows()
    (_, opened, closed, paused, resumed) = rows[0]
    assert opened < paused < resumed < closed
    assert np.timedelta64(resumed - paused, "m") == np.timedelta64(60, "m")
