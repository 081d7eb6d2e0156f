"""`BundleMetadata`: what RustyBT asks of a bundle, answered from its snapshot.

Nothing is stored apart from the snapshots, so nothing here can be out of date, and what RustyBT
wrote into its catalog by hand is refused.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn, Self

import warehouse
from rustybt.errors import DerivedMetadataError
from warehouse import Warehouse, sqltext
from warehouse.catalog.columns import SYMBOLS
from warehouse.errors import BundleNameError, UnknownBundleError

INGEST = "`rustybt ingest` commits a snapshot, from which all metadata follow"
CLEAN = "`rustybt bundle clean` removes snapshots"
_NO_CACHE = "results are read from Parquet each time; `Warehouse.sql(…).arrow()` keeps one"
_ROOT = "`root=` names a warehouse, as the variable RUSTYBT_DATA_DIR does"

_QUALITY = (
    "row_count", "start_date", "end_date", "missing_days_count", "missing_days_list",
    "outlier_count", "ohlcv_violations", "validation_timestamp", "validation_passed",
    "missing_data_pct", "duplicate_pct", "gap_pct", "ohlcv_valid_pct", "quality_score",
)  # fmt: skip


def refused(call: str, instead: str) -> Callable[..., NoReturn]:
    """Return a function that refuses a call of RustyBT's and says what to do instead."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise DerivedMetadataError(call, instead)

    return refuse


