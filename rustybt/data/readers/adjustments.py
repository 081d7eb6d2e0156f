"""The splits, dividends and mergers of a bundle, by the words of zipline's reader of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rustybt.assets import Asset, AssetFinder
from rustybt.days import Day, day_of
from rustybt.errors import OptionError
from rustybt.simulation.frames import Frames
from warehouse import Warehouse, sqltext

if TYPE_CHECKING:
    import pandas as pd

_RATIOS: Final[Mapping[str, tuple[str, ...]]] = {
    "splits": ("split",),
    "mergers": ("merger", "spinoff"),
    "dividends": ("dividend",),
}
_PAYOUTS: Final = {
    "dividend_payouts": "readers/dividends_paid",
    "stock_dividend_payouts": "readers/shares_paid",
}
_TABLES: Final = (*_RATIOS, *_PAYOUTS)


class Dividend(NamedTuple):
    """Cash that a share pays to who held it before the ex-date; `pay_date` is NaT if unknown."""

    asset: Asset
    amount: float
    pay_date: "pd.Timestamp"


class StockDividend(NamedTuple):
    """Shares that a share pays; `payment_asset` is None if the bundle does not have it."""

    asset: Asset
    payment_asset: Asset | None
    ratio: float
    pay_date: "pd.Timestamp"


class AdjustmentReader:
    """What multiplies the earlier prices of a bundle, and what its assets pay.

    Parameters
    ----------
    warehouse
        Open at the snapshot that is read.
    bundle
        Name.

    Notes
    -----
    Ratios multiply earlier prices: 0.5 for two shares of one. ``mergers`` are what multiplies prices and
    leaves volumes, spin-offs among them. A dividend in shares of the asset itself is among ``splits``, and
    with what it pays among ``stock_dividend_payouts``. Days are naive midnights.
    """

    def __init__(self, warehouse: Warehouse, bundle: str) -> None:
        self._warehouse = warehouse
        self._bundle = warehouse.snapshot(bundle).bundle
        self._frames = Frames()

    def get_df_from_table(self, table_name: str, convert_dates: bool = False) -> "pd.DataFrame":  # noqa: FBT001, FBT002 - zipline's
        """Return all rows of a table, by sid and day.

        Parameters
        ----------
        table_name
            ``splits``, ``mergers`` or ``dividends``: ``sid``, ``effective_date``, ``ratio``.
            ``dividend_payouts``: ``sid``, ``ex_date``, ``declared_date``, ``record_date``, ``pay_date``,
            ``amount``. ``stock_dividend_payouts``: ``ratio`` and ``payment_sid`` instead of the amount.
        convert_dates
            Whether days are Timestamps, NaT if unknown; else seconds since 1970, NaN if unknown.

        Raises
        ------
        OptionError
            There is no such table.
        """
        import polars as pl

        days = pl.col(pl.Date)
        told = days.cast(pl.Datetime("ns")) if convert_dates else days.dt.epoch("s")
        return self._warehouse.sql(self._query(table_name)).pl().with_columns(told).to_pandas()

    def unpack_db_to_component_dfs(
        self,
        convert_dates: bool = False,  # noqa: FBT001, FBT002 - zipline's
    ) -> dict[str, "pd.DataFrame"]:
        """Return every table by its name; see `get_df_from_table`."""
        return {name: self.get_df_from_table(name, convert_dates) for name in _TABLES}

    def get_adjustments_for_sid(self, table_name: str, sid: int) -> list[list[Any]]:
        """Return day and ratio of each adjustment of one asset, in order of time.

        Raises
        ------
        OptionError
            The table is none of ``splits``, ``mergers`` and ``dividends``.
        """
        if table_name not in _RATIOS:
            raise OptionError("table_name", table_name, f"one of {', '.join(_RATIOS)}")
        rows = self._warehouse.sql(self._query(table_name)).rows()
        return [[self._frames.timestamp(day), ratio] for of, day, ratio in rows if of == sid]

    def get_dividends_with_ex_date(
        self, assets: Iterable[Asset | int], date: Day, asset_finder: AssetFinder
    ) -> list[Dividend]:
        """Return the cash dividends of some assets whose ex-date is a day."""
        return [
            Dividend(asset_finder.retrieve_asset(sid), amount, self._frames.timestamp(paid))
            for sid, _, _, _, paid, amount in self._of_day("dividend_payouts", assets, date)
        ]

    def get_stock_dividends_with_ex_date(
        self, assets: Iterable[Asset | int], date: Day, asset_finder: AssetFinder
    ) -> list[StockDividend]:
        """Return what some assets pay in shares with a day as ex-date."""
        found = []
        rows = self._of_day("stock_dividend_payouts", assets, date)
        for sid, _, _, _, paid, payment_sid, shares in rows:
            payment = None if payment_sid is None else asset_finder.retrieve_asset(payment_sid)
            asset = asset_finder.retrieve_asset(sid)
            found.append(StockDividend(asset, payment, shares, self._frames.timestamp(paid)))
        return found

    def _of_day(self, table: str, assets: Iterable[Asset | int], date: Day) -> Iterator[Any]:
        """Yield the rows of some assets whose ex-date is a day."""
        sids = {it.sid if isinstance(it, Asset) else it for it in assets}
        day = day_of("date", date)
        for row in self._warehouse.sql(self._query(table)).rows():
            if row[0] in sids and row[1] == day:
                yield row

    def _query(self, table: str) -> str:
        if table in _RATIOS:
            kinds = list(_RATIOS[table])
            return sqltext.render("readers/ratios", bundle=self._bundle, kinds=kinds)
        if table in _PAYOUTS:
            return sqltext.render(_PAYOUTS[table], bundle=self._bundle)
        raise OptionError("table_name", table, f"one of {', '.join(_TABLES)}")
