"""Quality of stored bars: checks in SQL, a policy a bundle, a report that never says more than was checked."""

from rustybt.data.quality.flags import find_doubts
from rustybt.data.quality.policy import Policy
from rustybt.data.quality.report import Finding, QualityReport
from rustybt.data.quality.stored import check, policy_in, policy_of, record, set_policy

__all__ = [
    "Finding",
    "Policy",
    "QualityReport",
    "check",
    "find_doubts",
    "policy_in",
    "policy_of",
    "record",
    "set_policy",
]
