"""Bundles that know where they come from: registered once, ingested by name from any process.

`register` takes an adapter and what is wanted of it, which is stored in the warehouse; or, as zipline
does, a function that writes bars, which lives as long as the process.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, overload

import warehouse
from rustybt.data.bundles import specification as specifications
from rustybt.data.bundles.bundle import get
from rustybt.data.bundles.ingest import EVERYTHING, Progress, Request
from rustybt.data.bundles.ingest import ingest as ingest_source
from rustybt.data.bundles.part import Fetch
from rustybt.data.bundles.report import IngestReport
from rustybt.data.bundles.specification import Specification
from rustybt.data.sources import Source
from rustybt.errors import NotRegisteredError, RequestError
from warehouse.layout import root_of

if TYPE_CHECKING:
    from rustybt.data.adapters.adapter import DataAdapter
    from rustybt.data.bundles.written import IngestFunction, Written

_written: Final[dict[str, "Written"]] = {}
bundles: Final[Mapping[str, "Written"]] = MappingProxyType(_written)
"""The functions that are registered in this process, by the names of their bundles, as in zipline."""


def register(  # noqa: PLR0913 - zipline's parameters, and those of a fetch
    name: str | None = None,
    f: "IngestFunction | None" = None,
    calendar_name: str = "XNYS",
    start_session: Any = None,
    end_session: Any = None,
    minutes_per_day: int = 390,
    create_writers: bool = True,  # noqa: FBT001, FBT002 - zipline's
    *,
    bundle_name: str | None = None,
    adapter: "DataAdapter | None" = None,
    symbols: str | Iterable[str] = (),
    start_date: Any = None,
    end_date: Any = None,
    resolution: str = "1d",
    calendar: str | None = None,
    root: str | Path | None = None,
) -> Any:
    """Say where a bundle comes from; nothing is fetched.

    Parameters
    ----------
    name, bundle_name
        Of the bundle.
    adapter
        Is asked by `ingest`; its parameters are stored in the warehouse, never a secret.
    symbols, start_date, end_date, resolution
        What is wanted of it, as `rustybt.data.adapters.Request.of` takes them; up to now if there is
        no `end_date`.
    calendar
        Exchange calendar; that of the adapter if None, which is 24/7 for coins.
    root
        Of the warehouse, as `warehouse.open` takes it.
    f
        zipline's form: a function that writes the bars, with zipline's eleven parameters. Without
        it and without an adapter, a decorator for such a function is returned.
    calendar_name, start_session, end_session, minutes_per_day, create_writers
        As in zipline, for the function.

    Returns
    -------
    Bundle or function
        The bundle of an adapter, which may have no snapshot yet; else the function.

    Raises
    ------
    RequestError
        The request cannot be, or both an adapter and a function are given.
    UnknownAdapterError
        No other process could make the adapter again.
    SpecificationError
        The parameters of the adapter hold a secret, or nothing could be written.

    Examples
    --------
    ``register(bundle_name="coins", adapter=CCXTAdapter(exchange_id="binance"), symbols=["BTC/USDT"],
    start_date="2024-01-01", end_date="2024-01-31", resolution="1h")``
    """
    named = bundle_name or name
    if named is None or (bundle_name and name):
        raise RequestError("bundle_name", (name, bundle_name), "one name of a bundle")
    if adapter is not None:
        if f is not None:
            raise RequestError("f", f, "an adapter or a function, not both")
        from rustybt.data.adapters.request import Request as Wanted

        wanted = Wanted.of(symbols, start_date, end_date or _today(), resolution)
        told = Specification.of(
            named, adapter, wanted, open_ended=end_date is None, calendar=calendar
        )
        specifications.store(told, root_of(root))
        return get(named, root=root)
    if f is None:
        return partial(
            _register_written,
            named,
            calendar or calendar_name,
            (start_session, end_session),
            minutes_per_day,
            create_writers=create_writers,
        )
    return _register_written(
        named,
        calendar or calendar_name,
        (start_session, end_session),
        minutes_per_day,
        f,
        create_writers=create_writers,
    )


def _register_written(
    name: str,
    calendar: str,
    sessions: tuple[Any, Any],
    minutes_per_day: int,
    function: "IngestFunction",
    *,
    create_writers: bool,
) -> "IngestFunction":
    from rustybt.data.bundles.written import Written

    _written[name] = Written(name, function, calendar, *sessions, minutes_per_day, create_writers)
    return function


def unregister(name: str, *, root: str | Path | None = None) -> None:
    """Forget where a bundle comes from; its snapshots stay.

    Raises
    ------
    NotRegisteredError
        It is not registered; the nearest name is told.
    """
    if _written.pop(name, None) is None:
        specifications.remove(name, root_of(root))
        return
    with suppress(NotRegisteredError):
        specifications.remove(name, root_of(root))


@overload
def ingest(
    source: str,
    environ: Mapping[str, str] = os.environ,
    timestamp: object = None,
    assets_versions: Iterable[int] = (),
    show_progress: bool = False,  # noqa: FBT001, FBT002 - zipline's
    *,
    wanted: Fetch = ...,
    root: str | Path | None = None,
) -> IngestReport: ...
@overload
def ingest(
    source: Source,
    bundle: str,
    request: Request = EVERYTHING,
    *,
    calendar: str | None = None,
    resolution: str = "1d",
    root: str | Path | None = None,
    progress: Progress = ...,
) -> IngestReport: ...


def ingest(source: str | Source, *args: Any, **options: Any) -> IngestReport:
    """Take rows into a bundle: one new snapshot, or none if nothing is new.

    Parameters
    ----------
    source
        The name of a registered bundle: what it lacks is fetched, with the last bars again. Or a source,
        and then `bundle` and all else as in `rustybt.data.bundles.ingest.ingest`.
    environ, timestamp, assets_versions, show_progress
        As in zipline, for a name; a snapshot has the time of its commit.
    wanted
        Which part of what is registered, and how it is fetched.

    Returns
    -------
    IngestReport

    Raises
    ------
    NotRegisteredError
        No bundle of the name is registered; also caught as `UnknownBundle`.
    SymbolsFailedError
        Some symbols could not be fetched. Nothing is committed; pages that came are not asked again.
    SourceError
        The source cannot be read.
    """
    if isinstance(source, str):
        return _ingest_registered(source, *args, **options)
    return ingest_source(source, *args, **options)


def _ingest_registered(
    name: str,
    environ: Mapping[str, str] = os.environ,
    timestamp: object = None,  # noqa: ARG001 - zipline's
    assets_versions: Iterable[int] = (),  # noqa: ARG001 - zipline's
    show_progress: bool = False,  # noqa: FBT001, FBT002 - zipline's
    *,
    wanted: Fetch = Fetch(),  # noqa: B008 - frozen
    root: str | Path | None = None,
) -> IngestReport:
    say = print if show_progress else _silent
    if name in _written:
        from rustybt.data.bundles.written import ingest as ingest_written

        return ingest_written(_written[name], environ, root=root, progress=say)
    told = specifications.find(name, root_of(root))
    if told is None:
        raise NotRegisteredError(
            name, sorted({*_written, *specifications.registered(root_of(root))})
        )
    from rustybt.data.bundles.fetching import fetch

    return fetch(told, wanted, root=root, progress=say)


def _silent(_: str) -> None:
    return


def ingestions_for_bundle(name: str, *, root: str | Path | None = None) -> list[datetime]:
    """Return when the snapshots of a bundle were committed, newest first, in UTC.

    Raises
    ------
    UnknownBundleError
        No bundle has the name.
    """
    with warehouse.open(root) as wh:
        return sorted((it.created_at for it in wh.snapshots(name)), reverse=True)


def _today() -> date:
    return datetime.now(UTC).date()
