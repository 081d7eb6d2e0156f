"""What a bundle is fetched from: ``rustybt ingest SOURCE``, and ``rustybt ingest -b NAME`` again."""

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import click

from rustybt.cli.given import SYMBOLS
from rustybt.cli.output import format_option, root_option
from rustybt.cli.progress import fetch_progress
from rustybt.cli.told import tell
from rustybt.data.bundles import Fetch, register
from rustybt.data.bundles import specification as specifications
from rustybt.data.resolutions import RESOLUTIONS
from rustybt.errors import NotRegisteredError
from rustybt.interrupts import noting
from warehouse.layout import root_of
from warehouse.writing.transaction import committed_before

_EXCHANGE: Final = "exchange_id"

Command = TypeVar("Command", bound=Callable[..., Any])


def how_options(command: Command) -> Command:
    """Give a command the options that say how is fetched."""
    for option in (
        click.option(
            "--workers",
            type=click.IntRange(1, 64),
            default=1,
            show_default=True,
            help="Processes that fetch; they share the limits of the source.",
        ),
        click.option(
            "--on-error",
            type=click.Choice(["raise", "partial"]),
            default="partial",
            show_default=True,
            help="What a symbol that fails does: nothing is committed, or the others are.",
        ),
        click.option("--failed-only", is_flag=True, help="Only what the last ingest did not get."),
        click.option("--refetch", is_flag=True, help="What is stored too, to notice revisions."),
        click.option("--progress/--no-progress", default=True, help="Say what is being done."),
    ):
        command = option(command)
    return command


def command_of(source: str) -> click.Command:
    """Return the command of an adapter."""

    @click.command(source)
    @click.option("--bundle", required=True, help="Name of the bundle; created if new.")
    @click.option("--symbols", required=True, type=SYMBOLS, help="As the source writes them.")
    @click.option("--start", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day.")
    @click.option(
        "--end", type=click.DateTime(["%Y-%m-%d"]), help="Last day, included.  [default: up to now]"
    )
    @click.option("--resolution", type=click.Choice(RESOLUTIONS), default="1d", show_default=True)
    @click.option("--calendar", help="Exchange calendar.  [default: that of the source]")
    @click.option(
        "--option",
        "options",
        multiple=True,
        metavar="NAME=VALUE",
        help="A parameter of the adapter, its value as JSON or text; keys belong elsewhere.",
    )
    @how_options
    @format_option
    @root_option
    def run(**given: Any) -> None:
        from rustybt.data.adapters.registry import AdapterRegistry

        adapter = _made(AdapterRegistry.get_adapter(source), _parameters(given))
        register(
            bundle_name=given["bundle"],
            adapter=adapter,
            symbols=given["symbols"],
            start_date=given["start"].date(),
            end_date=None if given["end"] is None else given["end"].date(),
            resolution=given["resolution"],
            calendar=given["calendar"],
            root=given["root"],
        )
        fetch_named(given["bundle"], given)

    run.help = (
        f"Fetch bars of {source} into a bundle. It is registered: `rustybt ingest -b BUNDLE` then "
        "fetches what is new.\n\nEnds with 3 if symbols were left out, and the others committed; "
        "`--failed-only` fetches those alone. What came is not asked again if it is stopped."
    )
    if source == "ccxt":
        run.params.insert(0, click.Option(["--exchange", _EXCHANGE], required=True, help="Its id."))
    return run


def fetch_named(bundle: str, given: Mapping[str, Any]) -> None:
    """Fetch what a registered bundle lacks, and say what came.

    Raises
    ------
    NotRegisteredError
        Nothing says what it is fetched from.
    """
    from rustybt.data.bundles.fetching import fetch

    root = root_of(given["root"])
    told = specifications.find(bundle, root)
    if told is None:
        raise NotRegisteredError(bundle, specifications.registered(root))
    wanted = Fetch(
        n_workers=given["workers"],
        on_error=given["on_error"],
        failed_only=given["failed_only"],
        refetch=given["refetch"],
    )
    with fetch_progress(shown=given["progress"]) as (progress, watch):
        report = fetch(told, wanted, root=root, progress=progress, watch=watch)
    with noting([committed_before(bundle, report.snapshot)] if report.new else []):
        tell(report, given["form"])


def _made(kind: Callable[..., Any], parameters: Mapping[str, Any]) -> Any:
    accepted = inspect.signature(kind).parameters
    unknown = [it for it in parameters if it not in accepted]
    if unknown and not any(it.kind is it.VAR_KEYWORD for it in accepted.values()):
        raise click.BadParameter(
            f"expected one of {', '.join(accepted)}, found {unknown[0]!r}", param_hint="--option"
        )
    return kind(**parameters)


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {} if given.get(_EXCHANGE) is None else {_EXCHANGE: given[_EXCHANGE]}
    for option in given["options"]:
        name, is_given, value = option.partition("=")
        if not is_given:
            raise click.BadParameter(
                f"expected NAME=VALUE, found {option!r}", param_hint="--option"
            )
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
