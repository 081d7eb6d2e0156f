"""Many minutes that come in order are written so without a sort; of few, a join may turn its sides."""

import pytest

from warehouse.writing.partition import Writer

HEADER = "time,symbol,open,high,low,close,volume\n"
MINUTES = [
    f"2020-01-{day:02} {hour:02}:{minute:02}:00,{symbol},1,2,1,2,{minute}"
    for symbol in "AB"
    for day in range(1, 32)
    for hour in range(13, 23)  # before, in and behind the sessions
    for minute in range(60)
]


@pytest.fixture
def orders(monkeypatch):
    """Whether each write of minutes went without a sort."""
    found: list[bool] = []
    fill = Writer.fill

    def told(self, *args):
        if self.dataset.name == "bars_1m":
            found.append(self.ordered)
        fill(self, *args)

    monkeypatch.setattr(Writer, "fill", told)
    return found


@pytest.mark.parametrize(("lines", "order"), [(MINUTES, [True]), (MINUTES[::-1], [False])])
def test_only_minutes_out_of_order_are_sorted(lines, order, take, ask, orders):
    take(HEADER + "\n".join(lines), resolution="1m")
    assert orders == order
    found = ask("SELECT strftime(ts, '%Y-%m-%d %H:%M:%S') || ',' || symbol FROM t.bars_1m")
    assert [it for (it,) in found] == [it[: it.index(",1,")] for it in MINUTES]
