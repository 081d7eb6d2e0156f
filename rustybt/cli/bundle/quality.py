"""``rustybt bundle quality``: what the checks find, and the policy by which they judge."""

from typing import Any

import click
import polars as pl

import warehouse
from rustybt.cli.output import emit, format_option, root_option, say
from rustybt.data.quality import (
    Finding,
    Policy,
    QualityReport,
    check,
    policy_of,
    record,
    set_policy,
)

_SHOWN = ("dataset", "layer", "kind", "severity", "verdict", "found", "meaning")


@click.command
@click.argument("name")
@click.option(
    "--policy", "shows_policy", is_flag=True, help="Show the settings, and check nothing."
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="SETTING=VALUE",
    help="Change a setting first, such as gap.sessions=3, gap.severity=off or on_error=refuse; "
    "an empty VALUE takes it back.",
)
@click.option("--record/--no-record", "keeps", default=True, help="Store what is found.")
@click.option("--samples/--no-samples", default=True, help="Show ten rows of each check.")
@format_option
@root_option
def quality(name: str, form: str, root: str | None, **given: Any) -> None:
    """Check all bars of the bundle NAME, and store what is found as a new snapshot.

    The verdict is failed if a check of severity error finds rows, and passed only if every check was
    run. Until something that was checked changes, it stands in meta.verdicts, each check in meta.quality.
    """
    with warehouse.open(root) as wh:
        wh.snapshot(name)
        if given["changes"]:
            set_policy(wh, name, dict(map(_setting, given["changes"])))
        if given["shows_policy"]:
            emit(_settings(policy_of(wh, name)), form)
            return
        report = check(wh, name)
        if given["keeps"]:
            kept = record(wh, report)
            if kept.version > report.snapshot:
                say(f"Stored as snapshot {kept.version} of {name}.")
    if given["samples"]:
        _talk(report)
    emit(report.result().pl().select(_SHOWN) if form == "table" else report.result().pl(), form)
    say(f"{name}: {report.verdict}, checked at snapshot {report.snapshot}.")


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        problem = f"expected SETTING=VALUE, found {text!r}"
        raise click.BadParameter(problem, param_hint="--set")
    return name.strip(), value.strip()


def _settings(policy: Policy) -> pl.DataFrame:
    schema = {"setting": pl.String, "value": pl.String, "own": pl.Boolean}
    return pl.DataFrame(policy.effective(), schema=schema, orient="row")


def _talk(report: QualityReport) -> None:
    for finding in report.findings:
        if finding.found:
            _tell(finding)


def _tell(finding: Finding) -> None:
    say(f"{finding.severity} {finding.check.name}, {finding.found:,}: {finding.check.meaning}")
    for row in finding.sample:
        say(f"  {row['symbol']} {row['ts'] or row['session']}: {row['detail']}")