@dataclass(frozen=True)
class BundleMetadata:
    """What is known of a bundle at its newest snapshot.

    Times are Unix seconds, UTC; a date is its midnight. None where nobody knows or checked.

    Parameters
    ----------
    bundle_name
        Of the bundle.
    source_type, source_url, fetch_timestamp
        Class that read the source of the last ingest, the source in words, and when it was read.
    api_version
        None: a source of files has none.
    data_version
        Number of the snapshot.
    row_count, start_date, end_date
        Bars of all resolutions, and the sessions of the first and the last.
    missing_days_count, missing_days_list
        Sessions of the calendar between those, as ISO dates, in which no asset has a daily bar.
    outlier_count
        Returns that the check ``outlier_return`` found.
    ohlcv_violations
        Bars whose high is not the highest or whose low is not the lowest price.
    validation_passed, validation_timestamp
        Whether all checks passed, None if not all were run, and when.
    file_checksum, checksum, file_size_bytes
        SHA-256 of the manifest, hex, which names that of every file; bytes of the files.
    missing_data_pct, duplicate_pct, gap_pct, ohlcv_valid_pct
        Percent, 0 to 100: bars without a price; bars of the same asset and time, of which a bundle
        holds none; daily bars missing between the first and the last of each asset; bars without
        an OHLCV violation.
    quality_score
        0 to 1: 0.4 * present + 0.2 * unique + 0.2 * gapless + 0.2 * valid, the shares that the
        four percentages leave. None without daily bars.
    """

    bundle_name: str
    source_type: str | None
    source_url: str | None
    api_version: str | None
    fetch_timestamp: int | None
    data_version: str
    timezone: str
    row_count: int
    start_date: int | None
    end_date: int | None
    missing_days_count: int | None
    missing_days_list: list[str] | None
    outlier_count: int | None
    ohlcv_violations: int
    validation_passed: bool | None
    validation_timestamp: int | None
    file_checksum: str
    file_size_bytes: int
    checksum: str
    created_at: int
    updated_at: int
    missing_data_pct: float
    duplicate_pct: float
    gap_pct: float | None
    ohlcv_valid_pct: float
    quality_score: float | None

    @classmethod
    def load(cls, bundle_name: str, *, root: str | Path | None = None) -> Self:
        """Return the metadata of a bundle; `root` as `warehouse.open` takes it.

        Raises
        ------
        UnknownBundleError
            No bundle has the name; the nearest is named.
        """
        with warehouse.open(root) as wh:
            return cls._of(wh, bundle_name)

    @classmethod
    def get(cls, bundle_name: str, *, root: str | Path | None = None) -> dict[str, Any] | None:
        """Return the metadata as a dict, or None if there is no such bundle."""
        try:
            return asdict(cls.load(bundle_name, root=root))
        except (UnknownBundleError, BundleNameError):
            return None

    @classmethod
    def list_bundles(
        cls,
        source_type: str | None = None,
        start_date: int | None = None,
        end_date: int | None = None,
        *,
        root: str | Path | None = None,
    ) -> list[dict[str, Any]]:
        """Return the metadata of every bundle of a source that lies inside a span, by name.

        Parameters
        ----------
        source_type
            As `source_type` of the metadata; any if None.
        start_date, end_date
            Unix seconds: only bundles that begin at or after the one and end at or before the other.
        """
        with warehouse.open(root) as wh:
            found = [cls._of(wh, name) for name in wh.bundles()]
        return [
            asdict(it)
            for it in found
            if source_type in (None, it.source_type)
            and (start_date is None or (it.start_date or 0) >= start_date)
            and (end_date is None or (it.end_date or 0) <= end_date)
        ]

    @classmethod
    def get_symbols(
        cls, bundle_name: str, *, root: str | Path | None = None
    ) -> list[dict[str, Any]]:
        """Return symbol_id (the sid), bundle_name, symbol, asset_type and exchange, in order of sid."""
        with warehouse.open(root) as wh:
            if bundle_name not in wh.bundles():
                return []
            query = sqltext.render("catalog/symbols", bundles=[bundle_name], columns=SYMBOLS)
            rows = wh.sql(query).arrow().sort_by("sid").to_pylist()
        return [
            {"symbol_id": it["sid"]}
            | {key: it[key] for key in ("symbol", "asset_type", "exchange")}
            | {"bundle_name": bundle_name}
            for it in rows
        ]

    @classmethod
    def get_quality_metrics(
        cls, bundle_name: str, *, root: str | Path | None = None
    ) -> dict[str, Any] | None:
        """Return the part of the metadata that says how good the bars are, or None."""
        found = cls.get(bundle_name, root=root)
        return found and {key: found[key] for key in _QUALITY}

    @classmethod
    def count_bundles(cls, *, root: str | Path | None = None) -> int:
        """Return how many bundles there are."""
        with warehouse.open(root) as wh:
            return len(wh.bundles())

    @classmethod
    def count_quality_records(cls, *, root: str | Path | None = None) -> int:
        """Return how many bundles all checks were run on."""
        return sum(it["validation_passed"] is not None for it in cls.list_bundles(root=root))

    @classmethod
    def count_symbols(cls, bundle_name: str, *, root: str | Path | None = None) -> int:
        """Return how many symbols a bundle has, 0 if there is no such bundle."""
        return len(cls.get_symbols(bundle_name, root=root))

    @classmethod
    def count_all_symbols(cls, *, root: str | Path | None = None) -> int:
        """Return how many symbols all bundles have; one of two bundles counts twice."""
        with warehouse.open(root) as wh:
            query = sqltext.render("catalog/symbols", bundles=wh.bundles(), columns=SYMBOLS)
            return len(wh.sql(query))

    update = staticmethod(refused("BundleMetadata.update", INGEST))
    add_symbol = staticmethod(refused("BundleMetadata.add_symbol", INGEST))
    delete = staticmethod(refused("BundleMetadata.delete", CLEAN))
    add_cache_entry = staticmethod(refused("BundleMetadata.add_cache_entry", _NO_CACHE))
    set_db_path = staticmethod(refused("BundleMetadata.set_db_path", _ROOT))

    @classmethod
    def _of(cls, wh: Warehouse, bundle_name: str) -> Self:
        snapshot = wh.snapshot(bundle_name)
        this = {"bundle": bundle_name}
        ((rows, size, first, last, updated, created, source, adapter, fetched),) = wh.sql(
            sqltext.load("catalog/described"), this
        ).rows()
        ((verdict, checked_at, outliers),) = wh.sql(sqltext.load("catalog/judged"), this).rows()
        ((violations, missing),) = wh.sql(
            sqltext.render("catalog/flagged", bundle=bundle_name)
        ).rows()
        gap, days = _gaps(wh, bundle_name) if "bars_1d" in snapshot.datasets else (None, None)
        absent, invalid = _share(missing, rows), _share(violations, rows)
        score = None if gap is None else 1 - 0.4 * absent - 0.2 * gap - 0.2 * invalid
        return cls(
            bundle_name=bundle_name,
            source_type=adapter and adapter.rpartition(".")[2],
            source_url=source,
            api_version=None,
            fetch_timestamp=_seconds(fetched),
            data_version=str(snapshot.version),
            timezone="UTC",
            row_count=rows,
            start_date=_midnight(first),
            end_date=_midnight(last),
            missing_days_count=None if days is None else len(days),
            missing_days_list=None if days is None else [day.isoformat() for day in days],
            outlier_count=outliers,
            ohlcv_violations=violations,
            validation_passed={"passed": True, "failed": False}.get(verdict),
            validation_timestamp=_seconds(checked_at),
            file_checksum=snapshot.sha256,
            file_size_bytes=size,
            checksum=snapshot.sha256,
            created_at=_seconds(created) or 0,
            updated_at=_seconds(updated) or 0,
            missing_data_pct=100 * absent,
            duplicate_pct=0.0,
            gap_pct=None if gap is None else 100 * gap,
            ohlcv_valid_pct=100 * (1 - invalid),
            quality_score=score,
        )


def _gaps(wh: Warehouse, bundle: str) -> tuple[float, list[date]]:
    ((expected, found, days),) = wh.sql(sqltext.render("catalog/gaps", bundle=bundle)).rows()
    return _share(max(0, expected - (found or 0)), expected), days or []


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.replace(tzinfo=UTC).timestamp())


def _midnight(day: date | None) -> int | None:
    return None if day is None else _seconds(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - made UTC there
