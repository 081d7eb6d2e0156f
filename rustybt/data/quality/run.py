"""Runs checks over the views ``bars``, ``stored``, ``sessions``, ``assets`` and ``corporate_actions``."""

from collections.abc import Iterator
from datetime import timedelta

from rustybt.data.quality.policy import Policy
from rustybt.data.quality.report import SHOWN, Finding, Sample
from warehouse import sqltext
from warehouse.catalog.checks import Check, before_opening, checks, is_intraday
from warehouse.schema import TRADES
from warehouse.session import Session


def show(session: Session, schema: str, dataset: str) -> None:
    """Create those views over the schema of a bundle, for one dataset of bars; of trades ``ticks``."""
    if dataset == TRADES.name:
        session.execute(sqltext.render("quality/stored_ticks", schema=schema))
        return
    intraday = is_intraday(dataset)
    for name in ("sessions", "assets", "actions"):
        session.execute(sqltext.render(f"quality/{name}", schema=schema))
    session.execute(
        sqltext.render("quality/stored_bars", schema=schema, name=dataset, intraday=intraday)
    )
    session.execute(
        sqltext.render(
            "quality/judged_bars",
            intraday=intraday,
            before=before_opening(dataset) // timedelta(microseconds=1),
        )
    )


def run(
    session: Session, dataset: str, policy: Policy, *, rows: int, content: str
) -> Iterator[Finding]:
    """Yield a finding of every check that can judge the dataset, in order of layer and name."""
    for check in checks():
        if check.judges(dataset):
            severity = policy.severity(check)
            found, sample = _offending(session, check, policy) if policy.runs(check) else (None, ())
            yield Finding(dataset, check, severity, found, sample, rows, content)


def _offending(session: Session, check: Check, policy: Policy) -> tuple[int, Sample]:
    count = 0
    sample: list[dict[str, object]] = []
    # Streamed, so that a check that finds every row of a large bundle needs no memory for them.
    with session.stream(check.statement, policy.values(check) or None) as batches:
        for batch in batches:
            sample += batch.slice(0, SHOWN - len(sample)).to_pylist()
            count += batch.num_rows
    return count, tuple(sample)
