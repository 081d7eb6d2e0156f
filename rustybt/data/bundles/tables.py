"""Tables beside the bars of a bundle: actions and terms of its assets, rates of currencies and funding."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

import warehouse
from rustybt.data.bundles.actions import TERMS as ACTION_TERMS
from rustybt.data.bundles.actions import load_actions, merge_actions
from rustybt.errors import BundleTableError
from warehouse import Transaction, sqltext
from warehouse.schema import ASSETS, FX_RATES
from warehouse.session import Session

_TERMS: Final = ("asset_type", *(it.name for it in ASSETS.optional))
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "adjustments": ("symbol", "session", "kind"),
    "assets": ("symbol",),
    "former_symbols": ("symbol", "former_symbol", "first_session", "last_session"),
    "funding_1h": ("ts", "symbol", "rate"),
    "fx_rates": ("date", "base", "quote", "rate"),
}
_FURTHER: Final[Mapping[str, tuple[str, ...]]] = {
    "adjustments": ACTION_TERMS,
    "assets": _TERMS,
    "fx_rates": tuple(it.name for it in FX_RATES.optional),
}
_TOLD: Final = "told"  # the rows, as statements know them


def add_table(
    bundle: str, dataset: str, rows: Any, *, root: str | Path | None = None
) -> warehouse.Snapshot:
    """Store rows beside the bars of a bundle that is there: one new snapshot, if anything is new.

    Parameters
    ----------
    bundle
        Name.
    dataset
        ``adjustments``: ``symbol``, ``session``, ``kind`` and any of ``ratio``, ``amount``,
        ``pay_date``, ``shares``, ``payment_symbol``. A ``split`` and a ``merger`` have the ratio of
        the prices before, a ``dividend`` its amount, a ``stock_dividend`` the ``shares`` that each
        share held gets, which is stored as the split that it is. A ``spinoff`` has its ratio or its
        value per share as amount, and may have the ``shares`` of ``payment_symbol`` that each gets:
        a backtest takes them with the first session that begins with a price of them.
        They replace stored ones of the same kind and session, and ingests leave what no row of prices
        can tell. ``assets``: ``symbol`` and any of ``asset_type``, ``name``, ``currency``, ``tick_size``,
        ``lot_size``, ``multiplier``, ``root_symbol``, ``underlying``, ``expiry``, ``strike``,
        ``option_right``, ``initial_margin``, ``maintenance_margin`` and ``borrow_rate``, as the view
        ``assets`` describes them; NULL leaves what is stored. ``former_symbols``: the present
        ``symbol`` of an asset, a ``former_symbol`` with its ``first_session`` and ``last_session``, in
        place of all that was told of the asset before. ``funding_1h``: ``ts`` (UTC),
        ``symbol``, ``rate``. ``fx_rates``: ``date``, ``base``, ``quote``, ``rate``, and may have
        ``fixed``: a rate at which a currency was replaced, which holds on all later days. A rate that
        has not come again on the thirtieth day on which another one of its currencies came has
        ended there: nothing is converted by it from then on.
    rows
        An Arrow table or stream, or the path of a CSV or Parquet file.
    root
        Of the warehouse, as `warehouse.open` takes it.

    Returns
    -------
    Snapshot
        The newest one of the bundle.

    Raises
    ------
    BundleTableError
        There is no such dataset, columns are missing or unknown, a symbol is none of the bundle, or
        the terms of an asset contradict each other.
    UnknownBundleError
        The warehouse holds no such bundle.
    SchemaError
        A row stands twice.
    """
    if dataset not in _COLUMNS:
        raise BundleTableError(dataset, f"expected one of {', '.join(_COLUMNS)}")
    with warehouse.open(root) as wh:
        wh.snapshot(bundle)
        with wh.begin(bundle) as txn:
            _load(txn.session, dataset, rows)
            if "symbol" in _COLUMNS[dataset]:
                _require_known(txn.session, dataset)
            _WRITERS[dataset](txn)
            if txn.touched:
                txn.commit({"table": dataset})
        wh.refresh()
        return wh.snapshot(bundle)


def merge_table(txn: Transaction, dataset: str, rows: Any) -> None:
    """Write what is told of assets, by symbol, into a transaction; other symbols are left out.

    Parameters
    ----------
    txn
        Its assets are written already.
    dataset
        ``assets`` or ``former_symbols``.
    rows
        As `add_table` takes them for it.

    Raises
    ------
    BundleTableError
        As `add_table`.
    """
    _load(txn.session, dataset, rows)
    _WRITERS[dataset](txn)


def _load(session: Session, dataset: str, rows: Any) -> None:
    session.load(_TOLD, _read(rows) if isinstance(rows, (str, Path)) else rows)
    found = _columns(session)
    required = _COLUMNS[dataset]
    more = _FURTHER.get(dataset, ())
    if not set(required) <= set(found) <= {*required, *more}:
        further = f" and any of {', '.join(more)}" if more else ""
        problem = f"expected the columns {', '.join(required)}{further}; found {', '.join(found)}"
        raise BundleTableError(dataset, problem)


def _read(path: str | Path) -> pa.Table:
    if Path(path).suffix == ".parquet":
        import pyarrow.parquet as pq

        return pq.read_table(path)
    from pyarrow import csv

    return csv.read_csv(path)


def _columns(session: Session) -> Collection[str]:
    query = sqltext.render("writing/types", incoming=_TOLD)
    return [name for name, _ in session.rows(query)]


def _require_known(session: Session, dataset: str) -> None:
    strangers = session.rows(sqltext.render("ingest/strangers", told=_TOLD))
    if strangers:
        named = ", ".join(symbol for (symbol,) in strangers)
        raise BundleTableError(dataset, f"expected symbols of the bundle; found {named}")


def _write_actions(txn: Transaction) -> None:
    session = txn.session
    load_actions(txn, _TOLD, tuple(it for it in ACTION_TERMS if it in _columns(session)))
    wrong = session.rows(sqltext.load("ingest/wrong_actions"))
    if wrong:
        told = "; ".join(f"{symbol} on {day}: {problem}" for symbol, day, problem in wrong)
        raise BundleTableError("adjustments", f"expected actions as documented; found {told}")
    session.execute(sqltext.load("ingest/numbers_of_assets"))
    merge_actions(txn, given=True)


def _write_assets(txn: Transaction) -> None:
    session = txn.session
    given = [it for it in _columns(session) if it in _TERMS]
    query = sqltext.render("ingest/terms", columns=ASSETS.columns, given=given, told=_TOLD)
    session.load("terms", session.arrow(query))
    wrong = session.rows(sqltext.load("ingest/wrong_terms"))
    if wrong:
        told = "; ".join(f"{symbol}: {problem}" for symbol, problem in wrong)
        raise BundleTableError("assets", f"expected terms as the view assets says; found {told}")
    txn.replace("assets", "terms")


def _write_symbols(txn: Transaction) -> None:
    session = txn.session
    session.execute(sqltext.load("ingest/numbers_of_assets"))
    session.execute(sqltext.render("ingest/told_symbols", told=_TOLD))
    wrong = session.rows(sqltext.load("ingest/wrong_symbols"))
    if wrong:
        told = "; ".join(f"{symbol} from {day} on: {problem}" for symbol, day, problem in wrong)
        raise BundleTableError(
            "former_symbols", f"expected spells that follow each other; found {told}"
        )
    txn.replace("former_symbols", session.arrow(sqltext.load("ingest/spells")))


def _write_funding(txn: Transaction) -> None:
    query = sqltext.render("ingest/told_funding", told=_TOLD)
    txn.upsert("funding_1h", txn.session.arrow(query))


def _write_rates(txn: Transaction) -> None:
    fixed = "fixed" in _columns(txn.session)
    query = sqltext.render("ingest/told_rates", told=_TOLD, fixed=fixed)
    txn.upsert("fx_rates", txn.session.arrow(query))


_WRITERS: Final = {
    "adjustments": _write_actions,
    "assets": _write_assets,
    "former_symbols": _write_symbols,
    "funding_1h": _write_funding,
    "fx_rates": _write_rates,
}
