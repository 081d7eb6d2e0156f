"""The rows of a spine made from the bars in NumPy: what ``padded_spine.sql.j2`` says, without a join or a sort.

Which rows there are follows from the assets, so each bar is written straight to its place: this makes the
rows of a snapshot, and the first and the next run of a plan wait for them. The statement makes those of plans
that join other rows, which are told in SQL by what is known when, and the tests hold this to it, to the bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from rustybt.pipeline.compiler.compile import Reach
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.standing import numbers
from rustybt.pipeline.compiler.streaming import PAD
from rustybt.pipeline.data import BoundColumn
from rustybt.pipeline.vocabulary.nanmath import Values
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse

_RATIOS: Final = ("price_then", "split_then", "price_ratio", "split_ratio")


def padded_rows(
    fields: Sequence[BoundColumn],
    reach: Reach,
    rows: LivingRows,
    *,
    bundle: str,
    warehouse: "Warehouse",
    sids: tuple[int, int] | None = None,
) -> pa.Table:
    """Return the rows of a spine, by sid and session.

    Parameters
    ----------
    fields
        Columns of the bars; none of another relation.
    reach
        Which labels.
    rows
        Those of the bundle.
    bundle, warehouse
        Where the bars are.
    sids
        The least and the greatest of the assets; all if None.
    """
    low, high = sids or (-(2**31), 2**31 - 1)
    bounds = {"lowest": low, "highest": high, "read_from": reach.read_from, "last": reach.last}
    names = [it.name for it in fields]
    bars = warehouse.arrow(
        sqltext.render("queries/bars_of_span", schema=bundle, fields=names, **bounds)
    )
    begun = _begun(bars, rows, reach, bundle, warehouse)
    frame = _Frame.of(rows, reach, (low, high), begun)
    actions = warehouse.arrow(sqltext.render("queries/actions_of_span", schema=bundle, **bounds))
    columns = frame.keys(rows.days) | frame.ratios(actions, rows.days)
    at, known = frame.places(bars, rows.days)
    for field in fields:
        values = numbers(bars[field.name])[known]
        columns[field.raw] = frame.scattered(at, values, filled=field.shares > 0)
    return pa.table(columns)


def _begun(
    bars: pa.Table, rows: LivingRows, reach: Reach, bundle: str, warehouse: "Warehouse"
) -> tuple[Values, Values]:
    """Return sids and the days of their first bars, of those assets for which it may matter."""
    if reach.read_from is None:
        found = bars.group_by("sid").aggregate([("session", "min")])
        return numbers(found["sid"]), _days(found["session_min"])
    late = rows.sids_since(reach.read_from)
    if not late:
        return np.empty(0, "i4"), np.empty(0, "datetime64[D]")
    query = sqltext.render("queries/first_bars", schema=bundle)
    found = warehouse.arrow(query, {"sids": late})
    return numbers(found["sid"]), _days(found["session"])


@dataclass(frozen=True)
class _Frame:
    """The places of the rows: of each asset `pads` rows and then the labels from `begin` to `end`."""

    sids: Values
    begin: Values
    end: Values
    alive: Values  # label from which on an asset is in the universe
    pads: Values
    offsets: Values  # of the first row of each asset, and of the end
    least: int  # the first label that is read

    @classmethod
    def of(
        cls,
        rows: LivingRows,
        reach: Reach,
        sids: tuple[int, int],
        begun: tuple[Values, Values],
    ) -> "_Frame":
        days = rows.days
        lives = rows.lives(*sids)
        before_first = lives.first.copy()
        known = np.searchsorted(lives.sids, begun[0])
        inside = (known < len(lives.sids)) & np.isin(begun[0], lives.sids)
        np.minimum.at(before_first, known[inside], begun[1][inside])
        least, until = 1, len(days)
        if reach.read_from is not None:
            least = max(1, int(np.searchsorted(days, np.datetime64(reach.read_from), "right")))
        if reach.last is not None:
            until = int(np.searchsorted(days, np.datetime64(reach.last), "right"))
        begin = np.maximum(np.searchsorted(days, before_first, "right"), least)
        end = np.minimum(np.searchsorted(days, lives.last, "right"), until)
        there = begin < end
        if reach.last is not None:
            there &= lives.first < np.datetime64(reach.last)
        begin, end = begin[there], end[there]
        # Who reads all history looks back no further than what comes out.
        pads = np.clip(begin - (least if least > 1 else -PAD), 0, PAD)
        offsets = np.concatenate([[0], np.cumsum(pads + end - begin)])
        alive = np.searchsorted(days, lives.first[there], "right")
        return cls(lives.sids[there], begin, end, alive, pads, offsets, least)

    def keys(self, days: Values) -> dict[str, pa.Array]:
        sizes = np.diff(self.offsets)
        asset = np.repeat(np.arange(len(sizes), dtype="i4"), sizes)
        k = np.arange(self.offsets[-1], dtype="i4") - (self.offsets[:-1] + self.pads)[asset]
        k = k.astype("i4")
        s = (k + self.begin[asset]).astype("i4")
        session = pa.array(days[np.maximum(s, 0)], mask=s < 0).cast(pa.date32())
        alive = (k >= 0) & (s >= self.alive[asset])
        return {
            "sid": pa.array(self.sids[asset]),
            "session": session,
            "s": pa.array(s),
            "k": pa.array(k),
            "alive": pa.array(alive),
        }

    def places(self, bars: pa.Table, days: Values) -> tuple[Values, Values]:
        """Return the rows of bars, and which bars have one."""
        day, sid = _days(bars["session"]), numbers(bars["sid"])
        s = np.searchsorted(days, day)
        asset = np.minimum(np.searchsorted(self.sids, sid), len(self.sids) - 1)
        if not len(self.sids):
            return asset[:0], asset[:0]
        label = s + 1  # that knows the bar
        known = (self.sids[asset] == sid) & (s < len(days)) & (label >= self.begin[asset])
        known &= (label < self.end[asset]) & (days[np.minimum(s, len(days) - 1)] == day)
        found = np.flatnonzero(known)
        return self._row(asset[found], label[found]), found

    def scattered(self, at: Values, values: Values, *, filled: bool) -> pa.Array:
        """Return a column that has the values at some rows."""
        column = np.full(self.offsets[-1], 0.0 if filled else np.nan)
        column[at] = np.nan_to_num(values, nan=0.0) if filled else values
        return pa.array(column) if filled else pa.array(column, mask=np.isnan(column))

    def ratios(self, actions: pa.Table, days: Values) -> dict[str, pa.Array]:
        """Return the ratios of the labels with an action, and the products of all before a label."""
        found = {name: np.ones(self.offsets[-1]) for name in _RATIOS}
        sid, ratio = numbers(actions["sid"]), numbers(actions["ratio"])
        label = np.searchsorted(days, _days(actions["session"]))
        of_split = np.where(numbers(actions["is_split"]), ratio, 1.0)
        held, first = np.unique(sid, return_index=True)
        for asset, begin, end in zip(held, first, np.append(first, len(sid))[1:], strict=True):
            place = int(np.searchsorted(self.sids, asset))
            if place < len(self.sids) and self.sids[place] == asset:
                mine = slice(begin, end)
                self._act(
                    place, label[mine], {"price": ratio[mine], "split": of_split[mine]}, found
                )
        return {name: pa.array(values) for name, values in found.items()}

    def _act(
        self, asset: int, labels: Values, ratios: dict[str, Values], found: dict[str, Values]
    ) -> None:
        begin, end = int(self.begin[asset]), int(self.end[asset])
        start = int(self._row(asset, 0))
        steps, first = np.unique(labels, return_index=True)
        for name, values in ratios.items():
            then = 1.0
            for step, low, high in zip(
                steps, first, np.append(first, len(labels))[1:], strict=True
            ):
                if step < self.least:
                    continue
                # From the left, as the statement multiplies: the last bit depends on it.
                each = float(np.multiply.accumulate(values[low:high])[-1])
                if begin <= step < end:
                    found[f"{name}_ratio"][start + step] = each
                then *= each
                found[f"{name}_then"][start + max(begin, step + 1) : start + end] = then

    def _row(self, asset: Values | int, label: Values | int) -> Values:
        return (self.offsets[:-1] + self.pads - self.begin)[asset] + label


def _days(values: pa.ChunkedArray) -> Values:
    return numbers(values).astype("datetime64[D]")
