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
from warehouse.schema import TRADES

_SHOWN = 10


def find_doubts(txn: Transaction, dataset: str, policy: Policy) -> None:
    """Create ``found_flags``, a row per doubt about ``staged`` and, of daily rows, ``merged_actions``.

    Parameters
    ----------
    txn
        Its session holds all three.
    dataset
        Into which the rows go.
    policy
        Checks that it turns off are not run.

    Raises
    ------
    QualityError
        The policy refuses errors, and there is one.
    """
    session = txn.session
    session.execute(sqltext.load(f"quality/staged_{'ticks' if dataset == TRADES.name else 'bars'}"))
    if dataset == "bars_1d":
        session.execute(sqltext.load("quality/staged_actions"))
    session.execute(sqltext.load("quality/no_flags"))
    refused: dict[str, pa.Table] = {}
    for check in _row_checks(dataset, policy):
        found = session.arrow(check.statement, policy.values(check) or None)
        if found.num_rows:
            of = "adjustments" if check.subject == "actions" else dataset
            session.load("offending", found)
            session.execute(sqltext.load("quality/flagged"), {"dataset": of, "kind": check.name})
            if policy.refuses(check):
                refused[check.name] = found
    if refused:
        counts = {name: found.num_rows for name, found in refused.items()}
        raise QualityError(
            counts, [_text(row) for found in refused.values() for row in _head(found)]
        )


def _row_checks(dataset: str, policy: Policy) -> Iterator[Check]:
    for check in checks():
        if check.scope == "row" and check.judges(dataset) and policy.runs(check):
            yield check


def _head(found: pa.Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = found.slice(0, _SHOWN).to_pylist()
    return rows


def _text(row: dict[str, object]) -> str:
    return f"{row['symbol']} {row['ts'] or row['session']}: {row['detail']}"
