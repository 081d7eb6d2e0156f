"""A reader over the bars of a bundle in the warehouse; each call asks for what it needs alone."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from typing_extensions import override

from rustybt.data.readers.held import rows_of
from rustybt.data.readers.reader import FIELDS, BarReader, Labels, Rows
from rustybt.data.resolutions import BARS, TICK, Resolution, dataset_of
from rustybt.errors import NoBarsError, RequestError
from warehouse import Warehouse, sqltext


class WarehouseBarReader(BarReader):
    """Bars of one resolution of a bundle, at the snapshot that the warehouse has open.

    Parameters
    ----------
    wh
        The open warehouse.
    bundle
        Name.
    resolution
        One that is stored.

    Raises
    ------
    UnknownBundleError
        At the first value: there is no such bundle.
    NoBarsError
        At the first value: it has no bars of that resolution.
    """

    def __init__(self, wh: Warehouse, bundle: str, resolution: Resolution = "1d") -> None:
        if resolution == TICK:
            raise RequestError("resolution", resolution, f"one of {', '.join(BARS)}")
        super().__init__(resolution)
        self._wh = wh
        self._names = {
            "bundle": bundle,
            "dataset": dataset_of(resolution),
            "time": "session" if self._daily else "ts",
        }

    def _query(self, name: str, **more: Any) -> str:
        return sqltext.render(f"readers/{name}", **self._names, **more)

    @property
    @override
    def trading_calendar(self) -> str:
        return str(self._wh.snapshot(self._names["bundle"]).calendar)

    @cached_property
    @override
    def extent(self) -> tuple[np.datetime64, np.datetime64]:
        snapshot = self._wh.snapshot(self._names["bundle"])
        dataset = self._names["dataset"]
        if dataset not in snapshot.datasets:
            held = ", ".join(sorted(it for it in snapshot.datasets if it.startswith("bars_")))
            raise NoBarsError(f"{self.resolution} in {self._names['bundle']!r}", held or "any bars")
        ((first, last),) = self._wh.sql(self._query("extent")).rows()
        return self._label(first), self._label(last)

    @cached_property
    def _sids(self) -> frozenset[int]:
        return frozenset(sid for (sid,) in self._wh.sql(self._query("sids")).rows())

    @override
    def sids(self) -> Collection[int]:
        return self._sids

    @override
    def rows(self, sids: Sequence[int], first: np.datetime64, last: np.datetime64) -> Rows:
        found = self._wh.sql(
            self._query("rows", fields=FIELDS),
            {"sids": list(sids), "first": first.item(), "last": last.item()},
        )
        return rows_of(found.arrow(), daily=self._daily)

    @override
    def labels_of_bars(self) -> Labels:
        found = self._wh.sql(self._query("labels")).rows()
        return np.array([it for (it,) in found], f"datetime64[{self._unit}]")

    @override
    def _last_traded(self, sid: int, last: np.datetime64) -> np.datetime64 | None:
        ((found,),) = self._wh.sql(
            self._query("last_traded"), {"sid": sid, "last": last.item()}
        ).rows()
        return None if found is None else self._label(found)
