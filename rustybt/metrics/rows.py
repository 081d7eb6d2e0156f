"""Positions of a session as the result frame holds them: rows that are made when they are looked at.

A run holds hundreds of positions in each of its sessions; as dictionaries they would cost more than
the run itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, overload

from typing_extensions import override

from rustybt.finance.holdings import Snapshot


class PositionRows(Sequence[Mapping[str, Any]]):
    """One row a position: ``sid`` (the asset), ``amount``, ``cost_basis``, ``last_sale_price``.

    Equal to a list of the same dictionaries.

    Parameters
    ----------
    snapshot
        The positions as columns.
    """

    __slots__ = ("_rows", "snapshot")

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._rows: list[dict[str, Any]] | None = None

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, Any]]: ...

    @override
    def __getitem__(self, index: int | slice) -> Any:
        return self._made()[index]

    @override
    def __len__(self) -> int:
        return len(self.snapshot.assets)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made() == list(other)

    __hash__ = None  # type: ignore[assignment]  # as that of a list

    def __repr__(self) -> str:
        return repr(self._made())

    def _made(self) -> list[dict[str, Any]]:
        if self._rows is None:
            self._rows = self.snapshot.to_dicts()
        return self._rows


def snapshot_of(rows: Iterable[Mapping[str, Any]]) -> Snapshot:
    """Return rows of positions as columns, whoever made them."""
    if isinstance(rows, PositionRows):
        return rows.snapshot
    listed = list(rows)
    return Snapshot(
        [it["sid"] for it in listed],
        [it["amount"] for it in listed],
        [it["cost_basis"] for it in listed],
        [it["last_sale_price"] for it in listed],
    )
