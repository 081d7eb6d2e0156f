"""Looks at what a plan reads beside the bars before anything runs: whether it is there, and its times are such."""

from typing import TYPE_CHECKING

from rustybt.errors import DatasetError
from rustybt.pipeline.compiler.compile import VIEWS
from rustybt.pipeline.compiler.plan import Plan
from rustybt.pipeline.data.dataset import check_times
from rustybt.pipeline.vocabulary.relation import TableRelation
from warehouse import sqltext

if TYPE_CHECKING:
    from warehouse import Warehouse


def check_beside(plan: Plan, bundle: str, warehouse: "Warehouse") -> None:
    """Check what a plan reads beside the bars of a bundle.

    Raises
    ------
    DatasetError
        There are no rates of currencies, or the times of a table are of another type.
    QueryError
        A table is not there, or lacks its times.
    """
    held = warehouse.snapshot(bundle).datasets
    if any(("fx_rates",) in it.relation.tables for it in plan.joined) and "fx_rates" not in held:
        advice = "Columns in other currencies need it: date, base, quote, rate."
        raise DatasetError(f"fx_rates of bundle {bundle!r}", "there is no such dataset", advice)
    for it in plan.joined:
        if isinstance(it.relation, TableRelation) and it.relation.rows.frame is None:
            _check_table(it.relation, bundle, warehouse)


def _check_table(relation: TableRelation, bundle: str, warehouse: "Warehouse") -> None:
    table = relation.rows.table
    if len(table) == 1 and table[0] in VIEWS:
        table = (bundle, *table)
    times = tuple(dict.fromkeys(relation.times))
    found = warehouse.arrow(sqltext.render("known/times", table=table, times=times))
    check_times(".".join(table), found.schema, times)
