"""Random small markets, by seed, as plain values that JSON can hold: what zipline and rustybt both run on."""

import datetime as dt
import random

MINUTE = dt.timedelta(minutes=1)
HISTORY = 25  # sessions before the first that a run may have
SPLITS = (0.5, 0.25, 2.0, 1 / 3, 0.1, 2 / 3, 10.0, 0.9)
LENGTHS = (1, 2, 3, 8, 21, 45, 70)


def calendar(first, last):
    """Return the sessions of XNYS of a span: label, opening and close, UTC and naive, as ISO text."""
    import exchange_calendars

    schedule = exchange_calendars.get_calendar("XNYS", start="1998-01-02").schedule
    part = schedule.loc[first:last]
    times = zip(part.index, part["open"], part["close"], strict=True)
    return [
        (f"{label:%Y-%m-%d}", *(it.tz_localize(None).isoformat() for it in hours))
        for label, *hours in times
    ]


def made(seed, kind):
    """Return a market of a kind: ``daily``, ``futures`` (days of contracts and shares) or ``minutes``."""
    draw = random.Random(f"{kind} {seed}")
    year = draw.randint(2002, 2019)
    hours = calendar(f"{year}-{draw.choice(['01', '04', '07', '09'])}-01", f"{year + 1}-06-30")
    days = [it[0] for it in hours]
    first, last = _span(draw, hours, 5 if kind == "minutes" else 70)
    begin = max(first - HISTORY - draw.randint(0, 20), 0)
    hours, first, last = hours[begin : last + 6], first - begin, last - begin
    days = [it[0] for it in hours]
    shares = {"daily": 6, "futures": 2, "minutes": 3}[kind]
    assets = [_share(draw, number, days, (first, last)) for number in range(shares)]
    if kind == "futures":
        assets += [_contract(draw, number, days, (first, last)) for number in range(2)]
    assets.sort(key=lambda it: it["symbol"])
    market = {
        "seed": seed,
        "kind": kind,
        "hours": hours,
        "first": days[first],
        "last": days[last],
        "capital": draw.choice([10_000.0, 100_000.0, 1_000_000.0]),
        "assets": assets,
        "splits": [],
        "dividends": [],
        "changes": _changes(draw, days[first : last + 1]),
        "minutes": {},
        "benchmark": draw.choice(["asset", "returns", "zero"]),
    }
    _act(draw, market, days)
    if kind == "minutes":
        _add_minutes(draw, market, (first, last))
    market["returns"] = {it: round(draw.gauss(0, 0.01), 6) for it in days}
    return market


