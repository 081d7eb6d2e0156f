"""Outputs that are numbers of Python as they are: they go to the rows of living assets without a statement.

Any other use of such a term, and every other column, is computed as a relation beside the bars.
"""

import numpy as np
import pyarrow as pa

from rustybt.pipeline.compiler.compile import KEYS, Reach
from rustybt.pipeline.compiler.living import LivingRows
from rustybt.pipeline.compiler.plan import Plan, plan
from rustybt.pipeline.compiler.python_stage import Read, holding
from rustybt.pipeline.computed import ComputedTerm
from rustybt.pipeline.custom import CustomOutput
from rustybt.pipeline.factors import RecarrayField
from rustybt.pipeline.term import Term
from rustybt.pipeline.vocabulary.relation import Computed


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
    direct = {name: of for name, it in whole.columns.items() if (of := _source(it)) is not None}
    if not direct or not whole.living or whole.screen is not None:
        return read(whole, reach)
    relations = [it.relation for it in whole.joined if isinstance(it.relation, Computed)]
    tables = {it.table: it.rows for it in relations}
    span = rows.span(reach.first, reach.last)
    others = {name: it for name, it in whole.columns.items() if name not in direct}
    if others:
        found = read(holding(plan(others, None, whole.domain), tables), reach)
    else:
        found = pa.table(rows.keys(*span))
    columns = dict(zip(found.column_names, found.columns, strict=True))
    for name, (table, column) in direct.items():
        columns[name] = rows.placed(tables[table], column, found)
    return pa.table({it: columns[it] for it in (*KEYS, *whole.columns)})


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
