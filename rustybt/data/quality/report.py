"""What the checks found: one finding a check and dataset, and the verdict that follows."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyarrow as pa

from warehouse import Result
from warehouse.catalog.checks import Check

Verdict = Literal["passed", "failed", "not checked"]
Sample = tuple[Mapping[str, object], ...]

SHOWN = 10


@dataclass(frozen=True)
class Finding:
    """What one check found in one dataset.

    Parameters
    ----------
    dataset, check
        What was judged, and by what.
    severity
        By the policy: ``error``, ``warn``, ``info``; ``off`` was not run.
    found
        Offending rows; None if it was not run.
    sample
        The first `SHOWN` of them: symbol, session, ts, detail.
    rows
        Bars of the dataset.
    content
        Of `warehouse.catalog.quality.content_of`.
    """

    dataset: str
    check: Check
    severity: str
    found: int | None
    sample: Sample
    rows: int
    content: str

    @property
    def verdict(self) -> Verdict:
        """Whether the check found nothing, something, or was not run."""
        if self.found is None:
            return "not checked"
        return "failed" if self.found else "passed"


@dataclass(frozen=True)
class QualityReport:
    """All findings about one snapshot of a bundle; `checked_at` is UTC, naive."""

    bundle: str
    snapshot: int
    checked_at: datetime
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Failed if a check of severity error found rows; passed only if checks were run."""
        return verdict_of((it.severity, it.verdict) for it in self.findings)

    def stored(self) -> pa.Table:
        """Return the rows of the dataset ``quality``."""
        return pa.table(
            {
                "dataset": [it.dataset for it in self.findings],
                "kind": [it.check.name for it in self.findings],
                "severity": [it.severity for it in self.findings],
                "verdict": [it.verdict for it in self.findings],
                "found": pa.array([it.found for it in self.findings], pa.int64()),
                "sample": [_json(it.sample) for it in self.findings],
                "rows": pa.array([it.rows for it in self.findings], pa.int64()),
                "content": [it.content for it in self.findings],
                "snapshot": pa.array([self.snapshot] * len(self.findings), pa.int64()),
                "checked_at": pa.array([self.checked_at] * len(self.findings), pa.timestamp("us")),
            }
        )

    def result(self) -> Result:
        """Return one row a check, with the columns of ``meta.quality``."""
        rows = self.stored()
        of = [it.check for it in self.findings]
        columns = {
            "bundle": pa.array([self.bundle] * len(of), pa.string()),
            "snapshot": rows["snapshot"],
            "dataset": rows["dataset"],
            "kind": rows["kind"],
            "layer": pa.array([it.layer for it in of], pa.string()),
            "severity": rows["severity"],
            "verdict": rows["verdict"],
            "found": rows["found"],
            "rows": rows["rows"],
            "meaning": pa.array([it.meaning for it in of], pa.string()),
            "sample": rows["sample"],
            "checked_at": rows["checked_at"],
        }
        return Result(pa.table(columns))


def verdict_of(findings: Iterable[tuple[str, str]]) -> Verdict:
    """Return the verdict that follows from severities and verdicts of checks."""
    judged = [(severity, verdict) for severity, verdict in findings if severity != "off"]
    if ("error", "failed") in judged:
        return "failed"
    unchecked = not judged or any(verdict == "not checked" for _, verdict in judged)
    return "not checked" if unchecked else "passed"


def _json(sample: Sample) -> str:
    return json.dumps(sample, default=str, ensure_ascii=False)