def _span(draw, hours, longest):
    """Return the places of the first and last session; now and then a half day is at an end."""
    length = draw.choice([it for it in LENGTHS if it <= longest] + [longest])
    if longest < 10:
        length = draw.choice([1, 2, 3])
    short = [
        number
        for number, (_, opened, closed) in enumerate(hours)
        if dt.datetime.fromisoformat(closed) - dt.datetime.fromisoformat(opened)
        < dt.timedelta(hours=6)
        and HISTORY + length < number < len(hours) - length - 7
    ]
    if short and draw.random() < 0.4:
        at = draw.choice(short)
        first = draw.choice([at, at - length + 1, at - length // 2])
    else:
        first = draw.randrange(HISTORY, len(hours) - length - 7)
    return first, first + length - 1


def _share(draw, number, days, span):
    first, last = span
    begin, end = 0, len(days) - 1
    kind = draw.choice(["whole", "whole", "whole", "late", "early", "gaps"])
    if number == 0:
        kind = "whole"  # something to compare with
    if kind == "late":
        begin = draw.randint(max(first - 3, 1), last)
    if kind == "early":
        end = draw.randint(max(first - 2, begin + 1), last)
    level = draw.choice([4.0, 30.0, 90.0, 400.0])
    bars, close, quiet = {}, level, False
    for place in range(begin, end + 1):
        close = min(max(close * draw.gauss(1.0, 0.025), level / 5), level * 5)
        # zipline fills a window's first price from before it without bars of volume 0: no gap after those.
        if kind == "gaps" and draw.random() < 0.15 and begin < place < end and not quiet:
            continue
        quiet = kind == "gaps" and draw.random() < 0.1
        bars[days[place]] = _bar(draw, close, quiet=quiet)
    symbol = "ABCDEFGH"[number]
    former = None
    if draw.random() < 0.3 and end - begin > 2:
        former = [f"{symbol}OLD", days[draw.randint(begin + 1, end)]]
    return {
        "symbol": symbol,
        "type": "equity",
        "begin": days[begin],
        "end": days[end],
        "former": former,
        "bars": bars,
    }


def _contract(draw, number, days, span):
    end = draw.choice([len(days) - 1, draw.randint(max(span[0] - 1, 1), span[1])])
    level = draw.choice([40.0, 1500.0])
    bars, close = {}, level
    for place in range(end + 1):
        close = min(max(close * draw.gauss(1.0, 0.02), level / 3), level * 3)
        bars[days[place]] = _bar(draw, close, quiet=False)
    return {
        "symbol": ("ESH99", "CLX99")[number],
        "type": "future",
        "root": ("ES", "CL")[number],
        "multiplier": (50.0, 1000.0)[number],
        "tick": (0.25, 0.01)[number],
        "begin": days[0],
        "end": days[end],
        "former": None,
        "bars": bars,
    }


def _bar(draw, close, *, quiet):
    close = round(close, 2)
    high = round(close * (1 + abs(draw.gauss(0, 0.01))), 2)
    low = round(close * (1 - abs(draw.gauss(0, 0.01))), 2)
    opened = round(draw.uniform(low, high), 2)
    return [opened, high, low, close, 0 if quiet else draw.choice([300, 5_000, 200_000])]


def _changes(draw, days):
    """Return changes of the capital by session."""
    if draw.random() < 0.7:
        return {}
    made = {}
    for day in draw.sample(days, min(2, len(days))):
        kind = draw.choice(["delta", "target"])
        value = draw.choice([-3000.0, 5000.0]) if kind == "delta" else 60_000.0
        made[day] = {"type": kind, "value": value}
    return made


def _act(draw, market, days):
    """Add splits and dividends of the shares, most of them inside the run."""
    run = days[days.index(market["first"]) : days.index(market["last"]) + 1]
    for asset in market["assets"]:
        if asset["type"] == "future" or draw.random() < 0.25:
            continue
        traded = [it for it in days if asset["begin"] <= it <= asset["end"]][1:]
        inside = [it for it in run if it in traded] or traded
        for day in draw.sample(inside, min(len(inside), draw.randint(0, 2))):
            market["splits"].append([asset["symbol"], day, draw.choice(SPLITS)])
        for day in draw.sample(inside, min(len(inside), draw.randint(0, 3))):
            place = days.index(day)
            paid = days[min(place + draw.choice([0, 0, 1, 4, 20]), len(days) - 1)]
            amount = draw.choice([0.01, 0.125, 0.4, 1.5])
            before = [bar for at, bar in asset["bars"].items() if at < day]
            if before and amount < before[-1][3]:
                market["dividends"].append([asset["symbol"], day, amount, paid])
    # zipline looks through them up to the first that is yet to come.
    for actions in market["splits"], market["dividends"]:
        actions.sort(key=lambda it: it[1])


def _add_minutes(draw, market, span):
    """Add the minutes of the run and of the two sessions before it, the days' bars made of them."""
    hours = market["hours"][max(span[0] - 2, 0) : span[1] + 1]
    for asset in market["assets"]:
        minutes, bars = {}, asset["bars"]
        for day, opened, closed in hours:
            if day not in bars:
                continue
            close, rows = bars[day][3], {}
            stamp, until = (dt.datetime.fromisoformat(it) for it in (opened, closed))
            while stamp < until:
                stamp += MINUTE
                if draw.random() < 0.85:
                    close = max(round(close * draw.gauss(1, 0.001), 2), 0.5)
                    rows[stamp.isoformat()] = _bar(draw, close, quiet=False)
            minutes |= rows
            of = list(rows.values())
            prices = [
                of[0][0],
                max(it[1] for it in of),
                min(it[2] for it in of),
                of[-1][3],
                sum(it[4] for it in of),
            ]
            bars[day] = prices
        market["minutes"][asset["symbol"]] = minutes
