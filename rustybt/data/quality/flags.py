"""The doubts about rows that are being ingested: every check that judges a row by itself.

Apart from the report, because these go into ``<bundle>.flags`` with the rows, and a policy may refuse
them before anything is committed.
"""

from collections.abc import Iterator

import pyarrow as pa

from rustybt.data.quality.policy import Policy
from rustybt.errors import QualityError
from warehouse import Transaction, sqltext
from warehouse.catalog.checks import Check, checks

FLAGS = pa.schema(
    {
        "dataset": pa.string(),
        "symbol": pa.string(),
        "session": pa.date32(),
        "ts": pa.timestamp("us"),
        "kind": pa.string(),
        "detail": pa.string(),
    }
)
_SHOWN = 10


def doubts(txn: Transaction, dataset: str, policy: Policy) -> pa.Table:
    """Return the doubtful rows of the views ``staged`` and, of daily rows, ``merged_actions``.

    Parameters
    ----------
    txn
        Its session holds both.
    dataset
        Into which the rows go.
    policy
        Checks that it turns off are not run.

    Returns
    -------
    pyarrow.Table
        As `FLAGS`, one row per doubt.

    Raises
    ------
    QualityError
        The policy refuses errors, and there is one.
    """
    session = txn.session
    session.execute(sqltext.load("quality/staged_bars"))
    if dataset == "bars_1d":
        session.execute(sqltext.load("quality/staged_actions"))
    tables = [FLAGS.empty_table()]
    refused: dict[str, pa.Table] = {}
    for check in _row_checks(dataset, policy):
        found = session.arrow(check.statement, policy.values(check) or None)
        if found.num_rows:
            tables.append(_flags(check, dataset, found))
            if policy.refuses(check):
                refused[check.name] = found
    if refused:
        counts = {name: found.num_rows for name, found in refused.items()}
        raise QualityError(
            counts, [_text(row) for found in refused.values() for row in _head(found)]
        )
    return pa.concat_tables(tables)


def _row_checks(dataset: str, policy: Policy) -> Iterator[Check]:
    for check in checks():
        if check.scope == "row" and check.judges(dataset) and policy.runs(check):
            yield check


def _flags(check: Check, dataset: str, found: pa.Table) -> pa.Table:
    of = "adjustments" if check.subject == "actions" else dataset
    said = {"dataset": of, "kind": check.name}
    columns = {name: pa.array([value] * found.num_rows) for name, value in said.items()}
    columns |= {name: found[name] for name in ("symbol", "session", "ts", "detail")}
    return pa.table({name: columns[name] for name in FLAGS.names}).cast(FLAGS)


def _head(found: pa.Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = found.slice(0, _SHOWN).to_pylist()
    return rows


def _text(row: dict[str, object]) -> str:
    return f"{row['symbol']} {row['ts'] or row['session']}: {row['detail']}"
