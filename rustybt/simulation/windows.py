"""Windows of history: which bars of which panel answer, whatever the run steps by."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

from rustybt.assets import Asset, Future
from rustybt.errors import HistoryError
from rustybt.finance.actions import Action
from rustybt.simulation.clock import Clock
from rustybt.simulation.continuous import Chain
from rustybt.simulation.feed import FIELDS, PRICE, Floats
from rustybt.simulation.market import Market
from rustybt.simulation.panel import FIELD, Columns, Panel
from rustybt.simulation.resample import Frequency, merged, starts_of
from rustybt.simulation.timeline import Numbers, Resolution, Timeline

_DECIMALS: Final = 3  # of what zipline adjusts, where no tick says another number
_KEPT: Final = {"1d": 260, "1m": 0}  # bars before the block in hand, until more are asked for

Actions = Mapping[int, Sequence[Action]]


class Window(NamedTuple):
    """Bars of history: an array of bars x assets a field, and which bars of the timeline they are.

    `bars` is a span, first and until, or the number of the last short bar of each.
    """

    values: list[Floats]
    timeline: Timeline
    bars: tuple[int, int] | Numbers


class Windows:
    """The history of a run.

    Parameters
    ----------
    market
        The bundle.
    panel
        The bars the run steps by.
    clock
        Where the run stands.
    actions
        Splits and dividends by number of session.
    until
        Number of the session after the last of the run.
    rounded
        Whether values are rounded once they are adjusted, as zipline does: to the decimals of an asset's
        tick, else to thousandths.

    Attributes
    ----------
    ends
        Number of the session after the last of each asset.
    """

    def __init__(
        self,
        market: Market,
        panel: Panel,
        clock: Clock,
        actions: Actions,
        until: int,
        *,
        rounded: bool = False,
    ) -> None:
        self._market = market
        self._clock = clock
        self._actions = actions
        self._until = until
        self._run = panel
        self._others: dict[Resolution, Panel] = {}
        ends = [bisect_right(market.labels, it.end) for it in market.assets]
        self.ends = np.array(ends, dtype=np.int64)
        decimals = [_decimals_of(it) for it in market.assets] if rounded else None
        self._decimals = None if decimals is None else np.array(decimals, dtype=np.int64)

    def restart(self) -> None:
        """Go to another place of the bundle, also to one before."""
        self._others.clear()

    def find(
        self, frequency: Frequency, columns: Columns | Chain, names: Sequence[str], count: int
    ) -> Window:
        """Return the last bars, of assets or of one continuous future.

        Raises
        ------
        HistoryError
            They begin before the first bar of the bundle.
        ResolutionError
            The bundle has no such bars.
        """
        fields = [FIELD[it] for it in names]
        if frequency.base == "1m" or self._run.timeline.resolution == "1d":
            panel = self._panel(frequency.base)
            found = self._plain(panel, frequency, columns, fields, count)
        else:
            found = self._days(frequency, columns, fields, count)
        if PRICE in fields and not isinstance(columns, Chain):
            self._end(found, columns, fields.index(PRICE))
        return found

    def _panel(self, base: Resolution) -> Panel:
        """Return the panel of a resolution, as far as the run is."""
        run = self._run
        if run.timeline.resolution == base:
            return run
        before = run.seen <= self._clock.bar
        panel = self._others.get(base)
        session = self._clock.number
        if panel is None:
            bars = self._market.bars(base) if base == "1m" else self._market.daily
            first, _ = bars.timeline.bars(session)
            panel = Panel(
                self._market.assets, bars.timeline, self._actions, bars.blocks, _KEPT[base]
            )
            panel.start(first, bars.timeline.bars(self._until - 1)[1])
            self._others[base] = panel
        first, until = panel.timeline.bars(session)
        panel.reach(until if base == "1m" and not before else first)
        panel.begin(first)
        if base == "1m" and not before:
            panel.seen = until
        return panel

    def _values(self, panel: Panel, field: int, columns: Columns | Chain, bars: int) -> Floats:
        """Return a field of the last bars of one panel, rounded if this run rounds."""
        values = self._raw(panel, field, columns, bars)
        if self._decimals is None:
            return values
        if isinstance(columns, Chain):
            return values.round(_decimals_of(columns.contracts[0]))
        of = self._decimals[columns]
        if (of == _DECIMALS).all():
            return values.round(_DECIMALS)
        return np.column_stack([values[:, it].round(places) for it, places in enumerate(of)])

    def _raw(self, panel: Panel, field: int, columns: Columns | Chain, bars: int) -> Floats:
        """Return a field of the last bars of one panel."""
        if isinstance(columns, Chain):
            return columns.window(panel, field, bars, self._clock.number)
        return panel.window(field, columns, bars)

    def _plain(
        self,
        panel: Panel,
        frequency: Frequency,
        columns: Columns | Chain,
        fields: list[int],
        count: int,
    ) -> Window:
        """Return bars of one panel, as they are or merged."""
        if frequency.plain:
            first = panel.seen - count
            self._check(panel.timeline, first, count)
            values = [self._values(panel, it, columns, count) for it in fields]
            return Window(values, panel.timeline, (first, panel.seen))
        starts = self._starts(panel.timeline, frequency, panel.seen, count)
        bars = panel.seen - int(starts[0])
        values = [self._values(panel, it, columns, bars) for it in fields]
        return self._merged(values, fields, panel.timeline, starts, panel.seen)

    def _days(
        self, frequency: Frequency, columns: Columns | Chain, fields: list[int], count: int
    ) -> Window:
        """Return days or longer in a run of minutes: whole sessions, and today as far as it is."""
        run, daily = self._run, self._panel("1d")
        opened, _ = run.timeline.bars(self._clock.number)
        today = run.seen - opened
        until = daily.seen + bool(today)
        if frequency.plain:
            starts = np.arange(until - count, until)
            self._check(daily.timeline, until - count, count)
        else:
            starts = self._starts(daily.timeline, frequency, until, count)
        before = daily.seen - int(starts[0])
        values = [self._values(daily, it, columns, before) if before else None for it in fields]
        if today:
            for number, field in enumerate(fields):
                window = self._raw(run, field, columns, today)  # as zipline, not rounded
                partial = merged(FIELDS[field], window, np.array([0]))
                whole = values[number]
                values[number] = partial if whole is None else np.concatenate([whole, partial])
        whole_values = [it for it in values if it is not None]
        if frequency.plain:
            return Window(whole_values, daily.timeline, (until - count, until))
        return self._merged(whole_values, fields, daily.timeline, starts, until)

    def _merged(
        self,
        values: list[Floats],
        fields: list[int],
        timeline: Timeline,
        starts: Numbers,
        until: int,
    ) -> Window:
        rows = starts - starts[0]
        longer = [
            merged(FIELDS[field], window, rows)
            for field, window in zip(fields, values, strict=True)
        ]
        return Window(longer, timeline, np.append(starts[1:], until) - 1)

    def _starts(self, timeline: Timeline, frequency: Frequency, until: int, count: int) -> Numbers:
        """Return the first short bar of each bar."""
        starts = starts_of(frequency, timeline, self._market.labels, until, count)
        self._check(timeline, int(starts[0]) if len(starts) == count else -1, count)
        return starts

    def _check(self, timeline: Timeline, first: int, count: int) -> None:
        market = self._market
        bars = market.daily if timeline.resolution == "1d" else market.bars("1m")
        if first < bars.first:
            raise HistoryError(
                count,
                f"from {self._clock.session.label} back they begin before the first bar of bundle "
                f"{market.bundle!r}, {bars.held and bars.held[0]}. Ask for fewer bars, or start "
                "later",
            )

    def _end(self, window: Window, columns: Columns, place: int) -> None:
        """Take away the price after the last session of an asset."""
        ends = self.ends[columns]
        if (ends > self._clock.number).all():
            return
        bars = window.bars
        numbers = np.arange(*bars) if isinstance(bars, tuple) else bars
        sessions = window.timeline.sessions(numbers)
        window.values[place][sessions[:, None] >= ends[None, :]] = np.nan


def _decimals_of(asset: Asset) -> int:
    """Return to how many decimals zipline rounds an adjusted value of an asset."""
    tick = asset.tick_size if isinstance(asset, Future) else None
    # Decimals are those of the number as Python writes it: 1.0 has one.
    return -int(Decimal(str(float(tick))).as_tuple().exponent) if tick else _DECIMALS
