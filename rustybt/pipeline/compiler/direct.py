"""Outputs that are numbers of Python as they are: they go to the rows of living assets without a statement.

Any other use of such a term, and every other column, is computed as a relation beside the bars.
"""

from collections.abc import Callable, Collection
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from rustybt.pipeline.compiler.compile import KEYS, Reach
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.plan import Plan, plan
from rustybt.pipeline.compiler.python_stage import holding
from rustybt.pipeline.computed import ComputedTerm
from rustybt.pipeline.custom import CustomOutput
from rustybt.pipeline.factors import RecarrayField
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.relation import Computed

Read: TypeAlias = Callable[[Plan, Reach], pa.Table]


def with_direct(whole: Plan, reach: Reach, rows: LivingRows, read: Read) -> pa.Table:
    """Return session, sid, symbol and the columns of a plan.

    Parameters
    ----------
    whole
        The plan, which holds the rows of its terms of Python.
    reach
        Its sessions.
    rows
        Those of the bundle.
    read
        Returns the rows of another plan over the same sessions.
    """
    direct = direct_outputs(whole)
    if not direct:
        return read(whole, reach)
    relations = [it.relation for it in whole.joined if isinstance(it.relation, Computed)]
    tables = {it.table: it.rows for it in relations}
    span = rows.span(reach.first, reach.last)
    others = without(whole, direct)
    found = read(holding(others, tables), reach) if others.columns else pa.table(rows.keys(*span))
    columns = dict(zip(found.column_names, found.columns, strict=True))
    for name, (table, column) in direct.items():
        columns[name] = rows.placed(tables[table], column, found)
    return pa.table({it: columns[it] for it in (*KEYS, *whole.columns)})


def direct_outputs(whole: Plan) -> dict[str, tuple[str, str]]:
    """Return table and column of the outputs of a plan that need no statement, by name."""
    if not whole.living or whole.screen is not None:
        return {}
    return {name: of for name, it in whole.columns.items() if (of := _source(it)) is not None}


def without(whole: Plan, names: Collection[str]) -> Plan:
    """Return a plan, which has no screen, without some columns."""
    others = {name: it for name, it in whole.columns.items() if name not in names}
    return plan(others, None, whole.domain)


def _source(term: Term) -> tuple[str, str] | None:
    """Return table and column of a term that is a number of Python, None of any other."""
    of, name = term, None
    if isinstance(term, CustomOutput):
        of, name = term.inputs[0], term.name
    elif isinstance(term, RecarrayField):
        of, name = term.of, term.name
    # A mask that SQL applies is not known here.
    if not isinstance(of, ComputedTerm) or np.dtype(of.dtype).str != "<f8" or of.sources:
        return None
    return of.table, name or of.names[0]
