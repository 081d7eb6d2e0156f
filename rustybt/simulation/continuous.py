"""Continuous futures in a run: the contract of a session, the chain behind it, bars put together.

They are read from the same view of rolls that SQL shows. Each roll is known before its session, so
that what is told in a session is what anybody could have known then.
"""

from bisect import bisect_right
from collections.abc import Collection
from typing import Any, Final

import numpy as np

from rustybt.assets import Asset, ContinuousFuture
from rustybt.errors import NotAnAssetError
from rustybt.simulation.clock import Clock
from rustybt.simulation.feed import PRICE, VOLUME, Floats
from rustybt.simulation.market import Market
from rustybt.simulation.panel import Panel
from rustybt.simulation.timeline import Numbers

CONTRACT: Final = "contract"


class Chain:
    """The contracts of one continuous future and the sessions in which each is the present one.

    Parameters
    ----------
    market
        Its assets and rolls.
    future
        Which chain it is.
    """

    def __init__(self, market: Market, future: ContinuousFuture) -> None:
        self.future = future
        self.contracts = market.finder.get_ordered_contracts(future.root_symbol)
        places = {it.sid: place for place, it in enumerate(self.contracts)}
        rolls = market.rolls.get((future.root_symbol, future.roll_style), ())
        first = [0, *(places[sid] for _, sid in rolls)]
        self._begins = np.array([-1, *(session for session, _ in rolls)], dtype=np.int64)
        self._places = np.array(first, dtype=np.int64) + future.offset
        column = {it.sid: number for number, it in enumerate(market.assets)}
        self._columns = np.array([column[it.sid] for it in self.contracts], dtype=np.intp)
        self._first = np.array([market.number(it.first_session) for it in self.contracts])
        self._until = np.array([bisect_right(market.labels, it.end) for it in self.contracts])

    def contract(self, session: int) -> Asset | None:
        """Return the contract of a session; None where there is none that is listed then."""
        place = int(self._at(session))
        if place >= len(self.contracts):
            return None
        listed = self._first[place] <= session < self._until[place]
        return self.contracts[place] if listed else None

    def following(self, session: int) -> list[Asset]:
        """Return the contract of a session and those after it that are listed then."""
        if self.contract(session) is None:
            return []
        places = range(int(self._at(session)), len(self.contracts))
        return [self.contracts[it] for it in places if self._first[it] <= session < self._until[it]]

    def window(self, panel: Panel, field: int, bars: int, session: int) -> Floats:
        """Return a field of the last bars seen, adjusted as known in a session.

        Parameters
        ----------
        field
            Number of the field.
        bars
            At most as many as there are since the first bar of the bundle.
        session
            Number of the session whose rolls, and those before, are brought into the bars before them.

        Returns
        -------
        ndarray
            Bars x 1, oldest first. Where no contract is listed, NaN, and 0 for volumes.
        """
        sessions = panel.timeline.sessions(np.arange(panel.seen - bars, panel.seen))
        places = self._at(sessions)
        lowest = min(int(places[0]), len(self.contracts) - 1)
        taken = slice(lowest, int(self._at(session)) + 1)
        # The rows of a place beyond the last contract are never listed, so that any column will do.
        within = np.minimum(places, len(self.contracts) - 1)
        values = panel.window(field, self._columns[taken], bars)
        found = values[np.arange(bars), within - lowest]
        listed = (self._first[within] <= sessions) & (sessions < self._until[within])
        found[~listed | (within < places)] = 0.0 if field == VOLUME else np.nan
        if field != VOLUME and self.future.adjustment is not None:
            prices = panel.window(PRICE, self._columns[taken], bars)
            self._adjust(found, prices, sessions, session, lowest)
        spliced: Floats = found[:, None]
        return spliced

    def _at(self, sessions: Any) -> Any:
        """Return the place of the contract of each session, also one beyond the last contract."""
        return self._places[np.searchsorted(self._begins, sessions, side="right") - 1]

    def _adjust(
        self, found: Floats, prices: Floats, sessions: Numbers, session: int, lowest: int
    ) -> None:
        """Bring all rolls up to a session into the rows before them."""
        first, until = np.searchsorted(self._begins, [sessions[0], session], side="right")
        for roll in range(int(first), int(until)):
            old, new = self._places[roll - 1] - lowest, self._places[roll] - lowest
            if new >= prices.shape[1]:
                break
            row = int(np.searchsorted(sessions, self._begins[roll]))
            closes = prices[row - 1, old], prices[row - 1, new]
            if np.isnan(closes).any():
                continue
            if self.future.adjustment == "add":
                found[:row] += closes[1] - closes[0]
            elif min(closes) > 0:
                found[:row] *= closes[1] / closes[0]


class Continuous:
    """The continuous futures of a run.

    Parameters
    ----------
    market
        The bundle.
    clock
        Where the run stands.
    """

    def __init__(self, market: Market, clock: Clock) -> None:
        self._market = market
        self._clock = clock
        self._chains: dict[ContinuousFuture, Chain] = {}

    @staticmethod
    def asked(assets: object) -> bool:
        """Return whether one of what was asked for is a continuous future."""
        if isinstance(assets, Collection) and not isinstance(assets, str):
            return any(isinstance(it, ContinuousFuture) for it in assets)
        return isinstance(assets, ContinuousFuture)

    def contract(self, future: ContinuousFuture) -> Asset | None:
        """Return the contract of the current session; None where there is none that is listed."""
        return self.chain(future).contract(self._clock.number)

    def following(self, future: ContinuousFuture) -> list[Asset]:
        """Return the contract of the current session and those after it that are listed."""
        return self.chain(future).following(self._clock.number)

    def chain(self, future: ContinuousFuture) -> Chain:
        """Return the chain of a continuous future.

        Raises
        ------
        NotAnAssetError
            It is none.
        UnknownRootError
            It is of another bundle.
        """
        if not isinstance(future, ContinuousFuture):
            raise NotAnAssetError(future, continuous=True)
        chain = self._chains.get(future)
        if chain is None:
            chain = self._chains[future] = Chain(self._market, future)
        return chain
