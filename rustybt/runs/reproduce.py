"""A stored run, run again on the snapshot and with the options that it names."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import warehouse as warehouses
from rustybt.algorithm import TradingAlgorithm
from rustybt.algorithm.file import load_strategy
from rustybt.errors import ReproduceError
from rustybt.metrics.digest import digest
from rustybt.records.origin import origin_of, program, versions
from rustybt.records.plain import made
from rustybt.runner import run_algorithm
from rustybt.runs.load import Root, facts, find
from rustybt.simulation.loop import Progress
from warehouse.errors import UnknownSnapshotError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Reproduction:
    """A run that was repeated.

    Parameters
    ----------
    run
        Id of the run that was repeated.
    same
        Whether the digests are equal: every number, order and fill.
    stored_digest, digest
        Of then and of now.
    differences
        What is not as it was then and may explain another digest: strategy, rustybt, libraries.
    perf
        Result of now.
    """

    run: str
    same: bool
    stored_digest: str
    digest: str
    differences: tuple[str, ...]
    perf: "pd.DataFrame"


def reproduce(
    run: str,
    *,
    algorithm: TradingAlgorithm | type[TradingAlgorithm] | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    options: Mapping[str, Any] | None = None,
    root: Root = None,
    progress: Callable[[Progress], None] | None = None,
) -> Reproduction:
    """Run a stored run again, and compare.

    Parameters
    ----------
    run
        Name or id.
    algorithm, functions
        The strategy, or its hooks by name, for a run whose strategy was an object of its process. One
        from a file is taken from the text that was stored, and **that text is executed**; a class that
        can be imported is imported.
    options
        Options of `rustybt.run_algorithm` in place of those stored, such as a model of your own.
    root
        Folder of the warehouse, as for `warehouse.open`.
    progress
        As for `rustybt.run_algorithm`.

    Returns
    -------
    Reproduction
        It is not stored.

    Raises
    ------
    UnknownRunError
        No run has the name or id; the nearest is named.
    ReproduceError
        The run did not finish, its snapshot is gone, or its strategy or a model cannot be had.
    """
    with warehouses.open(root) as wh:
        told = facts(wh, find(wh, run))
        if told["status"] != "finished":
            raise ReproduceError(f"its status is {told['status']}: {told['error']}")
        given = {**_options(told["settings"], options or {}), **(functions or {})}
        if functions is None:
            given["algorithm"] = algorithm or _strategy(told)
        try:
            then = wh.at(snapshot={told["bundle"]: told["snapshot"]})
        except UnknownSnapshotError as error:
            raise ReproduceError(f"its snapshot is gone ({error})") from error
        with then:
            if then.snapshot(told["bundle"]).sha256 != told["snapshot_sha256"]:
                raise ReproduceError(f"snapshot {told['snapshot']} is another one today")
            perf = run_algorithm(
                told["first_day"],
                told["last_day"],
                bundle=told["bundle"],
                warehouse=then,
                params=told["parameters"],
                store=False,
                progress=progress,
                **given,
            )
    now = digest(perf)
    return Reproduction(
        run=told["run"],
        same=now == told["digest"],
        stored_digest=told["digest"],
        digest=now,
        differences=tuple(_differences(told, given)),
        perf=perf,
    )


def _options(settings: Mapping[str, Any], instead: Mapping[str, Any]) -> dict[str, Any]:
    stored = {
        name: it for name, it in settings.items() if name != "strategy" and name not in instead
    }
    options = {name: made(it, name) for name, it in stored.items()}
    return {**options, **instead}


def _strategy(told: Mapping[str, Any]) -> TradingAlgorithm | type[TradingAlgorithm]:
    kind, place = told["settings"]["strategy"]["kind"], told["settings"]["strategy"]["place"]
    if kind == "file":
        return _from_text(told["source"], place)
    if kind == "module":
        module, _, name = place.partition(":")
        try:
            found = import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError) as error:
            raise ReproduceError(f"its strategy {place} cannot be imported: {error}") from error
        strategy: Any = found
        return strategy  # type: ignore[no-any-return]  # run_algorithm says what it is if no strategy
    raise ReproduceError(
        f"its strategy was {place}, an object of its process; give it again as algorithm= or functions="
    )


def _from_text(source: str, place: str) -> TradingAlgorithm:
    file, _, name = place.rpartition(".py")
    path = Path(f"{file}.py")
    with tempfile.TemporaryDirectory(prefix="rustybt-run-") as folder:
        copy = Path(folder, path.name)
        copy.write_text(source, encoding="utf-8")
        beside = path.parent if path.parent.is_dir() else None
        return load_strategy(f"{copy}{name}", beside=beside)


def _differences(told: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    found = []
    strategy = given.get("algorithm")
    if strategy is not None:
        made_ = strategy() if isinstance(strategy, type) else strategy
        if origin_of(made_).sha256 not in (None, told["source_sha256"]):
            found.append("the text of the strategy")
    if program() != (told["rustybt_version"], told["rustybt_sha256"]):
        found.append(f"rustybt, then {told['rustybt_version']}")
    before, now = told["versions"], versions()
    found += [f"{name}, then {it}" for name, it in before.items() if now.get(name) != it]
    return found
