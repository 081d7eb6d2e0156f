"""The lists of a session as the result frame holds them: rows that are made when they are looked at.

A run holds hundreds of positions in each of its sessions, and places and fills orders by the ten
thousand; as dictionaries they would cost more than the run itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, overload

import numpy as np
from typing_extensions import override

from rustybt.finance.holdings import Snapshot
from rustybt.finance.order import RECORD, Recorded
from rustybt.finance.transaction import Transaction

Row = Mapping[str, Any]

_of_orders = itemgetter(*RECORD)


class Rows(Sequence[Row], ABC):
    """Rows of one session; equal to a list of the same dictionaries."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] | None = None

    @abstractmethod
    def _dicts(self) -> list[dict[str, Any]]:
        """Return the rows."""

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...

    @override
    def __getitem__(self, index: int | slice) -> Any:
        return self._made()[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made() == list(other)

    __hash__ = None  # type: ignore[assignment]  # as that of a list

    def __repr__(self) -> str:
        return repr(self._made())

    def _made(self) -> list[dict[str, Any]]:
        if self._rows is None:
            self._rows = self._dicts()
        return self._rows


class PositionRows(Rows):
    """One row a position: ``sid`` (the asset), ``amount``, ``cost_basis``, ``last_sale_price``.

    Parameters
    ----------
    snapshot
        The positions as columns.
    """

    __slots__ = ("snapshot",)

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    @override
    def __len__(self) -> int:
        return len(self.snapshot.assets)

    @override
    def _dicts(self) -> list[dict[str, Any]]:
        return self.snapshot.to_dicts()


class OrderRows(Rows):
    """One row an order: the names of `rustybt.finance.order.RECORD`, and ``reason`` where it has one.

    Parameters
    ----------
    records
        The orders as they stood, each as `rustybt.finance.order.Order.record` has it.
    """

    __slots__ = ("records",)

    def __init__(self, records: Sequence[Recorded]) -> None:
        super().__init__()
        self.records = records

    @override
    def __len__(self) -> int:
        return len(self.records)

    @override
    def _dicts(self) -> list[dict[str, Any]]:
        return [
            {**dict(zip(RECORD, values, strict=True)), **(further or {})}
            for *values, further in self.records
        ]


class FillRows(Rows):
    """One row a fill, as `rustybt.finance.transaction.Transaction.to_dict` has it.

    Parameters
    ----------
    fills
        In the order of filling.
    """

    __slots__ = ("fills",)

    def __init__(self, fills: Sequence[Transaction]) -> None:
        super().__init__()
        self.fills = fills

    @override
    def __len__(self) -> int:
        return len(self.fills)

    @override
    def _dicts(self) -> list[dict[str, Any]]:
        return [it.to_dict() for it in self.fills]


def snapshot_of(rows: Iterable[Row]) -> Snapshot:
    """Return rows of positions as columns, whoever made them."""
    if isinstance(rows, PositionRows):
        return rows.snapshot
    listed = list(rows)
    numbers = ("amount", "cost_basis", "last_sale_price")
    columns = (np.array([it[name] for it in listed], dtype=np.float64) for name in numbers)
    return Snapshot([it["sid"] for it in listed], *columns)


def records_of(rows: Iterable[Row]) -> Sequence[Recorded]:
    """Return rows of orders as records, whoever made them."""
    if isinstance(rows, OrderRows):
        return rows.records
    return [
        (*_of_orders(row), {name: row[name] for name in row if name not in RECORD} or None)
        for row in rows
    ]


def fills_of(rows: Iterable[Row]) -> Sequence[Transaction]:
    """Return rows of fills as they were booked, whoever made the rows."""
    if isinstance(rows, FillRows):
        return rows.fills
    return [
        Transaction(
            it["sid"], it["amount"], it["price"], it["dt"], it["order_id"], it.get("reason")
        )
        for it in rows
    ]
